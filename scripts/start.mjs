// `npm start`: prepares the clone and evaluates a loss on the digits example. Arguments are passed on to `torchloss evaluate
// --example`.
import { prepare, runNode, runScript } from './prepare.mjs';

await runScript(async () => {
  await prepare({ native: true });
  return runNode(['dist/cli.js', 'evaluate', '--example', ...process.argv.slice(2)]);
});
