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
  readonly sha256: string;
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

const PLATFORM_TAGS: Readonly<Record<string, RegExp>> = {
  'linux-x64': /linux.*_x86_64$/,
  'linux-arm64': /linux.*_aarch64$/,
  'darwin-arm64': /^macosx_.*_(arm64|universal2)$/,
  'win32-x64': /^win_amd64$/,
};

/**
 * Finds the CPU wheel of PyTorch `version` for a platform on a package index's page. The wheel's Python version does
 * not matter, since the libraries are the same. Links without a SHA-256 are ignored.
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
  const tag = PLATFORM_TAGS[platform];
  for (const [, href = ''] of html.matchAll(/<a\s[^>]*?href="([^"]+)"/gi)) {
    const url = new URL(href.replaceAll('&amp;', '&'), page);
    const name = decodeURIComponent(url.pathname.slice(url.pathname.lastIndexOf('/') + 1));
    const [, release, local, wheelTag] = /^torch-([\d.]+)(\+cpu)?-cp3\d+-[^-]+-(.+)\.whl$/.exec(name) ?? [];
    const sha256 = /^#sha256=([0-9a-f]{64})$/.exec(url.hash)?.[1];
    // Wheels for macOS never have CUDA, and so no "+cpu"; elsewhere a plain version may be for CUDA.
    const cpu = local !== undefined || platform.startsWith('darwin');
    if (release !== version || !cpu || !wheelTag || !tag?.test(wheelTag) || !sha256) continue;
    url.hash = '';
    return { name, url: url.href, sha256 };
  }
  return undefined;
}

/**
 * Extracts LibTorch from a PyTorch wheel into `folder`, where it is then found as `torch/`.
 *
 * @throws TorchError `ERR_SETUP` if the wheel is damaged or does not contain LibTorch
 */
export async function extractLibTorch(wheel: string, folder: string, reporter: Reporter = SILENT): Promise<void> {
  const base = resolve(folder);
  let libraries = 0;
  try {
    const zip = await openPromise(wheel);
    const total = zip.fileSize;
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName;
      if (name.endsWith('/') || UNWANTED.test(name) || !WANTED.some((pattern) => pattern.test(name))) continue;
      const target = resolve(base, name);
      if (!target.startsWith(base + sep)) throw new Error(`it contains a path outside its folder: ${name}`);
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
