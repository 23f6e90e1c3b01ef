import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TorchError } from '../base/errors.js';
import type { Env } from './places.js';
import { type Reporter, SILENT } from '../terminal/progress.js';
import { run } from './run.js';

/** A command, and the arguments with which it runs pip. */
type Pip = readonly [string, ...string[]];

/** How to call pip, in the order tried. */
const PIPS: readonly Pip[] =
  process.platform === 'win32'
    ? [['py', '-m', 'pip'], ['python', '-m', 'pip'], ['pip']]
    : [['python3', '-m', 'pip'], ['pip3'], ['pip']];

/**
 * Downloads a CPU wheel of PyTorch `version` with the user's pip into `folder`, so that pip's configuration of indexes,
 * proxies and local files applies.
 *
 * @param site - PyTorch's own index, which pip may reach through a proxy although Node cannot
 * @param isCpu - tells whether a wheel without `+cpu` in its name is one for the CPU
 * @returns the wheel's path
 * @throws TorchError `ERR_SETUP` with pip's output
 */
export async function pipDownload(
  version: string,
  folder: string,
  site: string,
  isCpu: (wheel: string) => Promise<boolean>,
  { env = process.env, reporter = SILENT }: { env?: Env; reporter?: Reporter } = {},
): Promise<string> {
  const pip = await findPip(env);
  if (!pip) throw new TorchError('ERR_SETUP', 'pip: not installed');
  const name = pip.join(' ');
  const tries = [
    { request: `torch==${version}+cpu`, options: ['--retries', '1'] },
    { request: `torch==${version}+cpu`, options: ['--index-url', site, '--retries', '0', '--timeout', '10'] },
    { request: `torch==${version}`, options: ['--retries', '1'] },
  ];
  const failures: string[] = [];
  for (const [index, { request, options }] of tries.entries()) {
    const target = join(folder, String(index));
    reporter.say(`Asking pip for ${request} (${name} download ${options.join(' ')})`);
    const args = ['download', '--no-deps', '--only-binary', ':all:', '--dest', target, ...options, request];
    const [command, ...module] = pip;
    const { code, output } = await run(command, [...module, ...args], { env }, (line) => reporter.say(`  ${line}`));
    if (code !== 0) {
      failures.push(`${name} download ${request}: ${lastLine(output)}`);
      continue;
    }
    const wheel = (await readdir(target)).find((file) => file.endsWith('.whl'));
    if (wheel && (wheel.includes('+cpu') || (await isCpu(join(target, wheel))))) return join(target, wheel);
    failures.push(`${name} download ${request}: ${wheel ?? 'the download'} is not a wheel for the CPU`);
  }
  throw new TorchError('ERR_SETUP', [...new Set(failures)].join('\n'));
}

async function findPip(env: Env): Promise<Pip | undefined> {
  for (const pip of PIPS) {
    const [command, ...module] = pip;
    if ((await run(command, [...module, '--version'], { env })).code === 0) return pip;
  }
  return undefined;
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.trim() || 'it failed without a message';
}
