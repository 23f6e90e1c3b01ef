/** An object store over HTTP that serves S3 as well as plain PUT and GET. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A running store. */
export interface ObjectStore {
  readonly url: string;
  /** The objects by their paths. */
  readonly objects: Map<string, string>;
  /** The requests: method, path with query, and headers. */
  readonly requests: { method: string; path: string; headers: IncomingMessage['headers'] }[];
  /** Answers to use instead for the next requests. */
  readonly failures: number[];
}

/** Starts a store that ends with the test. */
export async function startObjectStore(): Promise<ObjectStore> {
  const store: Omit<ObjectStore, 'url'> = { objects: new Map(), requests: [], failures: [] };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(store, request, bodyOf(request, Buffer.concat(chunks)), response));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { ...store, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** The body without the frames in which the AWS SDK signs it. */
function bodyOf({ headers }: IncomingMessage, bytes: Buffer): string {
  if (!headers['content-encoding']?.includes('aws-chunked')) return bytes.toString();
  let text = '';
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, end), 16);
    if (size === 0) return text;
    text += bytes.toString('utf8', end + 2, end + 2 + size);
    at = end + 2 + size + 2;
  }
}

function answer(
  { objects, requests, failures }: Omit<ObjectStore, 'url'>,
  { method = '', url = '', headers }: IncomingMessage,
  body: string,
  response: ServerResponse,
): void {
  requests.push({ method, path: url, headers });
  const { pathname, searchParams } = new URL(url, 'http://store');
  const failure = failures.shift();
  if (failure !== undefined) response.writeHead(failure).end();
  else if (method === 'PUT' && headers['if-none-match'] === '*' && objects.has(pathname)) response.writeHead(412).end();
  else if (method === 'PUT') {
    objects.set(pathname, body);
    response.writeHead(200).end();
  } else if (searchParams.has('list-type')) {
    const prefix = `${pathname.replace(/\/$/, '')}/${searchParams.get('prefix') ?? ''}`;
    const keys = [...objects.keys()].filter((key) => key.startsWith(prefix));
    const contents = keys.map((key) => `<Contents><Key>${key.split('/').slice(2).join('/')}</Key></Contents>`).join('');
    response.writeHead(200, { 'content-type': 'application/xml' });
    response.end(
      `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>${contents}</ListBucketResult>`,
    );
  } else if (objects.has(pathname)) response.writeHead(200).end(objects.get(pathname));
  else response.writeHead(404).end();
}
