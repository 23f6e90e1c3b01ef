// Writes the losses' pages from their rows and the doc comments in their sources.
import {
  entryOf,
  isInPyTorch,
  listLosses,
  mainEntry,
  nameIn,
  NAMESPACES,
  pageOf,
  referenceOf,
  titleOf,
} from '../../dist/losses/catalogue.js';
import { ERRORS, limitThrows, readThrows } from './errors.mjs';
import { describeFigure, drawFigure } from './figures.mjs';
import { readSource } from './sources.mjs';
import { literal } from './text.mjs';

const NOTE = '<!-- Written by `npm run docs:losses` from lib/losses. -->';
const KINDS = {
  tensor: 'Tensor or null',
  tensors: 'array of Tensors or null',
  reduction: 'reduction',
  integer: 'integer',
  real: 'number',
  boolean: 'boolean',
  function: 'function or null',
  word: 'string, function or null',
  object: 'object or null',
};
/** The result of an entry that returns a pair. */
const PAIRS = { ctc_loss_with_alpha: '[loss, log_alpha]' };

/** All files of docs/losses, by name. */
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
      const name = nameIn(row, namespace);
      return name === undefined ? '' : `[\`${name}\`](${pageOf(row)}.md)`;
    }),
    readSource(row).summary,
  ]);
  return join([
    NOTE,
    '# The losses',
    'Each loss has a page with its formula, curves, parameters, shapes and errors in both frameworks, the differences between them, the changes between releases, and an example. `torchloss losses` prints this table; `torchloss explain NAME` prints a page.',
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
    `${row.use} ${row.avoid}`,
    source.summary,
    `\`\`\`text\n${row.formula}\n\`\`\``,
    `![${describeFigure(name)}](${name}.svg)`,
    '## Calls',
    `\`\`\`js\n${calls(row).join('\n')}\n\`\`\``,
    '## Parameters',
    "Tensors are passed by position, options in one object. A number is the option's position in Python's signature; its default follows.",
    parameters(row),
    list(optionsOf(row).map((option) => `\`${option}\`: ${source.options.get(option)}`)),
    '## Shapes and dtypes',
    shapes(row, source),
    '## Errors',
    'Every loss throws a TypeError for an argument or option of the wrong type or an unknown option, and a RangeError for an unknown `reduction`. This one also throws:',
    errors(row, source),
    ...warnings(row),
    ...differences(row),
    '## Other releases',
    'This page describes MindSpore 2.3 and PyTorch 1.13; torchloss itself behaves like the LibTorch in use.',
    table(
      ['releases', 'namespaces', 'difference'],
      row.versions.map(({ releases, namespaces, note }) => [releases, namespaces.join(', '), note]),
    ),
    '## Example',
    `\`\`\`ts\n${imports(source.example)}\n\n${source.example.join('\n')}\n\`\`\``,
    '## References',
    list(references(row)),
    '## Other losses',
    others.map((other) => `[${titleOf(other)}](${pageOf(other)}.md)`).join(', '),
    '[All losses in the four namespaces](README.md)',
  ]);
}

/** Where MindSpore differs, if it has the loss. */
function differences(row) {
  const heading = '## Where MindSpore differs';
  if (!entriesOf(row).some(([namespace]) => namespace.startsWith('mindspore')))
    return [heading, 'MindSpore has no such loss.'];
  const rows = row.deviations.map(({ about, torch, mindspore }) => [about, torch, mindspore]);
  return [heading, table(['case', isInPyTorch(row) ? 'PyTorch and torchloss' : 'torchloss', 'MindSpore'], rows)];
}

/** The pages of the frameworks' own documentation, and the paper. */
function references(row) {
  const pages = NAMESPACES.map((namespace) => [namespace, nameIn(row, namespace)])
    .filter(([, name]) => name !== undefined)
    .map(([namespace, name]) => ({ path: `${namespace}.${name}`, url: referenceOf(row, namespace) }))
    .filter(({ url }) => url !== undefined)
    .map(({ path, url }) => `\`${path}\`: ${url}`);
  return row.paper === undefined ? pages : [...pages, `${row.paper.title}: ${row.paper.url}`];
}

function calls(row) {
  const learned = row.module === undefined ? [] : [learnedCall(row.module)];
  const called = entriesOf(row).map(([namespace, { name, inputs, options, pair }]) => {
    const shown = options.filter((option) => option in row.params).join(', ');
    const path = `${namespace}.${name}`;
    if (namespace.endsWith('.nn')) return `new ${path}({ ${shown} })(${inputs.join(', ')})`;
    const call = `${path}(${inputs.join(', ')}, { ${shown} })`;
    return pair === undefined ? call : `const ${PAIRS[pair]} = ${call}`;
  });
  return [...learned, ...called];
}

/** The call of a module that owns some of the tensors as parameters. */
function learnedCall({ name, takes, inputs }) {
  return `new torch.nn.${name}(${takes})(${inputs.join(', ')})`;
}

function parameters(row) {
  const { inputs } = mainEntry(row);
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
  return table(['name', 'type', ...NAMESPACES], [...tensors, ...rest]);
}

/** The position and default of an option in a namespace, and its peculiarities there. */
function cell(entry, option, param) {
  const place = entry?.options.indexOf(option) ?? -1;
  if (place < 0) return '';
  const value = entry.defaults?.[option] ?? param?.shownDefault ?? null;
  const notes = [`${place + 1}: ${param?.required ? 'required' : `\`${literal(value)}\``}`];
  if (entry.atCall === option) notes.push('can also be passed last in a call');
  if (entry.anyCase && option === 'reduction') notes.push('in any case');
  return notes.join(', ');
}

/** The tensors and the result, side by side where namespaces differ. */
function shapes(row, { calls }) {
  const { inputs } = mainEntry(row);
  return sideBySide(row, 'tensor', [...inputs.map((input) => `\`${input}\``), 'returns'], (namespace) => {
    const { params, returns } = calls.get(namespace);
    return [...params, returns];
  });
}

/** The errors, side by side where namespaces differ. */
function errors(row, { calls }) {
  return sideBySide(row, 'error', ERRORS, (namespace) => {
    const all = [...calls.get(namespace).throws, ...limitThrows(entryOf(row, namespace))].map(readThrows);
    return ERRORS.map((wanted) =>
      all
        .filter(({ error }) => error === wanted)
        .map(({ when }) => when)
        .join('; '),
    );
  });
}

/** The warnings, each with the namespaces that issue it. */
function warnings(row) {
  const entries = entriesOf(row).filter(([, { meanWarning }]) => meanWarning !== undefined);
  return [...new Set(entries.map(([, { meanWarning }]) => meanWarning))].map((warning) => {
    const where = entries.filter(([, { meanWarning }]) => meanWarning === warning).map(([namespace]) => namespace);
    return `Warns in ${where.join(' and ')} with reduction \`'mean'\`: “${warning}”`;
  });
}

/** A table with a column per namespace; namespaces with the same cells share one. */
function sideBySide(row, heading, names, cellsOf) {
  const columns = [];
  for (const [namespace] of entriesOf(row)) {
    const cells = cellsOf(namespace);
    const same = columns.find((column) => cells.every((text, index) => text === column.cells[index]));
    if (same === undefined) columns.push({ namespaces: [namespace], cells });
    else same.namespaces.push(namespace);
  }
  const rows = names.map((name, index) => [name, ...columns.map(({ cells }) => cells[index])]);
  const filled = rows.filter(([, ...cells]) => cells.some((text) => text !== ''));
  return table([heading, ...columns.map(({ namespaces }) => namespaces.join(', '))], filled);
}

/** The import of the names that an example uses. */
function imports(example) {
  const names = ['mindspore', 'Tensor', 'torch'].filter((name) => new RegExp(`\\b${name}\\b`).test(example.join('\n')));
  return `import { ${names.map((name) => (name === 'Tensor' ? 'type Tensor' : name)).join(', ')} } from 'torchloss';`;
}

/**
 * The namespaces that have a loss, with its entry in each.
 *
 * @returns {[string, import('../../dist/loss/row.js').LossEntry][]}
 */
function entriesOf(row) {
  return NAMESPACES.map((namespace) => [namespace, entryOf(row, namespace)]).filter(([, entry]) => entry !== undefined);
}

/** The options of all namespaces: those of the loss's home in its order, then the others. */
function optionsOf(row) {
  const first = mainEntry(row).options;
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
