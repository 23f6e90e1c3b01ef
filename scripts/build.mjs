// `npm run build`: compiles the TypeScript and the addon, as far as they have changed.
import { prepare, runScript } from './prepare.mjs';

await runScript(async () => {
  await prepare({ native: true });
  return 0;
});
