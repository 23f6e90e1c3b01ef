// Stands in for node-gyp when prebuildify calls it: `node_gyp.mjs LIBTORCH_FOLDER rebuild ...`. It compiles the addon
// with cmake-js, unless that is already done, and puts it where node-gyp would.
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
