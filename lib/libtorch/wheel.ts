import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';
import { TorchError } from '../base/errors.js';
import { type Reporter, SILENT } from '../terminal/progress.js';

/** A wheel on an index page. */
export interface WheelLink {
  readonly name: string;
  readonly url: string;
  /** Its hash, where the page states it. */
  readonly sha256: string | undefined;
}

/** The files of a PyTorch wheel that make up LibTorch: libraries, headers, version and licences. */
const WANTED = [
  /^torch\/lib\/[^/]+\.(so|dylib|dll|lib)([.\d]*)$/,
  /^torch\.libs\/[^/]+$/,
  /^torch\/include\//,
  /^torch\/version\.py$/,
  /\.dist-info\/licenses\//,
];

/** Libraries only for Python or PyTorch's own tests. */
const UNWANTED =
  /^torch\/lib\/(lib)?(torch_python|shm|aoti_custom_ops|backend_with_compiler|jitbackend_test|torchbind_test)\./;

const PLATFORM_TAGS: Readonly<Record<string, (tag: string) => boolean>> = {
  'linux-x64': (tag) => tag.includes('linux') && tag.endsWith('_x86_64'),
  'linux-arm64': (tag) => tag.includes('linux') && tag.endsWith('_aarch64'),
  'darwin-arm64': (tag) => tag.startsWith('macosx_') && /_(?:arm64|universal2)$/.test(tag),
  'win32-x64': (tag) => tag === 'win_amd64',
};

/**
 * Finds the CPU wheel of PyTorch `version` for a platform on a package index's page. The wheel's Python version does
 * not matter, since the libraries are the same. One with a SHA-256 goes before those without.
 *
 * @param html - the page
 * @param page - the page's URL, which its links are relative to
 * @param platform - `linux-x64` and the like
 */
export function findWheel(
  html: string,
  page: string,
  version: string,
  platform = `${process.platform}-${process.arch}`,
): WheelLink | undefined {
  const isOurs = PLATFORM_TAGS[platform];
  let unhashed: WheelLink | undefined;
  for (const link of readLinks(html, page)) {
    const [, release, local, wheelTag] = /^torch-([\d.]+)(\+cpu)?-cp3\d+-\w+-([\w.]+)\.whl$/.exec(link.name) ?? [];
    // Wheels for macOS never have CUDA, and so no "+cpu"; elsewhere a plain version may be for CUDA.
    const cpu = local !== undefined || platform.startsWith('darwin');
    if (release !== version || !cpu || !wheelTag || !isOurs?.(wheelTag)) continue;
    if (link.sha256 !== undefined) return link;
    unhashed ??= link;
  }
  return unhashed;
}

/** The files that a page links to. A name is the last part of a path: one with a separator in it is none. */
export function readLinks(html: string, page: string): WheelLink[] {
  return html.split('<').flatMap((piece) => {
    if (!/^a\s/i.test(piece)) return [];
    const [element = ''] = piece.split('>', 1);
    const href = /\shref="([^"]+)"/i.exec(element)?.[1]?.replaceAll('&amp;', '&');
    if (href === undefined || !URL.canParse(href, page)) return [];
    const url = new URL(href, page);
    const sha256 = /^#sha256=([0-9a-f]{64})$/.exec(url.hash)?.[1];
    url.hash = '';
    let name: string;
    try {
      name = decodeURIComponent(url.pathname.slice(url.pathname.lastIndexOf('/') + 1));
    } catch {
      return [];
    }
    return /^[\w.+-]+$/.test(name) && !name.startsWith('.') ? [{ name, url: url.href, sha256 }] : [];
  });
}

/** More than any LibTorch takes when it is unpacked. */
const MAX_UNPACKED = 2 ** 34;

/**
 * Extracts LibTorch from a PyTorch wheel into `folder`, where it is then found as `torch/`.
 *
 * @throws TorchError `ERR_SETUP` if the wheel is damaged or does not contain LibTorch
 */
export async function extractLibTorch(wheel: string, folder: string, reporter: Reporter = SILENT): Promise<void> {
  const base = resolve(folder);
  let libraries = 0;
  let unpacked = 0;
  try {
    const zip = await openPromise(wheel);
    const total = zip.fileSize;
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName;
      if (name.endsWith('/') || UNWANTED.test(name) || !WANTED.some((pattern) => pattern.test(name))) continue;
      const target = resolve(base, name);
      if (!target.startsWith(base + sep)) throw new Error(`it contains a path outside its folder: ${name}`);
      unpacked += entry.uncompressedSize; // which yauzl holds the data to
      if (unpacked > MAX_UNPACKED) throw new Error(`it unpacks to more than ${MAX_UNPACKED} bytes`);
      await mkdir(dirname(target), { recursive: true });
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target));
      reporter.progress('Extracting LibTorch', entry.relativeOffsetOfLocalHeader + entry.compressedSize, total);
      if (name.startsWith('torch/lib/')) libraries += 1;
    }
    reporter.progress('Extracting LibTorch', total, total);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new TorchError('ERR_SETUP', `${wheel} cannot be extracted: ${reason}`, { cause });
  } finally {
    reporter.done();
  }
  if (libraries === 0) throw new TorchError('ERR_SETUP', `${wheel} does not contain LibTorch`);
}
