/** Random number generators, and the default one used by all calls without a `generator`. */
import { isInstance } from '../base/plain_object.js';
import { checkDevice, checkOptions } from '../addon/arguments.js';
import { GeneratorOwner, generatorHandleOf, isGenerator } from '../addon/generator.js';
import { handleOf } from '../addon/handle.js';
import { type GeneratorHandle, native } from '../addon/native.js';
import { ArgumentRangeError, invalidType } from '../base/errors.js';
import type { Device } from '../base/types.js';
import { Tensor } from './tensor.js';

/** The state of a generator: bytes, on the CPU. */
export type GeneratorState = Tensor<readonly [number], 'uint8'>;

/** The origin of a generator's handle, for the constructor. */
class Source {
  readonly make: () => GeneratorHandle;

  constructor(make: () => GeneratorHandle) {
    this.make = make;
  }
}

/**
 * An independent stream of random numbers, like `torch.Generator`.
 *
 * Every function and operator that takes a `generator` draws from it instead of the default one. A new generator starts
 * with the seed 67280421310721. The same seed gives the same numbers as in PyTorch.
 *
 * @example
 * ```ts
 * const generator = new torch.Generator().manual_seed(7);
 * torch.randperm(5, { generator }).tolist();   // [0, 1, 3, 2, 4]
 * const state = generator.get_state();
 * const first = torch.rand([2], { generator }).tolist();
 * generator.set_state(state);
 * const again = torch.rand([2], { generator }).tolist();   // the same numbers as first
 * ```
 */
export class Generator extends GeneratorOwner {
  /** @param device - where the numbers are drawn. Default `'cpu'` */
  constructor(device?: Device | { device?: Device | undefined });
  constructor(given: Device | { device?: Device | undefined } | Source = 'cpu') {
    if (isInstance(given, Source)) {
      super(given.make);
      return;
    }
    let device: unknown = given;
    if (typeof given !== 'string') {
      checkOptions(given, ['device']);
      device = given.device ?? 'cpu';
    }
    checkDevice(device);
    super(() => native().make_generator(device));
  }

  /** Where the numbers are drawn: `'cpu'`, `'cuda:0'`. */
  get device(): string {
    return native().generator_device(generatorHandleOf(this, 'generator'));
  }

  /**
   * Starts the stream of a seed. Returns the generator itself.
   *
   * @param seed - an integer from -2^63 to 2^64 - 1; a bigint from 2^53 on. A negative one counts back from 2^64
   */
  manual_seed(seed: number | bigint): this {
    const bits = readSeed(seed);
    native().seed_generator(generatorHandleOf(this, 'generator'), bits);
    return this;
  }

  /** Starts the stream of a random seed and returns the seed. */
  seed(): bigint {
    return native().random_seed(generatorHandleOf(this, 'generator'));
  }

  /** The seed of the stream, as an unsigned 64-bit integer. */
  initial_seed(): bigint {
    return native().initial_seed(generatorHandleOf(this, 'generator'));
  }

  /** The current state of the stream, for {@link set_state}. */
  get_state(): GeneratorState {
    return new Tensor(native().generator_state(generatorHandleOf(this, 'generator')));
  }

  /**
   * Sets the stream back to a saved state. Returns the generator itself.
   *
   * @param new_state - the result of {@link get_state} of a generator for the same kind of device
   */
  set_state(new_state: GeneratorState): this {
    const handle = generatorHandleOf(this, 'generator');
    const state = handleOf(new_state, 'new_state');
    const { dtype, device } = new_state;
    if (dtype !== 'uint8') throw invalidType('new_state', 'a tensor of dtype uint8', `one of dtype ${dtype}`);
    if (device !== 'cpu') throw invalidType('new_state', 'a tensor on the CPU', `one on ${device}`);
    native().set_generator_state(handle, state);
    return this;
  }

  /** A new generator whose stream is in the same state. */
  clone_state(): Generator {
    const handle = native().clone_generator(generatorHandleOf(this, 'generator'));
    return generatorOf(() => handle);
  }
}

function generatorOf(make: () => GeneratorHandle): Generator {
  return new Generator(new Source(make) as never);
}

/** Reads a seed as 64 bits. */
function readSeed(seed: unknown): bigint {
  if (typeof seed !== 'bigint' && !Number.isSafeInteger(seed)) {
    throw invalidType('seed', 'an integer, as a bigint from 2^53 on', seed);
  }
  const integer = BigInt(seed as number | bigint);
  if (integer < -(2n ** 63n) || integer >= 2n ** 64n) {
    throw new ArgumentRangeError('seed', '-2^63 to 2^64 - 1', `${integer} (Overflow when unpacking long long)`);
  }
  return BigInt.asUintN(64, integer);
}

/** The CPU generator for all calls without a `generator`. */
export const default_generator: Generator = generatorOf(() => native().default_generator('cpu'));

/** The default generator of a CUDA device. */
export function defaultGeneratorOf(device: Device): Generator {
  return generatorOf(() => native().default_generator(device));
}

/**
 * Seeds the default generators of every device. The same seed gives the same numbers as in PyTorch.
 *
 * @param seed - an integer from -2^63 to 2^64 - 1; a bigint from 2^53 on. A negative one counts back from 2^64
 * @returns the default CPU generator
 */
export function manual_seed(seed: number | bigint): Generator {
  native().manual_seed(readSeed(seed));
  return default_generator;
}

/** Seeds the default generators of every device with a random seed and returns the seed. */
export function seed(): bigint {
  const drawn = default_generator.seed();
  native().manual_seed(drawn);
  return drawn;
}

/** The seed of the default CPU generator, as an unsigned 64-bit integer. */
export function initial_seed(): bigint {
  return default_generator.initial_seed();
}

/** The current state of the default CPU generator, for {@link set_rng_state}. */
export function get_rng_state(): GeneratorState {
  return default_generator.get_state();
}

/** Sets the default CPU generator back to a saved state. */
export function set_rng_state(new_state: GeneratorState): void {
  default_generator.set_state(new_state);
}

/** Checks the argument `generator`. */
export function checkGenerator(value: unknown): void {
  if (value != null && !isGenerator(value)) throw invalidType('generator', 'a Generator or null', value);
}
