// The pages of the losses, from their rows and the doc comments of their sources.
import { entryOf, listLosses, NAMESPACES, pageOf } from '../../dist/losses/catalogue.js';
import { ERRORS, limitThrows, readThrows } from './errors.mjs';
import { describeFigure, drawFigure } from './figures.mjs';
import { readSource } from './sources.mjs';
import { literal } from './text.mjs';

const NOTE = '<!-- Written by `npm run docs:losses` from lib/losses. -->';
const KINDS = {
  tensor: 'Tensor or null',
  reduction: 'reduction',
  integer: 'integer',
  real: 'number',
  boolean: 'boolean',
  function: 'function or null',
};
/** What an entry that gives a pair gives. */
const PAIRS = { ctc_loss_with_alpha: '[loss, log_alpha]' };

/** All files of docs/losses: their texts by their names. */
export function writePages() {
  const files = new Map([['README.md', overview()]]);
  for (const row of listLosses()) {
    files.set(`${pageOf(row)}.md`, page(row));
    files.set(`${pageOf(row)}.svg`, drawFigure(pageOf(row), titleOf(row)));
  }
  return files;
}

function overview() {
  const rows = listLosses().map((row) => [
    ...NAMESPACES.map((namespace) => {
      const name = entryOf(row, namespace)?.name;
      return name === undefined ? '' : `[\`${name}\`](${pageOf(row)}.md)`;
    }),
    readSource(row).summary,
  ]);
  return join([
    NOTE,
    '# The losses',
    'Each loss has a page: its formula and its curves, parameters, shapes and errors in both frameworks, where MindSpore differs, what other releases do, and an example. `torchloss losses` prints this table and `torchloss explain NAME` a page.',
    table([...NAMESPACES, ''], rows),
  ]);
}

function page(row) {
  const source = readSource(row);
  const name = pageOf(row);
  const others = listLosses().filter((other) => other !== row);
  return join([
    NOTE,
    `# ${titleOf(row)}`,
    source.summary,
    `\`\`\`text\n${row.formula}\n\`\`\``,
    `![${describeFigure(name)}](${name}.svg)`,
    '## Calls',
    `\`\`\`js\n${calls(row).join('\n')}\n\`\`\``,
    '## Parameters',
    "Tensors are given by position, options in one object. The number is the place of an option in Python's order; its default follows.",
    parameters(row),
    list(optionsOf(row).map((option) => `\`${option}\`: ${source.options.get(option)}`)),
    '## Shapes and dtypes',
    shapes(row, source),
    '## Errors',
    'Each loss throws a TypeError for an argument of another kind, an unknown option and one of another kind, and a RangeError for an unknown `reduction`. This one throws as well:',
    errors(row, source),
    ...warnings(row),
    '## Where MindSpore differs',
    table(
      ['', 'PyTorch, and torchloss', 'MindSpore'],
      row.deviations.map(({ about, torch, mindspore }) => [about, torch, mindspore]),
    ),
    '## Other releases',
    'The releases of reference are MindSpore 2.3 and PyTorch 1.13; torchloss itself does what the LibTorch in use does.',
    table(
      ['releases', 'namespaces', ''],
      row.versions.map(({ releases, namespaces, note }) => [releases, namespaces.join(', '), note]),
    ),
    '## Example',
    `\`\`\`ts\n${imports(source.example)}\n\n${source.example.join('\n')}\n\`\`\``,
    '## Other losses',
    others.map((other) => `[${titleOf(other)}](${pageOf(other)}.md)`).join(', '),
    '[All losses in the four namespaces](README.md)',
  ]);
}

function calls(row) {
  return entriesOf(row).map(([namespace, { name, inputs, options, pair }]) => {
    const shown = options.filter((option) => option in row.params).join(', ');
    const path = `${namespace}.${name}`;
    if (namespace.endsWith('.nn')) return `new ${path}({ ${shown} })(${inputs.join(', ')})`;
    const call = `${path}(${inputs.join(', ')}, { ${shown} })`;
    return pair === undefined ? call : `const ${PAIRS[pair]} = ${call}`;
  });
}

function parameters(row) {
  const { inputs } = row.namespaces['torch.nn.functional'];
  const tensors = inputs.map((input, index) => [
    `\`${input}\``,
    'Tensor',
    ...NAMESPACES.map((namespace) => {
      const name = entryOf(row, namespace)?.inputs[index];
      return name === undefined ? '' : `\`${name}\``;
    }),
  ]);
  const rest = optionsOf(row).map((option) => {
    const param = row.params[option];
    return [
      `\`${option}\`${param === undefined ? ' (deprecated)' : ''}`,
      param === undefined ? 'boolean or null' : KINDS[param.kind],
      ...NAMESPACES.map((namespace) => cell(entryOf(row, namespace), option, param)),
    ];
  });
  return table(['', 'kind', ...NAMESPACES], [...tensors, ...rest]);
}

/** The place and default of an option in a namespace, and what else is particular about it there. */
function cell(entry, option, param) {
  const place = entry?.options.indexOf(option) ?? -1;
  if (place < 0) return '';
  const value = entry.defaults?.[option] ?? param?.shownDefault ?? null;
  const notes = [`${place + 1}: \`${literal(value)}\``];
  if (entry.atCall === option) notes.push('also as the last argument of a call');
  if (entry.anyCase && option === 'reduction') notes.push('in any case');
  return notes.join(', ');
}

/** What the tensors are and what is given, side by side where namespaces differ. */
function shapes(row, { calls }) {
  const { inputs } = row.namespaces['torch.nn.functional'];
  return sideBySide(row, [...inputs.map((input) => `\`${input}\``), 'gives'], (namespace) => {
    const { params, returns } = calls.get(namespace);
    return [...params, returns];
  });
}

/** What is thrown, side by side where namespaces differ. */
function errors(row, { calls }) {
  return sideBySide(row, ERRORS, (namespace) => {
    const all = [...calls.get(namespace).throws, ...limitThrows(entryOf(row, namespace))].map(readThrows);
    return ERRORS.map((wanted) =>
      all
        .filter(({ error }) => error === wanted)
        .map(({ when }) => when)
        .join('; '),
    );
  });
}

/** The warnings, each with the namespaces that give it. */
function warnings(row) {
  const entries = entriesOf(row).filter(([, { meanWarning }]) => meanWarning !== undefined);
  return [...new Set(entries.map(([, { meanWarning }]) => meanWarning))].map((warning) => {
    const where = entries.filter(([, { meanWarning }]) => meanWarning === warning).map(([namespace]) => namespace);
    return `A warning in ${where.join(' and ')} with reduction \`'mean'\`: “${warning}”`;
  });
}

/** A table with a column for each namespace, or for those together that have the same in all rows. */
function sideBySide(row, names, cellsOf) {
  const columns = [];
  for (const [namespace] of entriesOf(row)) {
    const cells = cellsOf(namespace);
    const same = columns.find((column) => cells.every((text, index) => text === column.cells[index]));
    if (same === undefined) columns.push({ namespaces: [namespace], cells });
    else same.namespaces.push(namespace);
  }
  const rows = names.map((name, index) => [name, ...columns.map(({ cells }) => cells[index])]);
  const filled = rows.filter(([, ...cells]) => cells.some((text) => text !== ''));
  return table(['', ...columns.map(({ namespaces }) => namespaces.join(', '))], filled);
}

/** The import of the names that an example uses. */
function imports(example) {
  const names = ['mindspore', 'Tensor', 'torch'].filter((name) => new RegExp(`\\b${name}\\b`).test(example.join('\n')));
  return `import { ${names.map((name) => (name === 'Tensor' ? 'type Tensor' : name)).join(', ')} } from 'torchloss';`;
}

function titleOf(row) {
  return row.namespaces['torch.nn'].name;
}

/**
 * The namespaces that have a loss, with what it is there.
 *
 * @returns {[string, import('../../dist/loss/row.js').LossEntry][]}
 */
function entriesOf(row) {
  return NAMESPACES.map((namespace) => [namespace, entryOf(row, namespace)]).filter(([, entry]) => entry !== undefined);
}

/** The options of all namespaces: those of torch.nn.functional in its order, then the others. */
function optionsOf(row) {
  const first = row.namespaces['torch.nn.functional'].options;
  return [...new Set([...first, ...entriesOf(row).flatMap(([, { options }]) => options)])];
}

function table(header, rows) {
  const line = (cells) => `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

function list(items) {
  return items.map((item) => `- ${item}`).join('\n');
}

function join(parts) {
  return `${parts.join('\n\n')}\n`;
}
