// `npm run build`: compiles what has changed of the TypeScript and the addon.
import { prepare, runScript } from './prepare.mjs';

await runScript(async () => {
  await prepare({ native: true });
  return 0;
});
