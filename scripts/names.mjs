// `npm run docs:names` writes docs/guides/pytorch_names.md from the recorded lists of Python's names.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, runScript } from './prepare.mjs';
import { ROOT } from './root.mjs';

await runScript(async () => {
  await prepare();
  const { namesPage } = await import('./names/page.mjs');
  const { Tensor, torch } = await import('../dist/index.js');
  writeFileSync(join(ROOT, 'docs', 'guides', 'pytorch_names.md'), namesPage(torch, Tensor));
  return 0;
});
