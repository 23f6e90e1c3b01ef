/** Calls the public API by the names in recorded cases, and judges the errors. */

import { isFloat } from '../../tensor/dtypes.js';
import { TorchError } from '../../base/errors.js';
import { isTensor as hasHandle } from '../../addon/handle.js';
import { withOwnDTypes } from '../../addon/messages.js';
import type { Namespace } from '../../loss/call_types.js';
import * as mindspore from '../../mindspore/index.js';
import type { Tensor } from '../../tensor/tensor.js';
import * as torch from '../../torch/index.js';
import type { DType } from '../../base/types.js';
import type { PlainTensor } from '../wire/plain_tensor.js';

/** The result of replaying a case. */
export interface CaseResult {
  readonly id: string;
  readonly loss: string;
  readonly passed: boolean;
  /** Why the case failed. */
  readonly error?: string;
  readonly max_abs_error?: number;
  readonly max_rel_error?: number;
}

/** An expected error, by its name in Python. */
export interface ExpectedError {
  readonly type: string;
  readonly message?: string;
  readonly regex?: string;
  /** Whether the message comes from LibTorch (`native`) or from a check in PyTorch's Python code. */
  readonly layer?: 'python' | 'native';
}

/** The errors that correspond to Python's. */
const ERROR_KINDS: Readonly<Record<string, ErrorConstructor | typeof TorchError>> = {
  TypeError,
  AttributeError: TypeError,
  ValueError: RangeError,
  IndexError: RangeError,
  RuntimeError: TorchError,
  NotImplementedError: TorchError,
  _LinAlgError: TorchError,
};

/** Text that only a C++ stack trace contains. */
const NATIVE_FRAMES = [/Exception raised from/, /^frame #\d/m, /\.(?:cpp|h|cc):\d+ \(most recent/];

/** The tensors of one case, which are freed together. */
export class CaseTensors {
  readonly #tensors = new Set<Tensor>();

  /** Frees `value` with the others, if it is a tensor. */
  keep<T>(value: T): T {
    if (isTensor(value)) this.#tensors.add(value);
    return value;
  }

  /** Makes a tensor from nested arrays or a flat typed array. */
  tensor(data: unknown, options: { dtype: DType; shape?: readonly number[]; requires_grad?: boolean }): Tensor {
    return this.keep((torch.tensor as (data: unknown, options: unknown) => Tensor)(data, options));
  }

  dispose(): void {
    for (const tensor of this.#tensors) tensor.dispose();
    this.#tensors.clear();
  }
}

/** Whether a value returned by the API is a tensor. */
export function isTensor(value: unknown): value is Tensor {
  return hasHandle(value);
}

/** A tensor's dtype, shape and elements. */
export function plain(tensor: Tensor): PlainTensor {
  return { dtype: tensor.dtype, shape: tensor.shape, data: tensor.toTypedArray() };
}

/** The modules of the losses' namespaces. */
export const MODULES: Readonly<Record<Namespace, object>> = {
  'torch.nn': torch.nn,
  'torch.nn.functional': torch.nn.functional,
  'mindspore.nn': mindspore.nn,
  'mindspore.ops': mindspore.ops,
};

/** Calls a loss with its positional arguments and its options. */
export type LossCall = (args: readonly unknown[], options: Readonly<Record<string, unknown>>) => unknown;

/**
 * The function or class `name` of a namespace as one call; a class is instantiated with the options.
 *
 * @throws TorchError with code `ERR_NOT_IMPLEMENTED` if the namespace has no such name.
 */
export function findCallable(namespace: object, path: string, name: string): LossCall {
  const callable: unknown = Object.hasOwn(namespace, name) ? Reflect.get(namespace, name) : undefined;
  if (typeof callable !== 'function') throw new TorchError('ERR_NOT_IMPLEMENTED', `${name} is not in ${path}`);
  if (!/^[A-Z]/.test(name)) return (args, options) => callable(...args, options);
  return (args, options) => Reflect.construct(callable, [options])(...args);
}

/** Runs a call and returns its error, or a reason why it should have thrown one. */
export function judgeError(run: () => unknown, expected: ExpectedError | 'any'): string | null {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  if (thrown === undefined) {
    return `expected ${expected === 'any' ? 'an error' : `${expected.type}: ${expected.message ?? ''}`}, got a result`;
  }
  return describeWrongError(thrown, expected);
}

/** How much of a message a recorded pattern is looked for in. */
const MOST_MATCHED = 2000;

/** Whether a pattern repeats no group, and single characters a few times at most. */
function isQuick(regex: string): boolean {
  return !/\)[*+?{]/.test(regex) && (regex.match(/[*+{]/g) ?? []).length <= 3;
}

function describeWrongError(thrown: unknown, expected: ExpectedError | 'any'): string | null {
  if (!(thrown instanceof Error)) return `expected an error, got ${String(thrown)}`;
  const got = `got ${thrown.name}: ${thrown.message}`;
  if (typeof Reflect.get(thrown, 'code') !== 'string') return `expected an error with a code, ${got}`;
  if (NATIVE_FRAMES.some((frame) => frame.test(thrown.message))) return `expected a message without C++ frames, ${got}`;
  if (expected === 'any') return null;
  const Kind = ERROR_KINDS[expected.type];
  if (Kind === undefined) return `unknown kind of error ${expected.type}`;
  if (!(thrown instanceof Kind)) return `expected ${Kind.name} for ${expected.type}, ${got}`;
  if (expected.layer !== 'native') return null;
  // torchloss writes `int64` for LibTorch's `Long`.
  const [regex, message] = [expected.regex, expected.message].map((text) => text && withOwnDTypes(text));
  // A file says it: one that takes long is not tried.
  if (regex !== undefined && !isQuick(regex)) return `expected a pattern without repeated groups, got ${regex}`;
  if (regex !== undefined && !new RegExp(regex).test(thrown.message.slice(0, MOST_MATCHED)))
    return `expected a message like ${regex}, ${got}`;
  if (regex === undefined && message !== undefined && !thrown.message.includes(message)) {
    return `expected the message ${message}, ${got}`;
  }
  return null;
}

/** The name in results of a value that a call threw or returned. */
export function describeThrown(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Turns recorded values into arguments for `torch.tensor`: `"nan"`, `"inf"` and `"-inf"` are numbers in floats. */
export function readValues(values: unknown, dtype: DType): unknown {
  if (Array.isArray(values)) return values.map((item) => readValues(item, dtype));
  if (dtype === 'bool') return Boolean(values);
  if (isFloat(dtype) && typeof values === 'string') return Number(values.replace('inf', 'Infinity'));
  return values;
}

/** The recorded values of a tensor in C order, flattened. */
export function flatValues(values: unknown, dtype: DType): (number | bigint)[] {
  const flat = [readValues(values, dtype)].flat(Number.POSITIVE_INFINITY) as (number | boolean)[];
  return flat.map((value) => (dtype === 'int64' ? BigInt(value) : Number(value)));
}
