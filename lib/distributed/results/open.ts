/** Opens places for results by their names. */
import { fileURLToPath } from 'node:url';
import { TorchError } from '../../base/errors.js';
import { folderStore } from './folder.js';
import { httpsStore } from './https.js';
import { s3Store } from './s3.js';
import type { ResultStore } from './store.js';

/** Options of {@link openResults}. */
export interface ResultOptions {
  /** Also take `http:`, over which others can read and change the results. Default false. */
  readonly allowHttp?: boolean | undefined;
}

/**
 * Opens a place for the results of shards.
 *
 * A folder is made when the first result is written. For `https:` each result is an object below the address, written by
 * PUT with `If-None-Match: *`, which the server has to honour; a query such as an access signature stays with each
 * request, and `user:password@` becomes HTTP's basic authentication. `s3:` needs the package `@aws-sdk/client-s3`, which
 * finds credentials by its own rules.
 *
 * @param place - a folder, `file:///FOLDER`, `s3://BUCKET/PREFIX` or `https://HOST/PATH`
 * @throws TorchError `ERR_USAGE` for another kind of place, `ERR_MISSING_PACKAGE` for `s3:` without its package
 */
export async function openResults(place: string, { allowHttp = false }: ResultOptions = {}): Promise<ResultStore> {
  // A Windows path begins with a letter and a colon, too.
  if (!/^[a-z][a-z0-9+.-]+:/i.test(place)) return folderStore(place);
  if (!URL.canParse(place)) throw new TorchError('ERR_USAGE', 'expected a folder or a URL for the results');
  const url = new URL(place);
  if (url.protocol === 'file:') return folderStore(fileURLToPath(url));
  if (url.protocol === 's3:' && url.hostname !== '') return s3Store(url);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && allowHttp)) return httpsStore(url);
  const more = url.protocol === 'http:' ? '; --allow-http permits http:' : '';
  throw new TorchError('ERR_USAGE', `expected a folder, s3://BUCKET/PREFIX or https:, got '${url.protocol}'${more}`);
}
