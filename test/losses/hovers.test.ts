/** What an editor shows for the losses: hovers, and errors for misspelt options. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageOf } from '../../lib/losses/catalogue.js';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { LOSSES } from '../../lib/losses/index.js';
import type { Param } from '../../lib/loss/params.js';
import type { Limit } from '../../lib/loss/row.js';
import { LanguageServer } from '../helpers/language_server.js';
import { ENTRIES as BOTH, MINDSPORE_ENTRIES } from '../helpers/losses.js';

const ENTRIES = [...BOTH, ...MINDSPORE_ENTRIES];
const IMPORT = "import { mindspore, torch, type Tensor } from 'torchloss';\nexport type { Tensor };\nvoid mindspore;\n";
const HEAD = IMPORT.split('\n').length - 1;
const isClass = (path: string) => path.includes('.nn.') && !path.includes('functional');

let server: LanguageServer;
/** The hover over each loss where it is not called, and over its name in that hover's example. */
const shown = new Map<string, { bare: string; example: string; called: string }>();

/** The hovers over the names at the ends of the given lines' paths. */
async function hovers(uri: string, lines: readonly string[]): Promise<string[]> {
  const texts = [];
  for (const [line, text] of lines.entries()) {
    const { path } = ENTRIES[line] as (typeof ENTRIES)[number];
    texts.push(await server.hover(uri, HEAD + line, text.lastIndexOf(`${path}(`) + path.length - 1));
  }
  return texts;
}

beforeAll(async () => {
  const write = "import('./scripts/docs/hovers.mjs').then(({ writeHovers }) => writeHovers())";
  const written = spawnSync(process.execPath, ['-e', write], { cwd: PACKAGE_ROOT, encoding: 'utf8' });
  expect(written.stderr).toBe('');
  server = await LanguageServer.start();
  const names = ENTRIES.map(({ path }) => (isClass(path) ? `new ${path}();` : `void ${path};`));
  const uri = server.open('names.ts', IMPORT + names.join('\n'));
  const bare: string[] = [];
  for (const [line, text] of names.entries()) {
    bare.push(await server.hover(uri, HEAD + line, text.replace(/\W*$/, '').length - 1));
  }
  const examples = bare.map((text) => /```ts\n([\s\S]*?)\n```/.exec(text)?.[1] ?? '');
  const lines = examples.map((example) => `{ ${example.replaceAll(/\s*\/\/.*$/gm, '').replaceAll('\n', ' ')} }`);
  const program = server.open('examples.ts', IMPORT + lines.join('\n'));
  expect(await server.diagnostics(program)).toEqual([]);
  const called = await hovers(program, lines);
  for (const [index, { path }] of ENTRIES.entries()) {
    shown.set(path, { bare: bare[index] ?? '', example: examples[index] ?? '', called: called[index] ?? '' });
  }
}, 120_000);
afterAll(() => server.close());

/** The signatures of the losses' calls in lib/losses, with their comments. */
function signatures() {
  const folder = join(PACKAGE_ROOT, 'lib', 'losses');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) => {
    const interfaces = readFileSync(join(folder, file), 'utf8').matchAll(
      /^(.*\n)export interface (\w+)<[^]*?\{\n((?: {2}.*\n|\n)*?)\}$/gm,
    );
    return Array.from(interfaces).flatMap(([, above = '', name = '', body = '']) =>
      Array.from(
        body.matchAll(/(?: {2}\/\*\*((?:(?!\*\/)[^])*)\*\/\n)?^ {2}<[^]*?\(\n([^]*?)^ {2}\): /gm),
        ([, comment = '', parameters = '']) => ({ name, above, comment, parameters }),
      ),
    );
  });
}

describe('the comment on', () => {
  const all = signatures();

  it('every call is found', () => {
    // In torch.nn and torch.nn.functional, a number as variance has its own signatures.
    expect(all).toHaveLength(ENTRIES.length + 2);
    expect(new Set(all.map(({ name }) => name)).size).toBe(ENTRIES.length);
  });

  it.each(all)('$name describes each tensor, the result and the errors', ({ comment, parameters }) => {
    const names = Array.from(parameters.matchAll(/^ {4}(\w+)\??: /gm), ([, name]) => name);
    const described = Array.from(comment.matchAll(/@param (\w+) - \S/g), ([, name]) => name);
    expect(described).toEqual(names);
    expect(comment.match(/@returns the loss/g)).toHaveLength(1);
    const thrown = comment.match(/@throws .*/g) ?? [];
    expect(thrown.length).toBeGreaterThan(0);
    expect(thrown.filter((text) => !/^@throws (Type|Range|Torch)Error (for|if|where|unless) /.test(text))).toEqual([]);
  });

  it('every call of torch.nn.functional has an example', () => {
    const functions = all.filter(({ above }) => above.startsWith('/** `torch.nn.functional.'));
    const names = new Set(functions.map(({ name }) => name));
    expect(names.size).toBe(LOSSES.length);
    const withExample = functions.filter(({ comment }) => /@example\n +\* ```ts\n/.test(comment));
    expect(withExample.map(({ name }) => name)).toEqual([...names]);
  });
});

describe('the hover over', () => {
  it.each(ENTRIES)('$path has formula, tensors, options with defaults, an example and its page', (loss) => {
    const { path, row, entry } = loss;
    const { bare, example, called } = shown.get(path) as { bare: string; example: string; called: string };
    expect(example).toContain(`${path}(`);
    for (const text of [bare, called]) {
      expect(text).toContain(`\`\`\`text\n${row.formula}\n\`\`\``);
      for (const input of entry.inputs) expect(text).toContain(`\`${input}\``);
      for (const [name, { shownDefault, required }] of Object.entries<Param>(row.params)) {
        const value = entry.defaults?.[name] ?? shownDefault;
        const word = typeof value === 'string' ? `'${value}'` : String(value);
        const isOption = entry.options.includes(name);
        if (!isOption) expect(text).not.toContain(`- \`${name}\` = `);
        else if (required) expect(text).toContain(`- \`${name}\` (required): `);
        else if (typeof value === 'number' && value > 0 && value < 1e-3)
          expect(text).toContain(`- \`${name}\` = \`1e-`);
        else expect(text).toContain(`- \`${name}\` = \`${word}\`: `);
      }
      for (const [option, { expected }] of Object.entries((entry.limits ?? {}) as Record<string, Limit>))
        expect(text).toContain(`Error unless \`${option}\` is ${expected}`);
      expect(text).toContain('TypeError for an unknown option, or an option of the wrong type');
      expect(text).toMatch(/throws(\*\s+—)? (Type|Range|Torch)Error (for|if|where|unless) /);
      expect(text).toContain(example);
      const page = `docs/losses/${pageOf(row)}.md`;
      expect(text).toContain(`node_modules/torchloss/${page}`);
      expect(existsSync(join(PACKAGE_ROOT, page))).toBe(true);
    }
  });
});

it('the hover over a call of an instance has formula, options and page too', async () => {
  const lines = [
    "declare const x: torch.Tensor<readonly [2], 'float32'>;",
    'const loss = new torch.nn.SmoothL1Loss();',
    'loss(x, x);',
    'void loss.async(x, x);',
  ];
  const uri = server.open('instance.ts', IMPORT + lines.join('\n'));
  for (const text of [await server.hover(uri, HEAD + 2, 0), await server.hover(uri, HEAD + 3, 12)]) {
    expect(text).toContain('else |d| - 0.5 beta\n```');
    expect(text).toContain('- `beta` = `1`: ');
    expect(text).toContain('docs/losses/smooth_l1_loss.md');
  }
});

it('the compiler refuses each misspelt option of each loss and suggests the correct one', async () => {
  const cases = ENTRIES.flatMap(({ path, entry }) =>
    // A single letter resembles no other option.
    entry.options
      .filter((option) => option.length > 1)
      .map((option) => {
        const wrong = `{ ${option.slice(0, -1)}${option.at(-1)}${option.at(-1)}: x }`;
        const inputs = entry.inputs.map(() => 'x').join(', ');
        return { option, code: isClass(path) ? `new ${path}(${wrong});` : `${path}(${inputs}, ${wrong});` };
      }),
  );
  const uri = server.open('wrong.ts', `${IMPORT}declare const x: any;\n${cases.map(({ code }) => code).join('\n')}`);
  const complaints = await server.diagnostics(uri);
  const missing = cases.filter(
    ({ option }, index) =>
      !complaints.some(
        ({ line, message }) => line === HEAD + 1 + index && message.includes(`Did you mean to write '${option}'?`),
      ),
  );
  expect(cases.length).toBeGreaterThan(150);
  expect(missing).toEqual([]);
});
