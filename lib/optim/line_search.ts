import { op } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';

/** The loss and its gradient at a step length in the direction. */
export type Evaluate = (length: number) => [loss: number, grad: Tensor];

interface Point {
  t: number;
  loss: number;
  grad: Tensor;
  /** The slope of the loss in the direction. */
  slope: number;
  /** Whether Python's `t` is a tensor here, which affects the state. */
  isTensor: boolean;
}

/** A step length, and whether it is a tensor in Python. */
type Length = readonly [t: number, isTensor: boolean];

const C1 = 1e-4;
const C2 = 0.9;

/** The minimum of the cubic through two points with their slopes, within the bounds. */
function cubic(a: Point, b: Point, bounds?: readonly [number, number]): Length {
  const [least, most] = bounds ?? (a.t <= b.t ? [a.t, b.t] : [b.t, a.t]);
  const d1 = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.t - b.t);
  const square = d1 * d1 - a.slope * b.slope;
  const either = a.isTensor || b.isTensor;
  if (!(square >= 0)) return [(least + most) / 2, either];
  const d2 = Math.sqrt(square);
  const place =
    a.t <= b.t
      ? b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
      : a.t - (a.t - b.t) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2 * d2));
  const t = Math.min(Math.max(place, least), most);
  return [t, t === place || either];
}

/** A step length that satisfies the strong Wolfe conditions, or the best one found. */
export function strongWolfe(
  evaluate: Evaluate,
  start: Length,
  direction: Tensor,
  loss: number,
  grad: Tensor,
  slope: Tensor,
  { tolerance_change, max_ls }: { tolerance_change: number; max_ls: number },
): { loss: number; grad: Tensor; t: number; isTensor: boolean; calls: number } {
  const size = op('max', op('abs', direction)).item();
  const initial: Point = { t: 0, loss, grad, slope: slope.item(), isTensor: false };
  let calls = 0;
  const at = ([t, isTensor]: Length): Point => {
    const [value, there] = evaluate(t);
    calls++;
    return { t, loss: value, grad: there, slope: op('dot', there, direction).item(), isTensor };
  };
  const tooHigh = (point: Point) => point.loss > initial.loss + C1 * point.t * initial.slope;
  const isFlat = (point: Point) => Math.abs(point.slope) <= -C2 * initial.slope;
  let previous = initial;
  let current = at(start);
  let done = false;
  let bracket: Point[] | undefined;
  let round = 0;
  for (; round < max_ls; round++) {
    if (tooHigh(current) || (round > 1 && current.loss >= previous.loss)) {
      bracket = [previous, current];
      break;
    }
    if (isFlat(current)) {
      bracket = [current];
      done = true;
      break;
    }
    if (current.slope >= 0) {
      bracket = [previous, current];
      break;
    }
    const bounds = [current.t + 0.01 * (current.t - previous.t), current.t * 10] as const;
    const next = cubic(previous, current, bounds);
    previous = current;
    current = at(next);
  }
  bracket ??= [initial, current];
  let [low, high] = (bracket[0] as Point).loss <= (bracket.at(-1) as Point).loss ? [0, 1] : [1, 0];
  let stuck = false;
  while (!done && round < max_ls) {
    const [a, b] = bracket as [Point, Point];
    if (Math.abs(b.t - a.t) * size < tolerance_change) break;
    let [t, isTensor] = cubic(a, b);
    const either = a.isTensor || b.isTensor;
    const [least, most] = [Math.min(a.t, b.t), Math.max(a.t, b.t)];
    const margin = 0.1 * (most - least);
    if (Math.min(most - t, t - least) < margin) {
      if (stuck || t >= most || t <= least) {
        t = Math.abs(t - most) < Math.abs(t - least) ? most - margin : least + margin;
        isTensor = either;
        stuck = false;
      } else {
        stuck = true;
      }
    } else {
      stuck = false;
    }
    const point = at([t, isTensor]);
    round++;
    const lowest = bracket[low] as Point;
    if (tooHigh(point) || point.loss >= lowest.loss) {
      bracket[high] = point;
      [low, high] = (bracket[0] as Point).loss <= (bracket[1] as Point).loss ? [0, 1] : [1, 0];
    } else {
      if (isFlat(point)) done = true;
      else if (point.slope * ((bracket[high] as Point).t - lowest.t) >= 0) bracket[high] = lowest;
      bracket[low] = point;
    }
  }
  const best = bracket[low] as Point;
  return { loss: best.loss, grad: best.grad, t: best.t, isTensor: best.isTensor, calls };
}
