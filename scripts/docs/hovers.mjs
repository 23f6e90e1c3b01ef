// Writes what editors show for a loss into the compiled declarations: formula, tensors, options with their defaults, an example
// and links, all taken from its row and the doc comments in its source. This way editor, page and terminal say the same, and
// the sources stay short.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryOf, listLosses, NAMESPACES, pageOf, referenceOf, titleOf } from '../../dist/losses/catalogue.js';
import { ROOT, Stop } from '../root.mjs';
import { exampleFor } from './examples.mjs';
import { OF_ARGUMENTS, optionThrows } from './errors.mjs';
import { FILES, readSource, readTags, strip } from './sources.mjs';
import { literal } from './text.mjs';

/** Where the pages are in an installed package, which has no site. */
const PAGES = 'node_modules/torchloss/docs/losses';
const PAGE = 'Page: ';

/** Writes the comments into dist, unless they are there already. */
export function writeHovers() {
  if (read('torch/nn').text.includes(PAGES)) return;
  const losses = readdirSync(join(ROOT, 'dist', 'losses'), { recursive: true }).filter((file) =>
    file.endsWith('.d.ts'),
  );
  const files = new Map(
    [...Object.values(FILES), ...losses.map((file) => `losses/${file.replace('.d.ts', '')}`)].map((file) => [
      file,
      read(file),
    ]),
  );
  for (const row of listLosses()) {
    const source = readSource(row);
    for (const namespace of NAMESPACES) {
      if (entryOf(row, namespace) !== undefined) describe(files, { row, namespace, source });
    }
  }
  for (const file of files.values()) file.save();
}

function describe(files, loss) {
  const { row, namespace } = loss;
  const { name } = entryOf(row, namespace);
  const file = files.get(FILES[namespace]);
  const isClass = namespace.endsWith('.nn');
  const declaration = isClass
    ? new RegExp(`^export declare class ${name}\\b.* extends \\w+Loss<(.+)> \\{$`)
    : new RegExp(`^export declare const ${name}: LossFunction<(\\w+),`);
  const { at, match } = file.find(0, declaration, name);
  const call = isClass ? file.find(at, /^ {4}readonly (?:forward|construct): (\w+)[<;]/, name).match[1] : match[1];
  const home = [...files.values()].find(({ text }) => text.includes(`export interface ${call}<`));
  const comments = home.describeCalls(call, (comment) => callComment(loss, comment));
  if (!isClass) {
    file.comment(at, comments[0]);
    return;
  }
  const comment = classComment(loss, comments[0]);
  file.insert(at + 1, [...indent(toComment(comment)), `    constructor(options?: ${match[1]} & OwnOptions);`]);
  file.comment(at, comment);
  file.importType('OwnOptions', '../loss/call_types.js');
}

/** The comment of a call: the handwritten text plus formula, options, an example and links. */
function callComment(loss, comment) {
  const { row, namespace } = loss;
  const isClass = namespace.endsWith('.nn');
  const { text, tags } = comment;
  const of = (...names) => tags.filter(([tag]) => names.includes(tag)).map(([tag, value]) => `@${tag} ${value}`);
  const throws = isClass ? [OF_ARGUMENTS] : [OF_ARGUMENTS, ...optionThrows(entryOf(row, namespace))];
  const example = isClass ? [] : [`@example\n${fence(exampleOf(loss, tags))}`];
  return {
    text: [
      text,
      `${row.use} ${row.avoid}`,
      `\`\`\`text\n${row.formula}\n\`\`\``,
      optionsText(loss),
      address(loss),
    ].join('\n\n'),
    tags: readTags(
      [...of('typeParam', 'param', 'returns', 'throws'), ...throws.map((text) => `@throws ${text}`), ...example].join(
        '\n',
      ),
    ),
    own: comment,
  };
}

/** The comment of a class; the comment of its call says what it takes and returns. */
function classComment(loss, { own, text }) {
  const { row, namespace, source } = loss;
  const { inputs } = entryOf(row, namespace);
  const tagged = (tag) => own.tags.filter(([found]) => found === tag).map(([, value]) => value.replaceAll(/\s+/g, ' '));
  const call = [
    ...tagged('param')
      .slice(0, inputs.length)
      .map((param) => param.replace(/^(\w+) - /, '- `$1`: ')),
    ...tagged('returns').map((what) => `- returns ${what}`),
    ...tagged('throws').map((what) => `- throws ${what}`),
  ];
  const throws = optionThrows(entryOf(row, namespace)).map((text) => `@throws ${text}`);
  const example = `@example\n${fence(exampleFor(loss, source.example))}`;
  return {
    text: [
      source.summary,
      `${row.use} ${row.avoid}`,
      text.slice(text.indexOf('```text'), text.indexOf(PAGE)).trim(),
      `An instance is called as \`loss(${inputs.join(', ')})\`:\n\n${call.join('\n')}`,
      address(loss),
    ].join('\n\n'),
    tags: readTags(['@param options - those above; any other is an error', ...throws, example].join('\n')),
  };
}

function exampleOf(loss, tags) {
  const [own] = tags.filter(([tag]) => tag === 'example');
  if (own !== undefined) return own[1].split('\n').slice(1, -1);
  return exampleFor(loss, loss.source.example);
}

function optionsText({ row, namespace, source }) {
  const entry = entryOf(row, namespace);
  const lines = entry.options
    .filter((option) => option in row.params)
    .map((option) => {
      const value = entry.defaults?.[option] ?? row.params[option].shownDefault ?? null;
      const about = source.options.get(option).replace(/ Default (?!:).*$/, '');
      const shown = row.params[option].required ? '(required)' : `= \`${literal(value)}\``;
      return `- \`${option}\` ${shown}: ${about}`;
    });
  lines.push('- `validate` = `true`: Check labels and probabilities on a CUDA device before the call.');
  return `Options and their defaults:\n\n${lines.join('\n')}`;
}

/** Links to the page and the sources. No tags: editors take the first word after `@see` for the name of a symbol. */
function address({ row, namespace }) {
  const name = titleOf(row);
  const path = `${namespace}.${entryOf(row, namespace).name}`;
  const lines = [`${PAGE}${PAGES}/${pageOf(row)}.md, also printed by \`torchloss explain ${name}\`.`];
  const reference = referenceOf(row, namespace);
  if (reference !== undefined) lines.push(`Follows [${path}](${reference}).`);
  if (row.paper !== undefined) lines.push(`Paper: [${row.paper.title}](${row.paper.url}).`);
  return lines.join('\n\n');
}

function fence(lines) {
  return `\`\`\`ts\n${lines.join('\n')}\n\`\`\``;
}

function toComment({ text, tags }) {
  const body = [text, '', ...tags.map(([tag, value]) => `@${tag}${value.startsWith('```') ? '\n' : ' '}${value}`)];
  const lines = body.join('\n').split('\n');
  return ['/**', ...lines.map((line) => (line === '' ? ' *' : ` * ${line}`)), ' */'];
}

function indent(lines) {
  return lines.map((line) => `    ${line}`);
}

/** A declaration file of dist, by lines. */
function read(name) {
  const path = join(ROOT, 'dist', `${name}.d.ts`);
  const text = readFileSync(path, 'utf8');
  const lines = text.split('\n');

  /** The first line of the comment that ends above a line; that line itself if there is none. */
  function commentStart(at) {
    if (!lines[at - 1]?.trimEnd().endsWith('*/')) return at;
    let start = at - 1;
    while (!lines[start].trimStart().startsWith('/**')) start--;
    return start;
  }

  return {
    text,
    find(from, pattern, what) {
      const at = lines.findIndex((line, index) => index >= from && pattern.test(line));
      if (at < 0) throw new Stop(`dist/${name}.d.ts: no declaration of ${what}`);
      return { at, match: pattern.exec(lines[at]) };
    },
    insert(at, added) {
      lines.splice(at, 0, ...added);
    },
    /** Puts a comment above a line, replacing any that is there. */
    comment(at, comment) {
      const start = commentStart(at);
      lines.splice(start, at - start, ...toComment(comment));
    },
    importType(type, from) {
      const line = `import type { ${type} } from '${from}';`;
      if (lines.includes(line)) return;
      const at = lines.findIndex((other) => other.startsWith('import '));
      lines.splice(at, 0, line);
    },
    /** Rewrites the comment of each call signature of an interface, and returns the comments. */
    describeCalls(type, write) {
      const comments = [];
      const { at: start } = this.find(0, new RegExp(`^export interface ${type}<`), type);
      for (let at = start + 1; lines[at] !== '}'; at++) {
        if (!lines[at].startsWith('    <')) continue;
        const from = commentStart(at);
        const old = strip(
          lines
            .slice(from, at)
            .join('\n')
            .replace(/^\s*\/\*\*/, '')
            .replace(/\*\/\s*$/, ''),
        );
        const comment = write({ text: old.split(/^@/m)[0].trim(), tags: readTags(old) });
        const added = indent(toComment(comment));
        lines.splice(from, at - from, ...added);
        at = from + added.length;
        comments.push(comment);
      }
      return comments;
    },
    save() {
      writeFileSync(path, lines.join('\n'));
    },
  };
}
