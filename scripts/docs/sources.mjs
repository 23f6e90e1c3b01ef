// Reads the doc comments in the sources of the losses.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryOf, homeOf, mainEntry, NAMESPACES, pageOf } from '../../dist/losses/catalogue.js';
import { ROOT, Stop } from '../root.mjs';

const FOLDER = join(ROOT, 'lib', 'losses');
const COMMENT = String.raw`/\*\*((?:(?!\*/)[^])*)\*/`;

/** The files with the exports of each namespace, without the extension. */
export const FILES = {
  'torch.nn': 'torch/nn',
  'torch.nn.functional': 'torch/functional',
  'mindspore.nn': 'mindspore/nn',
  'mindspore.ops': 'mindspore/ops',
};

/**
 * Reads the comments about a loss: the summary on its row, the options by name, and the comments of its call by namespace.
 * Tensors are named as in the loss's main entry, like on the page.
 *
 * @returns {{ summary: string, options: Map<string, string>, example: string[],
 *   calls: Map<string, { params: string[], returns: string, throws: string[] }> }}
 */
export function readSource(row) {
  const { file, text } = sourceOf(row);
  const complain = (what) => new Stop(`lib/losses/${file}: no ${what}`);
  const [, summary] = new RegExp(`${COMMENT}\nexport const \\w+ = \\{\n  op: '`).exec(text) ?? [];
  if (summary === undefined) throw complain('comment on the row');
  const options = readOptions(`${text}\n${readFileSync(join(ROOT, 'lib', 'loss', 'row.ts'), 'utf8')}`);
  for (const { options: names } of Object.values(row.namespaces)) {
    for (const option of names) if (!options.has(option)) throw complain(`comment on the option ${option}`);
  }
  const namespaces = NAMESPACES.filter((namespace) => entryOf(row, namespace) !== undefined);
  const calls = new Map(namespaces.map((namespace) => [namespace, readCall(row, namespace, text, complain)]));
  const { example } = calls.get(homeOf(row));
  if (example === undefined) throw complain(`@example of the call in ${homeOf(row)}`);
  return { summary: flatten(summary), options, calls, example };
}

/** The source file of a loss, which contains its row. */
function sourceOf(row) {
  const marker =
    homeOf(row) === 'torch.nn.functional'
      ? `/** \`torch.nn.functional.${pageOf(row)}\`. */`
      : `/** Calls \`mindspore.nn.${pageOf(row)}\``;
  const files = readdirSync(FOLDER, { recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ file, text: readFileSync(join(FOLDER, file), 'utf8') }));
  const source = files.find(({ text }) => text.includes(marker));
  if (source === undefined) throw new Stop(`no file in lib/losses has the comment ${marker}`);
  return source;
}

/** Combines the comments of all signatures of a call; if two differ, both are kept. */
function readCall(row, namespace, text, complain) {
  const { inputs } = entryOf(row, namespace);
  const type = callType(row, namespace);
  const [, body = ''] = new RegExp(`^export interface ${type}<[^]*?^([^]*?)^\\}`, 'm').exec(text) ?? [];
  const signatures = Array.from(body.matchAll(new RegExp(`${COMMENT}\\n  <`, 'g')), ([, comment]) => readTags(comment));
  if (signatures.length === 0) throw complain(`comment on the call of ${type}`);
  const valuesOf = (tag) =>
    signatures.map((tags) => tags.filter(([found]) => found === tag).map(([, value]) => flatten(value)));
  const rename = (texts) => [...new Set(texts.map((value) => renamed(value, inputs, row)))];
  const params = valuesOf('param').map((values) => values.map((value) => value.replace(/^\w+ - /, '')));
  const [returns] = valuesOf('returns').flat();
  if (returns === undefined) throw complain(`@returns of ${type}`);
  const throws = valuesOf('throws').flat();
  if (throws.length === 0) throw complain(`@throws of ${type}`);
  const example = signatures[0]
    .find(([tag]) => tag === 'example')?.[1]
    .split('\n')
    .slice(1, -1);
  return {
    params: inputs.map((_, index) => rename(params.map((values) => values[index])).join('; or ')),
    returns: rename([returns])[0],
    throws: rename(throws),
    example,
  };
}

/** The interface of the call of a loss in a namespace, according to its export. */
function callType(row, namespace) {
  const { name } = entryOf(row, namespace);
  const path = join(ROOT, 'lib', `${FILES[namespace]}.ts`);
  const text = readFileSync(path, 'utf8');
  const declaration = namespace.endsWith('.nn')
    ? `^export class ${name}\\b[^]*? declare readonly (?:forward|construct): (\\w+)[<;]`
    : `^export const ${name}: LossFunction<\\s*(\\w+)`;
  const [, type] = new RegExp(declaration, 'm').exec(text) ?? [];
  if (type === undefined) throw new Stop(`${path}: no declaration of ${name}`);
  return type;
}

/** Renames the tensors in a text as in the loss's home. */
function renamed(text, inputs, row) {
  const names = mainEntry(row).inputs;
  return text.replaceAll(/`(\w+)`/g, (code, name) =>
    inputs.includes(name) ? `\`${names[inputs.indexOf(name)]}\`` : code,
  );
}

/** The comments on the fields of the interfaces in a source; for each name the first one. */
function readOptions(text) {
  const options = new Map();
  for (const [, comment, name] of text.matchAll(new RegExp(`${COMMENT}\\s+(?:readonly )?(\\w+)\\??: `, 'g'))) {
    if (!options.has(name)) options.set(name, flatten(comment).replace(/^@deprecated /, ''));
  }
  return options;
}

/** The tags of a comment, with their texts. */
export function readTags(comment) {
  return strip(comment)
    .split(/^@/m)
    .slice(1)
    .map((part) => [/^\w+/.exec(part)[0], part.replace(/^\w+\s*/, '').trimEnd()]);
}

/** A comment in one line, with links as code. */
function flatten(comment) {
  return strip(comment)
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\{@link (\w+)\}/g, '`$1`');
}

/** Removes the asterisks at the left of a comment. */
export function strip(comment) {
  return comment.replaceAll(/^\s*\* ?/gm, '');
}
