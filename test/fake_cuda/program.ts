/** Programs that tests run in a process of their own, with a fake CUDA runtime as they want it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../helpers/libtorch.js';

const DIST = new URL('../../dist/', import.meta.url).href;

/** What a program did. */
export interface Ran {
  /** What it passed to `answer`. */
  readonly value: unknown;
  readonly status: number | null;
  readonly stderr: string;
  /** What the runtime was asked to do, from the program's `begin()` on. */
  readonly trace: readonly string[];
}

/**
 * Runs a module that knows `torch`, `F`, `evaluate` and `valueAndGrad`; `answer(value)` is its result, `codeOf(run)` the
 * code of an error.
 */
export function run(program: string, env: Readonly<Record<string, string>> = {}): Ran {
  const trace = join(temporaryFolder(), 'trace');
  const text = `
    import { appendFileSync } from 'node:fs';
    const { torch } = await import('${DIST}index.js');
    const { evaluate, valueAndGrad } = await import('${DIST}evaluate/index.js');
    const F = torch.nn.functional;
    const answer = (value) => console.log(JSON.stringify(value));
    const begin = () => appendFileSync(${JSON.stringify(trace)}, 'begin\\n');
    const codeOf = async (run) => { try { await run(); return 'nothing was thrown'; } catch (error) { return error.code; } };
    ${program}`;
  const settings = { ...process.env, PYTORCH_NO_CUDA_MEMORY_CACHING: undefined, FAKE_CUDA_TRACE: trace, ...env };
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    encoding: 'utf8',
    env: settings,
  });
  if (stdout === '') throw new Error(`the program gave nothing:\n${stderr}`);
  const lines = readFileSync(trace, { encoding: 'utf8', flag: 'a+' }).trim().split('\n');
  return { value: JSON.parse(stdout), status, stderr, trace: lines.slice(lines.lastIndexOf('begin') + 1) };
}

/** The events of a kind, with the number that each has. */
export function events(trace: readonly string[], kind: string): number[] {
  return trace.filter((line) => line.startsWith(kind)).map((line) => Number(line.split(' ').at(-1)));
}
