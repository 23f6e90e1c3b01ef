/** Checks that MindSpore makes of its inputs and PyTorch does not. */
import { ArgumentRangeError, ArgumentTypeError, invalidType } from '../errors.js';
import { Tensor } from '../tensor.js';

/** The inputs, all of them tensors. */
export function tensors(inputs: readonly unknown[], names: readonly string[]): readonly Tensor[] {
  for (const [index, name] of names.entries()) {
    if (!(inputs[index] instanceof Tensor)) throw invalidType(name, 'a Tensor', inputs[index]);
  }
  return inputs as readonly Tensor[];
}

/** The first two inputs have one shape. */
export function sameShape(inputs: readonly unknown[], names: readonly string[]): readonly Tensor[] {
  const [first, second] = tensors(inputs, names) as readonly [Tensor, Tensor];
  const [expected, got] = [`[${first.shape.join(', ')}]`, `[${second.shape.join(', ')}]`];
  if (expected !== got) throw new ArgumentRangeError(names[1] as string, `the shape of ${names[0]}, ${expected}`, got);
  return inputs as readonly Tensor[];
}

/** The first two inputs have one dtype. */
export function sameDType(inputs: readonly unknown[], names: readonly string[]): readonly Tensor[] {
  const [first, second] = tensors(inputs, names) as readonly [Tensor, Tensor];
  if (first.dtype !== second.dtype) {
    throw new ArgumentTypeError(names[1] as string, `the dtype of ${names[0]}, ${first.dtype}`, second.dtype);
  }
  return inputs as readonly Tensor[];
}

/** Every input has a dtype of the list. */
export function dtypeAmong(inputs: readonly unknown[], names: readonly string[], dtypes: readonly string[]): readonly Tensor[] {
  const list = tensors(inputs, names);
  for (const [index, name] of names.entries()) {
    const { dtype } = list[index] as Tensor;
    if (!dtypes.includes(dtype)) throw new ArgumentTypeError(name, `a Tensor of ${dtypes.join(', ')}`, dtype);
  }
  return list;
}
