/** Files that are replaced atomically: whenever the process ends, either the old or the new one is there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Pieces, replaceFile, replaceFileAsync } from '../../lib/files/replace.js';
import { torch } from '../../lib/index.js';
import { temporaryFolder } from '../helpers/libtorch.js';

const DIST = new URL('../../dist/index.js', import.meta.url).href;
const PROGRAM = fileURLToPath(new URL('../process/saving.mjs', import.meta.url));

describe('a process that is killed while it saves', () => {
  it.each(['sync', 'async'])(
    'leaves the old or the new file, %s',
    async (form) => {
      const folder = temporaryFolder();
      const file = join(folder, 'model.pt');
      // A different moment each time, from the beginning of a save to its end.
      for (const wait of [0, 3, 7, 12, 20, 33]) {
        const child = spawn(process.execPath, [PROGRAM, DIST, file, form], { stdio: ['ignore', 'pipe', 'inherit'] });
        await once(child.stdout, 'data');
        await delay(wait);
        child.kill('SIGKILL');
        await once(child, 'exit');
        const { turn, weight } = torch.load(file);
        expect(new Set(weight.tolist())).toEqual(new Set([turn]));
      }
      const left = readdirSync(folder).filter((name) => name !== 'model.pt');
      expect(left.every((name) => /^\.model\.pt\.\d+\.[0-9a-f]+\.tmp$/.test(name))).toBe(true);
    },
    240_000,
  );
});

describe.each<[string, (path: string, pieces: Pieces) => Promise<void> | void]>([
  ['at once', replaceFile],
  ['later', replaceFileAsync],
])('replacing a file %s', (_, replace) => {
  const text = (content: string) => [Buffer.from(content)];

  it('writes the pieces in order and leaves nothing else behind', async () => {
    const folder = temporaryFolder();
    await replace(join(folder, 'a'), [Buffer.from('one '), undefined, Buffer.from(''), Buffer.from('two')]);
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('one two');
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('keeps links and permissions', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'real'));
    const [target, link] = [join(folder, 'real', 'a'), join(folder, 'link')];
    writeFileSync(target, 'old');
    chmodSync(target, 0o640);
    symlinkSync(target, link);
    await replace(link, text('new'));
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, 'utf8')).toBe('new');
    expect(statSync(target).mode & 0o777).toBe(0o640);
  });

  it('leaves only the old file if a piece fails', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'a');
    writeFileSync(file, 'old');
    const failing = function* () {
      yield Buffer.from('new');
      throw new RangeError('no more');
    };
    await expect((async () => replace(file, failing()))()).rejects.toThrow('no more');
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('refuses folders, devices and places that do not exist', async () => {
    const folder = temporaryFolder();
    const paths = [folder, join(folder, 'none', 'a'), ...(existsSync('/dev/null') ? ['/dev/null'] : [])];
    for (const path of paths) {
      await expect((async () => replace(path, text('a')))()).rejects.toMatchObject({ code: 'ERR_FILE_WRITE' });
    }
    if (existsSync('/dev/null')) expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(readdirSync(folder).map((name) => basename(name))).toEqual([]);
  });
});
