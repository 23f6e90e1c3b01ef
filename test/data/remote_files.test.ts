/** Files by URL, on servers that fail on purpose. */
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { open, type OpenOptions } from '../../lib/data/index.js';
import { httpFile } from '../../lib/data/storage/http.js';
import { fixture } from '../helpers/data.js';
import {
  type Behaviour,
  breaks,
  ranges,
  refuses,
  startObjectServer,
  status,
  tooMuch,
  whole,
  wholeBreaks,
  wrongRange,
} from '../helpers/object_server.js';

const ROWS = 700_000;
const numbers = Float32Array.from({ length: 2 * ROWS }, (_, index) => index);
/** An array of several blocks. */
const big = npyOf();

function npyOf(): Buffer {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${ROWS}, 2), }`;
  const header = text.padEnd(118 - 1) + '\n';
  return Buffer.concat([
    Buffer.from('\u0093NUMPY\u0001\u0000v\u0000', 'latin1'),
    Buffer.from(header),
    Buffer.from(numbers.buffer),
  ]);
}

async function read(file: string | URL, options?: OpenOptions): Promise<number[]> {
  const source = await open(file, options);
  try {
    return Array.from(await source.rows(0, source.shape[0] as number), Number);
  } finally {
    await source.close();
  }
}

/** Reads the large array in batches, and compares it. */
async function readBig(url: string): Promise<void> {
  const source = await open(url);
  expect(source.shape).toEqual([ROWS, 2]);
  for (let start = 0; start < ROWS; start += 99_999) {
    const end = Math.min(ROWS, start + 99_999);
    const rows = await source.rows(start, end);
    expect(
      Buffer.compare(
        Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength),
        Buffer.from(numbers.buffer, 8 * start, 8 * (end - start)),
      ),
    ).toBe(0);
  }
  // Back to the beginning, and all at once.
  expect((await source.rows(0, 2)).join()).toBe('0,1,2,3');
  const all = await source.rows(0, ROWS);
  expect(Buffer.compare(Buffer.from(all.buffer, all.byteOffset, all.byteLength), Buffer.from(numbers.buffer))).toBe(0);
  await source.close();
}

const temporary = () => readdirSync(tmpdir()).filter((name) => /^torchloss-\w{6}$/.test(name)).length;

describe('files on a server', () => {
  it('are read by ranges', async () => {
    const site = await startObjectServer(big, ranges);
    await readBig(`${site.origin}/big.npy`);
    const sizes = site.requests.map(({ headers }) => {
      const [, start, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range as string) ?? [];
      return Number(last) + 1 - Number(start);
    });
    expect(Math.max(...sizes)).toBeLessThanOrEqual(big.length);
    // All of it twice, and a few more blocks.
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(3 * big.length);
    expect(site.requests.slice(1).every(({ headers }) => headers['if-match'] === '"one"')).toBe(true);
  });

  it.each([
    'f4.npy',
    'stored.npz#logits',
    'deflated.npz#logits',
    'only.safetensors',
    'table.parquet#logits',
    'table.arrow#logits',
    'table.arrows#logits',
    'labels.csv',
    'savetxt.csv',
  ])('are read like local files: %s', async (name) => {
    const [, path = name, key = ''] = /^(.*?)(#.*)$/.exec(name) ?? [];
    const site = await startObjectServer(readFileSync(fixture(path)), ranges);
    const local = await read(fixture(name));
    expect(await read(`${site.origin}/${path}?signature=1${key}`)).toEqual(local);
    expect(await read(new URL(`${site.origin}/a/b?name=${path}${key}`))).toEqual(local);
  });

  it('may be compressed, empty, and several', async () => {
    const site = await startObjectServer(gzipSync('a\n1\n2\n'), ranges);
    expect(await read(`${site.origin}/x.csv.gz`)).toEqual([1, 2]);
    expect(await read(`${site.origin}/x`)).toEqual([1, 2]);
    const source = await open([`${site.origin}/1.csv.gz`, `${site.origin}/2.csv.gz`]);
    expect(Array.from(await source.rows(0, 4), Number)).toEqual([1, 2, 1, 2]);
    expect(source.files?.map(({ path }) => path)).toEqual([`${site.origin}/1.csv.gz`, `${site.origin}/2.csv.gz`]);
    await source.close();
    site.content = Buffer.alloc(0);
    await expect(read(`${site.origin}/x.csv`)).rejects.toThrow('/x.csv: expected at least one row, got an empty file');
  });

  it.each<[title: string, behaviours: Behaviour[]]>([
    ['breaks connections', [breaks, breaks, ranges, breaks, refuses, breaks, ranges]],
    ['is busy', [status(503, { 'retry-after': '0' }), ranges, status(429), ranges, status(500), status(502), ranges]],
    ['does not support ranges', [whole]],
    ['does not support ranges and breaks connections', [wholeBreaks, refuses, whole]],
  ])('are read whole from one that %s', async (_, behaviours) => {
    const before = temporary();
    const site = await startObjectServer(big, ...behaviours);
    await readBig(`${site.origin}/big.npy`);
    expect(temporary()).toBe(before);
  });

  it('are requested again only from where they broke off', async () => {
    const site = await startObjectServer(big, ranges, breaks, ranges);
    const source = await open(`${site.origin}/big.npy`);
    await source.rows(0, ROWS);
    await source.close();
    const starts = site.requests.map(({ headers }) => Number(/\d+/.exec(headers.range as string)?.[0]));
    expect(starts.length).toBeGreaterThanOrEqual(3);
    expect(new Set(starts).size).toBe(starts.length);
  });

  it.each<[title: string, behaviours: Behaviour[], error: string, message: string, requests: number]>([
    ['absent', [status(404)], 'ERR_FILE_READ', 'the server answered 404 Not Found', 1],
    [
      'forbidden',
      [status(403)],
      'ERR_FILE_READ',
      'the server answered 403 Forbidden; a presigned URL may have expired',
      1,
    ],
    [
      'never served',
      [status(503, { 'retry-after': '0' })],
      'ERR_FILE_READ',
      'the server answered 503 Service Unavailable, 5 times in a row',
      5,
    ],
    ['never sent', [refuses], 'ERR_FILE_READ', 'no connection: ', 5],
    [
      'of another range',
      [wrongRange],
      'ERR_FILE_READ',
      'asked for bytes from 0 on, the server sent bytes from 1 on',
      1,
    ],
    ['sent beyond their range', [tooMuch], 'ERR_FILE_READ', 'the server sent more bytes than were asked for', 1],
    ['parts of nothing', [status(206)], 'ERR_FILE_READ', 'the server sent a part of the file without saying which', 1],
  ])('that are %s are an error without the query', async (_, behaviours, code, message, requests) => {
    const site = await startObjectServer(big, ...behaviours);
    const opened = open(`${site.origin}/big.npy?X-Amz-Signature=secret`);
    await expect(opened).rejects.toMatchObject({ code });
    await expect(opened).rejects.toThrow(`${site.origin}/big.npy: ${message}`);
    await opened.catch((error: unknown) =>
      expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('secret'),
    );
    expect(site.requests).toHaveLength(requests);
  });

  it.each<[title: string, change: (site: { etag: string | undefined; content: Buffer }) => void]>([
    [
      'a tag',
      (site) => {
        site.etag = '"two"';
      },
    ],
    [
      'a size',
      (site) => {
        site.content = Buffer.concat([big, big]);
      },
    ],
    [
      'no tag',
      (site) => {
        site.etag = undefined;
      },
    ],
    [
      'no content',
      (site) => {
        site.content = Buffer.alloc(0);
      },
    ],
  ])('with another %s than before count as changed', async (_, change) => {
    const careless: Behaviour = (request, response, site) => {
      delete request.headers['if-match'];
      ranges(request, response, site);
    };
    for (const behaviour of [ranges, careless]) {
      const site = await startObjectServer(big, behaviour);
      const source = await open(`${site.origin}/big.npy`);
      await source.rows(0, 10);
      change(site);
      await expect(source.rows(600_000, 600_010)).rejects.toMatchObject({
        code: 'ERR_FILE_CHANGED',
        message: `${site.origin}/big.npy: the file changed on the server while it was read`,
      });
      await source.close();
    }
  });

  it('are compared by weak tags, which are not sent in requests', async () => {
    const site = await startObjectServer(big, ranges);
    site.etag = 'W/"one"';
    await readBig(`${site.origin}/big.npy`);
    expect(site.requests.some(({ headers }) => 'if-match' in headers)).toBe(false);
    const source = await open(`${site.origin}/big.npy`);
    site.etag = 'W/"two"';
    await expect(source.rows(600_000, 600_010)).rejects.toMatchObject({ code: 'ERR_FILE_CHANGED' });
    await source.close();
  });

  it('can be closed while they are read', async () => {
    const site = await startObjectServer(big, ranges, (_request, response) => void response.writeHead(206));
    const source = await open(`${site.origin}/big.npy`);
    const reading = source.rows(0, ROWS);
    await source.close();
    await expect(reading).rejects.toMatchObject({ code: 'ERR_DISPOSED' });
    await expect(source.rows(0, 1)).rejects.toMatchObject({ code: 'ERR_DISPOSED' });
  });
});

describe('redirects', () => {
  const to =
    (url: string): Behaviour =>
    (_request, response) =>
      void response.writeHead(307, { location: url }).end();

  it('are followed, without credentials if they lead to another server', async () => {
    const other = await startObjectServer(big, ranges);
    const site = await startObjectServer(big, to(`${other.origin}/elsewhere?token=1`));
    const named = site.origin.replace('//', '//me:pass%20word@');
    await readBig(`${named}/big.npy`);
    expect(site.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('me:pass word').toString('base64')}`);
    expect(other.requests.some(({ headers }) => 'authorization' in headers)).toBe(false);
    const opened = open(`${named}/absent.npy`);
    other.behaviours = [status(404)];
    await expect(opened).rejects.toThrow(`${site.origin}/absent.npy: the server answered 404`);
  });

  it.each<[title: string, target: string, message: string]>([
    [
      'to another machine, unencrypted',
      'http://192.0.2.1/x.npy?secret',
      'http://192.0.2.1/x.npy is not encrypted: use https:, or set allow_http to true',
    ],
    ['to a file', 'file:///etc/passwd', 'is not encrypted'],
    ['to nowhere', 'http://[', 'the server redirects to an invalid URL'],
    ['in a circle', '/again', 'the server redirects more than 5 times'],
  ])('%s are refused', async (_, target, message) => {
    const site = await startObjectServer(big, to(target));
    const opened = open(`${site.origin}/x.npy`);
    await expect(opened).rejects.toMatchObject({ code: 'ERR_FILE_READ' });
    await expect(opened).rejects.toThrow(message);
    await opened.catch((error: Error) => expect(error.message).not.toContain('secret'));
  });
});

describe('https: URLs', () => {
  it('may not redirect to http:, not even on this machine', async () => {
    const asked: unknown[] = [];
    vi.stubGlobal('fetch', async (url: URL) => {
      asked.push(url.href);
      return new Response(null, { status: 302, headers: { location: 'http://localhost/x.npy?secret' } });
    });
    onTestFinished(() => void vi.unstubAllGlobals());
    await expect(open('https://example.com/x.npy?secret')).rejects.toMatchObject({
      code: 'ERR_FILE_READ',
      message: 'https://example.com/x.npy: the server redirects to http://localhost/x.npy, which is not encrypted',
    });
    expect(asked).toEqual(['https://example.com/x.npy?secret']);
  });
});

describe('http: URLs', () => {
  it('are limited to this machine unless allowed', async () => {
    await expect(open('http://192.0.2.1/x.npy?secret')).rejects.toMatchObject({
      code: 'ERR_FILE_READ',
      message: 'http://192.0.2.1/x.npy: http://192.0.2.1/x.npy is not encrypted: use https:, or set allow_http to true',
    });
    expect(httpFile(new URL('http://192.0.2.1/x.npy'), true).name).toBe('http://192.0.2.1/x.npy');
    await expect(open('x.npy', { allow_http: 'yes' as never })).rejects.toMatchObject({ parameter: 'allow_http' });
  });

  it.each<[url: string | URL, expected: string]>([
    ['https://', 'a valid URL'],
    ['https://exa mple/?secret', 'a valid URL'],
    [new URL('ftp://example.com/x.npy'), 'a file:, https:, http: or s3: URL'],
    ['s3://bucket', 's3://BUCKET/OBJECT'],
    ['s3:///x.npy', 's3://BUCKET/OBJECT'],
  ])('must be valid: %s', async (url, expected) => {
    const opened = open(url);
    await expect(opened).rejects.toMatchObject({ parameter: 'file', expected });
    await opened.catch((error: Error) => expect(error.message).not.toContain('secret'));
  });
});

describe('s3: URLs', () => {
  /** A bucket on a server on this machine, which the AWS SDK is configured to use. */
  async function bucket(content: Buffer, ...behaviours: Behaviour[]) {
    const site = await startObjectServer(content, ...behaviours);
    vi.stubEnv('AWS_ENDPOINT_URL_S3', site.origin);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'someone');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'hidden');
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    onTestFinished(() => void vi.unstubAllEnvs());
    return site;
  }

  /** An error in S3's format. */
  const failure =
    (code: number, name: string): Behaviour =>
    (_request, response) => {
      const text = `<?xml version="1.0"?><Error><Code>${name}</Code><Message>It is so.</Message></Error>`;
      response.writeHead(code, { 'content-type': 'application/xml' }).end(text);
    };

  it('are read by ranges, despite broken connections', async () => {
    const site = await bucket(big, breaks, ranges, failure(503, 'SlowDown'), refuses, ranges);
    await readBig('s3://store/some folder/big.npy');
    for (const { url, headers } of site.requests) {
      expect(url).toMatch(/^\/store\/some%20folder\/big\.npy(?:\?x-id=GetObject)?$/);
      expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=someone\/\d+\/eu-central-1\/s3\//);
    }
    expect(site.requests.at(-1)?.headers['if-match']).toBe('"one"');
  });

  it('may be tables, empty, or on a server without ranges', async () => {
    const site = await bucket(readFileSync(fixture('table.parquet')), ranges);
    const local = await read(fixture('table.parquet#logits'));
    expect(await read('s3://store/table.parquet#logits')).toEqual(local);
    expect(await read(new URL('s3://store/table.parquet#logits'))).toEqual(local);
    site.behaviours = [whole];
    expect(await read('s3://store/table.parquet#logits')).toEqual(local);
    site.behaviours = [ranges];
    site.content = Buffer.alloc(0);
    await expect(read('s3://store/x.csv')).rejects.toThrow('s3://store/x.csv: expected at least one row');
  });

  it.each<[title: string, behaviour: Behaviour, message: string, requests: number]>([
    ['absent', failure(404, 'NoSuchKey'), 'the server answered 404 NoSuchKey: It is so.', 1],
    ['forbidden', failure(403, 'AccessDenied'), 'the server answered 403 AccessDenied: It is so.', 1],
    ['never served', failure(503, 'SlowDown'), 'the server answered 503 SlowDown: It is so., 5 times in a row', 5],
  ])('that are %s are an error', async (_, behaviour, message, requests) => {
    const site = await bucket(big, behaviour);
    await expect(open('s3://store/x.npy')).rejects.toMatchObject({
      code: 'ERR_FILE_READ',
      message: `s3://store/x.npy: ${message}`,
    });
    expect(site.requests).toHaveLength(requests);
  });

  it('that change while they are read are an error', async () => {
    const site = await bucket(big, ranges);
    const source = await open('s3://store/big.npy');
    site.etag = '"two"';
    await expect(source.rows(600_000, 600_010)).rejects.toMatchObject({ code: 'ERR_FILE_CHANGED' });
    await source.close();
  });
});
