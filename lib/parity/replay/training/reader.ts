/** Values in recorded training cases, and comparisons with them. */
import { native } from '../../../addon/native.js';
import { isPlainObject } from '../../../base/plain_object.js';
import { elementsOf, type TensorEntry, typedArrayOf } from '../../../data/entry.js';
import type { Tensor } from '../../../tensor/tensor.js';
import * as torch from '../../../torch/index.js';
import { compareTensors } from '../../judge/compare.js';
import type { Tolerance } from '../../judge/plain.js';
import { type CaseResult, CaseTensors, describeThrown, isTensor, plain } from '../../sides/calls.js';
import { readRecordedCases } from '../files.js';
import { openRecordedTensors } from '../recorded_tensors.js';

/** The tolerances of the recorded calls: the last bits of float32 depend on the processor's kernels. */
const TOLERANCES: Readonly<Record<string, Tolerance>> = {
  float64: { rtol: 1e-9, atol: 1e-9 },
  float32: { rtol: 1e-4, atol: 2e-5 },
  bfloat16: { rtol: 1.6e-2, atol: 1e-5 },
  float16: { rtol: 1e-3, atol: 1e-5 },
};

/** Learning rates and numbers in states. */
const NUMBERS = 1e-9;

/** A recorded case of any file. */
export interface TrainingCase {
  readonly id: string;
  readonly tolerance?: Tolerance;
  /** What the numbers depend on: `no-mkl-rng` if LibTorch draws them with its own generator. */
  readonly depends?: string;
}

/** Creates recorded values, and compares values with them. */
export class Reader {
  readonly #lookUp: (key: string) => TensorEntry;
  readonly #tolerance: Tolerance | undefined;
  readonly #generators = new Map<number, unknown>();
  readonly scope: CaseTensors;
  /** The tensors created for {@link value}, in order, with tuples flattened. */
  readonly inputs: Tensor[] = [];

  constructor(lookUp: (key: string) => TensorEntry, scope: CaseTensors, tolerance: Tolerance | undefined) {
    this.#lookUp = lookUp;
    this.scope = scope;
    this.#tolerance = tolerance;
  }

  /** The value of a recorded one. */
  value(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.value(item));
    if (!isPlainObject(value)) return value;
    if ('tensor' in value) return this.#input(value.tensor as string, value.requires_grad === true);
    if ('randn' in value) return this.#drawn(torch.randn(value.randn as number[]), value.requires_grad === true);
    if ('randint' in value) return this.#drawn(torch.randint(...(value.randint as [number, number, number[]])), false);
    if ('tuple' in value) return this.value(value.tuple);
    if ('size' in value) return this.value(value.size);
    if ('float' in value) return Number(String(value.float).replace('inf', 'Infinity'));
    if ('int' in value) return BigInt(value.int as string);
    if ('dtype' in value) return value.dtype;
    if ('device' in value) return value.device;
    if ('generator' in value) return this.#generator(value.generator as number);
    if ('pack_padded_sequence' in value) return this.#packed(value.pack_padded_sequence as Record<string, unknown>);
    if ('function' in value) return functionOf(value as never);
    return this.object(value.dict ?? value.ordered_dict ?? Object.entries(value));
  }

  /** A recorded dict with names as an object. */
  object(entries: unknown): Record<string, unknown> {
    const pairs = entries as [string, unknown][];
    return Object.fromEntries(pairs.map(([key, item]) => [key, this.value(item)]));
  }

  /** Keyword arguments. */
  options(kwargs: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    return Object.fromEntries(Object.entries(kwargs).map(([key, item]) => [key, this.value(item)]));
  }

  /** A recorded tensor with its own memory. */
  tensor(reference: unknown): Tensor {
    const { randn } = reference as { randn?: number[] };
    if (randn !== undefined) return this.scope.keep(torch.randn(randn));
    const entry = this.#lookUp((reference as { tensor: string }).tensor);
    return this.scope.tensor(typedArrayOf(entry), { dtype: entry.dtype, shape: entry.shape });
  }

  #input(key: string, requires_grad: boolean): Tensor {
    const made = this.tensor({ tensor: key });
    if (requires_grad) made.requires_grad_();
    this.inputs.push(made);
    return made;
  }

  #drawn(tensor: Tensor, requires_grad: boolean): Tensor {
    this.inputs.push(this.scope.keep(requires_grad ? tensor.requires_grad_() : tensor));
    return tensor;
  }

  #generator(seed: number): unknown {
    const known = this.#generators.get(seed) ?? new torch.Generator().manual_seed(seed);
    this.#generators.set(seed, known);
    return known;
  }

  #packed({ input, lengths, batch_first, enforce_sorted }: Record<string, unknown>): unknown {
    const data = this.#input(
      (input as { tensor: string }).tensor,
      (input as { requires_grad?: boolean }).requires_grad === true,
    );
    const list = Array.isArray(lengths) ? lengths : this.tensor(lengths);
    return torch.nn.utils.rnn.pack_padded_sequence(
      data,
      list as number[],
      batch_first as boolean,
      enforce_sorted as boolean,
    );
  }

  /** What is wrong with a tensor, or `null`. */
  compareTensor(actual: unknown, key: string, what: string): string | null {
    if (!isTensor(actual)) return `${what}: expected a tensor, got ${String(actual)}`;
    this.scope.keep(actual);
    const entry = this.#lookUp(key);
    const wanted = { dtype: entry.dtype, shape: entry.shape, data: elementsOf(entry) };
    const isFloating = Object.hasOwn(TOLERANCES, entry.dtype);
    const tolerance = isFloating ? (this.#tolerance ?? TOLERANCES[entry.dtype]) : undefined;
    const dense = this.scope.keep(denseOf(actual));
    const { equal, reason } = compareTensors(plain(dense), wanted, tolerance);
    return equal ? null : `${what}: ${reason}`;
  }

  /** What is wrong with a tensor compared with another, or `null`. */
  compareTensors(actual: Tensor, wanted: Tensor, what: string): string | null {
    const tolerance = this.#tolerance ?? TOLERANCES[wanted.dtype];
    const { equal, reason } = compareTensors(plain(this.scope.keep(actual)), plain(wanted), tolerance);
    return equal ? null : `${what}: ${reason}`;
  }

  /** What is wrong with a value, or `null`. */
  compare(actual: unknown, expected: unknown, what: string): string | null {
    if (isPlainObject(expected)) return this.#compareTagged(actual, expected, what);
    if (Array.isArray(expected)) return this.#compareList(actual, expected, what);
    if (typeof expected === 'number' && (typeof actual === 'number' || typeof actual === 'bigint')) {
      const difference = Math.abs(Number(actual) - expected);
      return difference <= NUMBERS * Math.abs(expected) ? null : `${what}: expected ${expected}, got ${actual}`;
    }
    const same = actual === expected || (actual == null && expected === null);
    return same ? null : `${what}: expected ${JSON.stringify(expected)}, got ${String(actual)}`;
  }

  #compareTagged(actual: unknown, expected: Record<string, unknown>, what: string): string | null {
    if ('tensor' in expected) return this.compareTensor(actual, expected.tensor as string, what);
    if ('tuple' in expected) return this.#compareList(actual, expected.tuple as unknown[], what);
    if ('size' in expected) return this.#compareList(actual, expected.size as unknown[], what);
    if ('float' in expected) {
      const wanted = Number(String(expected.float).replace('inf', 'Infinity'));
      return Object.is(Number(actual), wanted) ? null : `${what}: expected ${wanted}, got ${String(actual)}`;
    }
    if ('packed' in expected) {
      const fields = Object.entries(expected.packed as Record<string, unknown>);
      return firstOf(
        fields.map(
          ([key, item]) =>
            () =>
              this.compare(Reflect.get(actual as object, key), item, `${what}.${key}`),
        ),
      );
    }
    const entries = (expected.dict ?? expected.ordered_dict ?? Object.entries(expected)) as [unknown, unknown][];
    if (typeof actual !== 'object' || actual === null) return `${what}: expected an object, got ${String(actual)}`;
    const own = actual instanceof Map ? actual : new Map<unknown, unknown>(Object.entries(actual));
    const names = [...own.keys()].map(String).sort().join();
    const wanted = entries
      .map(([key]) => String(key))
      .sort()
      .join();
    if (names !== wanted) return `${what}: expected ${wanted}, got ${names}`;
    return firstOf(
      entries.map(
        ([key, item]) =>
          () =>
            this.compare(own.get(key) ?? own.get(String(key)), item, `${what}.${String(key)}`),
      ),
    );
  }

  #compareList(actual: unknown, expected: readonly unknown[], what: string): string | null {
    if (!Array.isArray(actual)) return `${what}: expected a list, got ${String(actual)}`;
    if (actual.length !== expected.length) return `${what}: expected ${expected.length} items, got ${actual.length}`;
    return firstOf(expected.map((item, at) => () => this.compare(actual[at], item, `${what}[${at}]`)));
  }

  /** Compares the next random numbers with the recorded ones. */
  probe(expected: unknown, what: string, generator?: unknown): string | null {
    if (expected === undefined) return null;
    const options = generator === undefined ? {} : { generator: generator as never };
    const drawn = Array.from(this.scope.keep(torch.randint(0, 1_000_000, [4], options)).toTypedArray(), Number);
    return drawn.join() === (expected as number[]).join()
      ? null
      : `${what}: expected ${(expected as number[]).join()}, got ${drawn.join()}`;
  }
}

function denseOf(tensor: Tensor): Tensor {
  return torch.ops.aten.to_dense(tensor.detach());
}

/** The first problem. */
export function firstOf(checks: readonly (() => string | null)[]): string | null {
  for (const check of checks) {
    const wrong = check();
    if (wrong !== null) return wrong;
  }
  return null;
}

function functionOf({
  function: name,
  kwargs,
}: {
  function: string;
  kwargs: Record<string, number>;
}): (x: number) => number {
  const { rate = 0, steps = 1, value = 0 } = kwargs;
  switch (name) {
    case 'power':
      // As Python computes it.
      return (x) => native().scalar_math('pow', rate, x);
    case 'warmup':
      return (x) => Math.min(1, (x + 1) / steps);
    case 'inverse':
      return (x) => 1 / (1 + rate * x);
    default:
      return () => value;
  }
}

/** Replays the cases of one file, each in its own scope. The random numbers are restored afterwards. */
export function replayCases<C extends TrainingCase>(
  folder: string,
  file: string,
  nameOf: (recorded: C) => string,
  run: (recorded: C, reader: Reader) => string | null,
): CaseResult[] {
  const lookUp = openRecordedTensors(folder);
  const before = torch.get_rng_state();
  try {
    return readRecordedCases<C>(folder, file).map((recorded) => {
      const { id, tolerance } = recorded;
      const loss = nameOf(recorded);
      return torch.scope(() => {
        const scope = new CaseTensors();
        try {
          const error = run(recorded, new Reader(lookUp, scope, tolerance));
          return { id, loss, passed: error === null, ...(error === null ? {} : { error }) };
        } catch (thrown) {
          return { id, loss, passed: false, error: describeThrown(thrown) };
        } finally {
          scope.dispose();
        }
      });
    });
  } finally {
    torch.set_rng_state(before);
    before.dispose();
  }
}
