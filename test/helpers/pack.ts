import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';

/** Packs the clone as it is and returns the tarball's path. It is removed after the tests of the file. */
export function pack(): string {
  const folder = mkdtempSync(join(tmpdir(), 'torchloss-pack-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const args = ['pack', '--silent', '--pack-destination', folder];
  const options = { cwd: PACKAGE_ROOT, encoding: 'utf8', shell: process.platform === 'win32' } as const;
  const { status, stdout, stderr } = spawnSync('npm', args, options);
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`);
  return join(folder, stdout.trim());
}
