/** Reads partial results, which come from files with possibly arbitrary contents. */
import { ArgumentTypeError, invalidType, invalidValue } from '../base/errors.js';
import {
  amount as readAmount,
  count as readCount,
  finite as readFinite,
  listOf,
  number as readNumber,
  object,
  oneOf,
  optional,
  orNull,
  type Reader,
  readObject,
  SPECIAL,
  string as readString,
} from '../base/schema.js';
import { BINS, MOST_CLASSES, MOST_PAIRED } from './classification.js';
import { SCORES, WEIGHINGS } from './plans.js';
import { EXACT_SAMPLES, LAST_BUCKET } from './sketch.js';
import type { PartialClassification, PartialEvaluation, PartialGroup, SampleLoss } from './interface.js';

/** How losses are joined. */
export const REDUCTIONS = ['mean', 'sum', 'batchmean'] as const;

/**
 * Reads a result of {@link evaluate}, or only its `partial`, into a new object.
 *
 * @throws TypeError for a field of another type, RangeError for numbers that no evaluation produces, each with its path
 */
export function readPartial(value: unknown, parameter: string): PartialEvaluation {
  const result = readObject(value, parameter, 'a result of evaluate');
  const isWhole = 'partial' in result;
  const place = isWhole ? `${parameter}.partial` : parameter;
  const fields = isWhole ? readObject(result['partial'], place, 'the partial result of evaluate') : result;
  if (fields['version'] !== 1)
    throw new ArgumentTypeError(parameter, 'a result of evaluate with the option partial', 'another object');
  const read = <T>(name: string, reader: Reader<T>) => reader(fields[name], `${place}.${name}`);
  const partial: PartialEvaluation = {
    version: 1,
    loss: read('loss', readString),
    reduction: read('reduction', oneOf(REDUCTIONS)),
    weighing: read('weighing', oneOf(Object.values(WEIGHINGS))),
    ...readCounts(fields, place),
    right: read('right', orNull(readCount)),
    least: read('least', orNull(readFinite)),
    greatest: read('greatest', orNull(readFinite)),
    named: read('named', readCount),
    worst: read('worst', listOf(readSample(readFinite))),
    special: read('special', listOf(readSample(oneOf(SPECIAL)))),
    buckets: read('buckets', listOf(readBucket)),
    values: read('values', orNull(listOf(readFinite))),
    groups: read('groups', orNull(listOf(readGroup))),
    classification: read('classification', optional(orNull(readClassification))) ?? null,
    seconds: read('seconds', readAmount),
    bytes: read('bytes', readAmount),
  };
  checkConsistent(partial, place);
  return partial;
}

/** Inconsistent counts come from a damaged file. */
function checkConsistent(partial: PartialEvaluation, place: string): void {
  const { samples, nan, infinite, negativeInfinite, counted, right, least, greatest, named } = partial;
  const special = nan + infinite + negativeInfinite;
  const finite = samples - special;
  const require = (holds: boolean, name: string, expected: string, got: unknown) => {
    if (!holds) throw invalidValue(`${place}.${name}`, expected, got);
  };
  require(special <= samples, 'nan', `with the infinite ones at most the ${samples} samples`, special);
  require((right ?? 0) <= counted, 'right', `at most the ${counted} that count`, right);
  const hasRange = least !== null && greatest !== null;
  require(hasRange === finite > 0, 'least', finite > 0 ? 'a number' : 'null without finite losses', least);
  require(!hasRange || least <= greatest, 'greatest', `at least ${least}`, greatest);
  require(partial.worst.length <=
    Math.min(named, finite), 'worst', `at most ${Math.min(named, finite)}`, partial.worst);
  require(partial.special.length <=
    Math.min(named, special), 'special', `at most ${Math.min(named, special)}`, partial.special);
  const inBuckets = partial.buckets.reduce((sum, [, count]) => sum + count, 0);
  require(inBuckets === finite, 'buckets', `the ${finite} samples with a finite loss`, inBuckets);
  if (partial.values !== null) {
    require(samples <= EXACT_SAMPLES && partial.values.length === finite, 'values', `${finite} losses`, partial.values);
  }
  const grouped = partial.groups?.reduce((sum, group) => sum + group.samples, 0) ?? 0;
  require(grouped <= samples, 'groups', `groups of at most ${samples} samples`, grouped);
}

/** Counts of classes; each count fits the others. */
function readClassification(value: unknown, parameter: string): PartialClassification {
  const read = CLASSIFICATION(value, parameter);
  const require = (holds: boolean, name: string, expected: string, got: unknown) => {
    if (!holds) throw invalidValue(`${parameter}.${name}`, expected, got);
  };
  const { count, targets, classes, pairs, bins } = read;
  require(count <= MOST_CLASSES, 'count', `at most ${MOST_CLASSES} classes`, count);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  for (const place of [1, 2] as const)
    require(sum(classes.map((row) => row[place])) === targets, 'classes', `${targets} targets`, classes);
  for (const [at, [index, own, predicted, right]] of classes.entries()) {
    require(index < count, `classes[${at}]`, `a class below ${count}`, index);
    require(right <= Math.min(own, predicted), `classes[${at}]`, `at most ${Math.min(own, predicted)} correct`, right);
  }
  const paired = sum(pairs.map(([, , many]) => many));
  require(paired === (count <= MOST_PAIRED ? targets : 0), 'pairs', `pairs of ${targets} targets`, paired);
  for (const [at, [target, predicted]] of pairs.entries())
    require(Math.max(target, predicted) < count, `pairs[${at}]`, `classes below ${count}`, [target, predicted]);
  require(bins.length === BINS, 'bins', `${BINS}`, bins);
  for (const [at, bin] of bins.entries())
    require(bin.right <= bin.targets, `bins[${at}].right`, `at most ${bin.targets}`, bin.right);
  require(sum(bins.map((bin) => bin.targets)) <= targets, 'bins', `at most ${targets} targets`, bins);
  return read;
}

/** A list of as many counts. */
function countsOf<Counts extends readonly number[]>(length: Counts['length']): Reader<Counts> {
  return (value, parameter) => {
    const counts = listOf(readCount)(value, parameter);
    if (counts.length !== length) throw invalidValue(parameter, `${length} counts`, value);
    return counts as unknown as Counts;
  };
}

const CLASSIFICATION: Reader<PartialClassification> = object({
  scores: oneOf(Object.values(SCORES)),
  count: readCount,
  targets: readCount,
  soft: readCount,
  classes: listOf(countsOf<PartialClassification['classes'][number]>(4)),
  pairs: listOf(countsOf<PartialClassification['pairs'][number]>(3)),
  bins: listOf(object({ targets: readCount, right: readCount, sum: listOf(readTerm) })),
});

function readGroup(value: unknown, parameter: string): PartialGroup {
  const fields = readObject(value, parameter, 'a group');
  const { group, right } = fields;
  if (typeof group !== 'string' && typeof group !== 'number')
    throw invalidType(`${parameter}.group`, 'a string or a number', group);
  const counts = readCounts(fields, parameter);
  const special = counts.nan + counts.infinite + counts.negativeInfinite;
  if (special > counts.samples) throw invalidValue(`${parameter}.nan`, `at most ${counts.samples}`, special);
  return { group, ...counts, right: readCount(right, `${parameter}.right`) };
}

/** The counts of a group, and of a whole evaluation. */
function readCounts(fields: Readonly<Record<string, unknown>>, place: string) {
  const read = <T>(name: string, reader: Reader<T>) => reader(fields[name], `${place}.${name}`);
  return {
    samples: read('samples', readCount),
    elements: read('elements', readCount),
    counted: read('counted', readCount),
    sum: read('sum', listOf(readTerm)),
    weight: read('weight', listOf(readTerm)),
    nan: read('nan', readCount),
    infinite: read('infinite', readCount),
    negativeInfinite: read('negativeInfinite', readCount),
  };
}

function readSample<Loss>(readLoss: Reader<Loss>): Reader<Omit<SampleLoss, 'loss'> & { readonly loss: Loss }> {
  return (value, parameter) => {
    const { index, loss } = readObject(value, parameter, 'a sample and its loss');
    return { index: readCount(index, `${parameter}.index`), loss: readLoss(loss, `${parameter}.loss`) };
  };
}

function readBucket(value: unknown, parameter: string): readonly [bucket: number, count: number] {
  const [bucket, count, ...rest] = listOf(readCount)(value, parameter);
  if (bucket === undefined || count === undefined || rest.length > 0)
    throw invalidType(parameter, 'a bucket and a count', value);
  if (bucket > LAST_BUCKET) throw invalidValue(`${parameter}[0]`, `a bucket up to ${LAST_BUCKET}`, bucket);
  return [bucket, count];
}

/** A part of an exact sum, which is infinite if the sum overflowed float64. */
function readTerm(value: unknown, parameter: string): number {
  const number = readNumber(value, parameter);
  if (Number.isNaN(number)) throw invalidValue(parameter, 'a number', value);
  return number;
}
