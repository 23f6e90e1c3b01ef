/** The samples of a run: rows of two files, split into training and validation. */
import { FileDataset } from '../../data/index.js';
import { DataLoader, Dataset } from '../../loader/index.js';
import { scope } from '../../addon/scope.js';
import { Generator } from '../../tensor/generator.js';
import { randperm } from '../../tensor/random.js';
import type { Tensor } from '../../tensor/tensor.js';
import { usage } from '../arguments.js';
import type { TrainArguments } from './arguments.js';

/** Roughly how many bytes of the files may be in memory. */
const CACHE_BYTES = 2 ** 28;
const BLOCK_ROWS = 1024;
/** The rows of targets that are read at a time to count the classes. */
const COUNTED_ROWS = 2 ** 16;

/** Rows of the files as batches `[input, target]`, in the dtypes of the model and the loss. */
export class Samples extends Dataset<Tensor[]> {
  readonly #files: FileDataset;
  /** The rows in the files, by index among these samples. */
  readonly rows: Int32Array;
  readonly #convert: (batch: readonly Tensor[]) => Tensor[];

  constructor(files: FileDataset, rows: Int32Array, convert: (batch: readonly Tensor[]) => Tensor[]) {
    super();
    this.#files = files;
    this.rows = rows;
    this.#convert = convert;
  }

  get length(): number {
    return this.rows.length;
  }

  async getItem(index: number): Promise<Tensor[]> {
    return (await this.getBatch([index])).map((batch) => batch.select(0, 0));
  }

  async getBatch(places: readonly number[]): Promise<Tensor[]> {
    const batch = await this.#files.getBatch(places.map((place) => this.rows[place] as number));
    return scope(() => this.#convert(batch));
  }

  /** A shuffled order that reads each block of the files once, restricted to these samples. */
  shuffled(generator?: Generator): Iterable<number> & { readonly length: number } {
    const places = new Int32Array(this.#files.length).fill(-1);
    for (const [place, row] of this.rows.entries()) places[row] = place;
    const all = this.#files.shuffled(generator);
    return {
      length: this.length,
      *[Symbol.iterator]() {
        for (const row of all) if ((places[row] as number) >= 0) yield places[row] as number;
      },
    };
  }
}

/** The training and validation samples. */
export interface Data extends AsyncDisposable {
  readonly training: Samples;
  readonly validation: Samples | undefined;
  /** The elements per input and per target, and the number of classes if the loss takes class indices. */
  readonly inputs: number;
  readonly targets: number;
  readonly classes: number | undefined;
  readonly loader: DataLoader<Samples>;
  readonly validationLoader: DataLoader<Samples> | undefined;
}

/** Opens the files and splits their rows by the seed. */
export async function openData(chosen: TrainArguments, hasClasses: boolean, isFlat: boolean): Promise<Data> {
  const probe = await FileDataset.open([chosen.input, chosen.target]);
  const { sources, length } = probe;
  const widths = sources.map(({ shape }) => shape.slice(1).reduce((product, size) => product * size, 1)) as [
    number,
    number,
  ];
  const bytes = Math.max(1, 8 * (widths[0] + widths[1]));
  const blocks = Math.max(16, Math.ceil(CACHE_BYTES / (bytes * BLOCK_ROWS)));
  const files = new FileDataset(sources, { block_size: BLOCK_ROWS, blocks });
  try {
    if (length === 0) throw usage(`--input: expected samples, got none in ${chosen.input}`);
    if (hasClasses && widths[1] !== 1)
      throw usage(`--target: expected one class for each sample, got ${widths[1]} numbers`);
    const classes = hasClasses ? await countClasses(files, chosen.target) : undefined;
    const convert = ([input, target]: readonly Tensor[]): Tensor[] => {
      const numbers = (input as Tensor).to({ dtype: 'float32' });
      const rows = numbers.size(0);
      const isMatrix = numbers.dim() >= 2 && !isFlat;
      return [
        isMatrix ? numbers : numbers.reshape([rows, widths[0]]),
        classes === undefined
          ? (target as Tensor).to({ dtype: 'float32' }).reshape([rows, widths[1]])
          : (target as Tensor).to({ dtype: 'int64' }).reshape([rows]),
      ];
    };
    const held = Math.round(length * chosen.validation);
    if (held === length)
      throw usage(`--validation: holding out ${chosen.validation} of ${length} samples leaves none to train on`);
    const order = rowsInOrder(length, chosen.seed);
    const training = new Samples(files, order.subarray(0, length - held), convert);
    const validation = held === 0 ? undefined : new Samples(files, order.subarray(length - held).toSorted(), convert);
    const generator = new Generator().manual_seed(chosen.seed);
    return {
      training,
      validation,
      inputs: widths[0],
      targets: widths[1],
      classes,
      loader: new DataLoader(training, { batch_size: chosen.batchSize, shuffle: true, generator }),
      validationLoader: validation && new DataLoader(validation, { batch_size: Math.max(chosen.batchSize, 256) }),
      [Symbol.asyncDispose]: () => files.close(),
    };
  } catch (error) {
    await files.close();
    throw error;
  }
}

function rowsInOrder(length: number, seed: number): Int32Array {
  const drawn = randperm(length, { generator: new Generator().manual_seed(seed) });
  const rows = Int32Array.from(drawn.toTypedArray(), Number);
  drawn.dispose();
  return rows;
}

/** One more than the largest class index. */
async function countClasses(files: FileDataset, name: string): Promise<number> {
  const target = files.sources[1] as (typeof files.sources)[number];
  let most = 0;
  for (let start = 0; start < files.length; start += COUNTED_ROWS) {
    const rows = await target.rows(start, Math.min(start + COUNTED_ROWS, files.length));
    for (const [at, value] of Array.from(rows, Number).entries()) {
      if (!Number.isInteger(value) || value < 0)
        throw usage(`--target: expected classes from 0 on, got ${value} in row ${start + at} of ${name}`);
      if (value > most) most = value;
    }
  }
  return Math.max(2, most + 1);
}
