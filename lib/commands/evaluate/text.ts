/** Formats the result of an evaluation for the terminal. */
import { largestFinite, largestOf } from '../../base/extremes.js';
import { oneLine } from '../../base/printable.js';
import { formatTable, type Terminal } from '../../terminal/markdown.js';
import { bold } from '../../terminal/print.js';
import { type EvaluationRecord, groupNoun, type RecordedResult, shortName, worstGroups } from '../../report/index.js';

/** The most groups that are printed; the report and JSON have all of them. */
const MOST_GROUPS = 100;

/** Formats a record. */
export function formatRecord(record: EvaluationRecord, terminal: Terminal, showsWorst: boolean): string {
  const [first] = record.results as [RecordedResult];
  const lines = ['', ...partialNote(record)];
  const { skipped = 0 } = record;
  const left = skipped === 0 ? '' : ` (${skipped} skipped because a value is missing)`;
  const facts = `${count(first.samples, 'sample')}${left}${accuracyOf(first)}, ${duration(first.seconds)}`;
  const names = record.results.map(shortName);
  const width = record.results.length === 1 ? 0 : largestOf(names.map((name) => name.length));
  for (const [index, result] of record.results.entries()) {
    const loss = number(result.loss);
    const name = record.results.length === 1 ? 'loss' : (names[index] as string).padEnd(width);
    const value = terminal.bold ? bold(loss) : loss;
    lines.push(`${name}  ${value}${index === 0 ? `    ${facts}` : ''}`);
  }
  lines.push('');
  if (first.groups !== undefined) for (const line of [...groupLines(record, terminal), '']) lines.push(line);
  if (showsWorst) {
    for (const result of record.results)
      for (const line of [...worstLines(record, result, terminal), '']) lines.push(line);
  }
  return lines.join('\n');
}

/** Says which samples of an incomplete evaluation are done. */
export function partialNote({ complete, results, done, total, shard }: EvaluationRecord): string[] {
  if (complete) return [];
  const samples = results[0]?.samples ?? 0;
  const of = shard === null ? `${total}` : `shard ${shard}`;
  const where = done.length > 1 ? `: ${done.map(([start, end]) => `${start} to ${end - 1}`).join(', ')}` : '';
  return [`PARTIAL: ${samples} samples of ${of}${where}`];
}

function groupLines(record: EvaluationRecord, { width }: Terminal): string[] {
  const [first, ...others] = record.results as [RecordedResult, ...RecordedResult[]];
  const { groups = [] } = first;
  const isCut = groups.length > MOST_GROUPS;
  const shown = isCut ? worstGroups(groups, MOST_GROUPS) : groups;
  const noun = groupNoun(record);
  const size = largestOf(
    shown.map(({ group }) => nameOf(group).length),
    5,
  );
  const hasAccuracy = first.accuracy !== undefined;
  const largest = largestFinite(shown.map(({ loss }) => loss));
  const tables = others.map(({ groups = [] }) => new Map(groups.map(({ group, loss }) => [group, loss])));
  const columns = others.map((result) => Math.max(10, shortName(result).length + 2));
  const header = [
    noun.padStart(size),
    'samples'.padStart(9),
    'loss'.padStart(10),
    ...(hasAccuracy ? ['accuracy'.padStart(10)] : []),
    ...others.map((result, index) => shortName(result).padStart(columns[index] as number)),
  ].join('');
  const room = Math.max(0, Math.min(30, width - header.length - 3));
  const rows = shown.map(({ group, samples, loss, accuracy }) => {
    const cells = [
      nameOf(group).padStart(size),
      String(samples).padStart(9),
      fixed(loss).padStart(10),
      ...(hasAccuracy ? [percent(accuracy ?? 0).padStart(10)] : []),
      ...tables.map((table, index) => fixed(table.get(group) ?? Number.NaN).padStart(columns[index] as number)),
    ];
    const bar = loss > 0 && loss <= largest ? '█'.repeat(Math.round((loss / largest) * room)) : '';
    return `${cells.join('')}  ${bar}`.trimEnd();
  });
  const note = `the ${MOST_GROUPS} of ${groups.length} groups with the largest loss; --json and --report have all of them`;
  return [header, ...rows, ...(isCut ? [note] : [])];
}

/** A group's name, cut to a column. */
function nameOf(group: string | number): string {
  return oneLine(String(group), 40);
}

function worstLines(record: EvaluationRecord, result: RecordedResult, { width }: Terminal): string[] {
  const { worst } = result;
  const name = record.results.length > 1 ? ` by ${shortName(result)}` : '';
  if (worst.length === 0) return [`no worst samples${name}`];
  const hasGroup = record.group_by === 'group-by' && worst[0]?.group !== undefined;
  const hasClasses = worst[0]?.target !== undefined;
  const rows = worst.map(({ index, loss, group, target, predicted }) => [
    String(index),
    number(loss),
    ...(hasGroup ? [String(group)] : []),
    ...(hasClasses ? [String(target), String(predicted)] : []),
  ]);
  const header = ['sample', 'loss', ...(hasGroup ? ['group'] : []), ...(hasClasses ? ['class', 'predicted'] : [])];
  return [`worst samples${name}`, '', ...formatTable([header, ...rows], width)];
}

function accuracyOf({ accuracy }: RecordedResult): string {
  return accuracy === undefined ? '' : `, accuracy ${percent(accuracy)}`;
}

function number(value: number): string {
  return Number.isFinite(value) ? value.toPrecision(7) : String(value);
}

function fixed(value: number): string {
  const text = value.toFixed(6);
  return text.length > 9 ? value.toPrecision(5) : text;
}

/** `97.4%`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

/** `1 sample`, `2 samples`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** A duration: `1.29 ms`, `12.3 s`, `4 min 10 s`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${(seconds * 1000).toFixed(2)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}
