import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TorchError } from '../base/errors.js';
import { fetchText, RefusedError, type RequestOptions } from './fetch.js';
import type { Env } from './places.js';
import { type Reporter, SILENT } from '../terminal/progress.js';
import { run } from './run.js';
import { readLinks } from './wheel.js';

/** A command, and the arguments with which it runs pip. */
type Pip = readonly [string, ...string[]];

/**
 * How to call pip, in the order tried. Python is isolated (`-I`): it would run a `pip.py` of the current folder, or of
 * PYTHONPATH, in place of pip.
 */
const PIPS: readonly Pip[] =
  process.platform === 'win32'
    ? [['py', '-I', '-m', 'pip'], ['python', '-I', '-m', 'pip'], ['pip']]
    : [['python3', '-I', '-m', 'pip'], ['pip3'], ['pip']];

/** How to ask pip. */
export interface PipOptions extends RequestOptions {
  /** PyTorch's own index, which pip may reach through a proxy although Node cannot. */
  readonly site: string | undefined;
  readonly env?: Env;
  readonly reporter?: Reporter;
  /** Tells whether a wheel without `+cpu` in its name is one for the CPU. */
  isCpu(wheel: string): Promise<boolean>;
}

/**
 * Downloads a CPU wheel of PyTorch `version` with the user's pip into `folder`, so that pip's configuration of indexes,
 * proxies and local files applies. pip runs in that folder, and sees no other.
 *
 * @returns the wheel's path. It has the SHA-256 that its index states, or is a file of this machine.
 * @throws TorchError `ERR_SETUP` with pip's output
 */
export async function pipDownload(version: string, folder: string, options: PipOptions): Promise<string> {
  const { site, isCpu, env = process.env, reporter = SILENT } = options;
  const pip = await findPip(env, folder);
  if (!pip) throw new TorchError('ERR_SETUP', 'pip: not installed');
  const name = pip.join(' ');
  const ofSite = {
    request: `torch==${version}+cpu`,
    options: ['--index-url', site ?? '', '--retries', '0', '--timeout', '10'],
  };
  const tries = [
    { request: `torch==${version}+cpu`, options: ['--retries', '1'] },
    ...(site === undefined ? [] : [ofSite]),
    { request: `torch==${version}`, options: ['--retries', '1'] },
  ];
  const failures: string[] = [];
  for (const [index, { request, options: more }] of tries.entries()) {
    const target = join(folder, String(index));
    const log = join(folder, `${index}.log`);
    reporter.say(`Asking pip for ${request} (${name} download ${more.join(' ')})`);
    const args = ['download', '--no-deps', '--only-binary', ':all:', '--dest', target, '--log', log, ...more, request];
    const [command, ...module] = pip;
    const where = { env, cwd: folder };
    const { code, output } = await run(command, [...module, ...args], where, (line) => reporter.say(`  ${line}`));
    if (code !== 0) {
      failures.push(`${name} download ${request}: ${lastLine(output)}`);
      continue;
    }
    const wheel = (await readdir(target).catch(() => [])).find((file) => file.endsWith('.whl'));
    if (wheel !== undefined) await checkHash(join(target, wheel), wheel, log, options);
    if (wheel && (wheel.includes('+cpu') || (await isCpu(join(target, wheel))))) return join(target, wheel);
    failures.push(`${name} download ${request}: ${wheel ?? 'the download'} is not a wheel for the CPU`);
  }
  throw new TorchError('ERR_SETUP', [...new Set(failures)].join('\n'));
}

/**
 * Checks a wheel against the SHA-256 of the index that pip had it from, as pip's log says it. pip checks hashes where an index
 * has them, and takes wheels without.
 */
async function checkHash(file: string, name: string, log: string, options: RequestOptions): Promise<void> {
  const found = await readFile(log, 'utf8').catch(() => '');
  const links = Array.from(
    found.matchAll(/\bFound link ([^\s,]+)(?: \(from ([^\s)]+)\))?/g),
    ([, link = '', page]) => ({
      link,
      page,
    }),
  ).filter(({ link }) => nameOf(link) === name);
  // A file of this machine that pip's configuration names is as trusted as pip is.
  if (links.some(({ link }) => link.startsWith('file:'))) return;
  const [first] = links;
  const stated = /#sha256=([0-9a-f]{64})$/.exec(first?.link ?? '')?.[1] ?? (await hashOn(first?.page, name, options));
  if (stated === undefined)
    throw new RefusedError(`${name}, which pip downloaded, has no SHA-256 at its index, and is not taken without`);
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece as Uint8Array);
  const got = hash.digest('hex');
  if (got !== stated)
    throw new RefusedError(`${name}, which pip downloaded, has the wrong SHA-256: ${got}, expected ${stated}`);
}

/** The hash of a file that a page links to. */
async function hashOn(page: string | undefined, name: string, options: RequestOptions): Promise<string | undefined> {
  if (page === undefined || !URL.canParse(page)) return undefined;
  const links = readLinks(await fetchText(page, options), page);
  return links.find((link) => link.name === name && link.sha256 !== undefined)?.sha256;
}

/** The last part of a link's path. */
function nameOf(link: string): string {
  try {
    return decodeURIComponent(new URL(link).pathname.split('/').at(-1) ?? '');
  } catch {
    return '';
  }
}

async function findPip(env: Env, cwd: string): Promise<Pip | undefined> {
  for (const pip of PIPS) {
    const [command, ...module] = pip;
    if ((await run(command, [...module, '--version'], { env, cwd })).code === 0) return pip;
  }
  return undefined;
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.trim() || 'it failed without a message';
}
