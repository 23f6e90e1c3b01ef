/** What a case shows: the same numbers, rounding, a difference that is known, or one that is not. */
import type { Allowance, ComparedCall, ComparedTensor } from '../compared_call.js';
import { elementsOf } from '../data/entry.js';
import type { AnyLossRow, Deviation } from '../row.js';
import type { DType } from '../types.js';
import { encode } from './bits.js';
import { isCaseTensor, type CaseTensor, type CaseValue, isDistance, type ParityCase, plainValue } from './cases.js';
import { type Comparison, compareTensors, type PlainTensor, TOLERANCES } from './compare.js';
import type { SideResult } from './own.js';
import type { Framework } from './protocol.js';

/** What a case shows. */
export type Judgement = 'identical' | 'refused' | 'rounding' | 'deviation' | 'wrong';

/** The judgements, the best first. */
export const JUDGEMENTS: readonly Judgement[] = ['identical', 'refused', 'rounding', 'deviation', 'wrong'];

/** One tensor of both sides. */
export interface Check {
  /** `output`, or `gradient of NAME`. */
  readonly what: string;
  readonly dtype: DType;
  readonly comparison: Comparison;
}

/** What comparing one case found. */
export interface CaseJudgement {
  readonly judgement: Judgement;
  readonly checks: readonly Check[];
  /** What is not the same, for all but `identical`. */
  readonly reason?: string;
  /** The row's deviation that explains it. */
  readonly deviation?: Deviation;
}

/** Both sides of one tensor, where a side gave none `null`. */
interface Sides {
  readonly what: string;
  readonly ours: PlainTensor | null;
  readonly theirs: PlainTensor | null;
}

/** Compares what both sides made of a case. */
export function judgeCase(
  given: ParityCase,
  row: AnyLossRow,
  framework: Framework,
  ours: SideResult,
  theirs: SideResult,
): CaseJudgement {
  if (ours.error !== undefined && theirs.error !== undefined) {
    return {
      judgement: 'refused',
      checks: [],
      reason: `both refuse it: ${theirs.error.type}: ${theirs.error.message}`,
    };
  }
  const sides = pairUp(ours, theirs);
  const checks = sides.flatMap(({ what, ours: actual, theirs: expected }) =>
    actual === null || expected === null
      ? []
      : [{ what, dtype: expected.dtype, comparison: compareTensors(actual, expected) }],
  );
  const problems = [
    ...describeRefusals(ours, theirs),
    ...sides.filter(({ ours: actual, theirs: expected }) => lacks(actual, expected, framework)).map(describeMissing),
    ...checks
      .filter(({ comparison }) => !comparison.equal)
      .map(({ what, comparison }) => `${what}: ${comparison.reason}`),
  ];
  if (problems.length === 0) {
    if (checks.every(({ comparison }) => comparison.identical)) return { judgement: 'identical', checks };
    return { judgement: 'rounding', checks, reason: describeRounding(checks) };
  }
  const deviation = explain(given, row, framework, ours, theirs, sides);
  const reason = problems.join('; ');
  return deviation === undefined
    ? { judgement: 'wrong', checks, reason }
    : { judgement: 'deviation', checks, reason, deviation };
}

/** The deviation that explains what differs: all of it or, where there are several, one for each tensor. */
function explain(
  given: ParityCase,
  row: AnyLossRow,
  framework: Framework,
  ours: SideResult,
  theirs: SideResult,
  sides: readonly Sides[],
): Deviation | undefined {
  const apart = sides.filter(({ ours: actual, theirs: expected }) =>
    actual === null || expected === null ? lacks(actual, expected, framework) : !compareTensors(actual, expected).equal,
  );
  const find = (parts: readonly Sides[]): Deviation | undefined => {
    const call = comparedCall(given, framework, ours, theirs, parts);
    return row.deviations.find(({ explains }) => explains?.(call) === true);
  };
  const whole = find(apart);
  if (whole !== undefined || apart.length < 2) return whole;
  const parts = apart.map((part) => find([part]));
  return parts.includes(undefined) ? undefined : parts[0];
}

function pairUp(ours: SideResult, theirs: SideResult): Sides[] {
  if (ours.error !== undefined || theirs.error !== undefined) return [];
  const sides: Sides[] = [{ what: 'output', ours: ours.output ?? null, theirs: theirs.output ?? null }];
  if (ours.gradError !== undefined || theirs.gradError !== undefined) return sides;
  for (const [name, gradient] of theirs.gradients) {
    sides.push({ what: `gradient of ${name}`, ours: ours.gradients.get(name) ?? null, theirs: gradient });
  }
  return sides;
}

function describeRefusals(ours: SideResult, theirs: SideResult): string[] {
  const problems: string[] = [];
  for (const [what, mine, other] of [
    ['the call', ours.error, theirs.error],
    ['the backward pass', ours.gradError, theirs.gradError],
  ] as const) {
    if (mine !== undefined && other === undefined) problems.push(`torchloss alone refuses ${what}: ${mine.message}`);
    if (other !== undefined && mine === undefined) {
      problems.push(`the other side alone refuses ${what}: ${other.type}: ${other.message}`);
    }
  }
  return problems;
}

/** Whether one side alone has a tensor. MindSpore gives zeros where PyTorch has no gradient. */
function lacks(ours: PlainTensor | null, theirs: PlainTensor | null, framework: Framework): boolean {
  if (ours === null && theirs === null) return false;
  if (ours !== null && theirs !== null) return false;
  return !(
    framework === 'mindspore' &&
    ours === null &&
    Array.from(theirs?.data ?? []).every((value) => Number(value) === 0)
  );
}

function describeMissing({ what, ours }: Sides): string {
  return `${what}: ${ours === null ? 'torchloss has none, the other side one' : 'torchloss has one, the other side none'}`;
}

function describeRounding(checks: readonly Check[]): string {
  const worst = checks.reduce((most, check) =>
    check.comparison.max_ulp_error > most.comparison.max_ulp_error ? check : most,
  );
  const { max_ulp_error, max_abs_error } = worst.comparison;
  return `${worst.what}: up to ${max_ulp_error} ULP, ${max_abs_error.toPrecision(3)}`;
}

function comparedCall(
  { api, args, kwargs }: ParityCase,
  framework: Framework,
  ours: SideResult,
  theirs: SideResult,
  apart: readonly Sides[],
): ComparedCall {
  const inputs = args.map(({ value }) =>
    isCaseTensor(value as CaseValue) ? compared(value as CaseTensor) : undefined,
  );
  const options = Object.entries(kwargs).map(([name, value]) => {
    if (isCaseTensor(value)) return [name, compared(value)];
    return [name, isDistance(value) ? value : plainValue(value)];
  });
  return {
    framework,
    namespace: api,
    dtype: (inputs[0] as ComparedTensor).dtype,
    inputs,
    options: Object.fromEntries(options),
    ours: (ours.error ?? ours.gradError)?.message,
    theirs: (theirs.error ?? theirs.gradError)?.message,
    differs: apart.map(({ what }) => what),
    within: (dtype, allowance = {}) =>
      apart.length > 0 && apart.every((both) => agrees(both, dtype, allowance, inputs)),
    scaled: (factor) => apart.length > 0 && apart.every((both) => isScaled(both, factor)),
  };
}

/** Whether both sides agree once they are rounded to `dtype`, with some allowance. */
function agrees(
  { ours, theirs }: Sides,
  dtype: DType,
  { times = 1, ofLargest = false, ofInputs = false, absolute = 0, overflow = false }: Allowance,
  inputs: ComparedCall['inputs'],
): boolean {
  if (ours === null || theirs === null) return false;
  const [actual, expected] = [rounded(ours, dtype), rounded(theirs, dtype)];
  const { rtol, atol } = TOLERANCES[dtype];
  if (overflow) {
    for (const [index, value] of expected.data.entries()) {
      if (!Number.isFinite(value) || !Number.isFinite(actual.data[index])) actual.data[index] = value;
    }
  }
  const slack =
    rtol *
    Math.max(
      ofLargest ? largestOf(expected.data) : 0,
      ofInputs ? Math.max(...inputs.map((input) => largestOf(input?.values() ?? []))) : 0,
    );
  const bounds = { rtol: rtol * times, atol: Math.max((atol + slack) * times, absolute) };
  return compareTensors(actual, expected, bounds).equal;
}

/** Whether both sides agree once the elements of ours that differ are multiplied by `factor`. */
function isScaled({ ours, theirs }: Sides, factor: number): boolean {
  if (ours === null || theirs === null || ours.dtype !== theirs.dtype) return false;
  const { rtol, atol } = TOLERANCES[theirs.dtype];
  return Array.from(theirs.data, Number).every((expected, index) => {
    const actual = Number(ours.data[index]);
    const bound = atol + 4 * rtol * Math.abs(expected);
    return Math.abs(actual - expected) <= bound || Math.abs(actual * factor - expected) <= bound;
  });
}

/** The largest magnitude among finite numbers. */
function largestOf(values: readonly number[]): number {
  return values.filter(Number.isFinite).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function rounded({ shape, data }: PlainTensor, dtype: DType): PlainTensor & { data: number[] } {
  const bits = encode(Array.from(data, Number), dtype);
  const bytes = new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength);
  return { dtype, shape, data: Array.from(elementsOf({ dtype, shape, bytes }), Number) };
}

function compared({ dtype, shape, data }: CaseTensor): ComparedTensor {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { dtype, shape, values: () => Array.from(elementsOf({ dtype, shape, bytes }), Number) };
}
