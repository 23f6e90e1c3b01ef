// What the doc comments in the sources of the losses say.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pageOf } from '../../dist/catalogue.js';
import { ROOT, Stop } from '../prepare.mjs';

const FOLDER = join(ROOT, 'lib', 'losses');
const COMMENT = String.raw`/\*\*((?:(?!\*/)[^])*)\*/`;

/**
 * Reads the comments about a loss: its row's in a sentence, its options' by name, and those of its signature in
 * torch.nn.functional.
 *
 * @returns {{ summary: string, options: Map<string, string>, params: string[], returns: string, throws: string[],
 *   example: string[] }}
 */
export function readSource(row) {
  const name = pageOf(row);
  const marker = `/** \`torch.nn.functional.${name}\`. */`;
  const sources = readdirSync(FOLDER).map((file) => ({ file, text: readFileSync(join(FOLDER, file), 'utf8') }));
  const source = sources.find(({ text }) => text.includes(marker));
  if (source === undefined) throw new Stop(`no file in lib/losses has the comment ${marker}`);
  const { file, text } = source;
  const complain = (what) => new Stop(`lib/losses/${file}: no ${what}`);

  const [, summary] = new RegExp(`${COMMENT}\nexport const \\w+ = \\{\n  op: '`).exec(text) ?? [];
  if (summary === undefined) throw complain('comment on the row');
  const signature = new RegExp(COMMENT).exec(text.slice(text.indexOf(marker) + marker.length));
  const tags = readTags(signature?.[1] ?? '');
  const one = (tag) => {
    const [value] = tags.filter(([found]) => found === tag);
    if (value === undefined) throw complain(`@${tag} at ${marker}`);
    return value[1];
  };
  const options = readOptions(`${text}\n${readFileSync(join(ROOT, 'lib', 'row.ts'), 'utf8')}`);
  for (const { options: names } of Object.values(row.namespaces)) {
    for (const option of names) if (!options.has(option)) throw complain(`comment on the option ${option}`);
  }
  return {
    summary: flatten(summary),
    options,
    params: tags.filter(([tag]) => tag === 'param').map(([, value]) => flatten(value).replace(/^\w+ - /, '')),
    returns: flatten(one('returns')),
    throws: tags.filter(([tag]) => tag === 'throws').map(([, value]) => flatten(value)),
    example: one('example').split('\n').slice(1, -1),
  };
}

/** The comments on the optional fields of the interfaces in a source; of two with one name the first counts. */
function readOptions(text) {
  const options = new Map();
  for (const [, comment, name] of text.matchAll(new RegExp(`${COMMENT}\\s+(?:readonly )?(\\w+)\\?: `, 'g'))) {
    if (!options.has(name)) options.set(name, flatten(comment).replace(/^@deprecated /, ''));
  }
  return options;
}

/** The tags of a comment with their texts. */
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

/** A comment without the stars at its left. */
export function strip(comment) {
  return comment.replaceAll(/^\s*\* ?/gm, '');
}
