/** Pooling of `torch.nn.functional`, composed as in Python. */
import { invalidType, invalidValue } from '../../base/errors.js';
import { isArray } from '../../base/plain_object.js';
import { isTensor } from '../../addon/handle.js';
import type { Tensor } from '../tensor.js';
import { type Body, checkTensorArgument, op, step, type Steps } from './steps.js';

type Sizes = number | readonly number[];

/** One number for each of `count` dimensions. */
function each(value: Sizes, count: number): number[] {
  const list: readonly unknown[] = isArray(value) ? value : Array<unknown>(count).fill(value);
  return list.map((item) => {
    if (typeof item !== 'number' && typeof item !== 'bigint') throw invalidType('sizes', 'numbers', item);
    return Number(item);
  });
}

/** Returns `indices` besides the values if they are asked for. */
const maxPool =
  (dims: number, indices?: boolean): Body =>
  (
    input,
    kernel_size: Sizes,
    stride: Sizes | null,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: boolean,
    wanted = false,
  ) =>
    step(
      `max_pool${dims}d${(indices ?? wanted) ? '_with_indices' : ''}`,
      input,
      kernel_size,
      stride ?? [],
      padding,
      dilation,
      ceil_mode,
    );

/** Replaces null sizes by the input's. */
function outputSize(input: Tensor, size: unknown): unknown {
  if (!isArray(size)) return size;
  checkTensorArgument(input, 'input');
  const shape = input.shape as number[];
  return size.map((item, index) => item ?? shape[shape.length - size.length + index]);
}

const adaptiveMax = (dims: number, indices?: boolean): Body =>
  function* (input: Tensor, output_size: unknown, wanted = false): Steps {
    const size = dims === 1 ? output_size : outputSize(input, output_size);
    const both = yield* op<[Tensor, Tensor]>(`adaptive_max_pool${dims}d`, input, size);
    return (indices ?? wanted) ? both : both[0];
  };

const adaptiveAverage =
  (dims: number): Body =>
  (input: Tensor, output_size: unknown) =>
    step(`adaptive_avg_pool${dims}d`, input, outputSize(input, output_size));

/** The size before pooling, checked against the caller's. */
function unpooledSize(
  input: Tensor,
  kernel: number[],
  stride: number[],
  padding: number[],
  given: readonly number[] | null,
) {
  checkTensorArgument(input, 'input');
  const shape = (input.shape as number[]).slice(-kernel.length);
  const usual = shape.map(
    (size, d) => (size - 1) * (stride[d] as number) + (kernel[d] as number) - 2 * (padding[d] as number),
  );
  let wanted: readonly number[] = usual;
  if (given !== null) {
    if (!isArray(given)) throw invalidType('output_size', 'an array of sizes', given);
    wanted = given.length === kernel.length + 2 ? given.slice(2) : given;
    if (wanted.length !== kernel.length) {
      throw invalidValue('output_size', `${kernel.length} or ${kernel.length + 2} sizes`, given.length);
    }
    for (const [d, size] of wanted.entries()) {
      const [least, most] = [
        (usual[d] as number) - (stride[d] as number),
        (usual[d] as number) + (stride[d] as number),
      ];
      if (size <= least || size >= most)
        throw invalidValue(`output_size[${d}]`, `a size between ${least} and ${most}`, size);
    }
  }
  for (const [d, size] of wanted.entries()) {
    if (size < 0) throw invalidValue(`output_size[${d}]`, 'a size of at least 0', size);
  }
  return [...wanted];
}

const unpool = (dims: number): Body =>
  function* (
    input: Tensor,
    indices: Tensor,
    kernel_size: Sizes,
    stride: Sizes | null,
    padding: Sizes,
    output_size: number[] | null,
  ): Steps {
    const kernel = each(kernel_size, dims);
    const steps = stride === null ? kernel : each(stride, dims);
    const around = each(padding, dims);
    const size = unpooledSize(input, kernel, steps, around, output_size);
    if (dims === 3) return yield* op('max_unpool3d', input, indices, size, steps, around);
    if (dims === 2) return yield* op('max_unpool2d', input, indices, size);
    const [wide, places] = [yield* op('unsqueeze', input, -1), yield* op('unsqueeze', indices, -1)];
    return yield* op('squeeze.dim', yield* op('max_unpool2d', wide, places, [...size, 1]), -1);
  };

const powerPool = (dims: number): Body =>
  function* (input: Tensor, norm_type: number, kernel_size: Sizes, stride: Sizes | null, ceil_mode: boolean): Steps {
    const pool = [kernel_size, stride ?? [], 0, 1, ceil_mode];
    if (norm_type === Infinity) return yield* op(`max_pool${dims}d`, yield* op('abs', input), ...pool);
    if (norm_type === -Infinity) {
      const negative = yield* op('neg', yield* op('abs', input));
      return yield* op('neg', yield* op(`max_pool${dims}d`, negative, ...pool));
    }
    const powers = yield* op('pow', input, norm_type);
    const mean = yield* op(`avg_pool${dims}d`, powers, kernel_size, stride ?? [], 0, ceil_mode);
    const signed = yield* op('mul', yield* op('sign', mean), yield* op('relu', yield* op('abs', mean)));
    const count = each(kernel_size, dims).reduce((product, size) => product * size, 1);
    return yield* op('pow', yield* op('mul', signed, count), 1 / norm_type);
  };

const fractional = (dims: number, indices?: boolean): Body =>
  function* (
    input: Tensor,
    kernel_size: Sizes,
    output_size: Sizes | null,
    output_ratio: Sizes | null,
    wanted: boolean,
    samples: Tensor | null,
  ): Steps {
    if (output_size === null && output_ratio === null) throw invalidValue('output_size', 'it or output_ratio', null);
    checkTensorArgument(input, 'input');
    const shape = input.shape as number[];
    let size = output_size;
    if (size === null) {
      if (isArray(output_ratio) && output_ratio.length > dims) {
        throw invalidValue('output_ratio', `one number or ${dims}`, output_ratio);
      }
      const spatial = shape.slice(-dims);
      size = each(output_ratio as Sizes, dims).map((ratio, d) => Math.trunc((spatial[d] as number) * ratio));
    }
    let random = samples;
    if (random === null) {
      const batch = shape.length === dims + 1 ? 1 : (shape[0] as number);
      random = yield* op('rand', [batch, shape.at(-dims - 1), dims], { dtype: input.dtype, device: input.device });
    }
    const both = yield* op<[Tensor, Tensor]>(`fractional_max_pool${dims}d`, input, kernel_size, size, random);
    return (indices ?? wanted) ? both : both[0];
  };

function pair(value: unknown): unknown {
  return isArray(value) || isTensor(value) ? value : [value, value];
}

export const pooling: Record<string, Body> = {
  unfold: (input, kernel_size, dilation, padding, stride) =>
    step('im2col', input, pair(kernel_size), pair(dilation), pair(padding), pair(stride)),
  fold: (input, output_size, kernel_size, dilation, padding, stride) =>
    step('col2im', input, pair(output_size), pair(kernel_size), pair(dilation), pair(padding), pair(stride)),
};
for (const dims of [1, 2, 3]) {
  pooling[`max_pool${dims}d`] = maxPool(dims);
  pooling[`max_pool${dims}d_with_indices`] = maxPool(dims, true);
  pooling[`adaptive_max_pool${dims}d`] = adaptiveMax(dims);
  pooling[`adaptive_max_pool${dims}d_with_indices`] = adaptiveMax(dims, true);
  pooling[`max_unpool${dims}d`] = unpool(dims);
  pooling[`lp_pool${dims}d`] = powerPool(dims);
  if (dims === 1) continue;
  pooling[`adaptive_avg_pool${dims}d`] = adaptiveAverage(dims);
  pooling[`fractional_max_pool${dims}d`] = fractional(dims);
  pooling[`fractional_max_pool${dims}d_with_indices`] = fractional(dims, true);
}
