/** Files by https: URLs. */
import { TorchError } from '../../base/errors.js';
import { basicAuthorization, nameOfURL } from '../url.js';
import { type Answer, changed, emptyFile, Interrupted, type Range, reasonOf, type Remote } from './remote.js';

/** The most redirects that are followed. */
const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** The statuses after which trying again may help. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
const [PARTIAL, CHANGED, NOT_SATISFIABLE] = [206, 412, 416];
/** Errors of connections after which trying again may help. */
const TRANSIENT_CODES =
  /^(?:ECONNRESET|ECONNREFUSED|ECONNABORTED|ETIMEDOUT|EPIPE|EAI_AGAIN|UND_ERR_(?:SOCKET|CONNECT_TIMEOUT|HEADERS_TIMEOUT|BODY_TIMEOUT))$/;
const LOCAL: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * A file by its URL.
 *
 * @param allowHttp - whether `http:` may be used beyond this machine
 * @throws TorchError `ERR_FILE_READ` for an `http:` URL that is not allowed
 */
export function httpFile(url: URL, allowHttp: boolean): Remote {
  const name = nameOfURL(url);
  checkSecure(url, allowHttp, name);
  return { name, get: (range, etag, signal) => request(url, range, etag, signal, { name, allowHttp }) };
}

function checkSecure(url: URL, allowHttp: boolean, name: string): void {
  if (url.protocol === 'https:' || (url.protocol === 'http:' && (allowHttp || LOCAL.has(url.hostname)))) return;
  const what = `${nameOfURL(url)} is not encrypted`;
  throw new TorchError('ERR_FILE_READ', `${name}: ${what}: use https:, or set allow_http to true`);
}

interface Context {
  readonly name: string;
  readonly allowHttp: boolean;
}

async function request(
  start: URL,
  range: Range,
  etag: string | undefined,
  signal: AbortSignal,
  { name, allowHttp }: Context,
): Promise<Answer> {
  let url = start;
  for (let redirects = 0; ; redirects++) {
    const response = await send(url, headersFor(url, start, range, etag), signal);
    const target = response.headers.get('location');
    if (!REDIRECTS.has(response.status) || target === null) return read(response, range, name);
    await response.body?.cancel();
    if (redirects === MAX_REDIRECTS)
      throw new TorchError('ERR_FILE_READ', `${name}: the server redirects more than ${MAX_REDIRECTS} times`);
    if (!URL.canParse(target, url.href))
      throw new TorchError('ERR_FILE_READ', `${name}: the server redirects to an invalid URL`);
    const next = new URL(target, url.href);
    if (next.protocol === 'http:' && url.protocol === 'https:' && !allowHttp)
      throw new TorchError(
        'ERR_FILE_READ',
        `${name}: the server redirects to ${nameOfURL(next)}, which is not encrypted`,
      );
    checkSecure(next, allowHttp, name);
    // A server must not choose credentials.
    next.username = '';
    next.password = '';
    url = next;
  }
}

/** The headers of a request. Credentials in the URL are sent to its own server only. */
function headersFor(url: URL, start: URL, { start: first, end }: Range, etag: string | undefined): Headers {
  const headers = new Headers({ range: `bytes=${first}-${end - 1}`, 'accept-encoding': 'identity' });
  // `If-Match` does not allow weak tags; those are compared with the answer's.
  if (etag !== undefined && !etag.startsWith('W/')) headers.set('if-match', etag);
  if (url.origin === start.origin && start.username !== '') headers.set('authorization', basicAuthorization(start));
  return headers;
}

async function send(url: URL, headers: Headers, signal: AbortSignal): Promise<Response> {
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  try {
    return await fetch(plain, { headers, signal, redirect: 'manual' });
  } catch (cause) {
    const reason = reasonOf(cause);
    if (TRANSIENT_CODES.test(reason)) throw new Interrupted(`no connection: ${reason}`, undefined, cause);
    throw new TorchError('ERR_FILE_READ', `${nameOfURL(url)}: no connection: ${reason}`, { cause });
  }
}

async function read(response: Response, range: Range, name: string): Promise<Answer> {
  const { status, headers, body } = response;
  const length = sizeOf(headers.get('content-length'));
  const [, first, last, total] =
    /^bytes (?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15}|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
  const size = sizeOf(total);
  const version = {
    etag: headers.get('etag') ?? undefined,
    modified: dateOf(headers.get('last-modified')),
  };
  const isEmpty = status === NOT_SATISFIABLE && size === 0 && range.start === 0;
  if (isEmpty || !response.ok || body === null) await body?.cancel();
  if (isEmpty || (response.ok && body === null)) return emptyFile(version);
  if (status === PARTIAL) {
    if (first === undefined || last === undefined || size === undefined || headers.has('content-encoding')) {
      await body?.cancel();
      throw new TorchError('ERR_FILE_READ', `${name}: the server sent a part of the file without saying which`);
    }
    return { ...version, start: Number(first), size, isWhole: false, body: body as AsyncIterable<Uint8Array> };
  }
  if (response.ok) {
    const whole = headers.has('content-encoding') ? undefined : length;
    return { ...version, start: 0, size: whole, isWhole: true, body: body as AsyncIterable<Uint8Array> };
  }
  throw refusal(response, name);
}

/** The error for a status. */
function refusal({ status, statusText, headers }: Response, name: string): Error {
  if (status === CHANGED || status === NOT_SATISFIABLE) return changed(name);
  const said = `the server answered ${status}${statusText === '' ? '' : ` ${statusText}`}`;
  if (TRANSIENT.has(status)) return new Interrupted(said, delayOf(headers.get('retry-after')));
  const hint = status === 401 || status === 403 ? '; a presigned URL may have expired' : '';
  return new TorchError('ERR_FILE_READ', `${name}: ${said}${hint}`);
}

function sizeOf(text: string | null | undefined): number | undefined {
  return /^\d{1,15}$/.test(text ?? '') ? Number(text) : undefined;
}

function dateOf(text: string | null): number | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : time;
}

/** The milliseconds of a `Retry-After` header, which has seconds or a date. */
function delayOf(text: string | null): number | undefined {
  const seconds = sizeOf(text);
  if (seconds !== undefined) return seconds * 1000;
  const time = dateOf(text);
  return time === undefined ? undefined : Math.max(0, time - Date.now());
}
