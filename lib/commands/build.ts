import { print } from '../terminal/print.js';
import { parseArgs } from 'node:util';
import { ensureBinary } from '../libtorch/build.js';
import { checkPlatform } from '../libtorch/guards.js';
import { locate } from '../libtorch/locate.js';
import { createReporter } from '../terminal/progress.js';

/** What `torchloss build --help` prints. */
export const help = `torchloss build [options]

Compiles the addon for the LibTorch in use, if there is no binary for it or the sources have changed.
Needs cmake and a C++ compiler; set LIBTORCH to compile for another LibTorch.

  --force   recompile everything`;

/** Compiles the addon. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { force: { type: 'boolean' } } });
  checkPlatform();
  print(await ensureBinary(locate(), { ...values, reporter: createReporter() }));
  return 0;
}
