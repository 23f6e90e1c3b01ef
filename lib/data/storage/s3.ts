/** Files in S3 and compatible object stores. */
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { TorchError } from '../../base/errors.js';
import { loadPeer } from '../optional_package.js';
import { type Answer, changed, emptyFile, Interrupted, type Remote } from './remote.js';

/** An error of the client. */
interface ClientError {
  readonly name?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $retryable?: object;
}

const [CHANGED, NOT_SATISFIABLE, MANY, SERVER] = [412, 416, 429, 500];
/** Errors after which trying again may help. */
const TRANSIENT =
  /^(?:TimeoutError|RequestTimeout\w*|Throttling\w*|SlowDown|NetworkingError|ECONNRESET|ECONNREFUSED|ETIMEDOUT|EPIPE|EAI_AGAIN)$/;

/** Clients by their settings: all objects share connections and credentials. */
const clients = new Map<string, S3Client>();

/**
 * A client of S3. The AWS SDK finds credentials, region and endpoint: in environment variables, `~/.aws`, or the machine's
 * role.
 *
 * @param what - what needs it, as the subject of a sentence
 * @throws TorchError `ERR_MISSING_PACKAGE` without the package `@aws-sdk/client-s3`
 */
export async function openS3(what: string, config: S3ClientConfig = {}) {
  const sdk = await loadPeer(() => import('@aws-sdk/client-s3'), '@aws-sdk/client-s3', what);
  const settings = Object.entries(process.env).filter(([name]) => name.startsWith('AWS_'));
  const key = JSON.stringify([config, settings]);
  let client = clients.get(key);
  if (client === undefined) {
    // Compatible servers rarely have a host name for each bucket.
    const isOwn = (process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'] ?? '') !== '';
    client = new sdk.S3Client({ ...config, forcePathStyle: isOwn });
    clients.set(key, client);
  }
  return { sdk, client };
}

/**
 * A file by its bucket and key.
 *
 * @throws TorchError `ERR_MISSING_PACKAGE` without the package `@aws-sdk/client-s3`
 */
export async function s3File(bucket: string, object: string, name: string): Promise<Remote> {
  const { sdk, client } = await openS3('Reading s3:// URLs', { maxAttempts: 1, followRegionRedirects: true });
  return {
    name,
    async get({ start, end }, etag, signal): Promise<Answer> {
      const command = new sdk.GetObjectCommand({
        Bucket: bucket,
        Key: object,
        Range: `bytes=${start}-${end - 1}`,
        ...(etag !== undefined && { IfMatch: etag }),
      });
      try {
        const { Body, ContentRange, ContentLength, ETag, LastModified } = await client.send(command, {
          abortSignal: signal,
        });
        const [, first, size] = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15})$/.exec(ContentRange ?? '') ?? [];
        return {
          start: Number(first ?? 0),
          size: size === undefined ? ContentLength : Number(size),
          isWhole: first === undefined,
          etag: ETag,
          modified: LastModified?.getTime(),
          body: Body as AsyncIterable<Uint8Array>,
        };
      } catch (cause) {
        return failed(cause as ClientError, name, start);
      }
    },
  };
}

function failed(error: ClientError, name: string, start: number): Answer {
  const status = error.$metadata?.httpStatusCode;
  if (status === NOT_SATISFIABLE && start === 0) return emptyFile({ etag: undefined, modified: undefined });
  if (status === CHANGED || status === NOT_SATISFIABLE) throw changed(name);
  const { name: kind = 'Error', message = '' } = error;
  const code = (error as { code?: string }).code ?? kind;
  const reason = [kind, message].filter((part) => part !== '' && part !== 'Error').join(': ');
  const said = status === undefined ? reason : `the server answered ${status} ${reason}`;
  if (status === MANY || (status ?? 0) >= SERVER || TRANSIENT.test(kind) || TRANSIENT.test(code))
    throw new Interrupted(said);
  throw new TorchError('ERR_FILE_READ', `${name}: ${said}`);
}
