import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';

/** A program that contains torchloss's code, away from the package, like a bundler's output. */
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'torchloss-bundled-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'program', type: 'module' }));
for (const part of ['libtorch', 'base'])
  cpSync(join(PACKAGE_ROOT, 'dist', part), join(folder, 'out', part), { recursive: true });

const program = join(folder, 'program.mjs');
writeFileSync(
  program,
  `const { PACKAGE_ROOT } = await import('./out/libtorch/places.js').catch(({ code, message }) => ({
    PACKAGE_ROOT: code + ': ' + message,
  }));
  console.log(PACKAGE_ROOT);`,
);

const run = () => spawnSync(process.execPath, [program], { cwd: folder, encoding: 'utf8' }).stdout.trim();

describe("torchloss's code in a bundle", () => {
  it('says what to do if the package is not installed', () => {
    expect(run()).toMatch(/^ERR_BUNDLED: \S*places\.js is in a bundle .*--external:torchloss.*serverExternalPackages/);
  });

  it('uses the installed package', () => {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(PACKAGE_ROOT, join(folder, 'node_modules', 'torchloss'), 'junction');
    expect(realpathSync(run())).toBe(realpathSync(PACKAGE_ROOT));
  });
});
