/** The summary of a comparison: counts, the largest errors and the worst case for each loss and dtype. */
import { largestOf } from '../../base/extremes.js';
import { JUDGEMENTS, type Check, type Judgement, type LiveResult } from './judge.js';
import { decode } from '../wire/bits.js';
import {
  type CaseValue,
  isCaseTensor,
  isCaseTensors,
  isDistance,
  isRecordedObject,
  type ParityCase,
  plainValue,
} from '../cases/cases.js';
import { passesCosineRule } from './compare.js';
import type { Greeting } from '../sides/peer.js';
import type { Framework } from '../wire/protocol.js';

/** The number of cases with each verdict. */
export type Counts = Record<Judgement, number>;

/** The upper bounds of the error histogram in ULP; a last bucket counts larger errors. */
export const ULP_BOUNDS: readonly number[] = [0, 1, 3, 15, 255, 65_535, Number.POSITIVE_INFINITY];

/** One case, in words and numbers. */
export interface ShownCase {
  readonly id: string;
  readonly call: string;
  readonly judgement: Judgement;
  readonly reason?: string;
  readonly deviation?: string;
  /** Each compared tensor with its numbers. */
  readonly checks: readonly Check[];
  /** The inputs, as text. */
  readonly inputs: readonly { readonly name: string; readonly text: string }[];
}

/** The result for one loss in one dtype. */
export interface Cell {
  readonly loss: string;
  readonly dtype: string;
  readonly counts: Counts;
  /** How many tensors were compared, and how many pass each of the two rules. */
  readonly tensors: number;
  readonly assert_close: number;
  readonly cosine_rule: number;
  /** Over all compared tensors without known deviations. */
  readonly max_abs_error: number;
  readonly max_rel_error: number;
  readonly max_ulp_error: number;
  readonly min_cosine: number;
  /**
   * How many tensors have a largest error of at most 0, 1, 3, 15, 255 and 65,535 units in the last place, and how many
   * a larger one.
   */
  readonly histogram: readonly number[];
  /** The case with the worst verdict and, among those, the largest error; none if all bits are the same. */
  readonly worst: ShownCase | null;
}

/** A known deviation that occurred. */
export interface MetDeviation {
  readonly loss: string;
  readonly about: string;
  readonly torch: string;
  readonly mindspore: string;
  readonly cases: number;
}

/** The result of a comparison with one framework. */
export interface Summary {
  readonly framework: Framework;
  readonly versions: { readonly torchloss: string; readonly libtorch: string } & Pick<
    Greeting,
    'version' | 'python' | 'executable'
  >;
  /** Whether the other side uses the same LibTorch as torchloss, so that identical bits are expected. */
  readonly same_library: boolean;
  readonly seed: number;
  readonly device: string;
  readonly threads: number;
  readonly counts: Counts;
  readonly cells: readonly Cell[];
  readonly deviations: readonly MetDeviation[];
  /** All cases that no deviation explains. */
  readonly wrong: readonly ShownCase[];
  readonly passed: number;
  readonly failed: number;
}

/** What is known before the first case. */
export type SummaryHead = Pick<Summary, 'framework' | 'versions' | 'same_library' | 'seed' | 'device' | 'threads'>;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The number of elements shown of a tensor. */
const SHOWN_ELEMENTS = 48;

/** Takes results one by one and summarizes them. */
export class Summariser {
  readonly #head: SummaryHead;
  readonly #cells = new Map<string, Writable<Cell>>();
  readonly #deviations = new Map<string, Writable<MetDeviation>>();
  readonly #wrong: ShownCase[] = [];

  constructor(head: SummaryHead) {
    this.#head = head;
  }

  add(result: LiveResult): void {
    const { given, judgement, checks, deviation } = result;
    const key = `${given.loss} ${given.dtype}`;
    const cell = this.#cells.get(key) ?? newCell(given);
    this.#cells.set(key, cell);
    cell.counts[judgement]++;
    const histogram = [...cell.histogram];
    for (const { comparison } of checks) {
      cell.tensors++;
      if (comparison.equal) cell.assert_close++;
      if (passesCosineRule(comparison)) cell.cosine_rule++;
      const bucket = ULP_BOUNDS.findIndex((bound) => comparison.max_ulp_error <= bound);
      histogram[bucket] = (histogram[bucket] as number) + 1;
      if (judgement === 'deviation') continue;
      cell.max_abs_error = Math.max(cell.max_abs_error, comparison.max_abs_error);
      cell.max_rel_error = Math.max(cell.max_rel_error, comparison.max_rel_error);
      cell.max_ulp_error = Math.max(cell.max_ulp_error, comparison.max_ulp_error);
      cell.min_cosine = Math.min(cell.min_cosine, comparison.cosine_similarity);
    }
    cell.histogram = histogram;
    if (judgement !== 'identical' && isWorse(result, cell.worst)) cell.worst = showCase(result);
    if (judgement === 'wrong') this.#wrong.push(showCase(result));
    if (deviation !== undefined) this.#meet(given.loss, deviation);
  }

  /** The summary so far. */
  finish(): Summary {
    const cells = [...this.#cells.values()];
    const counts = newCounts();
    for (const cell of cells) for (const judgement of JUDGEMENTS) counts[judgement] += cell.counts[judgement];
    const total = JUDGEMENTS.reduce((sum, judgement) => sum + counts[judgement], 0);
    // The same library has no reason to round differently.
    const failed = counts.wrong + (this.#head.same_library ? counts.rounding : 0);
    const deviations = [...this.#deviations.values()];
    return { ...this.#head, counts, cells, deviations, wrong: this.#wrong, passed: total - failed, failed };
  }

  #meet(loss: string, { about, torch, mindspore }: { about: string; torch: string; mindspore: string }): void {
    const key = `${loss} ${about}`;
    const met = this.#deviations.get(key) ?? { loss, about, torch, mindspore, cases: 0 };
    met.cases++;
    this.#deviations.set(key, met);
  }
}

function newCounts(): Counts {
  return { identical: 0, refused: 0, rounding: 0, deviation: 0, wrong: 0 };
}

function newCell({ loss, dtype }: ParityCase): Writable<Cell> {
  return {
    loss,
    dtype,
    counts: newCounts(),
    tensors: 0,
    assert_close: 0,
    cosine_rule: 0,
    max_abs_error: 0,
    max_rel_error: 0,
    max_ulp_error: 0,
    min_cosine: 1,
    histogram: ULP_BOUNDS.map(() => 0),
    worst: null,
  };
}

function isWorse({ judgement, checks }: LiveResult, known: ShownCase | null): boolean {
  if (known === null) return true;
  const [rank, knownRank] = [JUDGEMENTS.indexOf(judgement), JUDGEMENTS.indexOf(known.judgement)];
  return rank > knownRank || (rank === knownRank && largestUlp(checks) > largestUlp(known.checks));
}

function largestUlp(checks: readonly Check[]): number {
  return largestOf(
    checks.map(({ comparison }) => comparison.max_ulp_error),
    -1,
  );
}

function showCase({ given, judgement, reason, deviation, checks }: LiveResult): ShownCase {
  const { id, api, name, args, kwargs } = given;
  const inputs = [
    ...args.map((argument) => ({ name: argument.name, text: showValue(argument.value as CaseValue) })),
    ...Object.entries(kwargs).map(([option, value]) => ({ name: option, text: showValue(value) })),
  ];
  return { id, call: `${api}.${name}`, judgement, reason, deviation: deviation?.about, checks, inputs };
}

function showValue(value: CaseValue): string {
  if (isDistance(value)) return value.function;
  if (isRecordedObject(value)) return `${value.class}(${JSON.stringify(value.kwargs)})`;
  if (isCaseTensors(value)) return `[${value.map(showValue).join('; ')}]`;
  if (!isCaseTensor(value)) return JSON.stringify(plainValue(value));
  const { dtype, shape, data, requires_grad, strided } = value;
  const elements = Array.from(decode({ dtype, shape, data }), String);
  const more = elements.length > SHOWN_ELEMENTS ? `, … (${elements.length} elements)` : '';
  const facts = [
    `${dtype} [${shape.join(', ')}]`,
    ...(requires_grad === true ? ['with gradient'] : []),
    ...(strided === undefined ? [] : [`strides ${strided.strides.join(', ')} from ${strided.offset}`]),
  ];
  return `${facts.join(', ')}: ${elements.slice(0, SHOWN_ELEMENTS).join(', ')}${more}`;
}
