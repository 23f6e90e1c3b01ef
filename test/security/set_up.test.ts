/** SECURITY.md's promises about set-up, sentence by sentence; and which tests check its other promises. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { download } from '../../lib/libtorch/fetch.js';
import { candidates } from '../../lib/libtorch/locate.js';
import { cacheProblem, PACKAGE_ROOT, recordFile } from '../../lib/libtorch/places.js';
import { fetchLibTorch, RELEASE, record } from '../../lib/libtorch/setup.js';
import { findWheel } from '../../lib/libtorch/wheel.js';
import { replaceFile } from '../../lib/files/replace.js';
import { interpreters } from '../../lib/parity/sides/peer.js';
import { CLI } from '../helpers/evaluate_cli.js';
import { temporaryFolder, writeFiles } from '../helpers/libtorch.js';
import { makeWheel, startSite, wheelName } from '../helpers/wheel_server.js';

const isPosix = process.platform !== 'win32';
const isRoot = process.getuid?.() === 0;
let cache: string;
let env: { TORCHLOSS_CACHE: string; PATH: string };

beforeEach(() => {
  cache = join(temporaryFolder(), 'cache');
  env = { TORCHLOSS_CACHE: cache, PATH: join(cache, '..', 'programs') };
});

/** An index with the page `page` and other files `files` by path. */
async function startIndex(
  page: string,
  files: Readonly<Record<string, Buffer | string>> = {},
): Promise<{ index: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const file = path === '/whl/torch/' ? page : files[path];
    if (typeof file === 'string' && file.startsWith('->')) response.writeHead(302, { location: file.slice(2) }).end();
    else if (file === undefined) response.writeHead(404).end();
    else response.end(file);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { index: `http://127.0.0.1:${(server.address() as AddressInfo).port}/whl`, asked };
}

/** Puts a program `pip` on the PATH that records its runs and provides a wheel. */
function putPip({ link = 'file:///wheels', after = '', name = wheelName(), wheel = makeWheel() } = {}): () => string[] {
  writeFiles(env.PATH, { calls: '', wheel });
  const program = join(env.PATH, 'pip');
  writeFileSync(
    program,
    `#!${process.execPath}
    const fs = require('fs');
    const args = process.argv.slice(2);
    fs.appendFileSync(__dirname + '/calls', process.cwd() + ' ' + args.join(' ') + '\\n');
    if (args[0] === '--version') process.exit(0);
    const dest = args[args.indexOf('--dest') + 1];
    fs.mkdirSync(dest, { recursive: true });
    fs.copyFileSync(__dirname + '/wheel', dest + '/${name}');
    fs.writeFileSync(args[args.indexOf('--log') + 1], '2026 Found link ${link}/' + encodeURIComponent('${name}') + '${after}\\n');`,
  );
  chmodSync(program, 0o755);
  return () =>
    readFileSync(join(env.PATH, 'calls'), 'utf8')
      .trim()
      .split('\n')
      .filter((line) => line !== '');
}

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe.runIf(isPosix)('nothing without its hash is installed', () => {
  const wheel = makeWheel();
  const href = encodeURIComponent(wheelName());

  it.each([
    ['a missing hash', (path: string) => `<a href="${path}">wheel</a>`],
    ['a hash of another kind', (path: string) => `<a href="${path}#md5=0123456789abcdef0123456789abcdef">wheel</a>`],
    ['a hash that is cut off', (path: string) => `<a href="${path}#sha256=${'a'.repeat(63)}">wheel</a>`],
    ['a hash with trailing characters', (path: string) => `<a href="${path}#sha256=${hashOf(wheel)}&x=1">wheel</a>`],
    ['a wrong hash', (path: string) => `<a href="${path}#sha256=${'0'.repeat(64)}">wheel</a>`],
  ])('%s ends set-up, and pip is not asked', async (what, page) => {
    const calls = putPip();
    const { index, asked } = await startIndex(page(`/whl/${href}`), { [`/whl/${href}`]: wheel });
    await expect(fetchLibTorch({ env, index, allowHttp: true })).rejects.toMatchObject({
      code: 'ERR_SETUP',
      message: expect.stringMatching(
        what === 'a wrong hash'
          ? /wrong SHA-256: [0-9a-f]{64}, expected 0{64}/
          : /has no SHA-256, and is not taken without/,
      ),
    });
    expect(calls()).toEqual([]);
    expect(asked).toHaveLength(what === 'a wrong hash' ? 2 : 1);
    expect(existsSync(join(cache, 'libtorch'))).toBe(false);
    expect(existsSync(recordFile(env))).toBe(false);
    expect(readdirSync(cache).filter((name) => name !== 'downloads')).toEqual([]);
  });

  it('the program says so and fails', async () => {
    const { index } = await startIndex(`<a href="/whl/${href}">wheel</a>`);
    // Asynchronously, since this process serves the index while the program runs.
    const child = spawn(process.execPath, [CLI, 'setup', '--fetch', '--index', index, '--allow-http'], { env });
    let said = '';
    child.stderr.on('data', (data: Buffer) => (said += data.toString()));
    const code = await new Promise((done) => child.on('close', done));
    expect(code).toBe(1);
    expect(said).toMatch(/has no SHA-256, and is not taken without \[ERR_SETUP\]\n$/);
  });

  it.each([
    [
      'has the hash of its index',
      (index: string) => ({ link: index, after: `#sha256=${hashOf(wheel)} (from ${index}/torch/)` }),
      '',
    ],
    [
      'has the hash of the page it is linked from',
      (index: string) => ({ link: index, after: ` (from ${index}/torch/), version: 1` }),
      '',
    ],
    ['is a file on this machine', () => ({ link: 'file:///wheels', after: ', version: 1' }), ''],
    [
      'has another hash',
      (index: string) => ({ link: index, after: `#sha256=${'0'.repeat(64)} (from ${index}/torch/)` }),
      'wrong SHA-256',
    ],
    ['has none', (index: string) => ({ link: index, after: ` (from ${index}/none/), version: 1` }), 'no SHA-256|404'],
    ['comes from nowhere', () => ({ link: 'x', after: '' }), 'has no SHA-256'],
  ])('what pip downloads is accepted if it %s, otherwise refused', async (_, log, refusal) => {
    const { index } = await startIndex(`<a href="/whl/${href}#sha256=${hashOf(wheel)}">wheel</a>`);
    putPip({ ...log(index), wheel });
    const call = fetchLibTorch({ env, index: 'http://127.0.0.1:9/whl', allowHttp: true });
    if (refusal === '') expect(await call).toMatchObject({ version: RELEASE });
    else await expect(call).rejects.toMatchObject({ code: 'ERR_SETUP', message: expect.stringMatching(refusal) });
  });
});

describe('downloads use HTTPS', () => {
  it.each(['http://127.0.0.1:9/whl', 'HTTP://mirror.example/whl'])(
    '%s is refused, and nothing is requested',
    async (index) => {
      await expect(fetchLibTorch({ env, index })).rejects.toMatchObject({
        code: 'ERR_USAGE',
        message: expect.stringContaining('--allow-http'),
      });
      const { status, stderr } = spawnSync(process.execPath, [CLI, 'setup', '--fetch', '--index', index], {
        env,
        encoding: 'utf8',
      });
      expect([status, stderr.includes('--allow-http')]).toEqual([2, true]);
    },
  );

  it.each(['ftp://mirror.example/', 'file:///tmp', 'mirror.example', ''])('%j is no index', async (index) => {
    await expect(fetchLibTorch({ env, index, allowHttp: true })).rejects.toMatchObject({ code: 'ERR_USAGE' });
  });

  it('a file by http: is refused if its page came by https:', async () => {
    await expect(
      download('http://127.0.0.1:9/a.whl', join(cache, 'a.whl'), { sha256: 'a'.repeat(64) }),
    ).rejects.toThrow(/expected an https: URL/);
  });
});

describe('set-up writes only into the cache', () => {
  const hash = `#sha256=${'a'.repeat(64)}`;

  it.each([
    'torch-2.13.0%2Bcpu-cp312-cp312-%2F..%2F..%2F..%2Fescaped_linux_x86_64.whl',
    'torch-2.13.0%2Bcpu-cp312-cp312-..%5C..%5Cescaped_linux_x86_64.whl',
    'torch-2.13.0%2Bcpu-cp312-%2Ftmp%2Fx-manylinux_2_28_x86_64.whl',
    'torch-2.13.0%2Bcpu-cp312-cp312-a%00b_linux_x86_64.whl',
    'torch-2.13.0%2Bcpu-cp312-cp312-a%0Ab_linux_x86_64.whl',
    'torch-2.13.0%2Bcpu-cp312-cp312-%zz_linux_x86_64.whl',
    '..%2Ftorch-2.13.0%2Bcpu-cp312-cp312-manylinux_2_28_x86_64.whl',
  ])('%s is not the name of a wheel', (href) => {
    expect(
      findWheel(`<a href="${href}${hash}">x</a>`, 'https://mirror.example/torch/', '2.13.0', 'linux-x64'),
    ).toBeUndefined();
  });

  it('a malformed page is read in linear time', () => {
    const page = 'https://mirror.example/torch/';
    const hostile = ['<a ', '<a href="', '<a href="x', '<', '<a href="http://[">', '<a href="%">'];
    for (const piece of hostile) expect(findWheel(piece.repeat(200_000), page, '2.13.0', 'linux-x64')).toBeUndefined();
  });

  it.runIf(isPosix)('through no link planted for a temporary file', async () => {
    const victim = join(cache, '..', 'victim');
    writeFileSync(victim, 'mine');
    const site = await startSite();
    mkdirSync(join(cache, 'downloads'), { recursive: true, mode: 0o700 });
    chmodSync(cache, 0o700);
    for (const name of [
      `setup.json.${process.pid}`,
      join('downloads', `${site.name}.part`),
      join('downloads', `${site.name}.part.json`),
    ])
      symlinkSync(victim, join(cache, name));
    await fetchLibTorch({ env, index: site.index, allowHttp: true }).catch(() => undefined);
    expect(readFileSync(victim, 'utf8')).toBe('mine');
    // A report or a checkpoint next to a planted link with the formerly predictable temporary name.
    const report = join(cache, 'report.html');
    symlinkSync(victim, `${report}.${process.pid}.tmp`);
    replaceFile(report, [Buffer.from('report')]);
    expect([readFileSync(victim, 'utf8'), readFileSync(report, 'utf8')]).toEqual(['mine', 'report']);
  });
});

describe.runIf(isPosix)('set-up runs nothing of the current folder', () => {
  it('neither a pip.py, nor one on PYTHONPATH', () => {
    const folder = temporaryFolder();
    const note = join(folder, 'ran');
    const evil = `open(${JSON.stringify(note)}, 'w').write('ran')\n`;
    writeFiles(folder, {
      'pip.py': evil,
      'pip/__main__.py': evil,
      'sitecustomize.py': evil,
      'path/pip.py': evil,
      'path/sitecustomize.py': evil,
    });
    const { status, stderr } = spawnSync(
      process.execPath,
      [CLI, 'setup', '--fetch', '--index', 'http://127.0.0.1:9', '--allow-http'],
      {
        cwd: folder,
        encoding: 'utf8',
        env: {
          ...process.env,
          TORCHLOSS_CACHE: cache,
          PYTHONPATH: join(folder, 'path'),
          // pip finds nothing, quickly.
          PIP_INDEX_URL: 'http://127.0.0.1:9/',
          PIP_EXTRA_INDEX_URL: '',
          PIP_FIND_LINKS: '',
          PIP_RETRIES: '0',
          PIP_CONFIG_FILE: '/dev/null',
        },
      },
    );
    expect(existsSync(note)).toBe(false);
    expect(status).toBe(1);
    expect(stderr).toMatch(/LibTorch .* could not be downloaded/);
  }, 120_000);

  it('pip runs in its own folder', async () => {
    const calls = putPip();
    await fetchLibTorch({ env, index: 'http://127.0.0.1:9', allowHttp: true });
    expect(calls().length).toBeGreaterThan(1);
    for (const call of calls()) expect(call.startsWith(`${join(cache, 'tmp')} `)).toBe(true);
  });
});

describe.runIf(isPosix)('the cache', () => {
  const refused = (folder: string) => ({
    code: 'ERR_SETUP',
    message: expect.stringContaining(`the cache ${cache} is not used: ${folder} `),
  });

  it('is accessible only to its user, whatever the umask', async () => {
    const site = await startSite();
    const module = pathToFileURL(join(PACKAGE_ROOT, 'dist', 'libtorch', 'setup.js')).href;
    const script = `process.umask(0); const { fetchLibTorch } = await import('${module}');
      await fetchLibTorch({ index: '${site.index}', allowHttp: true });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env, stdio: 'inherit' });
    expect(await new Promise((done) => child.on('close', done))).toBe(0);
    expect(statSync(cache).mode & 0o777).toBe(0o700);
    expect(statSync(recordFile(env)).mode & 0o777).toBe(0o600);
    expect(cacheProblem(env)).toBeUndefined();
  });

  it.each([0o777, 0o775, 0o722, 0o1777])('that others can write to is refused: %o', async (mode) => {
    mkdirSync(cache);
    writeFileSync(recordFile(env), JSON.stringify({ root: '/somewhere', version: RELEASE }));
    chmodSync(cache, mode);
    await expect(fetchLibTorch({ env })).rejects.toMatchObject(refused(cache));
    const [found] = candidates(env, []);
    expect(found).toMatchObject({
      source: 'setup',
      problem: { code: 'ERR_LIBTORCH_BAD', message: expect.stringContaining('is not used') },
    });
    const { stdout } = spawnSync(process.execPath, [CLI, 'info'], {
      env: { ...process.env, LIBTORCH: '', ...env },
      encoding: 'utf8',
    });
    expect(stdout).toContain(`the cache ${cache} is not used`);
    const allowed = { ...env, TORCHLOSS_ALLOW_SHARED_CACHE: '1' };
    expect(candidates(allowed, [])[0]?.problem?.message).toContain('/somewhere: no such folder');
  });

  it('in a world-writable folder is refused, unless the folder is sticky like /tmp', () => {
    const parent = join(cache, '..');
    mkdirSync(cache, { mode: 0o700 });
    chmodSync(parent, 0o777);
    expect(cacheProblem(env)).toContain(`${parent} can be written to by everybody`);
    chmodSync(parent, 0o1777);
    expect(cacheProblem(env)).toBeUndefined();
  });

  it.runIf(isRoot)('of another user is refused, and its native code is not loaded', async () => {
    mkdirSync(cache, { mode: 0o700 });
    chownSync(cache, 65534, 65534);
    await expect(fetchLibTorch({ env })).rejects.toMatchObject(refused(cache));
    await expect(record({ root: '/a', version: '1' } as never, env)).rejects.toMatchObject(refused(cache));
    expect(candidates(env, [])[0]?.libtorch).toBeUndefined();
  });
});

describe.runIf(isPosix)('a comparison', () => {
  it('runs the Python of the LibTorch in use, and none from a parent folder', () => {
    const folder = temporaryFolder();
    const program = (name: string) => {
      writeFiles(folder, { [join(name, 'bin', 'python3')]: '#!/bin/sh\n' });
      return join(folder, name, 'bin', 'python3');
    };
    const [above, own, system] = [program('a'), program('a/user/venv'), program('usr')];
    expect(interpreters('pytorch', join(folder, 'a', 'user', 'lt', 'torch'))).toEqual(['python3']);
    expect(interpreters('pytorch', join(folder, 'a', 'lib', 'torch'))).toEqual(['python3']);
    expect(
      interpreters('pytorch', join(folder, 'a', 'user', 'venv', 'lib', 'python3.12', 'site-packages', 'torch')),
    ).toEqual([own, 'python3']);
    expect(interpreters('pytorch', join(folder, 'usr'))).toEqual([system, 'python3']);
    expect(interpreters('mindspore', join(folder, 'usr'))).toEqual(['python3']);
    expect(existsSync(above)).toBe(true);
  });
});

describe('SECURITY.md', () => {
  /** The beginning of each promise, and the test that checks it: its file, and words from its title. */
  const HELD: Readonly<Record<string, readonly [file: string, title: string]>> = {
    'LIBTORCH, the active Python environment and PATH are trusted': ['libtorch/libtorch.test.ts', 'LIBTORCH'],
    'The cache is trusted if it is yours alone': ['security/set_up.test.ts', 'that others can write to is refused'],
    "pip's own configuration is trusted": ['security/set_up.test.ts', 'what pip downloads is accepted if it'],
    'No install scripts': ['project/package.test.ts', 'script'],
    'Nothing without its hash is installed': ['security/set_up.test.ts', 'ends set-up, and pip is not asked'],
    'Downloads use HTTPS': ['security/set_up.test.ts', 'is refused, and nothing is requested'],
    'Set-up writes only into the cache': ['security/set_up.test.ts', 'is not the name of a wheel'],
    'Set-up runs nothing of the current folder': ['security/set_up.test.ts', 'neither a pip.py, nor one on PYTHONPATH'],
    'A comparison runs the Python of the LibTorch in use, or `python3`': [
      'security/set_up.test.ts',
      'and none from a parent folder',
    ],
    'A queue is trusted as far as its Redis': ['distributed/queue.test.ts', "reads nothing outside a worker's folders"],
    'Credentials in URLs are never printed': [
      'distributed/queue.test.ts',
      'may have credentials, which no message shows',
    ],
    'Data files are not trusted': ['data/hostile.test.ts', ''],
    'Remote files are read over HTTPS': ['data/remote_files.test.ts', 'may not redirect to http:'],
    'TorchScript files are trusted': [
      'jit/files.test.ts',
      'are refused if they are nested deeply enough to exhaust the stack',
    ],
    'Results read back are not trusted': ['report/records_hostile.test.ts', 'is refused with its path'],
    'Text is shown, not obeyed': ['commands/terminal.test.ts', 'shows'],
    'Arguments are checked': ['losses/hazards.test.ts', ''],
    'Memory that JavaScript and LibTorch share stays valid': ['addon/shared_memory.test.ts', ''],
    'Releases are made by the workflow alone': ['security/supply_chain.test.ts', 'provenance'],
  };

  it('promises nothing that no test checks', () => {
    const text = readFileSync(join(PACKAGE_ROOT, 'SECURITY.md'), 'utf8');
    const promises = Array.from(text.matchAll(/^- \*\*([^*]+?)[.,]?\*\*/gm), ([, promise = '']) =>
      promise.replaceAll('\n', ' '),
    );
    expect(promises).toEqual(Object.keys(HELD));
    for (const [file, title] of Object.values(HELD)) {
      const test = readFileSync(join(PACKAGE_ROOT, 'test', file), 'utf8');
      expect(test, file).toContain(title);
    }
  });
});
