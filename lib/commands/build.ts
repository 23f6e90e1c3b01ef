import { print } from '../terminal/print.js';
import { parseArgs } from 'node:util';
import { ensureBinary } from '../libtorch/build.js';
import { checkPlatform } from '../libtorch/guards.js';
import { locate } from '../libtorch/locate.js';
import { createReporter } from '../terminal/progress.js';

/** What `torchloss build --help` prints. */
export const help = `torchloss build [options]

Compiles the addon for the LibTorch in use, if there is no binary for it or the
sources have changed. Needs cmake and a C++ compiler. Set LIBTORCH to compile
for another LibTorch.

  torchloss build
  LIBTORCH=/opt/libtorch torchloss build

  --force   recompile everything`;

/** Compiles the addon and prints the path of the binary. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { force: { type: 'boolean' } } });
  checkPlatform();
  print(await ensureBinary(locate(), { ...values, reporter: createReporter() }));
  return 0;
}
