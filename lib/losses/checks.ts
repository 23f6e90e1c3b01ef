/** Checks of the inputs that MindSpore makes and PyTorch does not. */
import { ArgumentRangeError, ArgumentTypeError } from '../base/errors.js';
import { handleOf } from '../addon/handle.js';
import type { Tensor } from '../tensor/tensor.js';

/** The inputs, all checked to be live tensors, without the options that follow them. */
export function tensors(inputs: readonly unknown[], names: readonly string[]): readonly Tensor[] {
  return names.map((name, index) => {
    handleOf(inputs[index], name);
    return inputs[index] as Tensor;
  });
}

/** Checks that the first two inputs have the same shape. */
export function sameShape(inputs: readonly unknown[], names: readonly string[]): readonly Tensor[] {
  const list = tensors(inputs, names);
  const [first, second] = list as readonly [Tensor, Tensor];
  const [expected, got] = [`[${first.shape.join(', ')}]`, `[${second.shape.join(', ')}]`];
  if (expected !== got) throw new ArgumentRangeError(names[1] as string, `the shape of ${names[0]}, ${expected}`, got);
  return list;
}

/** Checks that all inputs have the same dtype. */
export function sameDType(inputs: readonly unknown[], names: readonly string[]): readonly Tensor[] {
  const list = tensors(inputs, names);
  const { dtype: expected } = list[0] as Tensor;
  for (const [index, name] of names.entries()) {
    const { dtype } = list[index] as Tensor;
    if (dtype !== expected) throw new ArgumentTypeError(name, `the dtype of ${names[0]}, ${expected}`, dtype);
  }
  return list;
}

/** Checks that the dtype of every input is in the list. */
export function dtypeAmong(
  inputs: readonly unknown[],
  names: readonly string[],
  dtypes: readonly string[],
): readonly Tensor[] {
  const list = tensors(inputs, names);
  for (const [index, name] of names.entries()) {
    const { dtype } = list[index] as Tensor;
    if (!dtypes.includes(dtype)) throw new ArgumentTypeError(name, `a Tensor of ${dtypes.join(', ')}`, dtype);
  }
  return list;
}

/** Checks that no input is uint8. */
export function notUint8(inputs: readonly unknown[], names: readonly string[]): readonly Tensor[] {
  const list = tensors(inputs, names);
  for (const [index, name] of names.entries()) {
    const { dtype } = list[index] as Tensor;
    if (dtype === 'uint8') throw new ArgumentTypeError(name, 'a Tensor of another dtype than uint8', dtype);
  }
  return list;
}

/** Converts the class indices, the second input, to what LibTorch takes: MindSpore's int32 becomes int64. */
export function classIndices(inputs: readonly unknown[], names: readonly string[]): readonly Tensor[] {
  const [input, target] = tensors(inputs, names) as readonly [Tensor, Tensor];
  return [input, target.dtype === 'int32' ? target.to('int64') : target];
}

/** Checks that the inputs have `least` to `most` dimensions. */
export function rankWithin(
  inputs: readonly unknown[],
  names: readonly string[],
  { least = 0, most = Number.POSITIVE_INFINITY }: { least?: number; most?: number },
): readonly Tensor[] {
  const range =
    most === Number.POSITIVE_INFINITY ? `at least ${least}` : least === most ? `${least}` : `${least} to ${most}`;
  const list = tensors(inputs, names);
  for (const [index, name] of names.entries()) {
    const rank = (list[index] as Tensor).dim();
    if (rank < least || rank > most)
      throw new ArgumentRangeError(name, `a Tensor of ${range} dimensions`, `one of ${rank}`);
  }
  return list;
}
