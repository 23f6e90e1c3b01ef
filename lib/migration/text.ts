/** A migration as Markdown. */
import type { Migration } from './explanation.js';

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
    ...list('To know', notes, (sentence) => sentence),
    ...(deviations.length === 0 ? [] : table(migration)),
  ].join('\n');
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
