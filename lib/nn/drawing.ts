/** How first values are drawn and written. */
import { behaviour } from '../addon/versions.js';
import { invalidValue } from '../base/errors.js';
import { inPlaceWith, withoutGrad } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';

/** Whether first values are drawn. */
let drawing = true;

/** Runs `fn`, in which nothing is drawn: for layers whose values are put in afterwards. */
export function withoutDrawing<T>(fn: () => T): T {
  const before = drawing;
  drawing = false;
  try {
    return fn();
  } finally {
    drawing = before;
  }
}

/** Whether first values are to be drawn now. */
export function isDrawing(): boolean {
  return drawing;
}

/** Calls a random operator in place, without a graph. */
export function draw(name: string, tensor: Tensor, values: readonly number[], generator: unknown): void {
  if (!isDrawing()) return;
  if (generator != null && !behaviour().initTakesGenerator) {
    throw invalidValue('generator', 'none with a LibTorch older than 2.1', 'a Generator');
  }
  const named = generator == null ? {} : { generator };
  withoutGrad(() => inPlaceWith(name, [tensor, ...values], named));
}

/** Calls an operator in place, without a graph. */
export function change(name: string, tensor: Tensor, ...values: (number | Tensor)[]): void {
  withoutGrad(() => inPlaceWith(name, [tensor, ...values], {}));
}

/** Disposes of what `fn` made for itself. */
export function using<T>(fn: (made: <O extends Tensor>(tensor: O) => O) => T): T {
  const all: Tensor[] = [];
  try {
    return fn((tensor) => {
      all.push(tensor);
      return tensor;
    });
  } finally {
    for (const tensor of all) tensor.dispose();
  }
}
