import { print } from '../terminal/print.js';
import { parseArgs } from 'node:util';
import type { Options } from './options.js';
import { ensureBinary } from '../libtorch/build.js';
import { checkPlatform } from '../libtorch/guards.js';
import { locate } from '../libtorch/locate.js';
import { createReporter, SILENT } from '../terminal/progress.js';

/** What `torchloss build --help` prints. */
export const help = `torchloss build [options]

Compiles the addon for the LibTorch in use, if there is no binary for it or the
sources have changed. Needs cmake and a C++ compiler. Set LIBTORCH to compile
for another LibTorch.

  torchloss build
  LIBTORCH=/opt/libtorch torchloss build

  --force      recompile everything
  --quiet, -q  no progress, only the path of the binary`;

export const options = {
  force: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
} as const satisfies Options;

/** Compiles the addon and prints the path of the binary. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options });
  checkPlatform();
  const { force, quiet } = values;
  print(await ensureBinary(locate(), { force, reporter: quiet ? SILENT : createReporter() }));
  return 0;
}
