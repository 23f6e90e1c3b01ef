// `npm run bench`: prepares the clone and compares torchloss with C++ and Python on the same LibTorch. See bench/README.md for
// the arguments and what is measured.
import { prepare, runScript } from './prepare.mjs';

await runScript(async () => {
  await prepare({ native: true });
  const { bench } = await import('../bench/run.mjs');
  return bench(process.argv.slice(2));
});
