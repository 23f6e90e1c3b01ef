/**
 * Compares operators with an installed Python: the same calls on both sides must have results and gradients with the
 * same bits.
 */
import { isTensor } from '../addon/handle.js';
import { native } from '../addon/native.js';
import { isArray } from '../base/plain_object.js';
import type { Tensor } from '../tensor/tensor.js';
import * as torch from '../torch/index.js';
import { type DrawnCall, type DrawnTensor, drawOperators } from './cases/operators.js';
import { askPython, readAskOptions } from './sides/ask.js';

/** The comparison of one call. */
export interface OperatorResult {
  readonly id: string;
  readonly passed: boolean;
  readonly error?: string;
}

/** Options of {@link compareOperators}. */
export interface OperatorOptions {
  readonly python?: readonly string[] | undefined;
  /** The number of calls. Default 2000. */
  readonly cases?: number | undefined;
  /** A different seed gives different calls. Default 0. */
  readonly seed?: number | undefined;
}

type Wire = unknown;

/**
 * Makes calls of operators here and in Python and compares the bits of results and gradients.
 *
 * @throws TorchError with code `ERR_PEER` if there is no Python with the PyTorch of the LibTorch in use
 * @throws TypeError or RangeError for a wrong option
 */
export function compareOperators(options: OperatorOptions = {}): OperatorResult[] {
  const { python, cases = 2000, seed = 0 } = readAskOptions(options);
  const calls = drawOperators(cases, seed);
  const threads = native().info().num_threads;
  const request = { threads, cases: calls.map((call) => ({ ...call, args: call.args.map(toWire) })) };
  const answers = askPython('operators.py', request, python);
  return calls.map((call, index) => compareCall(call, answers[index] as Record<string, Wire>));
}

function compareCall(call: DrawnCall, answer: Readonly<Record<string, Wire>>): OperatorResult {
  const { id } = call;
  let own: Wire;
  try {
    own = runCall(call);
  } catch (error) {
    if ('error' in answer) return { id, passed: true };
    return { id, passed: false, error: (error as Error).message };
  }
  if ('error' in answer) return { id, passed: false, error: `Python refuses it: ${String(answer.error)}` };
  const problem = differenceOf(own, answer);
  return problem === null ? { id, passed: true } : { id, passed: false, error: problem };
}

function runCall({ name, args, kwargs, seed }: DrawnCall): Wire {
  return torch.scope(() => {
    const values = args.map((value) => (isDrawn(value) ? make(value) : value));
    const options = Object.keys(kwargs).length === 0 ? [] : [kwargs];
    torch.manual_seed(seed);
    let result: unknown;
    if (name.startsWith('Tensor.')) {
      const [self, ...rest] = values;
      result = (Reflect.get(self as object, name.slice(7)) as (...all: unknown[]) => unknown).apply(self, [
        ...rest,
        ...options,
      ]);
    } else {
      let holder: unknown = torch;
      for (const part of name.split('.').slice(1)) holder = Reflect.get(holder as object, part);
      result = (holder as (...all: unknown[]) => unknown)(...values, ...options);
    }
    const inputs = values.filter((value): value is Tensor => isTensor(value) && (value as Tensor).requires_grad);
    const outputs = [result]
      .flat()
      .filter((value): value is Tensor => isTensor(value) && (value as Tensor).requires_grad);
    const ones = outputs.map((output) => torch.ones_like(output));
    const gradients =
      inputs.length === 0 || outputs.length === 0
        ? []
        : torch.autograd.grad(outputs, inputs, { grad_outputs: ones, allow_unused: true });
    return { result: toWire(result), gradients: toWire(gradients) };
  });
}

function isDrawn(value: unknown): value is DrawnTensor {
  return typeof value === 'object' && value !== null && 'requires_grad' in value && !isTensor(value);
}

function make({ dtype, shape, values, requires_grad }: DrawnTensor): Tensor {
  return torch.tensor(typedArray(dtype, values), { dtype, shape, requires_grad });
}

function typedArray(dtype: DrawnTensor['dtype'], values: readonly number[]) {
  if (dtype === 'int64') return BigInt64Array.from(values, BigInt);
  if (dtype === 'bool') return Uint8Array.from(values);
  return dtype === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
}

/** Tensors as their bytes, also in arrays. */
function toWire(value: unknown): Wire {
  if (isArray(value)) return value.map(toWire);
  if (isDrawn(value)) {
    const { buffer } = typedArray(value.dtype, value.values);
    const { dtype, shape, requires_grad } = value;
    return { dtype, shape, requires_grad, data: Buffer.from(buffer).toString('base64') };
  }
  if (!isTensor(value)) return value;
  const tensor = value as Tensor;
  const { buffer, byteOffset, byteLength } = tensor.detach().toTypedArray();
  const data = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('base64');
  return { dtype: tensor.dtype, shape: [...tensor.shape], data };
}

/** The difference between two answers, or `null`; all NaNs are the same. */
function differenceOf(own: Wire, other: Wire, path = 'answer'): string | null {
  if (isArray(own) && isArray(other)) {
    if (own.length !== other.length) return `${path}: ${own.length} values here, ${other.length} in Python`;
    for (const [index, item] of own.entries()) {
      const problem = differenceOf(item, other[index], `${path}.${index}`);
      if (problem !== null) return problem;
    }
    return null;
  }
  if (typeof own !== 'object' || own === null || typeof other !== 'object' || other === null) {
    return own === other || (own == null && other == null)
      ? null
      : `${path}: ${String(own)} here, ${String(other)} in Python`;
  }
  for (const key of Object.keys(own)) {
    const [mine, theirs] = [Reflect.get(own, key), Reflect.get(other, key)];
    if (key === 'data' && mine !== theirs && !sameNumbers(Reflect.get(own, 'dtype'), mine, theirs)) {
      return `${path}: other bits`;
    }
    const problem = key === 'data' ? null : differenceOf(mine, theirs, `${path}.${key}`);
    if (problem !== null) return problem;
  }
  return null;
}

function sameNumbers(dtype: string, first: string, second: string): boolean {
  const bytes = [first, second].map((text) => new Uint8Array(Buffer.from(text, 'base64')).buffer);
  const Numbers = dtype === 'float32' ? Float32Array : dtype === 'float64' ? Float64Array : undefined;
  if (Numbers === undefined) return false;
  const [a, b] = bytes.map((buffer) => new Numbers(buffer)) as [Float32Array, Float32Array];
  return a.length === b.length && a.every((value, index) => Object.is(value, b[index]));
}
