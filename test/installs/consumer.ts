import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAMS = fileURLToPath(new URL('./programs', import.meta.url));

/** npm's name for the package with Node itself for this platform. */
const NODE_PACKAGE = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

/** The Nodes to test with: the oldest supported one, and the newest of each other release line. */
export const NODES: Readonly<Record<string, string>> = {
  'node-20': `npm:${NODE_PACKAGE}@20.19.0`,
  'node-22': `npm:${NODE_PACKAGE}@^22.12.0`,
  'node-24': `npm:${NODE_PACKAGE}@^24.0.0`,
};

/** How a command ended and what it printed. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a command. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The user to run it as. */
  readonly uid?: number;
}

/** Makes a folder with a package.json with these dependencies, and the programs that use torchloss. */
export function makeConsumer(folder: string, dependencies: Readonly<Record<string, string>>): string {
  cpSync(PROGRAMS, folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, dependencies }));
  return folder;
}

/** Runs a command in a folder to its end. Its environment has nothing of the clone's npm and LibTorch. */
export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  { env = {}, uid }: RunOptions = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd, env: { ...bareEnvironment(), ...env }, uid, gid: uid, maxBuffer: 1e8 };
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr: stderr || (error && !child.pid ? error.message : '') });
    });
  });
}

/** Runs a command that must succeed. */
export function runOrThrow(command: string, args: readonly string[], cwd: string): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: bareEnvironment(),
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

/** Writes a file and the folders that it needs. */
export function write(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function bareEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(npm_|LIBTORCH$|VITEST|NODE_ENV$|NODE_OPTIONS$|INIT_CWD$|TORCHLOSS_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}
