/**
 * The code blocks of README, of the guides and of the doc comments, and the programs of examples/losses, compiled and run
 * unchanged.
 *
 * `expression; // value` must have that value (as Node prints it; `...` stands for any digits), and comment lines under a
 * `console.log` are its output. A block of a guide marked `ts no-run` is only compiled: it needs a GPU, or shows compiler
 * errors.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
mkdirSync(join(root, 'build'), { recursive: true });
const folder = mkdtempSync(join(root, 'build', 'snippets-'));

interface Snippet {
  readonly name: string;
  readonly source: string;
  readonly code: string;
}

const PRELUDE = `import { mindspore, torch, Tensor } from 'torchloss';\n`;
/** Names that the examples of doc comments use without defining them. */
const GIVEN = `const x = torch.tensor([[1, 2, 3], [4, 5, 6]], { requires_grad: true });
const input = torch.tensor([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]], { requires_grad: true });
const target = torch.tensor([2n, 0n]);
const logits = input;
const labels = target;
import { FileDataset, open, readTensor } from 'torchloss/data';
import { evaluate, mergeResults, valueAndGrad } from 'torchloss/evaluate';
import { arrayTask, coordinate, MemoryQueue, work } from 'torchloss/distributed';
import { explainMigration, explainSource } from 'torchloss/migration';
import { assertClose, compareTensors, tensorMatchers } from 'torchloss/parity';
import { load, safe_open, save } from 'torchloss/safetensors';
import { Accuracy, AUC, R2Score, Trainer } from 'torchloss/train';
void [x, input, target, logits, labels, evaluate, mergeResults, valueAndGrad, explainMigration, explainSource, mindspore, Tensor];
void [arrayTask, coordinate, MemoryQueue, work];
void [FileDataset, load, safe_open, save, Accuracy, AUC, R2Score, Trainer];
void [open, readTensor, assertClose, compareTensors, tensorMatchers];
`;
const CHECK = `import { check, logged } from './check.js';\nconst console = { log: logged };\nvoid [check, console];\n`;

function collect(): Snippet[] {
  const programs = readdirSync(join(root, 'examples', 'losses')).map((file) => {
    const code = readFileSync(join(root, 'examples', 'losses', file), 'utf8');
    return {
      name: `example_${file.replace('.ts', '')}`,
      source: `examples/losses/${file}`,
      code: instrument(code, true),
    };
  });
  const sources = [
    'README.md',
    ...readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' }).map((file) => `lib/${file}`),
  ];
  const blocks = sources
    .filter((file) => /\.(md|ts)$/.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      const code = file.endsWith('.ts') ? text.replaceAll(/^\s*\* ?/gm, '') : text;
      return Array.from(code.matchAll(/^```ts\n([\s\S]*?)^```/gm), ([, body = ''], index) => ({
        name: `${file.replaceAll(/\W/g, '_')}_${index + 1}`,
        source: `${file}, block ${index + 1}`,
        code: instrument(body, file.endsWith('.md')),
      }));
    });
  return [...programs, ...blocks, ...guides(), pages(), ...declarations()];
}

/** The blocks of each guide, in one program. */
function guides(): Snippet[] {
  return readdirSync(join(root, 'docs', 'guides')).map((file) => {
    const text = readFileSync(join(root, 'docs', 'guides', file), 'utf8');
    const blocks = Array.from(text.matchAll(/^```ts( no-run)?\n([\s\S]*?)^```/gm), ([, mark, body = '']) => ({
      body,
      code: checked(body, mark === undefined),
    }));
    const code = importsOf(blocks.map(({ body }) => body)) + CHECK + blocks.map(({ code }) => code).join('');
    return { name: `guide_${file.replace('.md', '')}`, source: `docs/guides/${file}`, code };
  });
}

/** The examples of the losses in editors' hovers, one program per namespace. */
function declarations(): Snippet[] {
  return ['torch/nn', 'torch/functional', 'mindspore/nn', 'mindspore/ops'].map((file) => {
    const text = readFileSync(join(root, 'dist', `${file}.d.ts`), 'utf8').replaceAll(/^\s*\* ?/gm, '');
    const examples = Array.from(text.matchAll(/^@example\n```ts\n([\s\S]*?)^```/gm), ([, example = '']) => example);
    const body = `import { mindspore, torch, type Tensor } from 'torchloss';\n{${examples.join('}\n{')}}\n`;
    const code = `${instrument(body, true)}export type { Tensor };\nvoid [mindspore, torch];\n`;
    return { name: `dist_${file.replace('/', '_')}`, source: `dist/${file}.d.ts`, code };
  });
}

/** The examples on the losses' pages, in one program: those of the doc comments, with their imports. */
function pages(): Snippet {
  const folder = join(root, 'docs', 'losses');
  const examples = readdirSync(folder)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .map((file) => /^```ts\nimport .*\n([\s\S]*?)^```/m.exec(readFileSync(join(folder, file), 'utf8'))?.[1]);
  const body = `import { mindspore, torch, type Tensor } from 'torchloss';\n{${examples.join('}\n{')}}\n`;
  return { name: 'pages', source: 'docs/losses', code: instrument(body, true) };
}

function instrument(body: string, complete: boolean): string {
  const prelude = complete ? `${importsOf([body])}${CHECK}` : `${PRELUDE}${CHECK}${given(body)}`;
  return prelude + checked(body);
}

/** A block without its imports, with checks of its values and output, or in a function that is never called. */
function checked(body: string, runs = true): string {
  const lines = body
    .split('\n')
    .filter((line) => !line.startsWith('import '))
    .map((line) => {
      const [, expression, expected] = /^(?!\s*(?:const|let|console|\/\/))(.+);\s+\/\/ (.+)$/.exec(line) ?? [];
      return expression === undefined ? line : `check(${expression}, ${JSON.stringify(expected)});`;
    });
  if (!runs) return `void async function () {\n${lines.join('\n')}\n};\n`;
  const printed = lines.filter((line) => line.startsWith('// ')).map((line) => line.slice(3));
  return `{\n${lines.join('\n')}\n}\nlogged.expect(${JSON.stringify(printed)});\n`;
}

/** What blocks import, each name once. */
function importsOf(bodies: readonly string[]): string {
  const imports = new Map<string, Set<string>>();
  for (const [, names = '', module = ''] of bodies.join('\n').matchAll(/^import \{ (.*) \} from '(.*)';$/gm)) {
    imports.set(module, new Set([...(imports.get(module) ?? []), ...names.split(', ')]));
  }
  return Array.from(imports, ([module, names]) => `import { ${[...names].join(', ')} } from '${module}';\n`).join('');
}

/** The given names, one scope above the block, which may define its own with the same name. */
function given(body: string): string {
  return /^import /m.test(body) ? '' : GIVEN;
}

/** Runs one program after the other and prints a line on how each ended. */
const RUN = `import { logged } from './check.js';
import { torch } from 'torchloss';
const threads = torch.get_num_threads();
for (const name of process.argv.slice(2)) {
  const { error } = await import('./' + name + '.js').then(() => ({}), (error) => ({ error: error.stack }));
  // What a program has set or printed is no part of the next.
  torch.set_num_threads(threads);
  logged.expect([]);
  process.stdout.write(JSON.stringify({ name, error }) + '\\n');
}
`;

const snippets = collect();
const results: { name: string; error?: string }[] = [];

beforeAll(() => {
  for (const { name, code } of snippets) writeFileSync(join(folder, `${name}.ts`), code);
  writeFileSync(join(folder, 'check.ts'), readFileSync(join(import.meta.dirname, '..', 'helpers', 'check.ts')));
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../tsconfig.json',
      compilerOptions: {
        rootDir: '.',
        outDir: 'out',
        declaration: false,
        sourceMap: false,
        declarationMap: false,
        noUncheckedIndexedAccess: false,
      },
      include: ['*.ts'],
    }),
  );
  const compiled = spawnSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', folder], {
    encoding: 'utf8',
  });
  if (compiled.status !== 0) throw new Error(compiled.stdout);
  writeFileSync(join(folder, 'out', 'run.js'), RUN);
  // All in one process, since starting one takes most of the time.
  const args = ['--no-warnings', join(folder, 'out', 'run.js'), ...snippets.map(({ name }) => name)];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  for (const line of stdout.split('\n')) if (line.startsWith('{')) results.push(JSON.parse(line));
  if (results.length < snippets.length) results.push({ name: snippets[results.length]?.name ?? '', error: stderr });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

test('there are blocks to run', () => {
  expect(snippets.length).toBeGreaterThan(12);
});

test('no code of the README and the guides is taken for text', () => {
  const pages = ['README.md', ...readdirSync(join(root, 'docs', 'guides')).map((file) => `docs/guides/${file}`)];
  const texts = pages.flatMap((page) =>
    Array.from(readFileSync(join(root, page), 'utf8').matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)),
  );
  const marks = texts.map(([, mark]) => mark);
  expect(new Set(marks)).toEqual(new Set(['', 'sh', 'text', 'ts', 'ts no-run']));
  const plain = texts.filter(([, mark]) => mark === '' || mark === 'text');
  expect(plain.map(([, , body = '']) => body).filter((body) => /^(import|const|let) |;$/m.test(body))).toEqual([]);
});

test.each(snippets)('$source', ({ name }) => {
  expect(results.find((result) => result.name === name)).toEqual({ name });
});
