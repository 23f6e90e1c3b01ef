/** How the tests find a browser, what they say if there is none, and what the workflow does about it. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../helpers/libtorch.js';

const root = join(import.meta.dirname, '..', '..');
const { findChromium } = (await import(new URL('../../scripts/chromium.mjs', import.meta.url).href)) as {
  findChromium(env: Record<string, string>, platform: string): string;
};

/** Makes a program with this path inside a folder, and returns its full path. */
function program(...names: string[]): string {
  const file = join(temporaryFolder(), ...names);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  chmodSync(file, 0o755);
  return file;
}

describe('the browser', () => {
  it('is the one that CHROMIUM names, by path or on PATH', () => {
    const [own, other] = [program('mine'), program('chromium')];
    expect(findChromium({ CHROMIUM: own, PATH: dirname(other) }, 'linux')).toBe(own);
    expect(findChromium({ CHROMIUM: 'mine', PATH: dirname(own) }, 'linux')).toBe(own);
    expect(() => findChromium({ CHROMIUM: join(own, 'no'), PATH: dirname(other) }, 'linux')).toThrow(
      /CHROMIUM is .*no/,
    );
  });

  it.each([
    ['linux', 'google-chrome'],
    ['darwin', 'chromium'],
    ['win32', 'chrome.exe'],
    ['win32', 'msedge.exe'],
  ])('is on PATH, on %s as %s', (platform, name) => {
    const file = program(name);
    expect(findChromium({ PATH: dirname(file) }, platform)).toBe(file);
  });

  it('is among the applications of macOS and the programs of Windows', () => {
    const app = program('Applications', 'Chromium.app', 'Contents', 'MacOS', 'Chromium');
    const home = join(app, '..', '..', '..', '..', '..');
    expect(findChromium({ HOME: home, PATH: '' }, 'darwin')).toMatch(
      /\.app\/Contents\/MacOS\/(Google Chrome|Chromium)$/,
    );
    const edge = program('Microsoft', 'Edge', 'Application', 'msedge.exe');
    expect(findChromium({ 'ProgramFiles(x86)': join(edge, '..', '..', '..', '..') }, 'win32')).toBe(edge);
  });

  it.each([
    ['linux', 'apt-get install chromium'],
    ['win32', 'winget install Google.Chrome'],
  ])('that is missing is requested, on %s', (platform, command) => {
    const env = { PATH: temporaryFolder(), HOME: temporaryFolder() };
    expect(() => findChromium(env, platform)).toThrow(command);
  });

  /** Runs `npm test` for one file, with variables that say where a browser is. */
  function npmTest(env: Record<string, string>) {
    const options = { cwd: root, env: { ...process.env, CHROMIUM: '', ...env }, encoding: 'utf8' } as const;
    const args = ['scripts/test.mjs', '--config', 'vitest.config.ts', 'test/report/report.test.ts'];
    return spawnSync(process.execPath, args, options);
  }

  it('that CHROMIUM names must exist before anything else runs', () => {
    const { status, stdout, stderr } = npmTest({ CHROMIUM: '/nowhere/chromium' });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '0 passed, 1 failed\n' });
    expect(stderr).toMatch(/^torchloss: Chromium, Chrome or Edge is needed .*CHROMIUM is \/nowhere\/chromium/);
  });

  it('that is missing skips only the tests that view pages, reported in one line', () => {
    const { status, stdout } = npmTest({ PATH: temporaryFolder() });
    expect(stdout).toMatch(
      /^13 skipped, which look at pages \(test\/report\/report\.test\.ts\): Chromium, Chrome or Edge is needed .*\n4 passed, 0 failed\n$/m,
    );
    expect(status).toBe(0);
  });
});

describe('the workflow', () => {
  const workflow = readFileSync(join(root, '.github', 'workflows', 'prebuild.yml'), 'utf8');
  const steps = workflow.split(/\n {6}- /).filter((step) => step.includes('run: npm test'));
  const excludedWhere = (condition: string) =>
    steps
      .filter((step) => step.includes(`if: ${condition}\n`))
      .flatMap((step) => Array.from(step.matchAll(/--exclude (\S+)/g), ([, file = '']) => file));
  const filesWith = (pattern: RegExp) =>
    readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `test/${name}`)
      .filter((name) => pattern.test(readFileSync(join(root, name), 'utf8')));

  it('runs the tests once on each machine, with Chromium if it can be installed', () => {
    expect(steps.map((step) => /if: (.*)/.exec(step)?.[1])).toEqual([
      "runner.os != 'Windows' && !startsWith(matrix.container, 'quay.io')",
      "startsWith(matrix.container, 'quay.io')",
      "runner.os == 'Windows'",
    ]);
    expect(steps[0]).toMatch(/run: npm test$/m);
    expect(workflow).toMatch(/if: matrix\.container == 'debian:12'\n.*\n.*\n +apt-get install .* chromium /);
  });

  it('skips only the files that need something a machine lacks', () => {
    const needy = filesWith(/-fsanitize=[a-z]/);
    expect(excludedWhere("startsWith(matrix.container, 'quay.io')").toSorted()).toEqual(needy.toSorted());
    const unix = filesWith(/^import .*\/stand_in\.js'/m);
    expect(excludedWhere("runner.os == 'Windows'").toSorted()).toEqual(unix.toSorted());
  });
});
