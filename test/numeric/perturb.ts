/**
 * Simulates another processor: changes the last bit of the inputs of tests' computations, or of their results.
 * `TORCHLOSS_PERTURB` is `inputs` or `results`, optionally followed by a number for another choice of bits: `results2`.
 *
 * Numbers with few binary digits, such as 0.5 and 3, are unchanged: they are the same on every processor. A number always
 * changes the same way, so that what is equal within one process remains equal.
 */
import { native } from '../../lib/addon/native.js';
import { LOSSES } from '../../lib/losses/index.js';
import { DTYPES } from '../../lib/tensor/dtypes.js';

const [, mode, seed = '1'] = /^(inputs|results)(\d*)$/.exec(process.env.TORCHLOSS_PERTURB ?? '') ?? [];
if (mode === undefined) throw new Error('TORCHLOSS_PERTURB: expected inputs or results, with a number behind it');

/** The trailing bits that are all 0 in numbers with few digits. */
const WORDS = { float32: { array: Uint32Array, end: 10n }, float64: { array: BigUint64Array, end: 39n } } as const;

/** For a number with many digits: the next number up or down, or the same one. */
function moved(bits: bigint, width: keyof typeof WORDS): bigint {
  const { end } = WORDS[width];
  if ((bits & ((1n << end) - 1n)) === 0n) return bits;
  const exponent = width === 'float32' ? (bits >> 23n) & 0xffn : (bits >> 52n) & 0x7ffn;
  if (exponent === 0n || exponent === (width === 'float32' ? 0xffn : 0x7ffn)) return bits;
  const hash = BigInt.asUintN(32, (bits ^ (bits >> 32n)) * (2_654_435_761n + 2n * BigInt(seed || '1'))) >> 16n;
  return bits + [-1n, 1n, 0n][Number(hash % 3n)]!;
}

function moveAll(data: ArrayBufferView, width: keyof typeof WORDS): void {
  const { array: Words } = WORDS[width];
  const words = new Words(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / Words.BYTES_PER_ELEMENT);
  for (let index = 0; index < words.length; index++) {
    const bits = moved(BigInt(words[index]!), width);
    words[index] = (width === 'float32' ? Number(bits) : bits) as never;
  }
}

function movedNumber(value: number, width: keyof typeof WORDS): number {
  const data = width === 'float32' ? new Float32Array([value]) : new Float64Array([value]);
  // A float32 stays a float32.
  if (width === 'float32' && data[0] !== value) return value;
  moveAll(data, width);
  return data[0] as number;
}

type Functions = Record<string, (...args: any[]) => any>;
const addon = native() as unknown as Functions & { readonly losses: Functions };
const floatOf = (code: number) => (['float32', 'float64'] as const).find((name) => DTYPES[name].code === code);

/** Wraps a function of the addon. */
function wrap(
  functions: Functions,
  name: string,
  around: (original: (...args: any[]) => any, ...args: any[]) => unknown,
): void {
  const original = functions[name];
  if (original === undefined) throw new Error(`the addon has no ${name}`);
  functions[name] = (...args) => around(original, ...args);
}

if (mode === 'inputs') {
  wrap(addon, 'from_bytes', (original, data: ArrayBufferView, shape: unknown, dtype: number) => {
    const width = floatOf(dtype);
    const copy = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
    if (width !== undefined && copy.length > 0) moveAll(copy, width);
    return original(copy, shape, dtype);
  });
} else {
  wrap(addon, 'read_into', (original, tensor: unknown, dtype: number, data: ArrayBufferView) => {
    const result = original(tensor, dtype, data);
    const width = floatOf(dtype);
    if (width !== undefined && data.byteLength > 0) moveAll(data, width);
    return result;
  });
  wrap(addon, 'item', (original, tensor: unknown) => {
    const value = original(tensor);
    const width = floatOf(addon['dtype']?.(tensor));
    return typeof value === 'number' && width !== undefined ? movedNumber(value, width) : value;
  });
  // A loss without a graph is returned as a plain number.
  for (const { op } of LOSSES) {
    wrap(addon.losses, op, (original, ...args) => {
      const result = original(...args);
      return typeof result === 'number' ? movedNumber(result, 'float32') : result;
    });
  }
}
