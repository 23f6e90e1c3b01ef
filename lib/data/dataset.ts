import { checkOptions, itemsOf } from '../addon/arguments.js';
import { ArgumentRangeError, invalidType, invalidValue } from '../base/errors.js';
import { isArray, isFunction, isURL } from '../base/plain_object.js';
import { Dataset } from '../loader/dataset.js';
import { drawSeed, RandomSampler } from '../loader/sampler.js';
import { tensor } from '../tensor/creation.js';
import { DTYPES } from '../tensor/dtypes.js';
import { Generator } from '../tensor/generator.js';
import type { Tensor } from '../tensor/tensor.js';
import { rowCount } from './layout.js';
import type { OpenOptions } from './format.js';
import { type FileName, open } from './open.js';
import { bytesPerRow, readLayoutOf, type Source } from './source.js';

/** Options of {@link FileDataset.open}. */
export interface FileDatasetOptions {
  /** Rows per block, which are read at once. Default 1024. */
  block_size?: number | undefined;
  /** Blocks in memory, which are shuffled together. Default 16. */
  blocks?: number | undefined;
}

/** Some rows of all files, read once for many batches. */
type Block = readonly Uint8Array[];

/**
 * A dataset of the rows of files of any size, opened by {@link open}. A sample is an array of tensors, one row of each file.
 *
 * Rows are read in blocks, of which `blocks` stay in memory (twice as many while a `DataLoader` reads ahead): at most
 * `2 * blocks * block_size * bytes per row` bytes. `shuffle: true` shuffles by blocks: it takes `blocks` blocks at random,
 * shuffles their rows together, then takes the next blocks, so each block is read once. Files of at most
 * `blocks * block_size` rows are shuffled as a whole. Read it with `for await`.
 *
 * Compressed arrays (`.npz` files of `numpy.savez_compressed`) are read from the start again for each block before the
 * last one read: store them uncompressed to shuffle them.
 *
 * @example
 * ```ts
 * const digits = await FileDataset.open(['examples/digits/logits.npy', 'examples/digits/labels.npy']);
 * const loader = new torch.utils.data.DataLoader(digits, { batch_size: 60, shuffle: true });
 * for await (const [logits, labels] of loader) {
 *   [logits!.shape, labels!.dtype];   // [[60, 10], 'int64']
 * }
 * await digits.close();
 * ```
 */
export class FileDataset extends Dataset<Tensor[]> {
  readonly sources: readonly Source[];
  readonly block_size: number;
  readonly blocks: number;
  readonly length: number;
  /** Recently used blocks, the latest at the end. */
  readonly #cache = new Map<number, Promise<Block>>();

  /**
   * @param sources - open arrays with the same number of rows
   * @throws RangeError if their numbers of rows differ
   */
  constructor(sources: readonly Source[], options: FileDatasetOptions = {}) {
    super();
    checkOptions(options, ['block_size', 'blocks']);
    const { block_size = 1024, blocks = 16 } = options;
    for (const [name, value] of Object.entries({ block_size, blocks })) {
      if (!Number.isSafeInteger(value)) throw invalidType(name, 'a positive integer', value);
      if (value <= 0) throw invalidValue(name, 'a positive integer', value);
    }
    if (!isArray(sources)) throw invalidType('sources', 'an array of open arrays', sources);
    const [first] = sources;
    if (first === undefined) throw new ArgumentRangeError('sources', 'at least one', 'none');
    this.length = rowCount(readLayoutOf(first).shape);
    for (const [index, source] of sources.entries()) {
      const { shape } = readLayoutOf(source);
      if (!isFunction(source.rows) || !isFunction(source.close))
        throw invalidType(`sources[${index}]`, 'a Source, as returned by open', source);
      if (shape.length === 0)
        throw new ArgumentRangeError(`sources[${index}]`, 'an array with rows', 'a zero-dimensional one');
      if (shape[0] !== this.length)
        throw invalidValue(`sources[${index}]`, `${this.length} rows, as ${first.name} has`, shape[0]);
    }
    this.sources = [...sources];
    this.block_size = block_size;
    this.blocks = blocks;
  }

  /**
   * Opens files.
   *
   * @param files - for each file a path as for {@link open}, or `[path, options]`
   * @throws as {@link open} does, and RangeError if the numbers of rows differ
   */
  static async open(
    files: readonly (string | URL | readonly [file: FileName, options: OpenOptions])[],
    options: FileDatasetOptions = {},
  ): Promise<FileDataset> {
    const sources: Source[] = [];
    try {
      for (const file of files) {
        const [path, how] = typeof file === 'string' || isURL(file) ? [file, undefined] : file;
        sources.push(await open(path, how));
      }
      return new FileDataset(sources, options);
    } catch (error) {
      await Promise.all(sources.map((source) => source.close()));
      throw error;
    }
  }

  /** One row of each file. */
  async getItem(index: number): Promise<Tensor[]> {
    const rows = await this.getBatch([index]);
    return rows.map((row) => {
      const item: Tensor = row.reshape(row.shape.slice(1));
      row.dispose();
      return item;
    });
  }

  /** Rows of each file as a batch. */
  async getBatch(indices: readonly number[]): Promise<Tensor[]> {
    if (!isArray(indices)) throw invalidType('indices', 'an array of integers', indices);
    // A copy: the caller may change the array while files are read.
    const rows = itemsOf(indices, 'indices') as number[];
    for (const index of rows) {
      if (!Number.isSafeInteger(index)) throw invalidType('index', 'an integer', index);
      if (index < 0 || index >= this.length) throw invalidValue('index', `0 to ${this.length - 1}`, index);
    }
    const places = new Map<number, number[]>();
    for (const [place, index] of rows.entries()) {
      const block = Math.floor(index / this.block_size);
      const inBlock = places.get(block);
      if (inBlock === undefined) places.set(block, [place]);
      else inBlock.push(place);
    }
    const widths = this.sources.map(bytesPerRow);
    const batch = widths.map((width) => new Uint8Array(width * rows.length));
    // No more blocks at a time than may be in memory.
    const blocks = [...places];
    for (let start = 0; start < blocks.length; start += this.blocks) {
      const part = blocks.slice(start, start + this.blocks);
      const read = await Promise.all(part.map(async ([block, at]) => [await this.#block(block), block, at] as const));
      for (const [bytes, block, at] of read) {
        for (const place of at) {
          const row = (rows[place] as number) - block * this.block_size;
          for (const [source, width] of widths.entries()) {
            const from = (bytes[source] as Uint8Array).subarray(row * width, (row + 1) * width);
            (batch[source] as Uint8Array).set(from, place * width);
          }
        }
      }
    }
    return this.sources.map(({ dtype, shape }, source) => {
      const data = new DTYPES[dtype].array((batch[source] as Uint8Array).buffer as ArrayBuffer);
      return tensor(data, { dtype, shape: [indices.length, ...shape.slice(1)] }) as Tensor;
    });
  }

  #block(block: number): Promise<Block> {
    const known = this.#cache.get(block);
    if (known !== undefined) {
      this.#cache.delete(block);
      this.#cache.set(block, known);
      return known;
    }
    const start = block * this.block_size;
    const end = Math.min(this.length, start + this.block_size);
    const read = Promise.all(
      this.sources.map(async (source) => {
        const { buffer, byteOffset, byteLength } = await source.rows(start, end);
        return new Uint8Array(buffer, byteOffset, byteLength);
      }),
    );
    this.#cache.set(block, read);
    read.catch(() => this.#cache.delete(block));
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= 2 * this.blocks) break;
      this.#cache.delete(oldest);
    }
    return read;
  }

  /** The order of `shuffle: true`: random blocks, `blocks` of them shuffled together at a time. */
  shuffled(generator?: Generator): Iterable<number> & { readonly length: number } {
    const { length, block_size, blocks } = this;
    return {
      length,
      *[Symbol.iterator]() {
        const own = generator ?? new Generator().manual_seed(drawSeed());
        const count = Math.ceil(length / block_size);
        if (count === 0) return;
        const order = [...new RandomSampler({ length: count }, { generator: own })];
        for (let start = 0; start < count; start += blocks) {
          const rows = order.slice(start, start + blocks).flatMap((block) => {
            const first = block * block_size;
            return Array.from({ length: Math.min(block_size, length - first) }, (_, row) => first + row);
          });
          for (const place of new RandomSampler(rows, { generator: own })) yield rows[place] as number;
        }
      },
    };
  }

  /** Closes the files. */
  async close(): Promise<void> {
    await Promise.all(this.sources.map((source) => source.close()));
    this.#cache.clear();
  }
}
