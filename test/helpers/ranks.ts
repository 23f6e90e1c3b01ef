/** Programs that run as the ranks of one process group. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePort } from './free_port.js';

/** What a rank printed, and how it ended. */
export interface Rank {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The path of a program in `test/c10d`. */
export function program(name: string): string {
  return fileURLToPath(new URL(`../c10d/${name}`, import.meta.url));
}

/** Runs a command to its end. `onOutput` is called each time it has printed something. */
export function start(
  [command, ...args]: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
  onOutput?: () => void,
): Promise<Rank> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text: Buffer) => {
      stdout += text.toString();
      onOutput?.();
    });
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    child.once('error', reject);
    child.once('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
}

/** Runs one command for each rank, in the environment that `torchrun` makes. */
export async function runRanks(commands: readonly (readonly [string, ...string[]])[]): Promise<Rank[]> {
  const port = await freePort();
  return Promise.all(
    commands.map((command, rank) =>
      start(command, {
        MASTER_ADDR: '127.0.0.1',
        MASTER_PORT: String(port),
        RANK: String(rank),
        WORLD_SIZE: String(commands.length),
        OMP_NUM_THREADS: '1',
      }),
    ),
  );
}
