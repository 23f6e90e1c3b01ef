/** Results in an object store that takes PUT and GET. */
import { setTimeout as delay } from 'node:timers/promises';
import { TorchError } from '../../base/errors.js';
import { basicAuthorization, nameOfURL } from '../../data/url.js';
import type { ResultStore } from './store.js';

const TIMEOUT_MILLISECONDS = 60_000;
/** How long to wait before another try, after failures that pass. */
const PAUSES = [1000, 4000, 16_000];

/** The status of a request whose condition does not hold: there is such an object already. */
const PRECONDITION_FAILED = 412;
const NOT_FOUND = 404;

/** Statuses after which the same request may succeed. */
const isPassing = (status: number) => status === 408 || status === 409 || status === 429 || status >= 500;

/** An address below which results are stored, with its query and its user for each of them. */
export function httpsStore(place: URL): ResultStore {
  const headers: Record<string, string> = {};
  if (place.username !== '' || place.password !== '') headers['authorization'] = basicAuthorization(place);
  const shown = nameOfURL(place);
  const addressOf = (name: string) => {
    const url = new URL(place);
    [url.username, url.password] = ['', ''];
    url.pathname = `${url.pathname.replace(/\/$/, '')}/${name}`;
    return url;
  };

  async function ask(name: string, init: RequestInit, code: 'ERR_FILE_READ' | 'ERR_FILE_WRITE'): Promise<Response> {
    const where = `${shown.replace(/\/$/, '')}/${name}`;
    for (let attempt = 0; ; attempt++) {
      const pause = PAUSES[attempt];
      try {
        const response = await fetch(addressOf(name), {
          ...init,
          headers: { ...headers, ...(init.headers as Record<string, string>) },
          // Another address must not get the credentials.
          redirect: 'error',
          signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
        });
        if (response.ok || !isPassing(response.status) || pause === undefined) return response;
        await response.body?.cancel();
      } catch (cause) {
        const reason = (cause as { cause?: Error }).cause ?? (cause as Error);
        if (pause === undefined) throw new TorchError(code, `${where}: ${reason.message}`, { cause });
      }
      await delay(pause);
    }
  }

  return {
    name: shown,
    async create(name, text) {
      const condition = { 'if-none-match': '*', 'content-type': 'application/json' };
      const response = await ask(name, { method: 'PUT', body: text, headers: condition }, 'ERR_FILE_WRITE');
      await response.body?.cancel();
      if (response.ok) return true;
      if (response.status === PRECONDITION_FAILED) return false;
      throw refused('ERR_FILE_WRITE', `${shown}: PUT of ${name}`, response);
    },
    async read(name) {
      const response = await ask(name, { method: 'GET' }, 'ERR_FILE_READ');
      if (response.ok) return response.text();
      await response.body?.cancel();
      if (response.status === NOT_FOUND) return undefined;
      throw refused('ERR_FILE_READ', `${shown}: GET of ${name}`, response);
    },
    async list() {
      return undefined;
    },
  };
}

function refused(code: 'ERR_FILE_READ' | 'ERR_FILE_WRITE', what: string, { status, statusText }: Response): TorchError {
  return new TorchError(code, `${what}: status ${status} ${statusText}`.trimEnd());
}
