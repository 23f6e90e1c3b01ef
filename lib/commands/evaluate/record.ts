/** Makes the record of an evaluation and compares it with another. */
import { basename } from 'node:path';
import { readTensor, type Source } from '../../data/index.js';
import { type Evaluation, mergeResults, type SampleLoss } from '../../evaluate/index.js';
import { EXACT_SAMPLES } from '../../evaluate/internal.js';
import { PACKAGE_VERSION } from '../../libtorch/places.js';
import { libtorch } from '../../addon/native.js';
import { layoutOf, renderPicture, type EvaluationRecord, type RecordedSample, readRecord } from '../../report/index.js';
import { usage } from '../arguments.js';
import { shownName } from './files.js';
import type { Chosen } from './arguments.js';
import type { RunState } from './run.js';
import type { Task } from './task.js';

/** Makes the record of a task so far. */
export function makeRecord(task: Task, chosen: Chosen, { done, skipped, results }: RunState): EvaluationRecord {
  const { total, first, whole, files } = task;
  const { shard } = chosen.flags;
  const { version, root, source } = libtorch();
  return {
    version: 2,
    torchloss: PACKAGE_VERSION,
    argv: commandLine(),
    complete: done === whole,
    total,
    done: done === 0 ? [] : [[first, first + done]],
    skipped,
    shard: shard === undefined ? null : `${shard.index}/${shard.count}`,
    ...(shard !== undefined && { command: chosen.args }),
    device: chosen.flags.device ?? 'cpu',
    files,
    group_by: groupFlag(task, chosen),
    classes: task.classNames ?? null,
    libtorch: { version, root, source },
    results: chosen.losses.map(({ entry, options }, index) => ({
      loss_function: `${chosen.api}.${entry.name}`,
      options,
      ...without(results[index] as Evaluation, 'perSample'),
    })),
  };
}

/** The arguments of this process, without the program, and without what may be secret in them. */
function commandLine(): string[] {
  return process.argv.slice(2).map(shownName);
}

function groupFlag({ flagOf }: Task, { groupBy }: Chosen): string | null {
  if (groupBy === undefined) return null;
  return 'file' in groupBy ? 'group-by' : (flagOf.get(groupBy.field) ?? groupBy.field);
}

/** The record of a shard without the single losses that the result of all samples, which are too many, does not use. */
export function lean(record: EvaluationRecord): EvaluationRecord {
  if (record.total <= EXACT_SAMPLES) return record;
  const results = record.results.map(({ partial, ...result }) => ({
    ...result,
    ...(partial !== undefined && { partial: { ...partial, values: null } }),
  }));
  return { ...record, results };
}

/** The record without the fields that only merging and resuming need. */
export function withoutPartials(record: EvaluationRecord): EvaluationRecord {
  return { ...record, results: record.results.map((result) => without(result, 'partial')) };
}

function without<T extends object, K extends keyof T>(object: T, key: K): Omit<T, K> {
  const copy = { ...object };
  delete copy[key];
  return copy;
}

/** Adds the group, classes and picture of each worst sample from the files. */
export async function describeWorst(task: Task, record: EvaluationRecord): Promise<EvaluationRecord> {
  const { groups, groupNames, classNames, classes, images } = task;
  const at = async (source: Source, index: number) => Number((await source.rows(index, index + 1))[0]);
  const nameOf = (index: number) => classNames?.[index] ?? index;
  const described = new Map<number, Omit<RecordedSample, keyof SampleLoss>>();
  const indices = record.results.flatMap(({ worst }) => worst.map(({ index }) => index));
  // In order, because some files can only be read forwards.
  for (const index of [...new Set(indices)].sort((a, b) => a - b)) {
    described.set(index, {
      ...(groups !== undefined && { group: groupNames?.groupOf(await at(groups, index)) ?? (await at(groups, index)) }),
      ...(classes !== undefined && {
        target: nameOf(await at(classes.target, index)),
        predicted: nameOf(await predictedAt(classes.scores, index)),
      }),
      ...(images !== undefined && { image: await pictureOf(images, index) }),
    });
  }
  const results = record.results.map((result) => ({
    ...result,
    worst: result.worst.map((sample) => ({ ...sample, ...described.get(sample.index) })),
  }));
  return { ...record, results };
}

/** The class with the largest score, as in the accuracy. */
async function predictedAt(source: Source, index: number): Promise<number> {
  using row = await readTensor(source, index, index + 1);
  // Older LibTorch versions have no argmax for 16-bit floats on the CPU.
  using wide = row.dtype === 'float16' || row.dtype === 'bfloat16' ? row.to('float32') : undefined;
  using place = (wide ?? row).argmax();
  return place.item();
}

async function pictureOf(source: Source, index: number): Promise<string> {
  const layout = layoutOf(source.shape.slice(1), source.name);
  using row = await readTensor(source, index, index + 1);
  // The dtypes whose typed array contains the numbers themselves.
  const isPlain = /^(bool|u?int(8|16|32)|float(32|64))$/.test(row.dtype);
  using plain = isPlain ? undefined : row.to('float64');
  const values = (plain ?? row).toTypedArray() as unknown as ArrayLike<number>;
  return renderPicture(values, layout, source.dtype === 'uint8');
}

/** Settings that parts of the same evaluation share, by flag. */
export type Facts = ReadonlyMap<string, string>;

/** The settings that all shards of an evaluation share. */
export function factsOf({ results, group_by, classes, total, files }: EvaluationRecord): Facts {
  return new Map([
    ['--loss', results.map(({ loss_function }) => loss_function).join(', ')],
    ['--option', results.map(({ options }) => JSON.stringify(options)).join(', ')],
    ['--reduction', results.map(({ reduction }) => reduction).join(', ')],
    ['--top', String(results[0]?.partial?.named)],
    ['--group-by', String(group_by)],
    ['--classes', String(classes ?? null)],
    ['samples', String(total)],
    ...Object.entries(files).map(([flag, { file, dtype, shape }]): [string, string] => [
      `--${flag}`,
      `${basename(file)} (${dtype} [${shape.join(', ')}])`,
    ]),
  ]);
}

/** The settings that a run shares with the run it resumes. */
function factsOfRun(record: EvaluationRecord): Facts {
  return new Map([
    ...factsOf(record),
    ['--shard', String(record.shard)],
    ['--device', record.device],
    ...Object.entries(record.files).map(([flag, { path, bytes, modified }]): [string, string] => [
      `--${flag}`,
      `${path} (${bytes} bytes, written ${new Date(modified).toISOString()})`,
    ]),
  ]);
}

/** The first setting that differs: its flag and both values. */
export function difference(first: Facts, second: Facts): { flag: string; first: string; second: string } | undefined {
  for (const flag of new Set([...first.keys(), ...second.keys()])) {
    const [one = 'none', other = 'none'] = [first.get(flag), second.get(flag)];
    if (one !== other) return { flag, first: one, second: other };
  }
  return undefined;
}

/** Reads a checkpoint of the same evaluation. */
export function readCheckpoint(file: string, task: Task, chosen: Chosen, empty: RunState): RunState {
  const record = readRecord(file);
  const apart = difference(factsOfRun(record), factsOfRun(makeRecord(task, chosen, empty)));
  if (apart !== undefined)
    throw usage(
      `--resume: ${file} was made by another evaluation: ${apart.flag} was ${apart.first}, now ${apart.second}`,
    );
  const done = record.done.reduce((sum, [first, end]) => sum + end - first, 0);
  return { done, skipped: record.skipped ?? 0, results: record.results };
}

/** Merges the records of shards, read from these files by {@link readRecord}. */
export function mergeRecords(files: readonly string[]): EvaluationRecord {
  return mergeParts(
    files.map((file) => readRecord(file)),
    files,
  );
}

/** Merges the records of shards, which came from `files`. */
export function mergeParts(records: readonly EvaluationRecord[], files: readonly string[]): EvaluationRecord {
  const [first] = records as [EvaluationRecord];
  for (const [index, record] of records.entries()) {
    const apart = difference(factsOf(first), factsOf(record));
    if (apart !== undefined) {
      const { flag } = apart;
      throw usage(`--merge: ${flag} is ${apart.first} in ${files[0]}, ${apart.second} in ${files[index]}`);
    }
    if (record.results.some(({ partial }) => partial === undefined))
      throw usage(
        `--merge: ${files[index]} cannot be merged: expected the output of --shard, or of a run that was stopped`,
      );
  }
  const ranges = records
    .flatMap(({ done }, index) => done.map(([start, end]) => ({ start, end, file: files[index] as string })))
    .toSorted((a, b) => a.start - b.start);
  const done: [number, number][] = [];
  for (const [index, { start, end, file }] of ranges.entries()) {
    const before = ranges[index - 1];
    if (before !== undefined && start < before.end)
      throw usage(`--merge: ${before.file} and ${file} both contain sample ${start}`);
    const last = done.at(-1);
    if (last?.[1] === start) last[1] = end;
    else done.push([start, end]);
  }
  const samples = done.reduce((sum, [start, end]) => sum + end - start, 0);
  const merged = first.results.map((result, index) => {
    const all = mergeResults(records.map(({ results }) => results[index] as unknown as Evaluation));
    const described = records.flatMap(({ results }) => results[index]?.worst ?? []);
    const worst = all.worst.map((sample) => described.find((known) => known.index === sample.index) ?? sample);
    return { ...result, ...all, worst };
  });
  const skipped = records.reduce((sum, record) => sum + (record.skipped ?? 0), 0);
  const whole = without(first, 'command');
  return {
    ...whole,
    argv: commandLine(),
    complete: samples === first.total,
    done,
    skipped,
    shard: null,
    results: merged,
  };
}
