import { copyFileSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { libraryFile } from '../../lib/libtorch/locate.js';
import { temporaryFolder, versionHeader, writeFiles } from '../helpers/libtorch.js';
import { load, makeLibTorch, REAL } from '../helpers/load.js';

const LIBRARIES = ['c10', 'torch_cpu'].map((name) => join(REAL.libDir, libraryFile(name)));

/** An environment without LIBTORCH in which `setup` has recorded another LibTorch than the real one. */
function otherRecorded(): Record<string, string> {
  const cache = temporaryFolder();
  writeFiles(cache, { 'setup.json': JSON.stringify({ root: makeLibTorch() }) });
  return { TORCHLOSS_CACHE: cache };
}

/** A folder with the given files and a copy of the real libc10, which is loaded without the rest. */
function copyOfC10(files: Readonly<Record<string, string>>): { root: string; file: string } {
  const root = realpathSync(temporaryFolder());
  const file = join(root, 'lib', libraryFile('c10'));
  mkdirSync(join(root, 'lib'));
  copyFileSync(LIBRARIES[0] as string, file);
  writeFiles(root, { [`lib/${libraryFile('torch_cpu')}`]: '', ...files });
  return { root, file };
}

describe.runIf(process.platform === 'linux')('a LibTorch that the process has already loaded', () => {
  it('is used, whatever would have been loaded otherwise', async () => {
    const env = otherRecorded();
    expect(await load(env)).toMatchObject({ code: 'ERR_LIBTORCH_LOAD' });
    const { values, root, source } = await load(env, { libraries: LIBRARIES });
    expect({ values, source }).toEqual({ values: [3, 4], source: 'process' });
    expect(realpathSync(root as string)).toBe(realpathSync(REAL.root));
  });

  it('is used even if it is the only one', async () => {
    const env = { TORCHLOSS_CACHE: temporaryFolder() };
    expect(await load(env, { libraries: LIBRARIES })).toMatchObject({ values: [3, 4], source: 'process' });
  });

  it('is recognised as the one that LIBTORCH names, by any path', async () => {
    const { values, source } = await load({ LIBTORCH: REAL.root }, { libraries: LIBRARIES });
    expect({ values, source }).toEqual({ values: [3, 4], source: 'LIBTORCH' });
  });

  it('is refused if LIBTORCH names another one', async () => {
    const root = makeLibTorch();
    const { code, message } = await load({ LIBTORCH: root }, { libraries: LIBRARIES });
    expect(code).toBe('ERR_LIBTORCH_CONFLICT');
    expect(message).toContain(`Another LibTorch is already loaded in this process: ${realpathSync(REAL.libDir)}/lib`);
    expect(message).toContain(`torchloss would load the one in ${join(root, 'lib')}`);
    expect(message).toContain('Set LIBTORCH to the one that is loaded, or use torchloss in a separate process');
  });

  it('is refused if there is no binary for it', async () => {
    const { root, file } = copyOfC10({ 'include/torch/csrc/api/include/torch/version.h': versionHeader('9.7.3') });
    expect(await load(otherRecorded(), { libraries: [file] })).toMatchObject({
      code: 'ERR_LIBTORCH_CONFLICT',
      message:
        `LibTorch 9.7.3 is already loaded in this process: ${file}. torchloss has no binary for it, ` +
        `and a second LibTorch would crash the process. Run \`npx torchloss build\` with LIBTORCH=${root} to compile ` +
        'one, or use torchloss in a separate process.',
    });
  });

  it('is refused if its version is unknown', async () => {
    const { file } = copyOfC10({});
    const { code, message } = await load(otherRecorded(), { libraries: [file] });
    expect(code).toBe('ERR_LIBTORCH_CONFLICT');
    expect(message).toContain(`This process has already loaded a LibTorch that torchloss cannot use: ${file}.\n`);
    expect(message).toContain('its version is unknown');
  });
});
