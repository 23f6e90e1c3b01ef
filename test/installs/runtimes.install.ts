/** Runtimes other than Node, and bundlers: torchloss works there, or says what to do. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { run, write } from './consumer.js';
import { expectLoss } from './expect.js';
import { NEWEST } from './libtorchs.js';

const consumer = inject('consumer');
const workplace = inject('workplace');
const env = { LIBTORCH: NEWEST.root, NO_COLOR: '1' };
const bin = (name: string) => join(inject('tools'), 'node_modules', '.bin', name);

describe.each<[string, readonly string[]]>([
  ['bun', []],
  ['deno', ['run', '--allow-all', '--no-lock']],
])('%s', (name, args) => {
  it.each(['use.mjs', 'use.cjs'])('computes with torchloss in %s', async (program) => {
    expectLoss(await run(bin(name), [...args, program], consumer, { env }));
  });
});

describe('esbuild', () => {
  const bundle = (options: readonly string[]) =>
    run(bin('esbuild'), ['use.mjs', '--bundle', '--platform=node', '--log-level=error', ...options], consumer, { env });

  it.each([
    ['external', '--external:torchloss', 'esm', 'mjs'],
    ['bundled, as an ES module', '--minify-whitespace', 'esm', 'mjs'],
    ['bundled, as CommonJS', '--minify-whitespace', 'cjs', 'cjs'],
  ])('makes a bundle that works next to the package, which is %s', async (_, how, format, extension) => {
    const out = join('out', `${how.slice(2, 8)}.${extension}`);
    expect(await bundle([how, `--format=${format}`, `--outfile=${out}`])).toMatchObject({ code: 0, stderr: '' });
    expectLoss(await run(process.execPath, [out], consumer, { env }));
  });

  it('makes one that says what to do if the package is missing', async () => {
    const alone = join(workplace, 'alone');
    mkdirSync(alone, { recursive: true });
    write(join(alone, 'package.json'), '{}');
    expect(await bundle(['--format=esm', '--outfile=out/alone.mjs'])).toMatchObject({ code: 0, stderr: '' });
    cpSync(join(consumer, 'out', 'alone.mjs'), join(alone, 'alone.mjs'));
    const { code, stderr } = await run(process.execPath, ['alone.mjs'], alone, { env });
    expect(code).toBe(1);
    expect(stderr).toContain("code: 'ERR_BUNDLED'");
    expect(stderr).toContain("serverExternalPackages: ['torchloss']");
  });
});
