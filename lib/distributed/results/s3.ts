/** Results in S3, or a store with its API. */
import type { S3Client } from '@aws-sdk/client-s3';
import { TorchError } from '../../base/errors.js';
import { loadPeer } from '../../data/optional_package.js';
import type { ResultStore } from './store.js';

/** A prefix of a bucket. The AWS SDK finds the credentials, the region and another endpoint by its own rules. */
export async function s3Store(place: URL): Promise<ResultStore> {
  const load = () => import('@aws-sdk/client-s3');
  const s3 = await loadPeer(load, '@aws-sdk/client-s3', 'Storing results in S3');
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env;
  // Stores other than AWS seldom have a host name for each bucket.
  const client: S3Client = new s3.S3Client({ forcePathStyle: Boolean(AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL) });
  const Bucket = place.hostname;
  const prefix = decodeURIComponent(place.pathname).replace(/^\/|\/$/g, '');
  const keyOf = (name: string) => (prefix === '' ? name : `${prefix}/${name}`);
  const shown = `s3://${Bucket}/${prefix}`;
  const failure = (code: 'ERR_FILE_READ' | 'ERR_FILE_WRITE', cause: unknown) =>
    new TorchError(code, `${shown}: ${(cause as Error).name}: ${(cause as Error).message}`, { cause });
  return {
    name: shown,
    async create(name, text) {
      const object = { Bucket, Key: keyOf(name), Body: text, ContentType: 'application/json', IfNoneMatch: '*' };
      try {
        await client.send(new s3.PutObjectCommand(object));
        return true;
      } catch (error) {
        if (statusOf(error) === 412) return false;
        throw failure('ERR_FILE_WRITE', error);
      }
    },
    async read(name) {
      try {
        const { Body } = await client.send(new s3.GetObjectCommand({ Bucket, Key: keyOf(name) }));
        return await Body?.transformToString();
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw failure('ERR_FILE_READ', error);
      }
    },
    async list() {
      const names: string[] = [];
      const Prefix = keyOf('');
      try {
        for await (const { Contents = [] } of s3.paginateListObjectsV2({ client }, { Bucket, Prefix }))
          for (const { Key = '' } of Contents) names.push(Key.slice(Prefix.length));
      } catch (error) {
        throw failure('ERR_FILE_READ', error);
      }
      return names;
    },
  };
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
