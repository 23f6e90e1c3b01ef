import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { libraryFile } from '../../lib/libtorch/locate.js';
import { RELEASE } from '../../lib/libtorch/setup.js';
import { ELF_X64, versionHeader } from './libtorch.js';
import { makeZip } from './zip.js';

/** How a server handles a request for the wheel, after serving the index page. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse, site: Site) => void;

/** A package index on this machine with one wheel, and the requests it got. */
export interface Site {
  readonly index: string;
  readonly wheel: Buffer;
  readonly sha256: string;
  readonly name: string;
  etag: string;
  /** The `Range` headers of the requests for the wheel, `''` for none. */
  readonly ranges: string[];
  /** How the next requests for the wheel are handled; the last entry stays. */
  behaviours: Behaviour[];
}

/** Serves `site.wheel`, from the requested start if the request is about the same file. */
export const serve: Behaviour = ({ headers }, response, { wheel, etag }) => {
  const start = headers['if-range'] === etag ? Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0) : 0;
  const size = wheel.length;
  response.writeHead(start > 0 ? 206 : 200, {
    etag,
    'content-length': size - start,
    ...(start > 0 && { 'content-range': `bytes ${start}-${size - 1}/${size}` }),
  });
  response.end(wheel.subarray(start));
};

/** Serves the first half and then cuts the connection. */
export const cut: Behaviour = (_request, response, { wheel, etag }) => {
  response.writeHead(200, { etag, 'content-length': wheel.length });
  response.write(wheel.subarray(0, wheel.length / 2), () => setTimeout(() => response.destroy(), 50));
};

/** Serves the first half and then stalls. */
export const stall: Behaviour = (_request, response, { wheel, etag }) => {
  response.writeHead(200, { etag, 'content-length': wheel.length });
  response.write(wheel.subarray(0, wheel.length / 2));
};

/** Starts a package index whose wheel contains a LibTorch that looks valid, and stops it when the test ends. */
export async function startSite(options: { sha256?: string; release?: string; cuda?: boolean } = {}): Promise<Site> {
  const wheel = makeWheel(options);
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    if (path === '/whl/cpu/torch/') {
      const href = `/whl/cpu/${encodeURIComponent(site.name)}#sha256=${options.sha256 ?? site.sha256}`;
      response.end(
        `<!DOCTYPE html><html><body><a href="/whl/cpu/other.whl">other</a><br/><a href="${href}">wheel</a></body></html>`,
      );
    } else if (path === `/whl/cpu/${site.name}`) {
      site.ranges.push(request.headers.range ?? '');
      const [behaviour = serve] = site.behaviours;
      if (site.behaviours.length > 1) site.behaviours.shift();
      behaviour(request, response, site);
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const site: Site = {
    index: `http://127.0.0.1:${(server.address() as AddressInfo).port}/whl/cpu`,
    wheel,
    sha256: createHash('sha256').update(wheel).digest('hex'),
    name: wheelName(),
    etag: '"first"',
    ranges: [],
    behaviours: [],
  };
  return site;
}

/** The name of the CPU wheel for this platform. */
export function wheelName(): string {
  const tags: Record<string, string> = {
    'linux-x64': '+cpu-cp311-cp311-manylinux_2_28_x86_64',
    'linux-arm64': '+cpu-cp311-cp311-manylinux_2_28_aarch64',
    'darwin-arm64': '-cp311-none-macosx_11_0_arm64',
    'win32-x64': '+cpu-cp311-cp311-win_amd64',
  };
  return `torch-${RELEASE}${tags[`${process.platform}-${process.arch}`]}.whl`;
}

/** Makes a wheel with a LibTorch that looks valid, some Python, and enough bytes to be cut in the middle. */
export function makeWheel({ release = RELEASE, cuda = false }: { release?: string; cuda?: boolean } = {}): Buffer {
  return makeZip({
    'torch/__init__.py': 'import sys\n',
    [`torch/lib/${libraryFile('c10')}`]: ELF_X64,
    [`torch/lib/${libraryFile('torch_cpu')}`]: Buffer.concat([ELF_X64, randomBytes(400_000)]),
    [`torch/lib/${libraryFile('torch_python')}`]: ELF_X64,
    ...(cuda && { [`torch/lib/${libraryFile('torch_cuda')}`]: ELF_X64 }),
    'torch/lib/libgomp.so.1': ELF_X64,
    'torch/include/torch/headeronly/version.h': versionHeader(release),
    'torch/version.py': `__version__ = '${release}+cpu'\n`,
    [`torch-${release}.dist-info/licenses/LICENSE`]: 'licence\n',
    [`torch-${release}.dist-info/METADATA`]: 'Name: torch\n',
  });
}
