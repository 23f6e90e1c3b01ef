import { largestOf } from '../../base/extremes.js';
import {
  CASE_FIELDS,
  type ExpectedOutput,
  type LookUp,
  type RecordedArgument,
  type RecordedCase,
  type RecordedTensor,
  type TensorReference,
} from './recorded_case.js';
import { join } from 'node:path';
import { elementsOf, type TensorEntry, typedArrayOf } from '../../data/entry.js';
import { readSafetensors, type TensorFile } from '../../data/safetensors.js';
import { TorchError } from '../../base/errors.js';
import type { Tensor } from '../../tensor/tensor.js';
import {
  type CaseResult,
  describeThrown,
  findCallable,
  isTensor,
  judgeError,
  MODULES,
  plain,
  CaseTensors,
} from '../sides/calls.js';
import { type Comparison, compareTensors } from '../judge/compare.js';
import type { PlainTensor } from '../wire/plain_tensor.js';
import { makeObject, type RecordedObject } from '../cases/cases.js';
import { distanceFunction } from '../cases/distances.js';
import { readRecorded, readRecordedCases } from './files.js';
import { replayMindSpore } from './mindspore.js';

/** Which cases to replay. */
export interface ReplayOptions {
  /** Skips the cases for which it returns `false`. */
  readonly filter?: (recorded: RecordedCase) => boolean;
}

/**
 * Replays the recorded calls of a folder through the public API and compares values, dtypes, shapes, gradients and
 * errors. Calls of MindSpore may also differ in the ways documented in the rows of the losses.
 *
 * @param folder - with `cases.json` and its tensors, compressed (`.gz`) or plain.
 * @returns one result per case, in the order of the file. A loss that does not exist fails its cases.
 * @throws TorchError with code `ERR_FILE_FORMAT` if the folder cannot be read.
 */
export function replay(folder: string, options: ReplayOptions = {}): CaseResult[] {
  const files = new Map<string, TensorFile>();
  const lookUp = ({ file, key }: TensorReference): TensorEntry => {
    const known = files.get(file) ?? readSafetensors(readRecorded(folder, file), join(folder, file));
    files.set(file, known);
    const entry = known.tensors.get(key);
    if (entry === undefined) throw new TorchError('ERR_FILE_FORMAT', `${join(folder, file)}: expected a tensor ${key}`);
    return entry;
  };
  const cases = readRecordedCases<RecordedCase>(folder, 'cases.json', CASE_FIELDS);
  const chosen = options.filter === undefined ? cases : cases.filter(options.filter);
  return chosen.map((recorded) => {
    const scope = new CaseTensors();
    try {
      return replayCase(recorded, lookUp, scope);
    } catch (error) {
      if (error instanceof TorchError && error.code === 'ERR_FILE_FORMAT') throw error;
      return { id: recorded.id, loss: recorded.loss, passed: false, error: describeThrown(error) };
    } finally {
      scope.dispose();
    }
  });
}

function replayCase(recorded: RecordedCase, lookUp: LookUp, scope: CaseTensors): CaseResult {
  const { id, loss, api, name, expect } = recorded;
  if (api.startsWith('mindspore.')) return replayMindSpore(recorded, lookUp);
  const call = findCallable(MODULES[api], api, name);
  const inputs = recorded.args.map((argument) => makeArgument(argument, lookUp, scope));
  const kwargs = Object.fromEntries(
    Object.entries(recorded.kwargs).map(([key, value]) => [key, makeKeyword(value, lookUp, scope)]),
  );
  const run = (): unknown => scope.keep(call(inputs, kwargs));
  if ('error' in expect) {
    const error = judgeError(run, expect.error);
    return error === null ? { id, loss, passed: true } : { id, loss, passed: false, error };
  }
  // The loss is the first of a pair.
  const [output, ...others] = [run()].flat();
  for (const other of others) scope.keep(other);
  if (!isTensor(output)) return { id, loss, passed: false, error: 'expected a tensor as the output' };
  scope.keep(output);
  const checks = new Map([['output', compareTensors(plain(output), expected(expect.output), expect.tolerance)]]);
  const failure = checkGradients(expect, output);
  return summarise(recorded, checks, failure);

  function expected(reference: TensorReference): PlainTensor {
    const entry = lookUp(reference);
    return { dtype: entry.dtype, shape: entry.shape, data: elementsOf(entry) };
  }

  /** Runs backward and compares each gradient; returns problems other than differing values. */
  function checkGradients({ grads, grad_error, cotangent, tolerance }: ExpectedOutput, result: Tensor): string | null {
    if (grads === undefined && grad_error === undefined) return null;
    const options = cotangent === undefined ? {} : { gradient: makeTensor(lookUp(cotangent), scope) };
    const backward = (): void => result.backward(options);
    if (grad_error !== undefined) return judgeError(backward, 'any');
    backward();
    for (const [argument, reference] of Object.entries(grads ?? {})) {
      const tensor = inputs[recorded.args.findIndex((item) => item.name === argument)];
      if (!isTensor(tensor)) return `gradient of ${argument}: no such tensor`;
      const gradient = scope.keep(tensor.grad);
      if (reference === null || gradient === null) {
        if (reference === null && gradient === null) continue;
        return `gradient of ${argument}: expected ${reference === null ? 'none' : 'one'}, got the opposite`;
      }
      const comparison = compareTensors(plain(gradient), expected(reference), tolerance);
      checks.set(`gradient of ${argument}`, comparison);
    }
    return null;
  }
}

/** Joins the comparisons of a case into its result. */
function summarise(
  { id, loss }: RecordedCase,
  checks: ReadonlyMap<string, Comparison>,
  failure: string | null,
): CaseResult {
  const found = [...checks.values()];
  const errors = [...checks].filter(([, { equal }]) => !equal).map(([what, { reason }]) => `${what}: ${reason}`);
  if (failure !== null) errors.push(failure);
  const max_abs_error = largestOf(found.map((comparison) => comparison.max_abs_error));
  const max_rel_error = largestOf(found.map((comparison) => comparison.max_rel_error));
  const passed = errors.length === 0;
  return { id, loss, passed, ...(passed ? {} : { error: errors.join('; ') }), max_abs_error, max_rel_error };
}

function makeArgument(argument: RecordedArgument, lookUp: LookUp, scope: CaseTensors): unknown {
  return isRecordedTensor(argument) ? makeInput(argument, lookUp, scope) : argument.value;
}

function makeKeyword(value: unknown, lookUp: LookUp, scope: CaseTensors): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isRecordedTensor(value)) return makeInput(value, lookUp, scope);
  if ('float' in value) return Number(String(value.float).replace('inf', 'Infinity'));
  if ('function' in value) return distanceFunction(value as unknown as Parameters<typeof distanceFunction>[0]);
  if ('class' in value) return makeObject(value as RecordedObject);
  return value;
}

function isRecordedTensor(value: object): value is RecordedTensor {
  return 'tensor' in value;
}

/** Creates an input as PyTorch was given it: a view of the recorded storage if it was a view. */
function makeInput({ tensor, requires_grad, strided }: RecordedTensor, lookUp: LookUp, scope: CaseTensors): Tensor {
  const entry = lookUp(tensor);
  let made: Tensor;
  if (strided === undefined) {
    made = makeTensor(entry, scope);
  } else {
    const storage = makeTensor(lookUp(strided.storage), scope);
    made = scope.keep(storage.as_strided(entry.shape, strided.strides, strided.offset) as Tensor);
  }
  // The view itself becomes the leaf: its storage does not require grad.
  if (requires_grad === true) made.requires_grad_();
  return made;
}

function makeTensor(entry: TensorEntry, scope: CaseTensors): Tensor {
  return scope.tensor(typedArrayOf(entry), { dtype: entry.dtype, shape: entry.shape });
}
