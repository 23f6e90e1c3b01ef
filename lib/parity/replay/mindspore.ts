import { largestOf } from '../../base/extremes.js';
import { findLoss } from '../../losses/catalogue.js';
import { elementsOf, typedArrayOf } from '../../data/entry.js';
import { TorchError } from '../../base/errors.js';
import type { Float } from '../../base/types.js';
import type { CaseResult, ExpectedError } from '../sides/calls.js';
import { type CaseTensor, type CaseValue, isCaseTensor, type ParityCase } from '../cases/cases.js';
import type { PlainTensor } from '../wire/plain_tensor.js';
import { judgeCase } from '../judge/judge.js';
import { runCase, type SideError, type SideResult } from '../sides/own.js';
import type { ExpectedOutput, LookUp, RecordedCase, TensorReference } from './recorded_case.js';

/**
 * Replays a recorded call of MindSpore. It passes under the rules of a live comparison: with the same numbers up to
 * rounding, or if the loss's row documents the difference.
 */
export function replayMindSpore(recorded: RecordedCase, lookUp: LookUp): CaseResult {
  const { id, loss, api, name, expect } = recorded;
  const row = findLoss(loss);
  if (row === undefined) throw new TorchError('ERR_FILE_FORMAT', `${id}: there is no loss ${loss}`);
  const args = recorded.args.map(({ name: argument, ...value }) => ({ name: argument, value: raise(value) }));
  const kwargs = Object.fromEntries(Object.entries(recorded.kwargs).map(([key, value]) => [key, raise(value)]));
  const tensors = args.flatMap(({ value }) => (isCaseTensor(value) ? [value] : []));
  const { cotangent } = expect as ExpectedOutput;
  const given = {
    id,
    loss,
    api,
    name,
    note: 'recorded',
    args: args as ParityCase['args'],
    kwargs,
    dtype: tensors[0]?.dtype as Float,
    ...(cotangent !== undefined && { cotangent: tensorOf(cotangent) }),
  };
  const { judgement, reason, checks } = judgeCase(given, row, 'mindspore', runCase(given), resultOf(expect));
  const max_abs_error = largestOf(
    checks.map(({ comparison }) => comparison.max_abs_error),
    0,
  );
  const max_rel_error = largestOf(
    checks.map(({ comparison }) => comparison.max_rel_error),
    0,
  );
  const passed = judgement !== 'wrong';
  return { id, loss, passed, ...(passed ? {} : { error: reason }), max_abs_error, max_rel_error };

  function tensorOf(reference: TensorReference, requires_grad = false): CaseTensor {
    const entry = lookUp(reference);
    return { dtype: entry.dtype, shape: entry.shape, data: typedArrayOf(entry), requires_grad };
  }

  /** A recorded value in the form that a call takes. */
  function raise(value: unknown): CaseValue {
    if (typeof value !== 'object' || value === null) return value as CaseValue;
    if (Array.isArray(value)) return value.map(raise) as unknown as CaseValue;
    if ('tensor' in value) {
      return tensorOf(value.tensor as TensorReference, 'requires_grad' in value && value.requires_grad === true);
    }
    return ('value' in value ? value.value : value) as CaseValue;
  }

  function resultOf(expected: RecordedCase['expect']): SideResult {
    if ('error' in expected) return { error: describe(expected.error), gradients: new Map() };
    const { output, grads = {}, grad_error } = expected;
    const gradients = new Map(
      Object.entries(grads).map(([argument, reference]) => [argument, reference === null ? null : plainOf(reference)]),
    );
    const gradError = grad_error === undefined ? undefined : describe(grad_error as ExpectedError);
    return { output: plainOf(output), gradients, gradError };
  }

  function plainOf(reference: TensorReference): PlainTensor {
    const entry = lookUp(reference);
    return { dtype: entry.dtype, shape: entry.shape, data: elementsOf(entry) };
  }
}

function describe({ type, message = '' }: ExpectedError): SideError {
  return { type, message };
}
