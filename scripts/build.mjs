// `npm run build`: compiles the TypeScript and the addon, whatever of it has changed.
import { prepare, runScript } from './prepare.mjs';

await runScript(async () => {
  await prepare({ native: true });
  return 0;
});
