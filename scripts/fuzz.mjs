// `npm run fuzz`: makes 100,000 calls of all public entries with arguments of all kinds, then as many calls of operators on one
// pool of tensors, half of them with the memory cache and half without, and then half as many of all operators with tensors
// that have no elements. Use `npm run fuzz -- CALLS [SEED]` for another
// number of calls, or to repeat a run; `npm run fuzz -- --parameters [PATTERN]` puts odd values in the place of each argument
// and option of the entries whose names match, which takes an hour for all of them. The entries and arguments are in test/fuzz.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { prepare, runScript } from './prepare.mjs';
import { ROOT } from './root.mjs';

await runScript(async () => {
  await prepare({ native: true });
  const { fuzz, NO_CACHE } = await import('../test/fuzz/start.mjs');
  const folder = pathToFileURL(join(ROOT, 'dist/')).href;
  if (process.argv[2] === '--parameters') {
    const { passed, report } = await fuzz(folder, { program: 'parameters', only: process.argv[3] });
    console.log(report);
    return passed ? 0 : 1;
  }
  const [calls = '100000', seed = String(Math.floor(Math.random() * 2 ** 31))] = process.argv.slice(2);
  console.log(`${calls} calls with seed ${seed}`);
  const half = Math.ceil(Number(calls) / 2);
  const runs = [
    { calls, seed },
    { program: 'state', calls: half, seed },
    { program: 'state', calls: half, seed: Number(seed) + 1, env: NO_CACHE },
    { program: 'shapes', calls: half, seed },
  ];
  let failed = 0;
  for (const run of runs) {
    const { passed, report } = await fuzz(folder, run);
    console.log(report);
    if (!passed) failed++;
  }
  return failed;
});
