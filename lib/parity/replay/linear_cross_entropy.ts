/** Replays recorded calls of linear_cross_entropy: `linear_cross_entropy.json` among the fixtures. */
import { join } from 'node:path';
import { libtorch } from '../../addon/native.js';
import { behaviourOf } from '../../addon/versions.js';
import { PACKAGE_ROOT } from '../../libtorch/places.js';
import type { LinearCrossEntropyFields } from '../../losses/linear_cross_entropy_options.js';
import type { Tensor } from '../../tensor/tensor.js';
import * as torch from '../../torch/index.js';
import { readFloat } from '../cases/cases.js';
import { type CaseResult, describeThrown } from '../sides/calls.js';
import { readRecordedList } from './files.js';

/** A tensor as Python writes it: numbers, or texts such as `'nan'`. */
interface Plain {
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

/** A call with PyTorch's results, as `scripts/linear_cross_entropy_fixtures.py` writes it. */
export interface LinearCrossEntropyCase {
  readonly dtype: 'float16' | 'bfloat16' | 'float32' | 'float64';
  readonly reduction: 'mean' | 'sum' | 'none';
  readonly ignore_index: number | null;
  readonly options: LinearCrossEntropyFields | null;
  readonly tensors: Readonly<Record<string, Plain>>;
  readonly learned: readonly string[];
  readonly cotangent: Plain;
  readonly output: Plain;
  readonly gradients: Readonly<Record<string, Plain | null>>;
}

/** The output or a gradient, here and in PyTorch. */
export interface RepeatedResult {
  readonly what: string;
  readonly got: readonly number[];
  readonly expected: readonly number[];
}

const EPSILON = { float16: 2 ** -10, bfloat16: 2 ** -7, float32: 2 ** -23, float64: 2 ** -52 } as const;

/** The project's own recorded calls; without 16-bit floats for older LibTorch, which has few kernels for them on the CPU. */
export function linearCrossEntropyCases(): readonly LinearCrossEntropyCase[] {
  const folder = join(PACKAGE_ROOT, 'test', 'fixtures');
  const cases = readRecordedList(folder, 'linear_cross_entropy.json') as readonly LinearCrossEntropyCase[];
  const { hasLinearCrossEntropy } = behaviourOf(libtorch().version);
  return cases.filter(({ dtype }) => hasLinearCrossEntropy || dtype === 'float32' || dtype === 'float64');
}

/** Replays the project's own recorded calls. A result may differ as far as its terms could round differently. */
export function replayLinearCrossEntropy(): CaseResult[] {
  return linearCrossEntropyCases().map((recorded, at) => {
    const id = `linear_cross_entropy/recorded/${String(at).padStart(3, '0')}/${recorded.dtype}`;
    try {
      const wrong = repeatLinearCrossEntropy(recorded).flatMap((result) => findDifference(result, recorded) ?? []);
      const error = wrong.length === 0 ? {} : { error: wrong.join('; ') };
      return { id, loss: 'linear_cross_entropy', passed: wrong.length === 0, ...error };
    } catch (error) {
      return { id, loss: 'linear_cross_entropy', passed: false, error: describeThrown(error) };
    }
  });
}

/** Makes a recorded call, and its backward pass if it has one. */
export function repeatLinearCrossEntropy(recorded: LinearCrossEntropyCase): RepeatedResult[] {
  const tensors = Object.fromEntries(
    Object.entries(recorded.tensors).map(([name, plain]) => {
      const tensor = make(plain, name === 'target' ? 'int64' : recorded.dtype);
      return [name, recorded.learned.includes(name) ? tensor.requires_grad_() : tensor];
    }),
  );
  const { input, linear_weight, target, linear_bias = null, weight = null } = tensors as Record<string, Tensor>;
  const output = torch.nn.functional.linear_cross_entropy(input as Tensor, linear_weight as Tensor, target as Tensor, {
    linear_bias,
    weight,
    reduction: recorded.reduction,
    ignore_index: recorded.ignore_index,
    options: recorded.options === null ? null : new torch.nn.LinearCrossEntropyOptions(recorded.options),
  }) as Tensor;
  if (output.requires_grad) output.backward({ gradient: make(recorded.cotangent, recorded.dtype) });
  const gradients = recorded.learned.map((what): RepeatedResult => {
    const expected = recorded.gradients[what];
    return { what, got: elements((tensors[what] as Tensor).grad), expected: expected ? numbers(expected) : [] };
  });
  return [{ what: 'output', got: elements(output), expected: numbers(recorded.output) }, ...gradients];
}

function make(plain: Plain, dtype: string): Tensor {
  const given = torch.tensor(Float64Array.from(numbers(plain)), { dtype: 'float64' });
  return given.reshape([...plain.shape]).to(dtype as 'float64') as Tensor;
}

function numbers({ data }: Plain): number[] {
  return data.map(readFloat);
}

function elements(tensor: Tensor | null): number[] {
  return tensor === null ? [] : Array.from(tensor.to('float64').toTypedArray(), Number);
}

/** What differs by more than rounding, in words. */
function findDifference({ what, got, expected }: RepeatedResult, recorded: LinearCrossEntropyCase): string | undefined {
  if (got.length !== expected.length) return `${what}: expected ${expected.length} elements, got ${got.length}`;
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value) || 0), 0);
  const bound = EPSILON[recorded.dtype] * condition(recorded) * largest;
  const isClose = (value: number, wanted: number) =>
    Number.isNaN(wanted) ? Number.isNaN(value) : Math.abs(value - wanted) <= bound;
  const at = got.findIndex((value, index) => !isClose(value, expected[index] as number));
  return at < 0 ? undefined : `${what}: element ${at}: expected ${expected[at]}, got ${got[at]}`;
}

/** The largest logit and the number of terms in a sum; both multiply rounding errors. */
function condition({ tensors }: LinearCrossEntropyCase): number {
  const [input, weight] = [tensors.input as Plain, tensors.linear_weight as Plain];
  const most = (plain: Plain) => numbers(plain).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const features = weight.shape.at(-1) as number;
  return 8 + features * most(input) * most(weight);
}
