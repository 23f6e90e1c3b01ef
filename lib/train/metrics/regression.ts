/** Metrics of numbers, from exact sums: whatever the batches, the same bits. */
import { ArgumentRangeError, invalidValue } from '../../base/errors.js';
import { addExactly, type ExactSum, rounded } from '../../evaluate/exact.js';
import type { Tensor } from '../../tensor/tensor.js';
import { checkPair, type Metric, numbersOf } from './metric.js';

/** Checks that an output and a target belong together, and gives both as rows of `width` numbers. */
function rowsOf(output: Tensor, target: Tensor): { outputs: Float64Array; targets: Float64Array; width: number } {
  checkPair(output, target);
  const shape = (tensor: Tensor) =>
    (tensor.shape as readonly number[]).filter((size, dim) => dim === 0 || size !== 1).join(', ');
  if (shape(output) !== shape(target))
    throw new ArgumentRangeError(
      'output',
      `the target's shape [${target.shape.join(', ')}]`,
      `[${output.shape.join(', ')}]`,
    );
  const rows = output.dim() === 0 ? 1 : output.size(0);
  return {
    outputs: numbersOf(output),
    targets: numbersOf(target),
    width: rows === 0 ? 0 : output.numel() / rows,
  };
}

abstract class MeanError implements Metric {
  readonly best = 'least';
  #sum: ExactSum = [];
  #count = 0;

  protected abstract of(difference: number): number;

  update(output: Tensor, target: Tensor): void {
    const { outputs, targets } = rowsOf(output, target);
    for (const [at, value] of outputs.entries()) addAny(this.#sum, this.of(value - (targets[at] as number)));
    this.#count += outputs.length;
  }

  /** NaN without samples. */
  compute(): number {
    return rounded(this.#sum) / this.#count;
  }

  reset(): void {
    this.#sum = [];
    this.#count = 0;
  }
}

/** The mean of the absolute differences, of all elements. */
export class MeanAbsoluteError extends MeanError {
  protected override of(difference: number): number {
    return Math.abs(difference);
  }
}

/** The mean of the squared differences, of all elements. */
export class MeanSquaredError extends MeanError {
  protected override of(difference: number): number {
    return difference * difference;
  }
}

/** The sums that R² follows from, of one output. */
interface Sums {
  readonly residual: ExactSum;
  readonly target: ExactSum;
  readonly square: ExactSum;
}

/**
 * R², the coefficient of determination: 1 minus the squared differences over those from the targets' mean. With several
 * outputs the mean of theirs. Targets that are all the same give 1 without differences, 0 otherwise; fewer than two
 * samples give NaN.
 *
 * @example
 * ```ts
 * const r2 = new R2Score();
 * r2.update(torch.tensor([2.5, 0, 2, 8]), torch.tensor([3, -0.5, 2, 7]));
 * r2.compute();   // 0.948608137...
 * ```
 */
export class R2Score implements Metric {
  readonly best = 'greatest';
  #columns: Sums[] = [];
  #samples = 0;

  update(output: Tensor, target: Tensor): void {
    const { outputs, targets, width } = rowsOf(output, target);
    if (this.#columns.length === 0)
      this.#columns = Array.from({ length: width }, () => ({ residual: [], target: [], square: [] }));
    if (width !== 0 && width !== this.#columns.length)
      throw invalidValue('output', `${this.#columns.length} outputs, as before`, width);
    for (const [at, value] of targets.entries()) {
      const { residual, target: sum, square } = this.#columns[at % width] as Sums;
      addSquare(residual, value - (outputs[at] as number));
      addAny(sum, value);
      addSquare(square, value);
    }
    this.#samples += width === 0 ? 0 : targets.length / width;
  }

  compute(): number {
    if (this.#samples < 2) return Number.NaN;
    const scores = this.#columns.map((sums) => this.#score(sums));
    return scores.reduce((all, score) => all + score, 0) / scores.length;
  }

  #score({ residual, target, square }: Sums): number {
    if (![residual, target, square].every((sum) => sum.every(Number.isFinite))) return Number.NaN;
    const count = BigInt(this.#samples);
    const [differences, sum, squares] = [exactly(residual), exactly(target), exactly(square)];
    // Both times the number of samples, and in whole numbers: nothing is lost where the mean is far from 0.
    const spread = count * squares * UNIT - sum * sum;
    const rest = count * differences * UNIT;
    if (spread === 0n) return rest === 0n ? 1 : 0;
    return ratio(spread - rest, spread);
  }

  reset(): void {
    this.#columns = [];
    this.#samples = 0;
  }
}

/** Adds a number that may be infinite or NaN, which the sum then is. */
function addAny(sum: ExactSum, value: number): void {
  if (Number.isFinite(value) && sum.every(Number.isFinite)) addExactly(sum, value);
  else
    sum.splice(
      0,
      sum.length,
      sum.reduce((all, part) => all + part, value),
    );
}

/** Half of a number's digits. */
const SPLIT = 2 ** 27 + 1;

/** Adds a square without rounding, as the product and what rounding took of it (Dekker's). */
function addSquare(sum: ExactSum, value: number): void {
  const product = value * value;
  addAny(sum, product);
  const wide = SPLIT * value;
  if (!Number.isFinite(product) || !Number.isFinite(wide)) return;
  const high = wide - (wide - value);
  const low = value - high;
  addAny(sum, low * low - (product - high * high - 2 * high * low));
}

/** The least power of two that a float64 is a multiple of. */
const SMALLEST = 1074;
const UNIT = 1n << BigInt(SMALLEST);

/** A sum in units of the least float64. */
function exactly(sum: ExactSum): bigint {
  return sum.reduce((total, part) => total + inUnits(part), 0n);
}

const view = new DataView(new ArrayBuffer(8));

function inUnits(value: number): bigint {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  const digits = exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1);
  return bits >> 63n === 0n ? digits : -digits;
}

/** A quotient of whole numbers, rounded to 64 digits of two and then to a number. */
function ratio(top: bigint, bottom: bigint): number {
  const sign = top < 0n ? -1 : 1;
  const size = (value: bigint) => value.toString(16).length * 4;
  const over = top < 0n ? -top : top;
  const shift = Math.max(0, 72 - (size(over) - size(bottom)));
  return (sign * Number((over << BigInt(shift)) / bottom)) / 2 ** shift;
}
