import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, TorchError } from '../base/errors.js';
import { replaceFileAsync } from '../files/replace.js';
import { installCommand } from './advice.js';
import { type BuildOptions, ensureBinary } from './build.js';
import { download, fetchText, RefusedError, type Timeouts, TIMEOUTS } from './fetch.js';
import { checkArchitecture, checkPlatform, preload } from './guards.js';
import { inspect, locate } from './locate.js';
import { type LibTorch, cacheFolder, type Env, isWritable, makeCache, recordFile } from './places.js';
import { withLock } from './lock.js';
import { pipDownload } from './pip.js';
import { type Reporter, SILENT } from '../terminal/progress.js';
import { extractLibTorch, findWheel } from './wheel.js';

/** The release of LibTorch that `setup` downloads. */
export const RELEASE = '2.13.0';

/** PyTorch's own package index of wheels for the CPU. */
export const DOWNLOAD_SITE = 'https://download.pytorch.org/whl/cpu';

/** How to download LibTorch. */
export interface FetchOptions {
  readonly env?: Env;
  readonly reporter?: Reporter;
  /** Download it even if it is already in the cache. */
  readonly force?: boolean;
  /** The package index to download from: PyTorch's own or a mirror. */
  readonly index?: string;
  /** Whether the index may be one without TLS, whose page, hashes included, anybody on the way can change. */
  readonly allowHttp?: boolean;
  readonly timeouts?: Timeouts;
  /** Another release than {@link RELEASE}. */
  readonly release?: string;
}

/** How to set torchloss up. */
export interface SetupOptions extends FetchOptions {
  /** Use a downloaded LibTorch even if the machine has another. */
  readonly fetch?: boolean;
}

/**
 * Prepares torchloss to run: finds or downloads LibTorch, and compiles a binary for it if none fits. Skips steps that
 * are already done.
 *
 * @throws TorchError `ERR_PLATFORM`, `ERR_LIBTORCH_BAD`, `ERR_LIBTORCH_LOAD`, `ERR_SETUP` or `ERR_BUILD`
 */
export async function setup(options: SetupOptions = {}): Promise<{ libtorch: LibTorch; binary: string }> {
  checkPlatform();
  const { env = process.env, reporter = SILENT } = options;
  const libtorch = options.fetch || options.force ? await fetchLibTorch(options) : await locateOrFetch(options);
  if (env.LIBTORCH && libtorch.source === 'setup') {
    reporter.say(`LIBTORCH is set and takes precedence: ${env.LIBTORCH}`);
  }
  return { libtorch, binary: await ensureUsable(libtorch, { env, reporter }) };
}

/**
 * Checks that LibTorch's libraries can be loaded, and then compiles a binary if none fits: nobody waits for the compiler
 * in vain. The libraries stay loaded.
 *
 * @throws TorchError `ERR_PLATFORM`, `ERR_LIBTORCH_LOAD` or `ERR_BUILD`
 */
export async function ensureUsable(libtorch: LibTorch, options: BuildOptions = {}): Promise<string> {
  checkArchitecture(libtorch);
  preload(libtorch);
  return ensureBinary(libtorch, options);
}

/**
 * Downloads a release of LibTorch for the CPU into the per-user cache and records it. Concurrent set-ups wait for each
 * other, and a LibTorch in the cache is used as it is.
 *
 * @throws TorchError `ERR_SETUP` that lists every source with the reason it failed, and the system package to install instead
 */
export async function fetchLibTorch(options: FetchOptions = {}): Promise<LibTorch> {
  const { env = process.env, reporter = SILENT, force = false, index = DOWNLOAD_SITE, allowHttp = false } = options;
  const { release = RELEASE } = options;
  checkIndex(index, allowHttp);
  const cache = cacheFolder(env);
  if (!isWritable(cache)) {
    throw new TorchError('ERR_SETUP', `${cache} is not writable; set TORCHLOSS_CACHE to a folder that is`);
  }
  makeCache(env);
  const home = join(cache, 'libtorch', `${release}-cpu-${process.platform}-${process.arch}`);
  return withLock(
    join(cache, 'setup.lock'),
    async () => {
      if (force || !isSound(home, release)) await install(home, options);
      else reporter.say(`LibTorch ${release} is in the cache: ${home}`);
      const libtorch = inspect(join(home, 'torch'), 'setup');
      await record(libtorch, env);
      return libtorch;
    },
    (holder) => reporter.say(`Waiting for another set-up (${holder})`),
  );
}

/** Records `libtorch` as the one to use, replacing any earlier record. */
export async function record({ root, version }: LibTorch, env: Env = process.env): Promise<void> {
  const file = recordFile(env);
  makeCache(env);
  await replaceFileAsync(file, [Buffer.from(`${JSON.stringify({ root, version }, undefined, 2)}\n`)]);
  await chmod(file, 0o600);
}

async function locateOrFetch(options: FetchOptions): Promise<LibTorch> {
  try {
    return locate(options.env);
  } catch (error) {
    if (!(error instanceof TorchError) || error.code !== 'ERR_LIBTORCH_NOT_FOUND') throw error;
    options.reporter?.say(`No LibTorch on this machine: downloading ${RELEASE} for the CPU`);
    return fetchLibTorch(options);
  }
}

function isSound(home: string, release: string): boolean {
  try {
    return inspect(join(home, 'torch'), 'setup').version === release;
  } catch {
    return false;
  }
}

/** Downloads a wheel, extracts and checks it, and then moves its LibTorch into `home` in one step. */
async function install(home: string, options: FetchOptions): Promise<void> {
  const { env = process.env, reporter = SILENT, release = RELEASE } = options;
  const cache = cacheFolder(env);
  const work = join(cache, 'tmp');
  await rm(work, { recursive: true, force: true }); // what an interrupted set-up left
  await mkdir(work, { recursive: true });
  try {
    const { wheel, extracted } = await fetchWheel(join(cache, 'downloads'), work, options);
    const fresh = extracted ?? (await extract(wheel, work, options));
    await mkdir(dirname(home), { recursive: true });
    await rename(home, join(work, 'replaced')).catch(ignoreMissing);
    await rename(fresh, home);
    await rm(wheel, { force: true });
    reporter.say(`LibTorch ${release} is in ${home}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Gets a wheel from the download site or, if that fails, from pip; `extracted` if it had to be opened to check it. */
async function fetchWheel(
  downloads: string,
  work: string,
  options: FetchOptions,
): Promise<{ wheel: string; extracted?: string }> {
  const { env = process.env, reporter = SILENT, index = DOWNLOAD_SITE, allowHttp = false } = options;
  const { timeouts = TIMEOUTS, release = RELEASE } = options;
  const source = { timeouts, allowHttp };
  const failures: string[] = [];
  try {
    const page = pageOf(index);
    reporter.say(`Looking for PyTorch ${release} at ${page}`);
    const link = findWheel(await fetchText(page, source), page, release);
    if (!link) throw new TorchError('ERR_SETUP', `${page}: no wheel of ${release} for this platform`);
    if (link.sha256 === undefined)
      throw new RefusedError(`${page}: ${link.name} has no SHA-256, and is not taken without`);
    const wheel = join(downloads, link.name);
    await download(link.url, wheel, { ...source, sha256: link.sha256, reporter });
    return { wheel };
  } catch (error) {
    // What is refused is not looked for elsewhere: somebody may want just that.
    if (error instanceof RefusedError) throw error;
    failures.push(failureOf(error));
    reporter.say(`${failures[0]}`);
  }
  try {
    let extracted: string | undefined;
    const isCpu = async (wheel: string) => {
      extracted = await extract(wheel, work, options).catch(() => undefined);
      return extracted !== undefined;
    };
    const site = index === DOWNLOAD_SITE ? index : undefined;
    const wheel = await pipDownload(release, work, { site, isCpu, env, reporter, ...source });
    return { wheel, extracted };
  } catch (error) {
    if (error instanceof RefusedError) throw error;
    failures.push(failureOf(error));
  }
  throw new TorchError(
    'ERR_SETUP',
    [
      `LibTorch ${release} could not be downloaded:`,
      ...failures.map((failure) => `  ${failure.replaceAll('\n', '\n  ')}`),
      `Install the system package instead: ${installCommand(['libtorch'])}`,
      'or set LIBTORCH to the folder of an existing LibTorch.',
    ].join('\n'),
  );
}

/** The page of PyTorch's wheels. */
function pageOf(index: string): string {
  let end = index.length;
  while (index[end - 1] === '/') end--;
  return `${index.slice(0, end)}/torch/`;
}

/** Checks that the index can be asked by HTTPS, or that the user wants to do without. */
function checkIndex(index: string, allowHttp: boolean): void {
  const protocol = URL.canParse(index) ? new URL(index).protocol : '';
  if (protocol === 'https:' || (protocol === 'http:' && allowHttp)) return;
  if (protocol !== 'http:')
    throw new TorchError('ERR_USAGE', `--index: expected an https: URL, got ${describe(index)}`);
  throw new TorchError(
    'ERR_USAGE',
    `--index: expected an https: URL, got ${describe(index)}: on the way anybody could change the page and its hashes; add ` +
      '--allow-http if nobody can',
  );
}

/** Extracts a wheel into a new folder below `work`, and checks that it is the release of LibTorch for the CPU. */
async function extract(
  wheel: string,
  work: string,
  { reporter = SILENT, release = RELEASE }: FetchOptions,
): Promise<string> {
  const folder = await mkdtemp(join(work, 'wheel-'));
  await extractLibTorch(wheel, folder, reporter);
  const { version, cuda } = inspect(join(folder, 'torch'), 'setup');
  if (version !== release) throw new TorchError('ERR_SETUP', `${wheel} contains LibTorch ${version}, not ${release}`);
  if (cuda) throw new TorchError('ERR_SETUP', `${wheel} is built for CUDA`);
  return folder;
}

function failureOf(error: unknown): string {
  if (error instanceof TorchError) return error.message;
  throw error;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
