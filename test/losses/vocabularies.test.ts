/** Rows as wide as the vocabularies of language models, pictures of any size, and rows that do not fit into memory. */
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, inflateSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { largestFinite, largestOf, leastOf, norm } from '../../lib/base/extremes.js';
import { allocate } from '../../lib/base/room.js';
import { open, readTensor } from '../../lib/data/index.js';
import { evaluate, mergeResults } from '../../lib/evaluate/index.js';
import { torch } from '../../lib/index.js';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { formatRecord } from '../../lib/commands/evaluate/text.js';
import { renderEvaluation } from '../../lib/report/evaluation.js';
import { layoutOf, renderPicture } from '../../lib/report/picture.js';
import { hasBrowser, openBrowser, viewFile } from '../helpers/browser.js';
import { evaluateJson, recordOf, runEvaluate } from '../helpers/evaluate_cli.js';
import { writeNpy } from '../helpers/npy.js';

const SAMPLES = 3;
/** Qwen's and Gemma's. */
const VOCABULARIES = [151_936, 262_144];
const folder = mkdtempSync(join(tmpdir(), 'torchloss-test-'));
let browser: Browser | undefined;

beforeAll(async () => {
  if (hasBrowser) browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

/** Scores of 0, except one per sample: worked out by hand, the loss is log(classes - 1 + e) minus the target's score. */
function scores(classes: number): { logits: Float32Array; largest: number[]; targets: number[]; losses: number[] } {
  const logits = new Float32Array(SAMPLES * classes);
  const largest = [0, classes - 1, 128_255];
  const targets = [classes - 1, classes - 1, 5];
  for (const [row, place] of largest.entries()) logits[row * classes + place] = 1;
  const total = Math.log(classes - 1 + Math.E);
  return { logits, largest, targets, losses: targets.map((target, row) => total - (target === largest[row] ? 1 : 0)) };
}

describe.each(VOCABULARIES)('%i classes', (classes) => {
  const { logits, largest, targets, losses } = scores(classes);
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / SAMPLES;
  const file = (name: string) => join(folder, `${classes}_${name}`);
  let flags: string[];

  beforeAll(() => {
    const wanted = BigInt64Array.from(targets, BigInt);
    const input = writeNpy(file('logits.npy'), logits, [SAMPLES, classes]);
    flags = ['--input', input, '--target', writeNpy(file('targets.npy'), wanted, [SAMPLES]), '--group-by', 'target'];
  });

  it('are evaluated by the API, with weights, groups and accuracy, also in parts', async () => {
    const batch = [torch.tensor(logits, { shape: [SAMPLES, classes] }), torch.tensor(targets, { dtype: 'int64' })];
    const options = { accuracy: true, group_by: 'target', per_sample: true, partial: true } as const;
    const weighted = new torch.nn.CrossEntropyLoss({ weight: torch.full([classes], 2) });
    for (const loss of [torch.nn.functional.cross_entropy, weighted]) {
      const whole = await evaluate(loss, batch, options);
      expect(whole.loss).toBeCloseTo(mean, 3);
      expect(whole.accuracy).toBe(1 / 3);
      expect(whole.groups?.map(({ group }) => group)).toEqual([5, classes - 1]);
      for (const [row, wanted] of losses.entries()) {
        expect((whole.perSample?.[row] as number) / (loss === weighted ? 2 : 1)).toBeCloseTo(wanted, 3);
      }
      expect(mergeResults([whole]).loss).toBe(whole.loss);
    }
  });

  it('are evaluated by the program, as text, JSON and a page', async () => {
    const text = runEvaluate([...flags, '--top', '3']);
    expect(text.stderr).toBe('');
    expect(text.stdout).toContain(`accuracy ${(100 / 3).toFixed(1)}%`);
    const page = file('page.html');
    const { results } = evaluateJson([...flags, '--report', page]);
    const [{ loss, worst }] = results as [(typeof results)[number]];
    expect(loss).toBeCloseTo(mean, 3);
    const found = worst
      .map(({ index, target, predicted }) => [index, target, predicted])
      .sort(([a = 0], [b = 0]) => Number(a) - Number(b));
    expect(found).toEqual(largest.map((predicted, index) => [index, targets[index], predicted]));
    if (browser === undefined) return;
    await viewFile(browser, page, { scheme: 'light', width: 1280 }, async ({ page: shown, problems }) => {
      expect(problems).toEqual([]);
      expect(await shown.locator('data.worst-index').count()).toBe(SAMPLES);
      expect(await shown.locator('table.groups tbody tr').count()).toBe(2);
    });
  });

  it('are evaluated in shards that are merged', () => {
    const shards = [1, 2, 3].map((shard) => {
      const name = file(`shard${shard}.json`);
      const { status, stdout } = runEvaluate([...flags, '--shard', `${shard}/3`, '--json']);
      expect(status).toBe(0);
      writeFileSync(name, stdout);
      return name;
    });
    const merged = evaluateJson(['--merge', ...shards]);
    expect(merged.results[0]?.loss).toBeCloseTo(mean, 3);
    expect(merged.results[0]?.worst).toHaveLength(SAMPLES);
  });
});

it('lists all groups and worst samples, even more than a call can have arguments', async () => {
  const samples = 150_000;
  const batch = {
    input: torch.zeros([samples]),
    target: torch.ones([samples]),
    group: Int32Array.from({ length: samples }, (_, at) => at),
  };
  const options = { group_by: 'group', worst: samples };
  const result = await evaluate(torch.nn.functional.l1_loss, batch, options);
  expect(result.groups).toHaveLength(samples);
  const record = recordOf(result, { group_by: 'group-by' });
  const text = formatRecord(record, { bold: false, width: 80 }, true);
  expect(text).toContain(`the 100 of ${samples} groups with the largest loss`);
  expect(text.split('\n').length).toBeGreaterThan(samples);
  const page = renderEvaluation(record, { date: new Date(0) });
  expect(page.match(/class="worst-index"/g)).toHaveLength(samples);
});

describe('pictures', () => {
  /** The sizes of a PNG and its bytes, without the filter byte of each row. */
  function decode(url: string): { width: number; height: number; pixels: number[] } {
    const png = Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
    const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
    const length = png.readUInt32BE(33);
    const rows = inflateSync(png.subarray(41, 41 + length));
    const each = rows.length / height;
    return { width, height, pixels: Array.from(rows).filter((_, at) => at % each !== 0) };
  }

  it('with more elements than a call can have arguments are scaled from their minimum to their maximum', () => {
    const values = Float32Array.from({ length: 400 * 400 }, (_, at) => at);
    const { width, height, pixels } = decode(renderPicture(values, layoutOf([400, 400], 'a row'), false));
    expect([width, height]).toEqual([400, 400]);
    expect(pixels[0]).toBe(0);
    expect(pixels.at(-1)).toBe(255);
  });

  it('that are large are downsampled by means', () => {
    // 1536 pixels in each direction become 512, each the mean of 3 by 3; rows alternate between 0, 90 and 180.
    const values = Uint8Array.from({ length: 1536 * 1536 }, (_, at) => (Math.floor(at / 1536) % 3) * 90);
    const { width, height, pixels } = decode(renderPicture(values, layoutOf([1536, 1536], 'a row'), true));
    expect([width, height]).toEqual([512, 512]);
    expect(new Set(pixels)).toEqual(new Set([90]));
    const strip = decode(renderPicture(new Uint8Array(6 * 1000).fill(7), layoutOf([2, 1000, 3], 'a row'), true));
    expect([strip.width, strip.height, new Set(strip.pixels)]).toEqual([500, 1, new Set([7])]);
  });

  it.each([
    ['float32', [2, 600, 700]],
    ['float32', [2, 3, 300, 300]],
    ['uint8', [2, 1100, 900, 3]],
  ] as const)('of %s %j are shown by the program', async (dtype, shape) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const data =
      dtype === 'uint8' ? new Uint8Array(count).map((_, at) => at) : new Float32Array(count).map((_, at) => at);
    const images = writeNpy(join(folder, `pictures_${shape.join('_')}.npy`), data, shape);
    const input = writeNpy(join(folder, 'two.npy'), new Float32Array(4), [2, 2]);
    const target = writeNpy(join(folder, 'two_labels.npy'), new BigInt64Array(2), [2]);
    const page = join(folder, 'pictures.html');
    const { results } = evaluateJson(['--input', input, '--target', target, '--images', images, '--report', page]);
    const pictures = results[0]?.worst.map(({ image = '' }) => decode(image));
    expect(pictures).toHaveLength(2);
    for (const { width, height } of pictures ?? []) expect(Math.max(width, height)).toBeLessThanOrEqual(512);
    if (browser === undefined) return;
    await viewFile(browser, page, { scheme: 'dark', width: 800 }, async ({ page: shown, problems }) => {
      expect(problems).toEqual([]);
      const widths = await shown.evaluate(() =>
        Array.from((globalThis as any).document.images, (i: any) => i.naturalWidth),
      );
      expect(widths).toEqual(pictures?.map(({ width }) => width));
    });
  });
});

describe('rows that do not fit into memory', () => {
  /** Four times the machine's memory: more than can be free anywhere. */
  const width = 2 ** Math.ceil(Math.log2(totalmem()));
  const bytes = 4 * width;

  it('are refused before any memory is allocated, by the API and the program', async () => {
    const name = join(folder, 'huge.npy');
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (1, ${width}), }`.padEnd(117);
    const file = openSync(name, 'w');
    // A sparse file: it takes no room on the disk either.
    writeSync(file, Buffer.concat([Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'), Buffer.from(`${header}\n`)]));
    ftruncateSync(file, 128 + bytes);
    closeSync(file);
    const source = await open(name);
    const before = process.memoryUsage().rss;
    const error = {
      code: 'ERR_OUT_OF_MEMORY',
      message: expect.stringContaining(`${bytes} bytes do not fit into memory`),
    };
    await expect(source.rows(0, 1)).rejects.toMatchObject(error);
    await expect(readTensor(source, 0, 1)).rejects.toMatchObject(error);
    const target = torch.tensor([0], { dtype: 'int64' });
    await expect(evaluate(torch.nn.functional.cross_entropy, [source, target])).rejects.toMatchObject({
      code: 'ERR_OUT_OF_MEMORY',
      message: expect.stringMatching(/^batches\[0\]: reading and computing with one sample: \d+ bytes do not fit/),
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(bytes / 8);
    await source.close();
    const labels = writeNpy(join(folder, 'label.npy'), new BigInt64Array(1), [1]);
    const { status, stderr } = runEvaluate(['--input', name, '--target', labels]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^torchloss: sample 0: reading .* \[ERR_OUT_OF_MEMORY\]\n$/);
  });

  it('are refused if they are compressed, too', async () => {
    const name = join(folder, 'bomb.npz');
    writeFileSync(name, archive(width));
    const source = await open(name);
    await expect(source.rows(0, 1)).rejects.toMatchObject({
      code: 'ERR_OUT_OF_MEMORY',
      message: expect.stringMatching(
        /^.*bomb\.npz#a: \d+ bytes do not fit into memory: more than the \d+ that are free$/,
      ),
    });
    await source.close();
  });

  /** A zip archive with an `a.npy` whose header claims this many floats per row. */
  function archive(count: number): Buffer {
    const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (1, ${count}), }`.padEnd(117);
    const npy = Buffer.concat([Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'), Buffer.from(`${text}\n`)]);
    const packed = deflateRawSync(npy);
    const wide = (...numbers: number[]) => {
      const field = Buffer.alloc(4 + 8 * numbers.length);
      field.writeUInt16LE(1, 0);
      field.writeUInt16LE(8 * numbers.length, 2);
      for (const [at, number] of numbers.entries()) field.writeBigUInt64LE(BigInt(number), 4 + 8 * at);
      return field;
    };
    const extra = wide(128 + 4 * count, packed.length);
    const part = Buffer.alloc(26); // common to both headers: version, flags, method, time, checksum, sizes, lengths
    part.writeUInt16LE(45, 0);
    part.writeUInt16LE(8, 4);
    part.writeUInt32LE(0xffffffff, 14);
    part.writeUInt32LE(0xffffffff, 18);
    part.writeUInt16LE(5, 22);
    part.writeUInt16LE(extra.length, 24);
    const name = Buffer.from('a.npy');
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), part, name, extra, packed]);
    const central = Buffer.concat([Buffer.from('PK\x01\x02\x2d\x00', 'latin1'), part, Buffer.alloc(14), name, extra]);
    const end = Buffer.alloc(18);
    end.writeUInt16LE(1, 4);
    end.writeUInt16LE(1, 6);
    end.writeUInt32LE(central.length, 8);
    end.writeUInt32LE(local.length, 12);
    return Buffer.concat([local, central, Buffer.from('PK\x05\x06', 'latin1'), end]);
  }

  it('are refused by one function', () => {
    expect(() => allocate(2 ** 60, 'scores')).toThrow(
      expect.objectContaining({
        code: 'ERR_OUT_OF_MEMORY',
        message: expect.stringMatching(/^scores: \d+ bytes do not fit/),
      }),
    );
    expect(allocate(3, 'scores')).toEqual(new Uint8Array(3));
  });
});

describe('the maximum of many values', () => {
  const many = Array.from({ length: 1_000_000 }, (_, at) => (at * 7919) % 1_000_003);

  it('is found among any number of values', () => {
    const sorted = many.toSorted((a, b) => a - b);
    expect(largestOf(many)).toBe(sorted.at(-1));
    expect(leastOf(many)).toBe(sorted[0]);
    expect(largestFinite([...many, Infinity, Number.NaN])).toBe(sorted.at(-1));
    expect([largestOf([]), leastOf([]), largestFinite([]), largestOf([], 3)]).toEqual([
      -Infinity,
      Infinity,
      -Infinity,
      3,
    ]);
    expect(largestOf([1, Number.NaN])).toBeNaN();
  });

  it('is a norm even if squares overflow float64', () => {
    expect(norm([3e200, 4e200])).toBeCloseTo(5e200, -190);
    expect(norm([3, -4])).toBeCloseTo(5, 12);
    expect([norm([]), norm([0]), norm([Number.NaN, -Infinity])]).toEqual([0, 0, Infinity]);
    expect(norm(many.map(() => 1))).toBeCloseTo(1000, 9);
  });

  it('is never computed by passing the values as arguments, whose number is limited', () => {
    const lib = join(PACKAGE_ROOT, 'lib');
    const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    // In brackets and braces a spread makes an array or an object, which may have any length.
    const inner = String.raw`(?:[^()[\]{}]|\([^()]*\)|\[[^[\]]*\]|\{(?:[^{}]|\{[^{}]*\})*\})*`;
    const spread = new RegExp(
      String.raw`\b(?:max|min|hypot|push|unshift|splice|fromCharCode|fromCodePoint)\(${inner}\.\.\.`,
    );
    const found = files.flatMap((name) => {
      const lines = readFileSync(join(lib, name), 'utf8').split('\n');
      return lines
        .filter((line) => !/^\s*(?:\*|\/\/|\/\*)/.test(line) && spread.test(line))
        .map((line) => `${name}: ${line.trim()}`);
    });
    expect(found).toEqual([]);
  });
});
