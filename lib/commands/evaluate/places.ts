/** The places that a worker reads from: folders, and what lies below URLs. A plan must not name files elsewhere. */
import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { fileProblem, TorchError } from '../../base/errors.js';
import type { Location } from '../../data/internal.js';
import { nameOfLocation } from '../../data/internal.js';
import { DIGITS } from './digits.js';

/** A part of a server or of a bucket. */
interface RemotePlace {
  /** `https://HOST:PORT`, or `s3://BUCKET`. */
  readonly site: string;
  /** The path below it, which ends in a slash. */
  readonly folder: string;
}

/** The only places to read from. */
export class Places {
  readonly #folders: readonly string[];
  readonly #remote: readonly RemotePlace[];

  /**
   * @param places - folders, `https://HOST/PATH` and `s3://BUCKET/PREFIX`
   * @throws TorchError `ERR_FILE_READ` for a folder that is not there, `ERR_USAGE` for another URL
   */
  constructor(places: readonly string[]) {
    const folders = places.filter((place) => !isURL(place));
    this.#folders = [...folders, dirname(DIGITS.logits)].map(realPath);
    this.#remote = places.filter(isURL).map(readPlace);
  }

  /**
   * Refuses a file outside these places, whatever its name or links say.
   *
   * @throws TorchError `ERR_USAGE`
   */
  check(location: Location, flag: string): void {
    checkShared(location, flag);
    if (location.kind === 'path' ? this.#hasFile(location.path) : this.#hasRemote(location)) return;
    const name = nameOfLocation(location);
    throw new TorchError('ERR_USAGE', `--${flag}: ${name} is outside the places of this worker (--data)`);
  }

  #hasFile(path: string): boolean {
    const real = realPath(path);
    return this.#folders.some((folder) => {
      const rest = relative(folder, real);
      return rest !== '' && rest.split(/[\\/]/)[0] !== '..' && !isAbsolute(rest);
    });
  }

  #hasRemote(location: Location): boolean {
    const file = remoteOf(location);
    return this.#remote.some(({ site, folder }) => file?.site === site && file.path.startsWith(folder));
  }
}

/** Whether a place is a URL rather than a folder. */
export function isURL(place: string): boolean {
  return /^[a-z][a-z\d+.-]*:\/\//i.test(place);
}

/** Refuses what other machines cannot read: standard input. */
export function checkShared({ kind }: Location, flag: string): void {
  if (kind === 'stdin' || kind === 'handle')
    throw new TorchError('ERR_USAGE', `--${flag}: with a queue, expected files that all workers can read`);
}

function remoteOf(location: Location): { site: string; path: string } | undefined {
  if (location.kind === 's3') return { site: `s3://${location.bucket}`, path: `/${location.object}` };
  if (location.kind !== 'http') return undefined;
  const { protocol, host, pathname } = location.url;
  // Some servers decode slashes and dots before they look for the file.
  const isPlain = !/%2e|%2f|%5c|\\/i.test(pathname);
  return isPlain ? { site: `${protocol}//${host}`, path: pathname } : undefined;
}

function readPlace(text: string): RemotePlace {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)(\/.*)?$/i.exec(text) ?? [];
  const url = bucket === undefined && URL.canParse(text) ? new URL(text) : undefined;
  if (bucket === undefined && url?.protocol !== 'https:' && url?.protocol !== 'http:')
    throw new TorchError('ERR_USAGE', '--data: expected a folder, https://HOST/PATH or s3://BUCKET/PREFIX');
  const [site, path] = url === undefined ? [`s3://${bucket}`, prefix] : [`${url.protocol}//${url.host}`, url.pathname];
  return { site, folder: path.endsWith('/') ? path : `${path}/` };
}

function realPath(path: string): string {
  try {
    return realpathSync(resolve(path));
  } catch (cause) {
    throw new TorchError('ERR_FILE_READ', `${path}: ${fileProblem(cause)}`, { cause });
  }
}
