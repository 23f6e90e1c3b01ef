// `npm run fuzz`: calls every public entry with arguments of all kinds, 100,000 times. `npm run fuzz -- CALLS [SEED]` for
// another number of calls or to repeat a run. What the entries and the arguments are is in test/fuzz.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { prepare, runScript } from './prepare.mjs';
import { ROOT } from './root.mjs';

await runScript(async () => {
  await prepare({ native: true });
  const [calls = '100000', seed = String(Math.floor(Math.random() * 2 ** 31))] = process.argv.slice(2);
  console.log(`${calls} calls with seed ${seed}`);
  const { fuzz } = await import('../test/fuzz/start.mjs');
  const { passed, report } = await fuzz(pathToFileURL(join(ROOT, 'dist/')).href, { calls, seed });
  console.log(report);
  return passed ? 0 : 1;
});
