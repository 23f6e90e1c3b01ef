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

/** Rounds what Python computes with tensors to their dtype; losses and step lengths may be plain floats. */
interface Round {
  (value: number): number;
  /** The square root of a tensor, whose last bit is LibTorch's own. */
  readonly root: (value: number) => number;
}

function roundTo(like: Tensor): Round {
  const round = like.dtype === 'float32' ? (value: number) => Math.fround(value) : (value: number) => value;
  return Object.assign(round, { root: (value: number) => op('sqrt', op('new_full', like, [], value)).item() });
}

/** A number that is rounded where a tensor is part of it. */
const rounded = (round: Round, value: number, isTensor: boolean): number => (isTensor ? round(value) : value);

/** A difference, in which a plain float is rounded where the other one is a tensor. */
const minus = (round: Round, a: number, b: number, isTensor: boolean): number =>
  isTensor ? round(round(a) - round(b)) : a - b;

/** A multiple, likewise. */
const times = (round: Round, factor: number, value: number, isTensor: boolean): number =>
  isTensor ? round(round(factor) * value) : factor * value;

/** The minimum of the cubic through two points with their slopes, within the bounds. */
function cubic(round: Round, a: Point, b: Point, bounds?: readonly [least: Length, most: Length]): Length {
  const ends: readonly [Length, Length] = [
    [a.t, a.isTensor],
    [b.t, b.isTensor],
  ];
  const [least, most] = bounds ?? (a.t <= b.t ? ends : [ends[1], ends[0]]);
  const either = a.isTensor || b.isTensor;
  const apart = minus(round, a.t, b.t, either);
  const fall = 3 * (a.loss - b.loss);
  // A number by a tensor is the number times its reciprocal.
  const rise = either ? round(round(1 / apart) * round(fall)) : round(fall / apart);
  const d1 = round(round(a.slope + b.slope) - rise);
  const square = round(round(d1 * d1) - round(a.slope * b.slope));
  if (!(square >= 0)) {
    const isTensor = least[1] || most[1];
    return [rounded(round, rounded(round, least[0] + most[0], isTensor) / 2, isTensor), isTensor];
  }
  const d2 = round.root(square);
  const [left, right] = a.t <= b.t ? [a, b] : [b, a];
  const upper = round(round(right.slope + d2) - d1);
  const lower = round(round(right.slope - left.slope) + round(2 * d2));
  const width = round(minus(round, right.t, left.t, either));
  const place: Length = [round(round(right.t) - round(width * round(upper / lower))), true];
  const raised = round(least[0]) > place[0] ? least : place;
  return rounded(round, most[0], raised[1]) < rounded(round, raised[0], most[1]) ? most : raised;
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
  const round = roundTo(direction);
  const tooHigh = ({ loss: there, t, isTensor }: Point) => {
    const fall = round(round(times(round, C1, t, isTensor)) * initial.slope);
    return round(there) > round(round(initial.loss) + fall);
  };
  const isFlat = (point: Point) => Math.abs(point.slope) <= round(round(-C2) * initial.slope);
  let previous = initial;
  let current = at(start);
  let done = false;
  let bracket: Point[] | undefined;
  let rounds = 0;
  for (; rounds < max_ls; rounds++) {
    if (tooHigh(current) || (rounds > 1 && current.loss >= previous.loss)) {
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
    const either = current.isTensor || previous.isTensor;
    const ahead = times(round, 0.01, minus(round, current.t, previous.t, either), either);
    const least: Length = [minus(round, current.t, -ahead, either), either];
    const most: Length = [rounded(round, current.t * 10, current.isTensor), current.isTensor];
    const next = cubic(round, previous, current, [least, most]);
    previous = current;
    current = at(next);
  }
  bracket ??= [initial, current];
  let [low, high] = (bracket[0] as Point).loss <= (bracket.at(-1) as Point).loss ? [0, 1] : [1, 0];
  let stuck = false;
  while (!done && rounds < max_ls) {
    const [a, b] = bracket as [Point, Point];
    if (round(round(Math.abs(minus(round, b.t, a.t, a.isTensor || b.isTensor))) * size) < round(tolerance_change))
      break;
    let [t, isTensor] = cubic(round, a, b);
    const either = a.isTensor || b.isTensor;
    const [least, most] = a.t <= b.t ? [a, b] : [b, a];
    const margin = times(round, 0.1, minus(round, most.t, least.t, either), either);
    // Differences and comparisons in which a tensor takes part are of its dtype.
    const compared = (value: number) => rounded(round, value, either || isTensor);
    const [below, above] = [
      minus(round, most.t, t, most.isTensor || isTensor),
      minus(round, t, least.t, least.isTensor || isTensor),
    ];
    if (compared(Math.min(below, above)) < compared(margin)) {
      if (stuck || compared(t) >= compared(most.t) || compared(t) <= compared(least.t)) {
        const isUpper = Math.abs(below) < Math.abs(above);
        t = minus(round, isUpper ? most.t : least.t, isUpper ? margin : -margin, either);
        isTensor = either;
        stuck = false;
      } else {
        stuck = true;
      }
    } else {
      stuck = false;
    }
    const point = at([t, isTensor]);
    rounds++;
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
