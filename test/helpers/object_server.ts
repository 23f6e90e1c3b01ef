/** A server on this machine with one file, which fails on purpose. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** How a server handles a request. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse, site: ObjectSite) => void;

/** A server, its file, and the requests it got. */
export interface ObjectSite {
  readonly origin: string;
  content: Buffer;
  etag: string | undefined;
  readonly requests: { readonly url: string; readonly headers: IncomingMessage['headers'] }[];
  /** How the next requests are handled; the last entry stays. */
  behaviours: Behaviour[];
}

/** The requested range, within the file. */
export function rangeOf({ headers }: IncomingMessage, size: number): { start: number; end: number } {
  const [, start, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
  return { start: Number(start), end: Math.min(size, Number(last) + 1) };
}

function head({ start, end }: { start: number; end: number }, { content, etag }: ObjectSite) {
  return {
    ...(etag !== undefined && { etag }),
    'content-length': end - start,
    'content-range': `bytes ${start}-${end - 1}/${content.length}`,
  };
}

/** Serves ranges as a server should. */
export const ranges: Behaviour = (request, response, site) => {
  const { content, etag } = site;
  const range = rangeOf(request, content.length);
  const wanted = request.headers['if-match'];
  if (wanted !== undefined && wanted !== etag) response.writeHead(412).end();
  else if (range.start >= content.length)
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
  else response.writeHead(206, head(range, site)).end(content.subarray(range.start, range.end));
};

/** Serves a third of the range and then breaks the connection. */
export const breaks: Behaviour = (request, response, site) => {
  const range = rangeOf(request, site.content.length);
  const part = site.content.subarray(range.start, range.start + Math.ceil((range.end - range.start) / 3));
  response.writeHead(206, head(range, site));
  response.write(part, () => setTimeout(() => response.destroy(), 20));
};

/** Breaks the connection without an answer. */
export const refuses: Behaviour = (_request, response) => {
  response.destroy();
};

/** Serves the whole file, whatever was requested. */
export const whole: Behaviour = (_request, response, { content, etag }) => {
  response.writeHead(200, { ...(etag !== undefined && { etag }), 'content-length': content.length }).end(content);
};

/** Serves half of the whole file and then breaks the connection. */
export const wholeBreaks: Behaviour = (_request, response, { content }) => {
  response.writeHead(200, { 'content-length': content.length });
  response.write(content.subarray(0, content.length / 2), () => setTimeout(() => response.destroy(), 20));
};

/** Answers with a status. */
export const status =
  (code: number, headers: Record<string, string> = {}): Behaviour =>
  (_request, response) => {
    response.writeHead(code, headers).end('no');
  };

/** Serves other bytes than requested. */
export const wrongRange: Behaviour = (request, response, site) => {
  const { start, end } = rangeOf(request, site.content.length);
  const range = { start: start + 1, end };
  response.writeHead(206, head(range, site)).end(site.content.subarray(range.start, range.end));
};

/** Serves more bytes than requested. */
export const tooMuch: Behaviour = (request, response, site) => {
  const range = rangeOf(request, site.content.length);
  const { 'content-length': _, ...headers } = head(range, site);
  response.writeHead(206, headers).end(Buffer.concat([site.content.subarray(range.start, range.end), Buffer.alloc(9)]));
};

/** Starts a server, and stops it when the test ends. */
export async function startObjectServer(content: Buffer, ...behaviours: Behaviour[]): Promise<ObjectSite> {
  const server = createServer((request, response) => {
    site.requests.push({ url: request.url ?? '', headers: request.headers });
    const behaviour = (site.behaviours.length > 1 ? site.behaviours.shift() : site.behaviours[0]) as Behaviour;
    behaviour(request, response, site);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const site: ObjectSite = { origin, content, etag: '"one"', requests: [], behaviours };
  return site;
}
