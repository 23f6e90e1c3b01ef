import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Env } from './places.js';

/** A command's exit code and output. */
export interface Outcome {
  readonly code: number;
  readonly output: string;
}

/**
 * Runs a command to its end. If it cannot be started, the code is 127 and the output is the reason.
 *
 * @param onLine - called with each line that the command prints, as it arrives
 */
export function run(
  command: string,
  args: readonly string[],
  { env, cwd }: { env: Env; cwd?: string },
  onLine: (line: string) => void = () => {},
): Promise<Outcome> {
  return new Promise((done) => {
    const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
    const lines: string[] = [];
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        lines.push(line);
        onLine(line);
      });
    }
    child.on('error', (error) => done({ code: 127, output: error.message }));
    child.on('close', (code) => done({ code: code ?? 1, output: lines.join('\n') }));
  });
}
