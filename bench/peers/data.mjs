// The data of the cases, the same in every process.

export const ROWS = 4096;
export const CLASSES = 4000;

/** The cases, each with its target: numbers of the input's shape, or a class for each row. */
export const CASES = {
  mse_loss: () => ({ input: numbers(1), target: numbers(2) }),
  cross_entropy: () => ({
    input: numbers(1),
    target: Int32Array.from({ length: ROWS }, (_, row) => Math.floor(uniform(row, 3) * CLASSES)),
  }),
};

/** Numbers from -3 to 3. */
function numbers(seed) {
  const values = new Float32Array(ROWS * CLASSES);
  for (let index = 0; index < values.length; index++) values[index] = 6 * uniform(index, seed) - 3;
  return values;
}

/** A number from 0 to 1 that depends only on an index and a seed. */
function uniform(index, seed) {
  let bits = Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(seed, 0x85ebca77);
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  bits = Math.imul(bits ^ (bits >>> 12), 0x297a2d39);
  return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
}
