// The surroundings of a call: its arguments, what the caller's own code threw, and ways to disturb the call from within.
import { EXOTICS } from './exotics.mjs';

/** The ways in which the caller's code disturbs a running call. */
export const DISRUPTIONS = ['dispose', 'recycle', 'detach', 'resize', 'lanes', 'abort', 'call', 'throw', 'none'];

/** The letters for sizes in shapes; D is one more dimension, as in images. */
const shapeOf = (letters, sizes) => Array.from(letters, (letter) => (letter in sizes ? sizes[letter] : Number(letter)));

export class World {
  /** Thrown by the caller's own code; it has to come through unchanged. */
  thrown = new Set();
  #tensors = [];
  #buffers = [];
  #lanes = [];
  #controllers = [];

  /**
   * @param torch - the package's `torch`
   * @param theme - `sizes` of the letters, the `dtype` of tensors that say none, the `seed` of elements and the
   *   `disruption` that getters bring about
   */
  constructor(torch, theme) {
    this.torch = torch;
    this.theme = theme;
  }

  /** The value of a recipe (see recipes.mjs). */
  build(recipe) {
    switch (recipe.is) {
      case 'exotic':
        return EXOTICS[recipe.name](this);
      case 'tensor':
        return this.tensor(recipe);
      case 'array':
        return recipe.items.map((item) => this.build(item));
      case 'options':
        return this.#options(recipe);
      default:
        return recipe.value;
    }
  }

  /** A tensor according to the recipe, otherwise to the theme. */
  tensor({ shape = 'NC', dtype, fill = 'any', grad = false, view = 'none', state = 'live' } = {}) {
    const { torch } = this;
    const sizes = shapeOf(shape, this.theme.sizes);
    let tensor = this.#filled(sizes, fill, dtype ?? this.theme.dtype);
    if (view !== 'none') tensor = this.#view(tensor, view);
    if (grad && /float/.test(tensor.dtype)) tensor.requires_grad_();
    this.#tensors.push(tensor);
    if (state !== 'live') tensor.dispose();
    // The handle of the disposed tensor is now reused for another one.
    if (state === 'recycled') this.#tensors.push(torch.full([3], 77));
    return tensor;
  }

  #filled(sizes, fill, dtype) {
    const { torch } = this;
    const { seed, sizes: letters } = this.theme;
    const count = sizes.reduce((product, size) => product * size, 1);
    const random = (index) => Math.abs(Math.sin(seed + 12.9898 * (index + 1)) * 43758.5453) % 1;
    const EXTREMES = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, -3e38, 1e-45, -0];
    // Their sums overflow int64.
    const HUGE = [5, 2 ** 31, 2 ** 62, 2 ** 63 - 1024, 2 ** 63 - 2 ** 60, -(2 ** 31), -(2 ** 63)];
    const number = {
      any: (index) => 4 * random(index) - 2,
      probability: random,
      class: (index) => Math.floor(random(index) * letters.C),
      label: (index) => Math.floor(random(index) * (letters.C + 3)) - 2,
      far: (index) => Math.floor((random(index) - 0.5) * 2 ** 20),
      huge: (index) => HUGE[Math.floor(random(index) * HUGE.length)],
      sign: (index) => (random(index) < 0.5 ? -1 : 1),
      extreme: (index) => EXTREMES[Math.floor(random(index) * EXTREMES.length)],
      zero: () => 0,
    }[fill];
    const values = Float64Array.from({ length: count }, (_, index) => number(index));
    const wide = torch.tensor(values, { shape: sizes });
    const tensor = wide.to({ dtype });
    wide.dispose();
    return tensor;
  }

  #view(tensor, view) {
    const { ops } = this.torch;
    const { shape } = tensor;
    switch (view) {
      case 'transposed':
        return shape.length < 2
          ? tensor
          : ops.aten.transpose(ops.aten.contiguous(ops.aten.transpose(tensor, 0, 1)), 0, 1);
      case 'expanded':
        return ops.aten.expand(ops.aten.unsqueeze(tensor, 0), [3, ...shape]);
      case 'spread':
        return shape.length === 0 ? tensor : spread(ops, tensor);
      case 'empty part':
        return shape.length === 0 ? tensor : ops.aten.narrow(tensor, 0, 0, 0);
      case 'negated':
        return ops.aten._neg_view(tensor);
      default:
        return ops.aten.detach(tensor);
    }
  }

  #options({ entries, form }) {
    const built = entries.map(([key, recipe]) => [key, this.build(recipe)]);
    const target = form === 'no prototype' ? Object.create(null) : {};
    for (const [index, [key, value]] of built.entries()) {
      const hooked = index === 0 && (form === 'getter' || form === 'throwing getter');
      const get = () => {
        if (form === 'throwing getter') this.raise(`getter of ${key}`);
        this.disrupt();
        return value;
      };
      const descriptor = hooked ? { get } : { value, writable: true };
      Object.defineProperty(target, key, { ...descriptor, enumerable: true, configurable: true });
    }
    if (form === 'class') return Object.assign(new (class Options {})(), target);
    if (form === 'frozen') return Object.freeze(target);
    return form === 'proxy' ? new Proxy(target, {}) : target;
  }

  view(Type, length) {
    const width = Type === DataView ? 1 : Type.BYTES_PER_ELEMENT;
    return new Type(this.buffer(width * length), 0, length);
  }

  buffer(length, options) {
    const buffer = new ArrayBuffer(length, options);
    this.#buffers.push(buffer);
    return buffer;
  }

  lane() {
    const lane = new this.torch.Lane();
    this.#lanes.push(lane);
    return lane;
  }

  signal(kind) {
    const controller = new AbortController();
    const reason = kind === 'reason' ? new Error('the reason') : undefined;
    this.#controllers.push({ controller, reason });
    if (kind === 'aborted') this.#abort();
    else setTimeout(() => this.#abort(), 1);
    return controller.signal;
  }

  #abort() {
    for (const { controller, reason } of this.#controllers) {
      controller.abort(reason);
      this.thrown.add(controller.signal.reason);
    }
  }

  /** Throws an error as the caller's own code. */
  raise(where) {
    this.raiseValue(new Error(`thrown by the caller in ${where}`));
  }

  raiseValue(value) {
    this.thrown.add(value);
    throw value;
  }

  rejected() {
    const reason = new Error('the caller rejects');
    this.thrown.add(reason);
    const promise = Promise.reject(reason);
    promise.catch(() => {});
    return promise;
  }

  /** What a getter of the caller does while the call runs. */
  disrupt(how = this.theme.disruption) {
    switch (how) {
      case 'dispose':
      case 'recycle':
        for (const tensor of this.#tensors.splice(0)) tensor.dispose();
        if (how === 'recycle') for (let count = 0; count < 4; count++) this.#tensors.push(this.torch.full([3], 77));
        break;
      case 'detach':
        for (const buffer of this.#buffers) tryTo(() => structuredClone(buffer, { transfer: [buffer] }));
        break;
      case 'resize':
        for (const buffer of this.#buffers)
          if (buffer.resizable) tryTo(() => buffer.resize(buffer.byteLength === 2 ? 64 : 2));
        break;
      case 'lanes':
        for (const lane of this.#lanes) lane.dispose();
        break;
      case 'abort':
        this.#abort();
        break;
      case 'call':
        this.torch.nn.functional.mse_loss(this.torch.ones([2]), this.torch.zeros([2])).item();
        break;
      case 'throw':
        this.raise('a disruption');
    }
  }

  /** The tensors that require gradients, for the steps after a call. */
  get leaves() {
    return this.#tensors.filter((tensor) => !tensor.disposed && tensor.requires_grad && tensor.is_leaf);
  }

  close() {
    for (const tensor of this.#tensors.splice(0)) tensor.dispose();
    for (const lane of this.#lanes.splice(0)) lane.dispose();
  }
}

/** The same elements far apart in their own storage. */
function spread(ops, tensor) {
  const { shape } = tensor;
  const strides = shape.map((_, dim) => shape.slice(dim + 1).reduce((product, size) => product * size, 1) * 17 + dim);
  const room = 1 + shape.reduce((end, size, dim) => end + Math.max(0, size - 1) * strides[dim], 0);
  const view = ops.aten.as_strided(ops.aten.zeros([room], { dtype: tensor.dtype }), shape, strides);
  return ops.aten.copy_(view, tensor);
}

/** For what may be refused, such as detaching a buffer that a tensor shares. */
function tryTo(act) {
  try {
    act();
  } catch {
    // Then it stays unchanged.
  }
}
