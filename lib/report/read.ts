/** Checks records from files: types, ranges, and that the fields agree with each other. */
import { ArgumentRangeError, invalidValue } from '../base/errors.js';
import {
  amount,
  anyNumber,
  boolean,
  count,
  either,
  finite,
  integer,
  listOf,
  matching,
  object,
  oneOf,
  optional,
  orNull,
  pairOf,
  type Reader,
  record,
  share,
  SPECIAL,
  string,
} from '../base/schema.js';
import { parseJson, readJson } from '../files/json.js';
import { mergeResults } from '../evaluate/merge.js';
import type { Classification } from '../evaluate/interface.js';
import { readPartial, REDUCTIONS } from '../evaluate/partial.js';
import { DTYPES } from '../tensor/dtypes.js';
import type { DType } from '../base/types.js';
import { type EvaluationRecord, type RecordedFile, type RecordedResult, withRecordKeys } from './record.js';

/** An accuracy. It is NaN if no target counts. */
const accuracy: Reader<number> = (value, parameter) => {
  const read = anyNumber(value, parameter);
  return Number.isNaN(read) ? read : share(read, parameter);
};

const file: Reader<RecordedFile> = object({
  file: string,
  path: string,
  bytes: count,
  modified: finite,
  shape: listOf(count),
  dtype: oneOf(Object.keys(DTYPES) as DType[]),
  columns: optional(listOf(string)),
});

const classification: Reader<Classification> = object({
  count,
  targets: count,
  classes: listOf(
    object({ class: count, targets: count, predicted: count, correct: count, precision: share, recall: share }),
  ),
  confusion: orNull(
    listOf((value: unknown, parameter: string) => {
      const [target = 0, predicted = 0, targets = 0, ...more] = listOf(count)(value, parameter);
      if (more.length > 0) throw invalidValue(parameter, 'a class, a predicted class and a count', value);
      return [target, predicted, targets] as const;
    }),
  ),
  calibration: orNull(
    object({
      of: oneOf(['predicted class', 'class 1'] as const),
      error: share,
      bins: listOf(
        object({ from: share, to: share, targets: count, confidence: orNull(finite), share: orNull(share) }),
      ),
    }),
  ),
});

const FIELDS = {
  loss_function: matching(/^[A-Za-z_][\w.]{0,200}$/, 'the name of a loss'),
  options: record(either(either(boolean, string), orNull(anyNumber))),
  loss: anyNumber,
  reduction: oneOf(REDUCTIONS),
  samples: count,
  elements: count,
  weight: anyNumber,
  accuracy: optional(accuracy),
  classification: optional(orNull(classification)),
  groups: optional(
    listOf(
      object({
        group: either(finite, string),
        samples: count,
        loss: anyNumber,
        weight: anyNumber,
        accuracy: optional(accuracy),
      }),
    ),
  ),
  worst: listOf(
    object({
      index: count,
      loss: finite,
      group: optional(either(finite, string)),
      target: optional(either(integer, string)),
      predicted: optional(either(count, string)),
      image: optional(matching(/^data:image\/png;base64,[A-Za-z0-9+/]*={0,2}$/, 'a picture as a data: URL')),
    }),
  ),
  least: orNull(finite),
  greatest: orNull(finite),
  quantiles: listOf(object({ share, loss: finite })),
  histogram: object({ edges: listOf(finite), counts: listOf(count) }),
  nonFinite: object({
    nan: count,
    infinite: count,
    negativeInfinite: count,
    first: listOf(object({ index: count, loss: oneOf(SPECIAL) })),
  }),
  seconds: amount,
  samplesPerSecond: amount,
  bytes: count,
  bytesPerSecond: amount,
  partial: optional(readPartial),
};
const result = object(FIELDS) as Reader<RecordedResult>;

const RECORD = object(
  {
    version: oneOf([1, 2] as const),
    torchloss: string,
    argv: optional(listOf(string)),
    complete: boolean,
    total: count,
    done: listOf(pairOf(count, 'the first sample and the end of a range')),
    skipped: optional(count),
    shard: orNull(matching(/^[1-9]\d{0,8}\/[1-9]\d{0,8}$/, 'a shard such as 3/16')),
    command: optional(listOf(string)),
    device: matching(/^(?:cpu|cuda(?::\d{1,3})?)$/, 'cpu, cuda or cuda:N'),
    files: record(file),
    group_by: orNull(string),
    classes: optional(orNull(listOf(string))),
    libtorch: object({ version: string, root: string, source: string }),
    results: listOf(result),
  },
  'the JSON that torchloss evaluate --json prints',
);

/**
 * Reads a record from a file, and checks it.
 *
 * @throws TorchError `ERR_FILE_READ` if it cannot be read, `ERR_FILE_FORMAT` if it has no record, or one whose fields
 *   contradict each other; the message names the field
 */
export function readRecord(path: string): EvaluationRecord {
  return readJson(path, readEvaluation);
}

/**
 * Reads a record from text that came from `name`, and checks it.
 *
 * @throws TorchError `ERR_FILE_FORMAT`, as {@link readRecord} does
 */
export function parseRecord(text: string, name: string): EvaluationRecord {
  return parseJson(text, name, readEvaluation);
}

/** Reads a record. */
function readEvaluation(value: unknown, parameter: string): EvaluationRecord {
  const read: EvaluationRecord = { ...RECORD(withRecordKeys(value), parameter), version: 2 };
  if (read.results.length === 0) throw invalidValue('results', 'at least one', read.results);
  const { skipped = 0 } = read;
  const done = checkRanges(read);
  if (skipped > done) throw invalidValue('skipped', `at most the ${done} samples that are done`, skipped);
  const samples = done - skipped;
  for (const [index, found] of read.results.entries()) checkResult(found, `results[${index}]`, samples, read.total);
  return read;
}

/** Checks the ranges of samples that are done, and returns how many there are. */
function checkRanges({ done, total, complete, shard }: EvaluationRecord): number {
  let [samples, last] = [0, 0];
  for (const [index, [first, end]] of done.entries()) {
    if (first < last || end <= first || end > total)
      throw new ArgumentRangeError(`done[${index}]`, `a range from ${last} up to ${total}`, `${first} to ${end}`);
    samples += end - first;
    last = end;
  }
  const [part = 1, parts = 1] = (shard ?? '1/1').split('/').map(Number);
  if (part > parts) throw invalidValue('shard', `one of ${parts} shards`, shard);
  const wanted = Math.floor((total * part) / parts) - Math.floor((total * (part - 1)) / parts);
  if (samples > wanted || complete !== (samples === wanted))
    throw invalidValue('complete', `${samples === wanted} for ${samples} samples of ${wanted}`, complete);
  return samples;
}

/** Checks that the fields of a result agree. */
function checkResult(found: RecordedResult, place: string, samples: number, total: number): void {
  const { nan, infinite, negativeInfinite, first } = found.nonFinite;
  const { histogram, worst, groups, least, greatest, partial } = found;
  const require = (holds: boolean, name: string, expected: string, got: unknown) => {
    if (!holds) throw invalidValue(`${place}.${name}`, expected, got);
  };
  const special = nan + infinite + negativeInfinite;
  const finites = samples - special;
  require(found.samples === samples, 'samples', `${samples}, as done and skipped say`, found.samples);
  require(special <= samples, 'nonFinite', `at most ${samples} samples`, special);
  require(first.length <= special, 'nonFinite.first', `at most ${special} samples`, first);
  require(worst.length <= finites, 'worst', `at most the ${finites} samples with a finite loss`, worst);
  for (const [at, { index }] of worst.entries())
    require(index < total, `worst[${at}].index`, `a sample below ${total}`, index);
  require((least === null) === (finites === 0), 'least', finites === 0 ? 'null' : 'a number', least);
  require((greatest === null) === (least === null) &&
    (greatest ?? 0) >= (least ?? 0), 'greatest', `at least ${least}`, greatest);
  const { edges, counts } = histogram;
  require(edges.length ===
    (counts.length === 0 ? 0 : counts.length + 1), 'histogram.edges', `${counts.length + 1} edges`, edges);
  const counted = counts.reduce((sum, number) => sum + number, 0);
  require(counted === finites, 'histogram.counts', `the ${finites} samples with a finite loss`, counted);
  if (groups !== undefined) {
    const grouped = groups.reduce((sum, group) => sum + group.samples, 0);
    require(grouped === samples, 'groups', `groups of ${samples} samples`, grouped);
  }
  const { classification } = found;
  if (classification) {
    const { classes, confusion, targets } = classification;
    const counted = classes.reduce((sum, row) => sum + row.targets, 0);
    require(counted === targets, 'classification.classes', `${targets} targets`, counted);
    const outside = [...classes.map((row) => row.class), ...(confusion ?? []).flatMap(([one, other]) => [one, other])];
    const wrong = outside.find((index) => index >= classification.count);
    require(wrong === undefined, 'classification.count', `more than the class ${wrong}`, classification.count);
  }
  if (partial === undefined) return;
  const again = mergeResults([partial]);
  for (const name of ['loss', 'weight', 'reduction', 'samples', 'elements', 'accuracy', 'least', 'greatest'] as const)
    require(isSame(found[name], again[name]), name, `${again[name]}, as partial says`, found[name]);
}

/** Whether two values are the same. JSON does not distinguish 0 from -0. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || Object.is(one, other);
}
