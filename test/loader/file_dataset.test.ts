/** Datasets read directly from files, which may be larger than memory. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FileDataset, type Source } from '../../lib/data/index.js';
import { type Tensor, torch } from '../../lib/index.js';
import { save_file } from '../../lib/safetensors/index.js';
import { temporaryFolder } from '../helpers/libtorch.js';

const before = torch.get_rng_state();
afterAll(() => torch.set_rng_state(before));
const { DataLoader } = torch.utils.data;

function files(rows: number): string[] {
  const folder = temporaryFolder();
  const file = join(folder, 'a.safetensors');
  const x = torch.arange(0, 2 * rows).reshape([rows, 2]);
  save_file({ x, y: torch.arange(BigInt(rows)) }, file);
  return [`${file}#x`, `${file}#y`];
}

async function read(loader: AsyncIterable<Tensor[]>): Promise<number[][]> {
  const batches: number[][] = [];
  for await (const [x, y] of loader) {
    const order = Array.from(y?.toTypedArray() as BigInt64Array, Number);
    expect(x?.tolist()).toEqual(order.map((row) => [2 * row, 2 * row + 1]));
    batches.push(order);
  }
  return batches;
}

describe('a FileDataset', () => {
  it('returns the rows of its files in order', async () => {
    const dataset = await FileDataset.open(files(10), { block_size: 4 });
    expect(dataset.length).toBe(10);
    expect((await dataset.getItem(9)).map((item) => item.shape)).toEqual([[2], []]);
    expect(await read(new DataLoader(dataset, { batch_size: 4 }))).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    await dataset.close();
    await expect(dataset.getItem(0)).rejects.toMatchObject({ code: 'ERR_DISPOSED' });
  });

  it('reads the rows that were asked for, also if the array changes in the meantime', async () => {
    const dataset = await FileDataset.open(files(10), { block_size: 4 });
    const places = [1, 9];
    const batch = dataset.getBatch(places);
    places.fill(10 ** 9);
    expect((await batch)[1]?.tolist()).toEqual([1, 9]);
    await dataset.close();
  });

  it('shuffles by blocks: every row once, a new order each time, the same order for the same seed', async () => {
    const dataset = await FileDataset.open(files(103), { block_size: 10, blocks: 3 });
    const loader = new DataLoader(dataset, { batch_size: 7, shuffle: true });
    torch.manual_seed(1);
    const [first, second] = [(await read(loader)).flat(), (await read(loader)).flat()];
    torch.manual_seed(1);
    expect((await read(loader)).flat()).toEqual(first);
    expect(second).not.toEqual(first);
    for (const order of [first, second])
      expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 103 }, (_, row) => row));
    expect(new Set(first.slice(0, 30).map((row) => Math.floor(row / 10))).size).toBeLessThanOrEqual(4);
    await dataset.close();
  });

  it('reads each block once and keeps the given number of blocks', async () => {
    let reads = 0;
    let rows = 0;
    const source: Source = {
      name: 'made',
      shape: [1000, 2],
      dtype: 'float32',
      rows: async (start, end) => {
        reads++;
        rows += end - start;
        return new Float32Array((end - start) * 2);
      },
      close: async () => undefined,
    };
    const dataset = new FileDataset([source], { block_size: 50, blocks: 2 });
    for await (const _ of new DataLoader(dataset, { batch_size: 10, shuffle: true }));
    expect([reads, rows]).toEqual([20, 1000]);
    for await (const _ of new DataLoader(dataset, { batch_size: 10 }));
    expect(reads).toBeLessThanOrEqual(40);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'files of different lengths',
      async () => FileDataset.open([files(3)[0] as string, files(4)[0] as string]),
      /^sources\[1\]: expected 3 rows/,
    ],
    ['no files', async () => FileDataset.open([]), /^sources: /],
    ['a missing file', async () => FileDataset.open(['none.npy']), /none\.npy/],
    ['empty blocks', async () => FileDataset.open(files(3), { block_size: 0 }), /^block_size: /],
    ['a wrong option', async () => FileDataset.open(files(3), { block: 1 } as never), /^block: /],
    ['a row out of range', async () => (await FileDataset.open(files(3))).getItem(3), /^index: expected 0 to 2/],
    [
      'a damaged file',
      async () => {
        const file = join(temporaryFolder(), 'a.npy');
        writeFileSync(file, 'no');
        return FileDataset.open([file]);
      },
      /a\.npy/,
    ],
  ])('is refused with %s', async (_, make, message) => {
    await expect(make()).rejects.toThrow(message);
  });
});
