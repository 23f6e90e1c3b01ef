/** PyTorch's results, as recorded by `scripts/fixtures.py tensors`. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { DTYPES } from '../../lib/tensor/dtypes.js';
import type { Tensor } from '../../lib/tensor/tensor.js';
import { tensor } from '../../lib/torch/index.js';
import type { DType } from '../../lib/base/types.js';

interface Recorded {
  shape: number[];
  dtype: DType;
  data: string;
}

type Group = 'creation' | 'views' | 'autograd' | 'operands' | 'operators' | 'promotions';

const groups: Record<Group, Record<string, Recorded>> = JSON.parse(
  readFileSync(new URL('../fixtures/tensors.json', import.meta.url), 'utf8'),
);

/** The names recorded in a group. */
export function recordedNames(group: Group): string[] {
  return Object.keys(groups[group]);
}

/** A recorded tensor: its shape, its dtype and its elements as `toTypedArray` returns them. */
export function recorded(group: Group, name: string) {
  const entry = groups[group][name];
  if (entry === undefined) throw new Error(`no ${group} named ${name} is recorded`);
  const { shape, dtype, data } = entry;
  const bytes = new Uint8Array(Buffer.from(data, 'base64')).buffer;
  const ArrayType = dtype === 'float16' || dtype === 'bfloat16' ? Float32Array : DTYPES[dtype].array;
  return { shape, dtype, data: new ArrayType(bytes) };
}

/** A new tensor with recorded elements. */
export function recordedTensor(group: Group, name: string, requires_grad = false): Tensor {
  const { shape, dtype, data } = recorded(group, name);
  return tensor(data, { shape, dtype, requires_grad });
}

/** Compares a tensor with a recorded one: shape, dtype and elements, exactly unless a tolerance is given. */
export function expectRecorded(actual: Tensor | null, group: Group, name: string, tolerance = 0): void {
  const expected = recorded(group, name);
  if (actual === null) throw new Error(`${name}: there is no tensor`);
  expect(actual.shape, name).toEqual(expected.shape);
  expect(actual.dtype, name).toBe(expected.dtype);
  const data = actual.toTypedArray();
  if (tolerance === 0) {
    expect(data, name).toEqual(expected.data);
    return;
  }
  expect(data.length, name).toBe(expected.data.length);
  for (let i = 0; i < data.length; i++) {
    const [got, wanted] = [Number(data[i]), Number(expected.data[i])];
    const distance = Math.abs(got - wanted) / Math.max(1, Math.abs(wanted));
    expect(distance <= tolerance, `${name}[${i}]: ${got} instead of ${wanted}`).toBe(true);
  }
}

interface Thrown {
  kind: string;
  code?: string;
  parameter?: string;
  message: string;
}

/** What `run` throws, as its class and its fields. */
export function thrown(run: () => unknown): Thrown {
  try {
    run();
  } catch (error) {
    return described(error);
  }
  throw new Error('nothing was thrown');
}

/** What `run` throws, or what its promise rejects with, as its class and its fields. */
export async function rejected(run: () => unknown): Promise<Thrown> {
  try {
    await run();
  } catch (error) {
    return described(error);
  }
  throw new Error('nothing was thrown');
}

function described(error: unknown): Thrown {
  const { code, parameter, message } = error as Error & { code?: string; parameter?: string };
  const kind =
    error instanceof TypeError ? 'TypeError' : error instanceof RangeError ? 'RangeError' : (error as Error).name;
  return { kind, code, parameter, message };
}
