/** A migration as Markdown. */
import type { Migration, SourceMigration } from './explanation.js';

/** Writes a migration as a page: the calls, and a list for each kind of change that there is. */
export function renderMigration(migration: Migration): string {
  const {
    from,
    to,
    missing,
    renamed,
    moved,
    defaults,
    vanished,
    added,
    refused,
    kinds,
    placeholders,
    notes,
    deviations,
    setAside,
    releases,
  } = migration;
  const same = from.namespace === to.namespace;
  const [here, there] = [`${from.namespace}.${from.name}`, `${to.namespace}.${to.name}`];
  const list = <T>(title: string, items: readonly T[], line: (item: T) => string) =>
    items.length === 0 ? [] : [`## ${title}`, '', ...items.map((item) => `- ${line(item)}`), ''];
  return [
    same ? `# ${here}` : `# From ${here} to ${there}`,
    '',
    ...(missing === undefined ? [] : [`${missing} does not have this loss; the nearest is in ${to.namespace}.`, '']),
    ...code('Python', same ? [from.python] : [from.python, to.python]),
    ...code('TypeScript', same ? [from.typescript] : [from.typescript, to.typescript]),
    ...(placeholders.length === 0
      ? []
      : code(
          'Names for Python-only expressions',
          placeholders.map(({ typescript, python }) => `${typescript} = ${python}`),
        )),
    ...list('Values that are rejected', refused, ({ parameter, expected, got, takenBy }) => {
      const others = takenBy.length === 0 ? '' : `; accepted by ${takenBy.join(', ')}`;
      return `${parameter}: ${to.namespace} expects ${expected}, got ${got}${others}`;
    }),
    ...list('Defaults that change', defaults, ({ parameter, from: before, to: after }) => {
      return `${parameter}: ${before} becomes ${after}`;
    }),
    ...list('Tensors with another name', renamed, (tensor) => `${tensor.from} is ${tensor.to}`),
    ...list('Options in another order', moved, ({ parameter, from: before, to: after }) => {
      return `${parameter}: ${place(before)} in ${from.namespace}, ${place(after)} in ${to.namespace}`;
    }),
    ...list('Parameters without an equivalent', vanished, ({ parameter, instead }) => `${parameter}: ${instead}`),
    ...list('Additional options', added, (option) => `${option.parameter}, ${option.default} by default`),
    ...list('Tensors with other dtypes or shapes', kinds, ({ parameter, from: before, to: after }) => {
      return `${parameter}: ${to.namespace} accepts ${after}; ${from.namespace}, ${before}`;
    }),
    ...list('To know', [...asides(setAside), ...notes], (sentence) => sentence),
    ...(deviations.length === 0 ? [] : table(migration)),
    ...(from.namespace.split('.')[0] === to.namespace.split('.')[0]
      ? []
      : [`Names, orders and defaults are those of PyTorch ${releases.torch} and MindSpore ${releases.mindspore}.`, '']),
  ].join('\n');
}

/** Says what was left out of the answer. */
function asides(setAside: Migration['setAside']): string[] {
  if (setAside === undefined) return [];
  const { before, between, after } = setAside;
  const parts = [
    before === '' ? [] : [`\`${before}\` before the call`],
    between === '' ? [] : [`\`${between}\` between the module and its call`],
    after === '' ? [] : [`\`${after}\` after it`],
  ].flat();
  return [`Left out: ${parts.join(', ')}.`];
}

/** A call in one line, with a space between what were lines. */
function inOneLine(call: string): string {
  return call
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ');
}

/** Writes the loss calls of a file, each with its place, its answer and what changes. */
export function renderSource(file: string, { calls }: SourceMigration): string {
  const blocks = calls.map(({ line, column, call, migration, problem }) => {
    const head = [`${file}:${line}:${column}`, `  ${inOneLine(call)}`];
    if (migration === undefined) return [...head, `  Not understood: ${problem}`].join('\n');
    const { from, to } = migration;
    const python = to.namespace === from.namespace ? [] : [`  Python:     ${to.python}`];
    const changes = [...changesOf(migration)].map((change) => `  - ${change}`);
    return [...head, ...python, `  TypeScript: ${to.typescript}`, ...changes].join('\n');
  });
  const understood = calls.filter(({ migration }) => migration !== undefined).length;
  const sum = `${calls.length} ${calls.length === 1 ? 'call' : 'calls'} of losses, ${understood} understood`;
  return [...blocks, sum].join('\n\n');
}

/** What a reader must change or check besides the call itself, one line each. */
function* changesOf({ to, from, missing, placeholders, refused, defaults, vanished, kinds, notes }: Migration) {
  if (missing !== undefined) yield `${missing} does not have this loss; the nearest is in ${to.namespace}`;
  for (const { typescript, python } of placeholders) yield `in TypeScript ${typescript} stands for ${python}`;
  for (const { parameter, expected, got } of refused)
    yield `${parameter}: ${to.namespace} expects ${expected}, got ${got}`;
  for (const change of defaults) yield `default of ${change.parameter}: ${change.from} becomes ${change.to}`;
  for (const { parameter, instead } of vanished.filter(({ given }) => given)) yield `no ${parameter}: ${instead}`;
  for (const kind of kinds)
    yield `${kind.parameter}: ${to.namespace} accepts ${kind.to}; ${from.namespace}, ${kind.from}`;
  yield* notes;
}

function code(language: string, lines: readonly string[]): string[] {
  return [`## ${language}`, '', '```', ...lines, '```', ''];
}

/** A place among the options. */
function place(index: number | null): string {
  if (index === null) return 'by name only';
  return ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh'][index - 1] ?? `number ${index}`;
}

function table({ deviations }: Migration): string[] {
  const rows = deviations.map((row) =>
    [row.about, row.torch, row.mindspore].map((cell) => cell.replaceAll('|', '\\|')),
  );
  const lines = [['case', 'PyTorch and torchloss', 'MindSpore'], ['---', '---', '---'], ...rows];
  return ['## Results and checks that differ', '', ...lines.map((cells) => `| ${cells.join(' | ')} |`), ''];
}
