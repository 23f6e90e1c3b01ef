/** Which of a row's known deviations explain the differences of a case: each differing element needs one. */
import type { Allowance, ComparedCall, ComparedTensor, Sample, SampleTest } from '../../loss/compared_call.js';
import type { AnyLossRow, Deviation } from '../../loss/row.js';
import type { DType } from '../../base/types.js';
import { decode, encode } from '../wire/bits.js';
import {
  type CaseTensor,
  type CaseValue,
  isCaseTensor,
  isCaseTensors,
  isDistance,
  isRecordedObject,
  type ParityCase,
  plainValue,
} from '../cases/cases.js';
import { elementsApart, TOLERANCES, withinBound } from './compare.js';
import type { PlainTensor } from '../wire/plain_tensor.js';
import type { SideResult } from '../sides/own.js';
import type { Framework } from '../wire/protocol.js';
import { Samples } from './samples.js';

/** Both sides of one tensor; `null` if a side has none. */
export interface Sides {
  readonly what: string;
  readonly ours: PlainTensor | null;
  readonly theirs: PlainTensor | null;
}

/** The explanation of a case. */
export interface Explanation {
  /** The deviation that explains the first explained element. */
  readonly deviation?: Deviation;
  /** The first difference that no deviation explains, in words. */
  readonly unexplained?: string;
}

/**
 * Looks for a deviation for every differing element.
 *
 * @param apart - the tensors that differ
 */
export function explainDifference(
  given: ParityCase,
  row: AnyLossRow,
  framework: Framework,
  ours: SideResult,
  theirs: SideResult,
  apart: readonly Sides[],
): Explanation {
  const known = describeCall(given, row, framework);
  const refusals = {
    ours: (ours.error ?? ours.gradError)?.message,
    theirs: (theirs.error ?? theirs.gradError)?.message,
  };
  const refused = refusals.ours !== undefined || refusals.theirs !== undefined;
  let left: Difference[] = [
    ...(refused ? [new Difference(known, undefined, undefined, refusals)] : []),
    ...apart.flatMap((sides) => differencesOf(known, sides)),
  ];
  let deviation: Deviation | undefined;
  for (const candidate of row.deviations) {
    const { explains } = candidate;
    if (explains === undefined) continue;
    const rest = left.filter((difference) => !explains(difference));
    if (rest.length < left.length) deviation ??= candidate;
    left = rest;
  }
  const [first] = left;
  return { ...(deviation && { deviation }), ...(first && { unexplained: `${first} (1 of ${left.length})` }) };
}

/** What all differences of a case have in common. */
interface KnownCall extends Pick<ComparedCall, 'framework' | 'namespace' | 'dtype' | 'inputs' | 'options'> {
  readonly parts: () => Samples;
}

function describeCall({ api, args, kwargs }: ParityCase, { sampleDims }: AnyLossRow, framework: Framework): KnownCall {
  const inputs = args.map(({ value }) =>
    isCaseTensor(value as CaseValue) ? compared(value as CaseTensor) : undefined,
  );
  const options = Object.entries(kwargs).map(([name, value]) => {
    if (isCaseTensor(value)) return [name, compared(value)];
    if (isCaseTensors(value)) return [name, value.map(compared)];
    return [name, isDistance(value) || isRecordedObject(value) ? value : plainValue(value)];
  });
  const made = Object.fromEntries(options);
  let parts: Samples | undefined;
  return {
    framework,
    namespace: api,
    dtype: (inputs[0] as ComparedTensor).dtype,
    inputs,
    options: made,
    // Only a few explanations need them.
    parts: () => (parts ??= new Samples(inputs, Object.values(made).flat().filter(isCompared), sampleDims)),
  };
}

function differencesOf(known: KnownCall, { what, ours, theirs }: Sides): Difference[] {
  if (ours === null || theirs === null) return [new Difference(known, what)];
  const both = new BothSides(ours, theirs);
  const indices = elementsApart(ours, theirs);
  if (indices === null) return [new Difference(known, what, { both })];
  return indices.map((index) => new Difference(known, what, { both, index }));
}

/** A tensor that both sides returned; what is computed for one of its elements is reused for the others. */
class BothSides {
  readonly ours: PlainTensor;
  readonly theirs: PlainTensor;
  readonly #rounded = new Map<DType, readonly [readonly number[], readonly number[]]>();
  #largest: number | undefined;

  constructor(ours: PlainTensor, theirs: PlainTensor) {
    this.ours = ours;
    this.theirs = theirs;
  }

  /** The elements of both, in this dtype. */
  in(dtype: DType): readonly [readonly number[], readonly number[]] {
    const known = this.#rounded.get(dtype) ?? ([round(this.ours, dtype), round(this.theirs, dtype)] as const);
    this.#rounded.set(dtype, known);
    return known;
  }

  get largest(): number {
    this.#largest ??= largestOf(Array.from(this.theirs.data, Number));
    return this.#largest;
  }
}

/** A differing element, a whole tensor that cannot be compared by elements, or a refusal. */
class Difference implements ComparedCall {
  readonly framework: Framework;
  readonly namespace: ComparedCall['namespace'];
  readonly dtype: DType;
  readonly inputs: ComparedCall['inputs'];
  readonly options: ComparedCall['options'];
  readonly differs: string | undefined;
  readonly ours: string | undefined;
  readonly theirs: string | undefined;
  readonly element: ComparedCall['element'];
  readonly #known: KnownCall;
  readonly #at: { readonly both: BothSides; readonly index?: number } | undefined;

  constructor(
    known: KnownCall,
    differs?: string,
    at?: { readonly both: BothSides; readonly index?: number },
    refusals: Pick<ComparedCall, 'ours' | 'theirs'> = {},
  ) {
    this.framework = known.framework;
    this.namespace = known.namespace;
    this.dtype = known.dtype;
    this.inputs = known.inputs;
    this.options = known.options;
    this.differs = differs;
    this.ours = refusals.ours;
    this.theirs = refusals.theirs;
    this.#known = known;
    this.#at = at;
    if (at?.index === undefined) return;
    const { both, index } = at;
    this.element = { ours: Number(both.ours.data[index]), theirs: Number(both.theirs.data[index]) };
  }

  within(
    dtype: DType,
    { times = 1, ofLargest = false, ofInputs = false, absolute = 0, overflow = false }: Allowance = {},
  ): boolean {
    if (this.#at === undefined) return false;
    const { both, index } = this.#at;
    if (String(both.ours.shape) !== String(both.theirs.shape)) return false;
    const [actual, expected] = both.in(dtype);
    const { rtol, atol } = TOLERANCES[dtype];
    const scale = Math.max(ofLargest ? both.largest : 0, ofInputs ? this.#largestInput() : 0);
    const bounds = { rtol: rtol * times, atol: Math.max(atol + rtol * scale * times, absolute) };
    const agrees = (place: number): boolean => {
      const [a, e] = [actual[place] as number, expected[place] as number];
      return (overflow && !(Number.isFinite(a) && Number.isFinite(e))) || withinBound(a, e, bounds);
    };
    return index === undefined ? expected.every((_, place) => agrees(place)) : agrees(index);
  }

  madeOf(test: SampleTest): boolean {
    const parts = this.#known.parts();
    return this.#samples().some((sample) => test(...parts.inputs(sample)));
  }

  gives(side: 'ours' | 'theirs', lossOf: (...sample: Sample) => number): boolean {
    if (this.element === undefined) return false;
    const parts = this.#known.parts();
    const samples = this.#samples();
    const sum = samples.reduce((total, sample) => total + lossOf(...parts.inputs(sample)), 0);
    const { reduction = 'mean' } = this.options;
    const count = { mean: samples.length, batchmean: this.inputs[0]?.shape[0] ?? 1 }[String(reduction)] ?? 1;
    const expected = sum / count;
    const { rtol, atol } = TOLERANCES[this.dtype === 'float64' ? 'float32' : this.dtype];
    return withinBound(this.element[side], expected, { rtol: 25 * rtol, atol });
  }

  samples(): number {
    return this.#samples().length;
  }

  #largestInput(): number {
    const parts = this.#known.parts();
    return this.#samples().reduce(
      (most, sample) => parts.inputs(sample).reduce((least, values) => Math.max(least, largestOf(values)), most),
      0,
    );
  }

  /** All where no element tells. */
  #samples(): readonly number[] {
    const { both, index = 0 } = this.#at ?? {};
    const shape = index === undefined || both === undefined ? [] : both.ours.shape;
    return this.#known.parts().of(shape)[index] ?? [];
  }

  toString(): string {
    if (this.differs === undefined) return 'the refusal';
    if (this.element === undefined) return this.differs;
    return `element ${this.#at?.index} of ${this.differs}: ${this.element.ours} here, ${this.element.theirs} there`;
  }
}

function isCompared(value: unknown): value is ComparedTensor {
  return typeof value === 'object' && value !== null && 'values' in value;
}

/** The largest magnitude among finite numbers. */
function largestOf(values: readonly number[]): number {
  return values.filter(Number.isFinite).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function round({ shape, data }: PlainTensor, dtype: DType): readonly number[] {
  return Array.from(decode({ dtype, shape, data: encode(Array.from(data, Number), dtype) }), Number);
}

function compared({ dtype, shape, data }: CaseTensor): ComparedTensor {
  let values: readonly number[] | undefined;
  return { dtype, shape, values: () => (values ??= Array.from(decode({ dtype, shape, data }), Number)) };
}
