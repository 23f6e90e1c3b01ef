/** Classifies a case: identical, rounding, a known deviation, or wrong. */
import type { AnyLossRow, Deviation } from '../../loss/row.js';
import type { DType } from '../../base/types.js';
import type { ParityCase } from '../cases/cases.js';
import { type Comparison, compareTensors } from './compare.js';
import type { PlainTensor } from '../wire/plain_tensor.js';
import { explainDifference, type Sides } from './explain.js';
import type { SideResult } from '../sides/own.js';
import type { Framework } from '../wire/protocol.js';

/** The classification of a case. */
export type Judgement = 'identical' | 'refused' | 'rounding' | 'deviation' | 'wrong';

/** The verdicts, best first. */
export const JUDGEMENTS: readonly Judgement[] = ['identical', 'refused', 'rounding', 'deviation', 'wrong'];

/** One tensor on both sides. */
export interface Check {
  /** `output`, or `gradient of NAME`. */
  readonly what: string;
  readonly dtype: DType;
  readonly comparison: Comparison;
}

/** The comparison of one case. */
export interface CaseJudgement {
  readonly judgement: Judgement;
  readonly checks: readonly Check[];
  /** What differs; absent for `identical`. */
  readonly reason?: string;
  /** The row's deviation that explains the difference. */
  readonly deviation?: Deviation;
}

/** A case and its comparison. */
export interface LiveResult extends CaseJudgement {
  readonly given: ParityCase;
  /** What each side returned, or why it returned nothing. */
  readonly ours: SideResult;
  readonly theirs: SideResult;
}

/** Compares both sides' results of a case. */
export function judgeCase(
  given: ParityCase,
  row: AnyLossRow,
  framework: Framework,
  ours: SideResult,
  theirs: SideResult,
): CaseJudgement {
  const untyped = [ours.error, ours.gradError].find((error) => error !== undefined && error.code === undefined);
  if (untyped !== undefined) {
    // Whatever the other side returns: this is a bug in torchloss, not a refusal of the call.
    const reason = `torchloss fails with an error without a code: ${untyped.type}: ${untyped.message}`;
    return { judgement: 'wrong', checks: [], reason };
  }
  if (ours.error !== undefined && theirs.error !== undefined) {
    return {
      judgement: 'refused',
      checks: [],
      reason: `both reject it: ${theirs.error.type}: ${theirs.error.message}`,
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
  const apart = sides.filter(({ ours: actual, theirs: expected }) =>
    actual === null || expected === null ? lacks(actual, expected, framework) : !compareTensors(actual, expected).equal,
  );
  const { deviation, unexplained } = explainDifference(given, row, framework, ours, theirs, apart);
  if (unexplained === undefined && deviation !== undefined) {
    return { judgement: 'deviation', checks, reason: problems.join('; '), deviation };
  }
  // With known differences, the worst element is not necessarily the relevant one.
  if (deviation !== undefined) problems.push(`not known: ${unexplained}`);
  return { judgement: 'wrong', checks, reason: problems.join('; ') };
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
    if (mine !== undefined && other === undefined) problems.push(`only torchloss rejects ${what}: ${mine.message}`);
    if (other !== undefined && mine === undefined) {
      problems.push(`only the other side rejects ${what}: ${other.type}: ${other.message}`);
    }
  }
  return problems;
}

/** Whether only one side has a tensor. MindSpore returns zeros where PyTorch has no gradient. */
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
  return `${what}: ${ours === null ? 'only the other side has it' : 'only torchloss has it'}`;
}

function describeRounding(checks: readonly Check[]): string {
  const worst = checks.reduce((most, check) =>
    check.comparison.max_ulp_error > most.comparison.max_ulp_error ? check : most,
  );
  const { max_ulp_error, max_abs_error } = worst.comparison;
  return `${worst.what}: up to ${max_ulp_error} ULP, ${max_abs_error.toPrecision(3)}`;
}
