/** The ways to draw normally distributed numbers between two bounds. */
import { native } from '../addon/native.js';
import { behaviour } from '../addon/versions.js';
import { op } from '../tensor/call.js';
import { dispatchTensor } from '../tensor/dispatch.js';
import { Tensor } from '../tensor/tensor.js';
import { change, draw, using } from './drawing.js';

/** Fills a tensor with the method of the LibTorch in use. */
export function truncatedNormal(
  tensor: Tensor,
  mean: number,
  std: number,
  a: number,
  b: number,
  generator: unknown,
): void {
  if (!behaviour().truncNormalRejects) truncateByInverse(tensor, mean, std, a, b, generator);
  else if (normalCdf((b - mean) / std) - normalCdf((a - mean) / std) > 0.3) {
    rejectFromNormal(tensor, mean, std, a, b, generator);
  } else rejectFromUniform(tensor, mean, std, a, b, generator);
}

function normalCdf(x: number): number {
  return (1 + native().scalar_math('erf', x / Math.sqrt(2), 0)) / 2;
}

function truncateByInverse(tensor: Tensor, mean: number, std: number, a: number, b: number, generator: unknown): void {
  const low = normalCdf((a - mean) / std);
  const high = normalCdf((b - mean) / std);
  draw('uniform_', tensor, [2 * low - 1, 2 * high - 1], generator);
  change('erfinv_', tensor);
  change('mul_', tensor, std * Math.sqrt(2));
  change('add_', tensor, mean);
  change('clamp_', tensor, a, b);
}

function anyOf(mask: Tensor): boolean {
  const any = op('any', mask);
  const result = Boolean(any.item());
  any.dispose();
  return result;
}

function rejectFromNormal(tensor: Tensor, mean: number, std: number, a: number, b: number, generator: unknown): void {
  using((made) => {
    // The bounds, rounded to the tensor's dtype.
    const [low, high] = [a, b].map((bound) => {
      const value = made(new Tensor(dispatchTensor('full', [[], bound], { dtype: tensor.dtype })));
      return value.item();
    }) as [number, number];
    draw('normal_', tensor, [mean, std], generator);
    let result = tensor;
    for (;;) {
      const mask = made(op('logical_or', made(op('lt', result, low)), made(op('gt', result, high))));
      if (!anyOf(mask)) break;
      const again = made(op('empty_like', result));
      draw('normal_', again, [mean, std], generator);
      result = made(op('where', mask, again, result));
    }
    if (result !== tensor) change('copy_', tensor, result);
  });
}

function rejectFromUniform(tensor: Tensor, mean: number, std: number, a: number, b: number, generator: unknown): void {
  using((made) => {
    const mode = Math.max(a, Math.min(mean, b));
    const peak = (mode - mean) / std;
    const logPeak = -0.5 * native().scalar_math('pow', peak, 2);
    const candidates = made(op('empty_like', tensor));
    const accept = made(op('empty_like', tensor));
    /** Turns candidates into the logarithms of their density, and draws which of them are rejected. */
    const refused = (): Tensor => {
      change('sub_', candidates, mean);
      change('div_', candidates, std);
      change('pow_', candidates, 2);
      change('mul_', candidates, -0.5);
      change('sub_', candidates, logPeak);
      draw('uniform_', accept, [], generator);
      change('log_', accept);
      return made(op('gt', accept, candidates));
    };
    draw('uniform_', tensor, [a, b], generator);
    change('copy_', candidates, tensor);
    let pending = refused();
    if (!anyOf(pending)) return;
    let result = tensor;
    do {
      draw('uniform_', candidates, [a, b], generator);
      result = made(op('where', pending, candidates, result));
      pending = made(op('where', pending, refused(), pending));
    } while (anyOf(pending));
    change('copy_', tensor, result);
  });
}
