/** Drawing and writing initial values. */
import { behaviour, CHANGES } from '../addon/versions.js';
import { ArgumentRangeError } from '../base/errors.js';
import { inPlaceWith, withoutGrad } from '../tensor/call.js';
import type { Tensor } from '../tensor/tensor.js';

/** Whether initial values are drawn. */
let drawing = true;

/** Runs `fn` without drawing anything: for layers whose values are set afterwards. */
export function withoutDrawing<T>(fn: () => T): T {
  const before = drawing;
  drawing = false;
  try {
    return fn();
  } finally {
    drawing = before;
  }
}

/** Whether initial values should be drawn now. */
export function isDrawing(): boolean {
  return drawing;
}

/** Calls a random operator in place, without a graph. */
export function draw(name: string, tensor: Tensor, values: readonly number[], generator: unknown): void {
  if (!isDrawing()) return;
  if (generator != null && !behaviour().initTakesGenerator) {
    throw new ArgumentRangeError(
      'generator',
      `none: LibTorch before ${CHANGES.initTakesGenerator} does not support it`,
      'a Generator',
    );
  }
  const named = generator == null ? {} : { generator };
  withoutGrad(() => inPlaceWith(name, [tensor, ...values], named));
}

/** Calls an operator in place, without a graph. */
export function change(name: string, tensor: Tensor, ...values: (number | Tensor)[]): void {
  withoutGrad(() => inPlaceWith(name, [tensor, ...values], {}));
}

/** Disposes of the temporary tensors of `fn`. */
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
