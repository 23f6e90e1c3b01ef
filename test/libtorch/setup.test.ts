import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { locate } from '../../lib/libtorch/locate.js';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { createReporter } from '../../lib/terminal/progress.js';
import { fetchLibTorch, RELEASE } from '../../lib/libtorch/setup.js';
import { extractLibTorch, findWheel } from '../../lib/libtorch/wheel.js';
import { temporaryFolder, writeFiles } from '../helpers/libtorch.js';
import { type Behaviour, cut, makeWheel, serve, stall, startSite, wheelName } from '../helpers/wheel_server.js';
import { makeZip } from '../helpers/zip.js';

const QUICK = { answer: 300, stall: 300 };
const refuse: Behaviour = (_request, response) => response.writeHead(404).end();

let cache: string;
let env: { TORCHLOSS_CACHE: string; PATH: string };
let home: string;

beforeEach(() => {
  cache = temporaryFolder();
  // This PATH is empty, so that no pip is used unless a test provides one.
  env = { TORCHLOSS_CACHE: cache, PATH: join(cache, 'programs') };
  home = join(cache, 'libtorch', `${RELEASE}-cpu-${process.platform}-${process.arch}`);
});

describe('a fetch from a package index', () => {
  it('puts the LibTorch part of the wheel into the cache, and records it', async () => {
    const site = await startSite();
    const libtorch = await fetchLibTorch({ env, allowHttp: true, index: site.index });
    expect(libtorch).toMatchObject({ root: join(home, 'torch'), version: RELEASE, cuda: false, source: 'setup' });
    expect(locate(env, [])).toEqual(libtorch);
    const libraries = readdirSync(join(home, 'torch', 'lib'));
    expect(libraries).toContain('libgomp.so.1');
    expect(libraries.filter((name) => name.includes('python'))).toEqual([]);
    expect(existsSync(join(home, 'torch', '__init__.py'))).toBe(false);
    expect(existsSync(join(home, `torch-${RELEASE}.dist-info`, 'licenses', 'LICENSE'))).toBe(true);
    expectNothingElse();
  });

  it('uses the cache unless forced', async () => {
    const site = await startSite();
    await fetchLibTorch({ env, allowHttp: true, index: site.index });
    await fetchLibTorch({ env, allowHttp: true, index: site.index });
    expect(site.ranges).toHaveLength(1);
    await fetchLibTorch({ env, allowHttp: true, index: site.index, force: true });
    expect(site.ranges).toHaveLength(2);
    expectNothingElse();
  });

  it('resumes a broken download', async () => {
    const site = await startSite();
    site.behaviours = [cut, serve];
    const lines = collectLines();
    await fetchLibTorch({ env, allowHttp: true, index: `${site.index}/`, reporter: lines.reporter });
    expect(site.ranges).toEqual(['', expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
    expect(lines.text()).toContain('resuming at');
    expectNothingElse();
  });

  it('keeps the partial file of a stalled download, and resumes it in the next call', async () => {
    const site = await startSite();
    site.behaviours = [stall, refuse];
    const first = fetchLibTorch({ env, allowHttp: true, index: site.index, timeouts: QUICK });
    await expect(first).rejects.toMatchObject({ code: 'ERR_SETUP', message: expect.stringContaining('404') });
    expect(readdirSync(join(cache, 'downloads'))).toContain(`${site.name}.part`);
    site.behaviours = [serve];
    await fetchLibTorch({ env, allowHttp: true, index: site.index });
    expect(site.ranges.at(-1)).toMatch(/^bytes=[1-9]\d*-$/);
    expectNothingElse();
  });

  it('starts over if the file has changed meanwhile', async () => {
    const site = await startSite();
    site.behaviours = [
      cut,
      (request, response, current) => {
        current.etag = '"second"';
        serve(request, response, current);
      },
    ];
    await fetchLibTorch({ env, allowHttp: true, index: site.index });
    expect(site.ranges[1]).toMatch(/^bytes=/);
    expectNothingElse();
  });

  it('starts over if the server cannot resume', async () => {
    const site = await startSite();
    site.behaviours = [cut, (_request, response) => response.writeHead(416).end(), serve];
    await fetchLibTorch({ env, allowHttp: true, index: site.index });
    expect(site.ranges).toEqual(['', expect.stringMatching(/^bytes=/), '']);
  });

  it('starts over if the partial file turns out to be of another file', async () => {
    const site = await startSite();
    const file = join(cache, 'downloads', site.name);
    writeFiles(join(cache, 'downloads'), { [`${site.name}.part`]: 'x'.repeat(1000) });
    const url = `${site.index}/${encodeURIComponent(site.name)}`;
    writeFileSync(`${file}.part.json`, JSON.stringify({ url, validator: site.etag }));
    await fetchLibTorch({ env, allowHttp: true, index: site.index });
    expect(site.ranges).toEqual(['bytes=1000-', '']);
  });

  it('discards a file with a wrong hash', async () => {
    const site = await startSite({ sha256: '0'.repeat(64) });
    await expect(fetchLibTorch({ env, allowHttp: true, index: site.index })).rejects.toMatchObject({
      code: 'ERR_SETUP',
      message: expect.stringMatching(/wrong SHA-256: [0-9a-f]{64}, expected 0{64}/),
    });
    expect(readdirSync(join(cache, 'downloads'))).toEqual([]);
    expectNothingDone();
  });

  it('names the missing page or file', async () => {
    const site = await startSite();
    await expect(fetchLibTorch({ env, allowHttp: true, index: `${site.index}/nowhere` })).rejects.toThrow(
      /nowhere\/torch\/: the server responded with 404/,
    );
    site.behaviours = [refuse];
    await expect(fetchLibTorch({ env, allowHttp: true, index: site.index })).rejects.toThrow(
      /\.whl: the server responded with 404/,
    );
    expectNothingDone();
  });

  it('gives up on a silent server in time', async () => {
    const site = await startSite();
    site.behaviours = [() => {}];
    await expect(fetchLibTorch({ env, allowHttp: true, index: site.index, timeouts: QUICK })).rejects.toThrow(
      /no answer for 0\.3 s/,
    );
  });

  it('refuses a wheel of another version or for CUDA', async () => {
    const other = await startSite({ release: '2.12.0' });
    await expect(fetchLibTorch({ env, allowHttp: true, index: other.index })).rejects.toThrow(
      /contains LibTorch 2\.12\.0, not 2\.13\.0/,
    );
    const cuda = await startSite({ cuda: true });
    await expect(fetchLibTorch({ env, allowHttp: true, index: cuda.index })).rejects.toThrow(/is built for CUDA/);
    expectNothingDone();
  });

  it('suggests alternatives if the server cannot be reached', async () => {
    const closed = 'http://127.0.0.1:9/whl/cpu';
    await expect(fetchLibTorch({ env, allowHttp: true, index: closed })).rejects.toMatchObject({
      code: 'ERR_SETUP',
      message: expect.stringMatching(
        /could not be downloaded:[^]*127\.0\.0\.1:9[^]*pip: not installed[^]*Install the system package instead: [^]*LIBTORCH/,
      ),
    });
    expectNothingDone();
  });
});

describe('the choice of a wheel', () => {
  const hash = `#sha256=${'a'.repeat(64)}`;
  const page = 'https://mirror.example/whl/cpu/torch/';

  it.each([
    ['linux-x64', 'torch-2.13.0+cpu-cp312-cp312-manylinux_2_28_x86_64.whl'],
    ['linux-arm64', 'torch-2.13.0+cpu-cp313-cp313t-manylinux_2_28_aarch64.whl'],
    ['darwin-arm64', 'torch-2.13.0-cp311-none-macosx_11_0_arm64.whl'],
    ['win32-x64', 'torch-2.13.0+cpu-cp310-cp310-win_amd64.whl'],
  ])('takes the one for %s', (platform, name) => {
    const others = ['torch-2.13.0-cp312-cp312-manylinux_2_28_x86_64.whl', 'torch-2.12.0+cpu-cp312-cp312-win_amd64.whl'];
    const html = [...others, name]
      .map((file) => `<a href="../${encodeURIComponent(file)}${hash}">${file}</a>`)
      .join('\n');
    expect(findWheel(html, page, '2.13.0', platform)).toEqual({
      name,
      url: `https://mirror.example/whl/cpu/${encodeURIComponent(name)}`,
      sha256: 'a'.repeat(64),
    });
  });

  it('reports a missing hash, and prefers a wheel with one', () => {
    const html = `<a href="${wheelName()}">wheel</a>`;
    expect(findWheel(html, page, RELEASE)?.sha256).toBeUndefined();
    const hashed = `${html}<a href="${wheelName()}${hash}">wheel</a>`;
    expect(findWheel(hashed, page, RELEASE)?.sha256).toBe('a'.repeat(64));
  });
});

describe('a wheel', () => {
  it('that reaches outside of its folder is refused', async () => {
    const folder = temporaryFolder();
    const wheel = join(folder, 'evil.whl');
    writeFileSync(wheel, makeZip({ 'torch/include/../../../evil.h': '' }));
    await expect(extractLibTorch(wheel, join(folder, 'out'))).rejects.toMatchObject({ code: 'ERR_SETUP' });
    expect(readdirSync(folder)).toEqual(['evil.whl']);
  });

  it('that is damaged or contains no LibTorch is refused', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'cut.whl': makeWheel().subarray(0, 5000), 'empty.whl': makeZip({ 'torch/version.py': '' }) });
    await expect(extractLibTorch(join(folder, 'cut.whl'), folder)).rejects.toThrow(/cannot be extracted/);
    await expect(extractLibTorch(join(folder, 'empty.whl'), folder)).rejects.toThrow(/does not contain LibTorch/);
  });
});

describe.runIf(process.platform !== 'win32')('pip', () => {
  const closed = 'http://127.0.0.1:9/whl/cpu';

  it('takes over if the site cannot be reached', async () => {
    putPip({ [`torch==${RELEASE}+cpu`]: makeWheel() });
    const libtorch = await fetchLibTorch({ env, allowHttp: true, index: closed });
    expect(libtorch).toMatchObject({ root: join(home, 'torch'), version: RELEASE });
    expect(pipCalls()).toEqual([expect.stringMatching(/^download --no-deps .*torch==2\.13\.0\+cpu$/)]);
    expectNothingElse();
  });

  it('is asked for another release, which lies beside the usual one', async () => {
    putPip({ 'torch==2.14.1+cpu': makeWheel({ release: '2.14.1' }) });
    const libtorch = await fetchLibTorch({ env, allowHttp: true, index: closed, release: '2.14.1' });
    const root = join(cache, 'libtorch', `2.14.1-cpu-${process.platform}-${process.arch}`, 'torch');
    expect(libtorch).toMatchObject({ root, version: '2.14.1' });
    putPip({ 'torch==2.15.0+cpu': makeWheel() });
    await expect(fetchLibTorch({ env, allowHttp: true, index: closed, release: '2.15.0' })).rejects.toThrow(
      `contains LibTorch ${RELEASE}, not 2.15.0`,
    );
  });

  it('is asked last for a plain version, which is accepted if it is for the CPU', async () => {
    putPip({ [`torch==${RELEASE}`]: makeWheel() }, `torch-${RELEASE}-cp311-cp311-any.whl`);
    expect(await fetchLibTorch({ env, allowHttp: true, index: closed })).toMatchObject({
      version: RELEASE,
      cuda: false,
    });
    // Only torchloss asks the given index, and checks its hashes.
    expect(pipCalls()).toHaveLength(2);
    expect(pipCalls().join()).not.toContain(closed);
    expectNothingElse();
  });

  it('that downloads a wheel for CUDA, or none, causes an error that says so', async () => {
    putPip({ [`torch==${RELEASE}`]: makeWheel({ cuda: true }) }, `torch-${RELEASE}-cp311-cp311-any.whl`);
    await expect(fetchLibTorch({ env, allowHttp: true, index: closed })).rejects.toThrow(
      /\+cpu: ERROR: no such wheel[^]*torch-2\.13\.0-cp311-cp311-any\.whl is not a wheel for the CPU/,
    );
    expectNothingDone();
  });

  /** Puts a program `pip` on the PATH that has the given wheels and records its calls. */
  function putPip(wheels: Record<string, Buffer>, name = wheelName(), link = 'file:///wheels', after = ''): void {
    const program = join(env.PATH, 'pip');
    writeFiles(env.PATH, { calls: '', ...wheels });
    writeFileSync(
      program,
      `#!${process.execPath}
      const fs = require('fs');
      const args = process.argv.slice(2);
      if (args[0] === '--version') process.exit(0);
      fs.appendFileSync(__dirname + '/calls', args.join(' ') + '\\n');
      const wheel = __dirname + '/' + args.at(-1);
      if (!fs.existsSync(wheel)) { console.error('ERROR: no such wheel'); process.exit(1); }
      const dest = args[args.indexOf('--dest') + 1];
      fs.mkdirSync(dest, { recursive: true });
      fs.copyFileSync(wheel, dest + '/${name}');
      fs.writeFileSync(args[args.indexOf('--log') + 1], 'Found link ${link}/' + encodeURIComponent('${name}') + '${after}\\n');`,
    );
    chmodSync(program, 0o755);
  }

  function pipCalls(): string[] {
    return readFileSync(join(env.PATH, 'calls'), 'utf8').trim().split('\n');
  }
});

describe('set-ups in several processes', () => {
  it('do not disturb each other, and fetch once', async () => {
    const site = await startSite();
    site.behaviours = [(...call) => setTimeout(() => serve(...call), 500)];
    const children = [1, 2, 3].map(() => startChild(site.index));
    expect(await Promise.all(children.map(exitCode))).toEqual([0, 0, 0]);
    expect(site.ranges).toHaveLength(1);
    expect(locate(env, [])).toMatchObject({ root: join(home, 'torch') });
    expectNothingElse();
  });

  it('leave nothing half done if one is killed, and the next one continues', async () => {
    const site = await startSite();
    const asked = new Promise<void>((resolve) => {
      site.behaviours = [
        (...call) => {
          stall(...call);
          resolve();
        },
        serve,
      ];
    });
    const child = startChild(site.index);
    await asked;
    await until(() => existsSync(join(cache, 'downloads', `${site.name}.part`)));
    child.kill('SIGKILL');
    expect(await exitCode(child)).not.toBe(0);
    expectNothingDone();
    expect(await exitCode(startChild(site.index))).toBe(0);
    expect(locate(env, [])).toMatchObject({ root: join(home, 'torch') });
    expectNothingElse();
  });

  /** Fetches LibTorch in a new process with the compiled code. */
  function startChild(index: string): ChildProcess {
    const module = pathToFileURL(join(PACKAGE_ROOT, 'dist', 'libtorch', 'setup.js')).href;
    const script = `import('${module}').then(({ fetchLibTorch }) => fetchLibTorch({ index: '${index}', allowHttp: true }))`;
    return spawn(process.execPath, ['-e', script], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  }
});

describe('the report of progress', () => {
  it('is a bar on a terminal', () => {
    let text = '';
    const reporter = createReporter({ write: (piece) => (text += piece), isTTY: true, columns: 80 });
    reporter.progress('Downloading', 50e6, 200e6);
    reporter.say('done');
    expect(text).toMatch(/^\r\x1b\[KDownloading \[#+\.+\] 25% of 190\.7 MiB, [\d.]+ [KMGT]iB\/s\r/);
    expect(text.endsWith('\ndone\n')).toBe(true);
  });

  it('is plain lines elsewhere', () => {
    const { reporter, text } = collectLines();
    for (let done = 0; done <= 200e6; done += 1e6) reporter.progress('Downloading', done, 200e6);
    reporter.done();
    expect(text()).toMatch(/^Downloading: 100% of 190\.7 MiB, [\d.]+ [MG]iB\/s\n$/);
  });
});

/** Checks that the cache has the LibTorch and its record, and no leftovers. */
function expectNothingElse(): void {
  expect(
    readdirSync(cache)
      .filter((name) => name !== 'programs')
      .toSorted(),
  ).toEqual(
    ['downloads', 'libtorch', 'setup.json'].filter((name) => name !== 'downloads' || existsSync(join(cache, name))),
  );
  expect(readdirSync(dirname(home))).toEqual([`${RELEASE}-cpu-${process.platform}-${process.arch}`]);
  if (existsSync(join(cache, 'downloads'))) expect(readdirSync(join(cache, 'downloads'))).toEqual([]);
}

/** Checks that no LibTorch counts as set up. */
function expectNothingDone(): void {
  expect(existsSync(home)).toBe(false);
  expect(existsSync(join(cache, 'setup.json'))).toBe(false);
  expect(() => locate(env, [])).toThrow(expect.objectContaining({ code: 'ERR_LIBTORCH_NOT_FOUND' }));
}

function collectLines() {
  let lines = '';
  const reporter = createReporter({
    write: (piece) => {
      lines += piece;
    },
  });
  return { reporter, text: () => lines };
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  const [code] = await once(child, 'exit');
  return code;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
