// The cases and their data, the same in every process.

/** How the elements of a case's target come: as the input's, as numbers from 0 to 1, or as a class for each row. */
const TARGETS = {
  numbers: (count) => numbers(count, 2),
  probabilities: (count) => numbers(count, 2, 0.4999, 1e-4),
  classes: (_, rows, classes) => Int32Array.from({ length: rows }, (_, row) => Math.floor(uniform(row, 3) * classes)),
};

const rows = 4096;
const columns = 4000;

/**
 * The cases by name. `loss` is a function of torch.nn.functional with its options; `rows` and `columns` are the input's shape for
 * 16 million elements. Losses of differences are also compared with one pass over the memory.
 */
export const CASES = {
  mse_loss: { loss: 'mse_loss', rows, columns, target: 'numbers', limit: true },
  l1_loss: { loss: 'l1_loss', rows, columns, target: 'numbers', limit: true },
  smooth_l1_loss: { loss: 'smooth_l1_loss', rows, columns, target: 'numbers', limit: true },
  huber_loss: { loss: 'huber_loss', rows, columns, target: 'numbers', limit: true },
  binary_cross_entropy_with_logits: {
    loss: 'binary_cross_entropy_with_logits',
    rows,
    columns,
    target: 'probabilities',
  },
  kl_div: { loss: 'kl_div', options: { reduction: 'sum' }, rows, columns, target: 'probabilities' },
  nll_loss: { loss: 'nll_loss', rows, columns, target: 'classes' },
  cross_entropy_1000: { loss: 'cross_entropy', rows: 16_384, columns: 1000, target: 'classes' },
  cross_entropy: { loss: 'cross_entropy', rows, columns, target: 'classes' },
  cross_entropy_32000: { loss: 'cross_entropy', rows: 512, columns: 32_000, target: 'classes' },
};

/** A case's shape and data, of `scale` times as many rows. */
export function makeCase(name, scale) {
  const { loss, options = {}, rows, columns, target, limit = false } = CASES[name];
  const shape = [scale * rows, columns];
  const count = shape[0] * columns;
  return { loss, options, shape, limit, input: numbers(count, 1), target: TARGETS[target](count, ...shape) };
}

/** Numbers from -3 to 3, or others about a middle. */
function numbers(count, seed, half = 3, least = -half) {
  const values = new Float32Array(count);
  for (let index = 0; index < count; index++) values[index] = least + 2 * half * uniform(index, seed);
  return values;
}

/** A number from 0 to 1 that depends only on an index and a seed. */
function uniform(index, seed) {
  let bits = Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(seed, 0x85ebca77);
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  bits = Math.imul(bits ^ (bits >>> 12), 0x297a2d39);
  return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
}
