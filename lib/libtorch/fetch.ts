import { object, optional, string } from '../base/schema.js';
import { parseJson } from '../files/json.js';
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TorchError } from '../base/errors.js';
import { byteSize } from '../base/bytes.js';
import { type Reporter, SILENT } from '../terminal/progress.js';

/** How long a transfer waits, in milliseconds. */
export interface Timeouts {
  /** For the server's first response, including the connection. */
  readonly answer: number;
  /** For the next piece of data. */
  readonly stall: number;
}

/** The default limits: an unreachable host is given up after ten seconds. */
export const TIMEOUTS: Timeouts = { answer: 10_000, stall: 30_000 };

/** How to ask a server. */
export interface RequestOptions {
  readonly timeouts?: Timeouts;
  /** Whether it may be asked without TLS. */
  readonly allowHttp?: boolean;
}

/** How to download a file. */
export interface DownloadOptions extends RequestOptions {
  /** The SHA-256 that the file must have, in hexadecimal. */
  readonly sha256: string;
  readonly reporter?: Reporter;
}

/** What came is not what may be installed: it is looked for nowhere else. */
export class RefusedError extends TorchError {
  constructor(message: string) {
    super('ERR_SETUP', message);
  }
}

/** More than any page of an index, and than any wheel. */
const MAX_PAGE = 2 ** 26;
const MAX_WHEEL = 2 ** 32;

/** How the part is opened: never through a link that somebody has put there. Windows lacks the flag, which then adds nothing. */
const { O_WRONLY, O_CREAT, O_APPEND, O_TRUNC, O_NOFOLLOW } = constants;
const APPEND = O_WRONLY | O_CREAT | O_NOFOLLOW | O_APPEND;
const REPLACE = O_WRONLY | O_CREAT | O_NOFOLLOW | O_TRUNC;

const ATTEMPTS = 5;
const RETRY_MS = 500;

/** Disk errors, for which a retry would not help. */
const DISK_ERRORS = new Set(['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EIO']);

/**
 * Downloads a short text, such as an index page.
 *
 * @throws TorchError `ERR_SETUP` that names the URL and the reason
 */
export async function fetchText(url: string, options: RequestOptions = {}): Promise<string> {
  try {
    const { response, watch } = await request(url, {}, options);
    try {
      const pieces: Uint8Array[] = [];
      let size = 0;
      for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        watch.touch();
        size += piece.length;
        if (size > MAX_PAGE) throw new Error(`expected a page of at most ${MAX_PAGE} bytes, got more`);
        pieces.push(piece);
      }
      return Buffer.concat(pieces).toString();
    } finally {
      watch.stop();
    }
  } catch (error) {
    throw downloadError(url, error);
  }
}

/**
 * Downloads `url` to `file`, which appears only when it is complete and has the right hash.
 *
 * What was received is kept in `FILE.part`. An interrupted transfer resumes from there: at once if data was still
 * arriving, otherwise on the next call. A part with a wrong hash is deleted.
 *
 * @throws TorchError `ERR_SETUP` that names the URL and the reason
 */
export async function download(url: string, file: string, options: DownloadOptions): Promise<void> {
  const { sha256, reporter = SILENT } = options;
  const partial = new Partial(file, url);
  await mkdir(dirname(file), { recursive: true });
  const resumed = (await partial.size()) > 0;
  for (let attempt = 1; (await partial.hash()) !== sha256; attempt += 1) {
    const before = await partial.size();
    try {
      await transfer(url, partial, reporter, options);
      reporter.done();
      break;
    } catch (error) {
      reporter.done();
      const lost = !(error instanceof TorchError) && !DISK_ERRORS.has((error as NodeJS.ErrnoException).code ?? '');
      const after = await partial.size();
      if (!lost || after <= before || attempt === ATTEMPTS) throw downloadError(url, error, after);
      reporter.say(`${reasonOf(error)}: resuming at ${byteSize(after)}`);
      await delay(RETRY_MS * attempt);
    }
  }
  const got = await partial.hash();
  if (got === sha256) return partial.complete();
  await partial.discard();
  if (resumed) return download(url, file, options);
  throw new RefusedError(`${url}: the file has the wrong SHA-256: ${got}, expected ${sha256}`);
}

const NOTE = object({ url: string, validator: optional(string) });

/** A partial download: its bytes in `FILE.part`, and beside them a note of which file on the server they are from. */
class Partial {
  readonly path: string;
  readonly #file: string;
  readonly #url: string;
  readonly #note: string;

  constructor(file: string, url: string) {
    this.#file = file;
    this.#url = url;
    this.path = `${file}.part`;
    this.#note = `${this.path}.json`;
  }

  async size(): Promise<number> {
    return (await stat(this.path).catch(() => undefined))?.size ?? 0;
  }

  /** The SHA-256 of the part; `undefined` if it is empty. */
  async hash(): Promise<string | undefined> {
    if ((await this.size()) === 0) return undefined;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(this.path)) hash.update(chunk);
    return hash.digest('hex');
  }

  /** The server's validator (ETag or date) for the file of the part, if it is from the same URL. */
  async validator(): Promise<string | undefined> {
    try {
      const note = parseJson(await readFile(this.#note, 'utf8'), this.#note, NOTE);
      return note.url === this.#url ? note.validator : undefined;
    } catch {
      return undefined;
    }
  }

  async remember(headers: Headers): Promise<void> {
    const etag = headers.get('etag');
    const validator = etag && !etag.startsWith('W/') ? etag : (headers.get('last-modified') ?? undefined);
    await rm(this.#note, { force: true });
    await writeFile(this.#note, JSON.stringify({ url: this.#url, validator }), { flag: 'wx', mode: 0o600 });
  }

  async complete(): Promise<void> {
    await rename(this.path, this.#file);
    await rm(this.#note, { force: true });
  }

  async discard(): Promise<void> {
    await rm(this.path, { force: true });
    await rm(this.#note, { force: true });
  }
}

/** Downloads the rest of `partial`, or all of it if the file on the server has changed. */
async function transfer(url: string, partial: Partial, reporter: Reporter, options: RequestOptions): Promise<void> {
  const have = await partial.size();
  const validator = have > 0 ? await partial.validator() : undefined;
  const headers = validator ? { range: `bytes=${have}-`, 'if-range': validator } : undefined;
  const { response, watch } = await request(url, headers, options);
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '');
  const continues = response.status === 206 && Number(range?.[1]) === have;
  const length = Number(response.headers.get('content-length')) || undefined;
  const total = continues ? Number(range?.[2]) : length;
  if (!continues) await partial.remember(response.headers);
  const output = await open(partial.path, continues ? APPEND : REPLACE, 0o600);
  try {
    let size = continues ? have : 0;
    for await (const chunk of response.body ?? []) {
      watch.touch();
      size += chunk.length;
      if (size > MAX_WHEEL) throw new RefusedError(`${url}: expected at most ${MAX_WHEEL} bytes, got more`);
      await output.write(chunk);
      reporter.progress(`Downloading ${basename(partial.path, '.part')}`, size, total);
    }
    if (total !== undefined && size < total) throw new Error(`the transfer ended at ${size} of ${total} bytes`);
  } finally {
    watch.stop();
    await output.close();
  }
}

interface Watch {
  /** Data has arrived: restart the wait for the next. */
  touch(): void;
  stop(): void;
}

async function request(
  url: string,
  headers: Record<string, string> | undefined,
  { timeouts: { answer, stall } = TIMEOUTS, allowHttp = false }: RequestOptions,
): Promise<{ response: Response; watch: Watch }> {
  if (!isAllowed(url, allowHttp)) throw new RefusedError(`${url}: expected an https: URL`);
  const controller = new AbortController();
  const wait = (milliseconds: number, what: string) =>
    setTimeout(() => controller.abort(new Error(`${what} for ${milliseconds / 1000} s`)), milliseconds);
  let timer = wait(answer, 'no answer');
  const watch: Watch = {
    touch() {
      clearTimeout(timer);
      timer = wait(stall, 'no data');
    },
    stop: () => clearTimeout(timer),
  };
  try {
    const response = await fetch(url, {
      headers: { 'accept-encoding': 'identity', ...headers },
      signal: controller.signal,
    });
    if (response.status === 416) {
      await response.body?.cancel();
      watch.stop();
      return request(url, undefined, { timeouts: { answer, stall }, allowHttp });
    }
    // A redirection may lead away from TLS.
    if (!isAllowed(response.url, allowHttp))
      throw new RefusedError(`${url}: it leads to ${response.url}, which is no https: URL`);
    if (!response.ok)
      throw new TorchError('ERR_SETUP', `${url}: the server responded with ${response.status} ${response.statusText}`);
    watch.touch();
    return { response, watch };
  } catch (error) {
    watch.stop();
    throw error;
  }
}

/** Whether an address may be asked. */
function isAllowed(url: string, allowHttp: boolean): boolean {
  const { protocol } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && allowHttp);
}

function downloadError(url: string, error: unknown, kept = 0): TorchError {
  if (error instanceof TorchError) return error;
  const note = kept > 0 ? ` (${byteSize(kept)} are kept; the next try resumes from there)` : '';
  return new TorchError('ERR_SETUP', `${url}: ${reasonOf(error)}${note}`, { cause: error });
}

/** The reason for a failed `fetch`, which itself says only "fetch failed". */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message: string; cause?: { message?: string; code?: string } };
  return cause?.message || cause?.code || message;
}
