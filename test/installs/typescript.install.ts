/** TypeScript programs compile against the package as installed, and run. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { run, write } from './consumer.js';
import { NEWEST } from './libtorchs.js';

const consumer = inject('consumer');

/** Ways to compile: the program's folder, and the compiler options. */
const WAYS: Readonly<Record<string, { type: 'module' | 'commonjs'; options: object }>> = {
  'node16, ES modules': { type: 'module', options: { module: 'node16' } },
  'node16, CommonJS': { type: 'commonjs', options: { module: 'node16' } },
  'nodenext, ES modules': { type: 'module', options: { module: 'nodenext' } },
  'nodenext, CommonJS': { type: 'commonjs', options: { module: 'nodenext' } },
  bundler: { type: 'module', options: { module: 'esnext', moduleResolution: 'bundler' } },
};

describe.each(['typescript-5', 'typescript-6', 'typescript-7'])('%s', (name) => {
  it.each(Object.entries(WAYS))('compiles with %s', async (way, { type, options }) => {
    const folder = join(consumer, name, way.replaceAll(/\W+/g, '-'));
    write(join(folder, 'package.json'), JSON.stringify({ type }));
    copyFileSync(join(consumer, 'program.ts'), join(folder, 'program.ts'));
    const compilerOptions = {
      target: 'es2022',
      lib: ['es2023', 'esnext.disposable'],
      types: ['node'],
      strict: true,
      skipLibCheck: false,
      ...options,
    };
    write(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    const { bin } = JSON.parse(readFileSync(join(consumer, 'node_modules', name, 'package.json'), 'utf8'));
    const compiler = join(consumer, 'node_modules', name, bin.tsc);
    expect(await run(process.execPath, [compiler, '-p', folder], consumer)).toMatchObject({ code: 0, stdout: '' });
    const ended = await run(process.execPath, ['program.js'], folder, { env: { LIBTORCH: NEWEST.root } });
    const kinds = Array(6).fill('"function"').join();
    expect(ended).toEqual({ code: 0, stdout: `[[0,2,3],false,${kinds}]\n`, stderr: '' });
  });
});
