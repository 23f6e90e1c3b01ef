import { print } from '../terminal/print.js';
import { parseArgs } from 'node:util';
import { TorchError } from '../base/errors.js';
import { ensureBinary } from '../libtorch/build.js';
import { inspect } from '../libtorch/locate.js';
import type { LibTorch } from '../libtorch/places.js';
import { createReporter } from '../terminal/progress.js';
import { DOWNLOAD_SITE, RELEASE, record, setup } from '../libtorch/setup.js';

/** What `torchloss setup --help` prints. */
export const help = `torchloss setup [options] [LIBTORCH_FOLDER]

Finds LibTorch, or downloads LibTorch ${RELEASE} for the CPU, and compiles a binary for it if none fits.
With LIBTORCH_FOLDER, records that LibTorch as the one to use from now on.

  --fetch       use a downloaded LibTorch even if the machine has another
  --force       download it again even if it is in the cache
  --index URL   the package index to download from (${DOWNLOAD_SITE})
  --allow-http  take an index without TLS: whoever is on the way can then choose what is installed

The cache is TORCHLOSS_CACHE or your user cache folder, and for you alone. Whatever is downloaded must have the SHA-256 that
its index states. If the index cannot be reached, setup falls back to pip.`;

/** Prepares torchloss to run. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      fetch: { type: 'boolean' },
      force: { type: 'boolean' },
      index: { type: 'string' },
      'allow-http': { type: 'boolean' },
    },
  });
  if (positionals.length > 1) throw new TorchError('ERR_USAGE', 'setup: expected at most one folder');
  const reporter = createReporter();
  const [folder] = positionals;
  const { libtorch, binary } =
    folder === undefined
      ? await setup({ ...values, allowHttp: values['allow-http'] === true, reporter })
      : await adopt(folder);
  print(`LibTorch ${libtorch.version} (${libtorch.source}): ${libtorch.root}\nBinary: ${binary}`);
  return 0;

  async function adopt(root: string): Promise<{ libtorch: LibTorch; binary: string }> {
    const adopted = inspect(root, 'setup');
    const compiled = await ensureBinary(adopted, { reporter });
    await record(adopted);
    return { libtorch: adopted, binary: compiled };
  }
}
