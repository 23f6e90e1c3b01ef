/** Results in S3, or a store with its API. */
import { TorchError } from '../../base/errors.js';
import { openS3 } from '../../data/storage/s3.js';
import { decoded } from '../../data/url.js';
import type { ResultStore } from './store.js';

/** A prefix of a bucket. */
export async function s3Store(place: URL): Promise<ResultStore> {
  const { sdk, client } = await openS3('Storing results in S3');
  const Bucket = place.hostname;
  const prefix = decoded(place.pathname).replace(/^\/|\/$/g, '');
  const keyOf = (name: string) => (prefix === '' ? name : `${prefix}/${name}`);
  const shown = `s3://${Bucket}/${prefix}`;
  const failure = (code: 'ERR_FILE_READ' | 'ERR_FILE_WRITE', cause: unknown) =>
    new TorchError(code, `${shown}: ${(cause as Error).name}: ${(cause as Error).message}`, { cause });
  return {
    name: shown,
    async create(name, text) {
      const object = { Bucket, Key: keyOf(name), Body: text, ContentType: 'application/json', IfNoneMatch: '*' };
      try {
        await client.send(new sdk.PutObjectCommand(object));
        return true;
      } catch (error) {
        if (statusOf(error) === 412) return false;
        throw failure('ERR_FILE_WRITE', error);
      }
    },
    async read(name) {
      try {
        const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket, Key: keyOf(name) }));
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
        for await (const { Contents = [] } of sdk.paginateListObjectsV2({ client }, { Bucket, Prefix }))
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
