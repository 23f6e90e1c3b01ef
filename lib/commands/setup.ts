import { print } from '../terminal/print.js';
import { parseArgs } from 'node:util';
import type { Options } from './options.js';
import { TorchError } from '../base/errors.js';
import { inspect } from '../libtorch/locate.js';
import type { LibTorch } from '../libtorch/places.js';
import { createReporter, SILENT } from '../terminal/progress.js';
import { DOWNLOAD_SITE, ensureUsable, RELEASE, record, setup } from '../libtorch/setup.js';

/** What `torchloss setup --help` prints. */
export const help = `torchloss setup [options] [LIBTORCH_FOLDER]

Finds LibTorch, or downloads LibTorch ${RELEASE} for the CPU, and compiles the
addon for it if no binary fits. With LIBTORCH_FOLDER, uses that LibTorch from
now on.

  torchloss setup
  torchloss setup /opt/libtorch

  --fetch       use a downloaded LibTorch even if the machine has another
  --force       download it again even if it is in the cache
  --index URL   the package index to download from
                (${DOWNLOAD_SITE})
  --allow-http  allow an index without TLS; anyone on the network path can then
                choose what is installed
  --quiet, -q   no progress, only the result

The cache is TORCHLOSS_CACHE or a folder in your user cache folder; nobody else
may be able to write to it. Downloads must match the SHA-256 in the index. If
the index cannot be reached, setup falls back to pip.`;

export const options = {
  fetch: { type: 'boolean' },
  force: { type: 'boolean' },
  index: { type: 'string' },
  'allow-http': { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
} as const satisfies Options;
export const words = 'file';

/** Prepares torchloss to run. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  if (positionals.length > 1) throw new TorchError('ERR_USAGE', 'setup: expected at most one folder');
  const { quiet = false, 'allow-http': allowHttp = false, ...choices } = values;
  const reporter = quiet ? SILENT : createReporter();
  const [folder] = positionals;
  const { libtorch, binary } =
    folder === undefined ? await setup({ ...choices, allowHttp, reporter }) : await adopt(folder);
  print(`LibTorch ${libtorch.version} (${libtorch.source}): ${libtorch.root}\nBinary: ${binary}`);
  return 0;

  async function adopt(root: string): Promise<{ libtorch: LibTorch; binary: string }> {
    const adopted = inspect(root, 'setup');
    const compiled = await ensureUsable(adopted, { reporter });
    await record(adopted);
    return { libtorch: adopted, binary: compiled };
  }
}
