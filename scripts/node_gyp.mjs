// Stands in for node-gyp when prebuildify calls it: `node_gyp.mjs LIBTORCH_FOLDER rebuild ...`. The addon is compiled by
// cmake-js, as always, unless that is done already, and put where node-gyp would put it.
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from './prepare.mjs';

await runScript(async () => {
  const { ensureBinary } = await import('../dist/libtorch/build.js');
  const { inspect } = await import('../dist/libtorch/locate.js');
  const { createReporter } = await import('../dist/terminal/progress.js');
  const binary = await ensureBinary(inspect(process.argv[2], 'LIBTORCH'), { reporter: createReporter() });
  const folder = join(process.cwd(), 'build', 'Release');
  mkdirSync(folder, { recursive: true });
  copyFileSync(binary, join(folder, 'torchloss.node'));
  return 0;
});
