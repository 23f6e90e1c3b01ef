/** Which elements of a call's tensors belong together: a NaN in one sample does not excuse a difference in another. */
import type { ComparedTensor, Sample } from '../../loss/compared_call.js';
import type { Shape } from '../../base/types.js';

/**
 * The samples of a call: the parts of its inputs for which the loss is computed independently. A sample is one element
 * of each input, after broadcasting, or all elements along the dimensions that the loss reduces.
 */
export class Samples {
  readonly #inputs: readonly (ComparedTensor | undefined)[];
  readonly #options: readonly ComparedTensor[];
  /** All dimensions, and those that distinguish samples. */
  readonly #shape: Shape;
  readonly #outer: readonly number[];
  /** The sample of each position in the shape. */
  readonly #sampleAt: Int32Array;
  readonly #count: number;
  readonly #members = new Map<string, readonly (readonly number[])[]>();
  #values: readonly (readonly (readonly number[])[])[] | undefined;

  /** @param dims - the dimensions of the first input that belong to one sample. */
  constructor(
    inputs: readonly (ComparedTensor | undefined)[],
    options: readonly ComparedTensor[],
    dims: readonly number[] = [],
  ) {
    this.#inputs = inputs;
    this.#options = options;
    const shapes = inputs.flatMap((input) => (input === undefined ? [] : [input.shape]));
    this.#shape = dims.length > 0 ? (shapes[0] as Shape) : broadcast(shapes);
    const rank = this.#shape.length;
    const inner = dims.map((dim) => Math.min(dim < 0 ? dim + rank : dim, rank - 1));
    this.#outer = this.#shape.flatMap((_, dim) => (inner.includes(dim) ? [] : [dim]));
    const sizes = this.#outer.map((dim) => this.#shape[dim] as number);
    this.#sampleAt = this.#places(stridesAlong(sizes, this.#outer, rank));
    this.#count = product(sizes);
  }

  /** The samples that each element of a tensor of this shape depends on or belongs to. */
  of(shape: Shape): readonly (readonly number[])[] {
    const key = String(shape);
    const known = this.#members.get(key);
    if (known !== undefined) return known;
    const layouts = this.#layouts(shape);
    const all = Array.from({ length: this.#count }, (_, sample) => sample);
    let members: readonly (readonly number[])[];
    if (layouts.length === 0 || shape.length === 0) {
      // The shape does not show it: each element may depend on any sample.
      members = Array.from({ length: product(shape) }, () => all);
    } else {
      const sets = Array.from({ length: product(shape) }, () => new Set<number>());
      for (const layout of layouts) {
        for (const [position, element] of layout.entries()) sets[element]?.add(this.#sampleAt[position] as number);
      }
      members = sets.map((set) => [...set]);
    }
    this.#members.set(key, members);
    return members;
  }

  /** The numbers of each input, and then of each option, in a sample. */
  inputs(sample: number): Sample {
    this.#values ??= [...this.#inputs, ...this.#options].map((input, at) => {
      // Class weights count for all samples.
      if (at >= this.#inputs.length && this.#outer.length < this.#shape.length) {
        return Array.from({ length: this.#count }, () => input?.values() ?? []);
      }
      const lists = Array.from({ length: this.#count }, (): number[] => []);
      const values = input?.values() ?? [];
      const members = input === undefined ? [] : this.of(input.shape);
      for (const [element, samples] of members.entries()) {
        for (const each of samples) lists[each]?.push(values[element] as number);
      }
      return lists;
    });
    return this.#values.map((lists) => lists[sample] as readonly number[]);
  }

  /** The element of a tensor for each position, for each way in which the tensor's shape fits. */
  #layouts(shape: Shape): Int32Array[] {
    const rank = this.#shape.length;
    const whole = shape.map((_, dim) => dim + rank - shape.length);
    // Aligned at the front, such as one variance for each row.
    const leading = shape.map((_, dim) => dim);
    const outer = [...this.#outer];
    const fits = (dims: readonly number[]): boolean =>
      dims.length === shape.length &&
      shape.every((size, dim) => size === 1 || size === this.#shape[dims[dim] as number]);
    const exact = [whole, outer].find(
      (dims) =>
        fits(dims) && String(shape) === String(dims === whole ? this.#shape : dims.map((dim) => this.#shape[dim])),
    );
    const chosen = exact === undefined ? [whole, leading, outer].filter(fits) : [exact];
    return chosen.map((dims) => this.#places(stridesAlong(shape, dims, rank)));
  }

  /** The sum of each position's indices times these strides. */
  #places(strides: readonly number[]): Int32Array {
    let places: number[] = [0];
    for (const [dim, size] of this.#shape.entries()) {
      const stride = strides[dim] as number;
      const steps = Array.from({ length: size }, (_, index) => index * stride);
      places = places.flatMap((place) => steps.map((step) => place + step));
    }
    return Int32Array.from(places);
  }
}

/** The strides of a tensor of this shape along its dimensions among `rank`; 0 along those that it lacks or repeats. */
function stridesAlong(shape: Shape, dims: readonly number[], rank: number): number[] {
  const strides = Array.from({ length: rank }, () => 0);
  let stride = 1;
  for (let at = shape.length - 1; at >= 0; at--) {
    const size = shape[at] as number;
    if (size !== 1) strides[dims[at] as number] = stride;
    stride *= size;
  }
  return strides;
}

/** The broadcast shape of tensors; those that do not fit are left out. */
function broadcast(shapes: readonly Shape[]): Shape {
  return shapes.reduce((joined, shape) => {
    const rank = Math.max(joined.length, shape.length);
    const wide = (sizes: Shape): Shape => [...Array.from({ length: rank - sizes.length }, () => 1), ...sizes];
    const [a, b] = [wide(joined), wide(shape)];
    const fit = a.every((size, dim) => size === 1 || b[dim] === 1 || size === b[dim]);
    return fit ? a.map((size, dim) => (size === 1 ? (b[dim] as number) : size)) : joined;
  }, [] as Shape);
}

function product(sizes: Shape): number {
  return sizes.reduce((total, size) => total * size, 1);
}
