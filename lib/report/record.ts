/** The record of an evaluation: printed by `torchloss evaluate --json`, stored in checkpoints, shown in reports. */
import { renameKeys, snakeKeys, toJson } from '../base/json.js';
import { printableJson } from '../base/printable.js';
import { replaceFile } from '../files/replace.js';
import type { Evaluation, GroupResult, SampleLoss } from '../evaluate/index.js';
import type { DType, Shape } from '../base/types.js';

/** A file of an evaluation. */
export interface RecordedFile {
  /** As given on the command line. */
  readonly file: string;
  readonly path: string;
  readonly bytes: number;
  /** When it was last modified, in milliseconds since 1970. */
  readonly modified: number;
  readonly shape: Shape;
  readonly dtype: DType;
  /** The columns that were taken because they have numbers, where none was named. */
  readonly columns?: readonly string[];
}

/** One of the worst samples, with what the files say about it. */
export interface RecordedSample extends SampleLoss {
  readonly group?: number | string;
  /** Its class, and the class with the largest score: by name if the classes have names. */
  readonly target?: number | string;
  readonly predicted?: number | string;
  /** Its picture, as a `data:` URL. */
  readonly image?: string;
}

/** The result of one loss. */
export interface RecordedResult extends Omit<Evaluation, 'perSample' | 'worst'> {
  /** The loss with its namespace, as in Python. */
  readonly loss_function: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly worst: readonly RecordedSample[];
}

/** An evaluation. Numbers that JSON cannot represent are the strings `NaN`, `Infinity` and `-Infinity`. */
export interface EvaluationRecord {
  /** It changes when a key of the JSON is removed, renamed or changes its meaning. */
  readonly version: 2;
  readonly torchloss: string;
  /** The arguments after `torchloss`, as given. */
  readonly argv?: readonly string[];
  /** Whether all requested samples are done. */
  readonly complete: boolean;
  /** The number of samples in the files. */
  readonly total: number;
  /** The samples done, as ranges: the first, and one past the last. */
  readonly done: readonly (readonly [first: number, end: number])[];
  /** How many of these samples were skipped because a value is missing. */
  readonly skipped?: number;
  /** The requested shard, such as `3/16`. */
  readonly shard: string | null;
  /** The arguments that evaluate a shard, but for which shard it is. */
  readonly command?: readonly string[];
  readonly device: string;
  /** The files, by flag. */
  readonly files: Readonly<Record<string, RecordedFile>>;
  /** The flag of the file with the groups. */
  readonly group_by: string | null;
  /** The names of the classes, in order. */
  readonly classes?: readonly string[] | null;
  readonly libtorch: { readonly version: string; readonly root: string; readonly source: string };
  readonly results: readonly RecordedResult[];
}

/** The name of the function, without its namespace. */
export function shortName({ loss_function }: RecordedResult): string {
  return loss_function.slice(loss_function.lastIndexOf('.') + 1);
}

/** The word for a group: `class` if the groups are the labels of the loss. */
export function groupNoun({ group_by, results }: EvaluationRecord): 'class' | 'group' {
  return group_by !== 'group-by' && results[0]?.accuracy !== undefined ? 'class' : 'group';
}

/** The groups with the largest losses; NaN counts as the largest. */
export function worstGroups(groups: readonly GroupResult[], count: number): GroupResult[] {
  const rank = ({ loss }: GroupResult) => (Number.isNaN(loss) ? Number.POSITIVE_INFINITY : loss);
  return groups.toSorted((a, b) => (rank(a) === rank(b) ? 0 : rank(b) - rank(a))).slice(0, count);
}

/** Serialises a record as one line of JSON. */
export function writeRecord(record: EvaluationRecord): string {
  return printableJson(toJson(snakeKeys(record)));
}

/** The keys of the JSON that a record spells otherwise. */
const NAMES = {
  non_finite: 'nonFinite',
  negative_infinite: 'negativeInfinite',
  samples_per_second: 'samplesPerSecond',
  bytes_per_second: 'bytesPerSecond',
} as const;

/** A record's JSON with the keys of {@link EvaluationRecord}; that of version 1 has them already. */
export function withRecordKeys(json: unknown): unknown {
  return renameKeys(json, NAMES);
}

/** Writes a file atomically: readers see the old or the new content, even after a crash. */
export function writeWhole(file: string, text: string): void {
  replaceFile(file, [Buffer.from(text)]);
}
