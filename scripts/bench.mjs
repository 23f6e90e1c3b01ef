// `npm run bench`: makes the clone ready and compares torchloss with C++ and Python on the same LibTorch. What is
// measured, and the arguments, are in bench/README.md.
import { prepare, runScript } from './prepare.mjs';

await runScript(async () => {
  await prepare({ native: true });
  const { bench } = await import('../bench/run.mjs');
  return bench(process.argv.slice(2));
});
