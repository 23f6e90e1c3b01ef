/** Package managers install a working torchloss without running any package's scripts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { makeConsumer, type RunOptions, run, write } from './consumer.js';
import { expectLoss, expectWorks } from './expect.js';
import { NEWEST } from './libtorchs.js';

const tarball = inject('tarball');
const tools = inject('tools');
const workplace = inject('workplace');

const env = {
  LIBTORCH: NEWEST.root,
  YARN_ENABLE_TELEMETRY: '0',
  YARN_ENABLE_GLOBAL_CACHE: '0',
  YARN_NPM_REGISTRY_SERVER: await registry(),
};

const bin = (name: string, file: string) => join(tools, 'node_modules', name, 'bin', file);

/** npm itself; for the others their program, and what lets a program find the packages. */
const MANAGERS: Readonly<Record<string, { command: readonly string[]; yarnrc?: string; pnp?: boolean }>> = {
  'npm install': { command: ['npm', 'install'] },
  'npm install --ignore-scripts': { command: ['npm', 'install', '--ignore-scripts'] },
  'pnpm install': {
    command: [process.execPath, bin('pnpm', 'pnpm.mjs'), 'install', '--store-dir', join(workplace, 'pnpm-store')],
  },
  'yarn 1': {
    command: [process.execPath, bin('yarn-1', 'yarn.js'), 'install', '--cache-folder', join(workplace, 'yarn-cache')],
  },
  'yarn 4 with node_modules': {
    command: [process.execPath, bin('yarn-4', 'yarn.js'), 'install', '--no-immutable'],
    yarnrc: 'nodeLinker: node-modules\n',
  },
  "yarn 4 with Plug'n'Play": {
    command: [process.execPath, bin('yarn-4', 'yarn.js'), 'install', '--no-immutable'],
    yarnrc: 'nodeLinker: pnp\n',
    pnp: true,
  },
};

/** What lets ES modules find packages under Plug'n'Play; Node warns about it. */
const PNP_LOADER = ['--no-warnings', '--experimental-loader', './.pnp.loader.mjs'];

describe('torchloss works as installed by', () => {
  it.each(Object.entries(MANAGERS))('%s', async (name, { command: [program = '', ...args], yarnrc, pnp }) => {
    const folder = join(workplace, name.replaceAll(/\W+/g, '-'));
    makeConsumer(folder, { torchloss: `file:${tarball}` });
    if (yarnrc) write(join(folder, '.yarnrc.yml'), yarnrc);
    if (yarnrc) write(join(folder, 'yarn.lock'), '');
    const installed = await run(program, args, folder, { env });
    expect(installed, installed.stdout).toMatchObject({ code: 0 });
    const options: RunOptions = { env: pnp ? { ...env, NODE_OPTIONS: '--require ./.pnp.cjs' } : env };
    if (pnp) expectLoss(await run(process.execPath, ['use.cjs'], folder, options));
    if (pnp) expectLoss(await run(process.execPath, [...PNP_LOADER, 'use.mjs'], folder, options));
    else await expectWorks(folder, process.execPath, options);
  });
});

describe('the install', () => {
  it('installs no package with an install script', () => {
    const lock = JSON.parse(readFileSync(join(workplace, 'npm-install', 'package-lock.json'), 'utf8'));
    const packages = Object.entries<{ hasInstallScript?: boolean }>(lock.packages);
    expect(packages.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
  });

  it("installs the program torchloss, with the tarball's binaries", async () => {
    const folder = join(workplace, 'npm-install');
    expect(readdirSync(join(folder, 'node_modules', '.bin'))).toContain('torchloss');
    const { code, stdout } = await run('npx', ['torchloss', 'info', '--json'], folder, { env });
    expect(code).toBe(0);
    const { binary } = JSON.parse(stdout);
    expect(binary).toContain(join('node_modules', 'torchloss', 'prebuilds'));
    const setup = await run('npx', ['torchloss', 'setup'], folder, { env });
    expect(setup).toMatchObject({ code: 0, stdout: expect.stringContaining(`Binary: ${binary}\n`) });
    expect(readdirSync(join(folder, 'node_modules', 'torchloss'))).not.toContain('build');
  });
});

async function registry(): Promise<string> {
  const { stdout } = await run('npm', ['config', 'get', 'registry'], workplace);
  return stdout.trim();
}
