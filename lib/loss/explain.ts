/** Adds to LibTorch's errors what they leave out: the tensors of the call by name, and what to do. */
import { isTensor } from '../addon/handle.js';
import { TorchError } from '../base/errors.js';
import type { DType } from '../base/types.js';
import { isFloat } from '../tensor/dtypes.js';
import type { Tensor } from '../tensor/tensor.js';

/** A tensor of a call and its parameter. */
export type Named = readonly [name: string, tensor: unknown];

/** What the message says of a tensor. */
interface Seen {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/**
 * The error of a call, with the dtypes and shapes of its tensors if LibTorch raised it and names none of them.
 *
 * @param tensors - of the call; what is no tensor is left out, and so is one disposed of while a lane computed
 */
export function withTensors(error: unknown, tensors: readonly Named[]): unknown {
  if (!(error instanceof TorchError) || error.parameter !== undefined) return error;
  if (error.code !== 'ERR_TORCH' && error.code !== 'ERR_NOT_IMPLEMENTED') return error;
  const seen = tensors.flatMap(([name, tensor]) => see(name, tensor));
  if (seen.length === 0) return error;
  const list = seen.map(({ name, dtype, shape }) => `${name} is ${dtype} [${shape.join(', ')}]`).join(', ');
  const fix = fixOf(error.message, seen);
  return new TorchError(error.code, `${error.message} (${list}${fix === undefined ? '' : `; ${fix}`})`);
}

function see(name: string, tensor: unknown): Seen[] {
  if (!isTensor(tensor) || (tensor as Tensor).disposed) return [];
  const { dtype, shape } = tensor as Tensor;
  return [{ name, dtype, shape }];
}

/** LibTorch's messages about a dtype: the one at fault and, if it is told, the one to have. */
const ABOUT_DTYPES: readonly RegExp[] = [
  /not implemented for '(?<bad>\w+)'/,
  /expected scalar type (?<good>\w+) but found (?<bad>\w+)/,
  /Found dtype (?<bad>\w+) but expected (?<good>\w+)/,
  /result type (?<good>\w+) can't be cast to the desired output type (?<bad>\w+)/,
  /must be either a floating point or complex dtype. Got: (?<bad>\w+)/,
  /\b(?<bad>bool) tensor/,
  /Integral inputs not supported/,
];

/** How to make the call: the first tensor of the wrong dtype in another one. */
function fixOf(message: string, seen: readonly Seen[]): string | undefined {
  const found = ABOUT_DTYPES.map((pattern) => pattern.exec(message)).find((match) => match !== null);
  if (found == null) return undefined;
  let { bad, good = 'float32' } = (found.groups ?? {}) as { bad?: DType; good?: DType };
  // A float beside integers is right: it is the integers that LibTorch does not take.
  if (bad !== undefined && isFloat(bad) && !isFloat(good)) [bad, good] = [good, bad];
  const wrong = seen.find(({ dtype }) => (bad === undefined ? !isFloat(dtype) : dtype === bad));
  if (wrong === undefined || wrong.dtype === good) return undefined;
  return `make ${wrong.name} ${good}, with { dtype: '${good}' } or .to('${good}')`;
}
