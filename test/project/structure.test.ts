import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { writeFiles } from '../helpers/libtorch.js';

const script = (path: string) => import(new URL(`../../scripts/${path}`, import.meta.url).href);
const { installIn } = (await script('prepare.mjs')) as { installIn(folder: string): void };
const { LAYERS, roomOf } = (await script('structure/layers.mjs')) as {
  LAYERS: readonly (readonly [string, string])[];
  roomOf(file: string): string | undefined;
};

const STRUCTURE = join(PACKAGE_ROOT, 'scripts', 'structure');

describe('the layers of lib', () => {
  const folder = mkdtempSync(join(tmpdir(), 'torchloss-'));

  beforeAll(() => installIn(STRUCTURE), 600_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The output of the check for a folder with these files. */
  function check(name: string, files: Readonly<Record<string, string>>): { status: number | null; stdout: string } {
    const root = join(folder, name);
    writeFiles(root, files);
    const { status, stdout } = spawnSync(process.execPath, [join(STRUCTURE, 'check.mjs'), root], { encoding: 'utf8' });
    return { status, stdout };
  }

  it('may be imported from above', () => {
    const found = check('good', {
      'lib/base/errors.ts': 'export const a = 1;\n',
      'lib/tensor/tensor.ts': "import { a } from '../base/errors.js';\nexport const b = a;\n",
      'lib/index.ts': "export { b } from './tensor/tensor.js';\n",
    });
    expect(found).toEqual({ status: 0, stdout: '3 files, 2 imports, 0 violations\n' });
  });

  it.each([
    ['a value', "import { b } from '../tensor/tensor.js';\nexport const a = b;\n"],
    ['a type', "import type { B } from '../tensor/tensor.js';\nexport type A = B;\n"],
  ])('may not import %s from above', (what, text) => {
    const found = check(`upward ${what}`, {
      'lib/base/errors.ts': text,
      'lib/tensor/tensor.ts': 'export const b = 1;\nexport type B = number;\n',
    });
    expect(found.status).toBe(1);
    expect(found.stdout).toContain('base is below what it imports: lib/base/errors.ts -> lib/tensor/tensor.ts\n');
  });

  it('may not import each other in a circle, not even types only', () => {
    const found = check('cycle', {
      'lib/base/errors.ts': "import type { B } from './types.js';\nexport type A = B | 1;\n",
      'lib/base/types.ts': "import type { A } from './errors.js';\nexport type B = A | 2;\n",
    });
    expect(found.status).toBe(1);
    expect(found.stdout).toContain('no cycle: lib/base/errors.ts -> lib/base/types.ts -> lib/base/errors.ts\n');
  });

  it('are entered by commands only through their doors', () => {
    const found = check('doors', {
      'lib/evaluate/index.ts': 'export {};\n',
      'lib/evaluate/blocks.ts': 'export const a = 1;\n',
      'lib/commands/evaluate.ts':
        "import '../evaluate/index.js';\nimport { a } from '../evaluate/blocks.js';\nexport const b = a;\n",
    });
    expect(found.status).toBe(1);
    expect(found.stdout.split('\n').slice(0, -1)).toEqual([
      'commands enter other rooms by their doors: lib/commands/evaluate.ts -> lib/evaluate/blocks.ts',
      '3 files, 2 imports, 1 violations',
    ]);
  });

  it('are listed in CONTRIBUTING.md in the order in which they are checked', () => {
    const text = readFileSync(join(PACKAGE_ROOT, 'CONTRIBUTING.md'), 'utf8');
    const rows = [...text.matchAll(/^\| `lib\/([a-z\d/_]+)\/` \| (.*?) \|/gm)].map(([, room, holds]) => [room, holds]);
    expect(rows).toEqual(LAYERS);
  });

  it('are the existing folders', () => {
    const files = readdirSync(join(PACKAGE_ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => name.replaceAll('\\', '/'));
    const loose = files.filter((name) => roomOf(`lib/${name}`) === undefined);
    expect(loose.toSorted()).toEqual(['cli.ts', 'index.ts']);
    const used = new Set(files.map((name) => roomOf(`lib/${name}`)));
    expect(LAYERS.map(([room]) => room).filter((room) => !used.has(room))).toEqual([]);
  });
});

describe('regular expressions', () => {
  const folder = mkdtempSync(join(tmpdir(), 'torchloss-'));
  beforeAll(() => installIn(STRUCTURE), 600_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The output of the check for a folder with this file in lib. */
  function check(text: string): { status: number | null; stdout: string } {
    writeFiles(folder, { 'lib/a.ts': text, 'examples/b.ts': '' });
    return spawnSync(process.execPath, [join(STRUCTURE, 'regexes.mjs'), folder], { encoding: 'utf8' });
  }

  it.each([
    ['one that backtracks', String.raw`export const a = /^\[\s*([-\d\s,]*?)\s*,?\s*\]$/;`, 1],
    [
      'one that starts over at every position',
      String.raw`export const a = (text: string) => text.replace(/\/+$/, '');`,
      1,
    ],
    ['nested repeats', String.raw`export const a = /(a+)+b/;`, 1],
    ['linear ones', String.raw`export const a = [/^[a-z]+=\d*$/, /\s*:/y];`, 0],
  ])('%s', (_, text, slow) => {
    const { status, stdout } = check(text);
    expect(stdout).toMatch(new RegExp(`regular expressions?, ${slow} slower than linear\n$`));
    expect(status).toBe(slow);
    if (slow > 0) expect(stdout).toMatch(/^lib\/a\.ts:1: /);
  });
});
