// `npm run docs:losses` writes the pages and pictures of the losses, docs/losses, from their rows and doc comments.
// With --check it writes nothing, prints which of them are out of date, and exits with 1 if any is.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, runScript } from './prepare.mjs';
import { ROOT } from './root.mjs';

const FOLDER = join(ROOT, 'docs', 'losses');

await runScript(async () => {
  const check = process.argv.includes('--check');
  if (!check) await prepare({ native: true });
  const { writePages } = await import('./docs/pages.mjs');
  const files = writePages();
  mkdirSync(FOLDER, { recursive: true });
  const found = new Map(readdirSync(FOLDER).map((file) => [file, readFileSync(join(FOLDER, file), 'utf8')]));
  const changed = [...new Set([...files.keys(), ...found.keys()])].filter(
    (file) => files.get(file) !== found.get(file),
  );
  if (check) {
    for (const file of changed) console.log(`docs/losses/${file} is out of date; run: npm run docs:losses`);
    return changed.length === 0 ? 0 : 1;
  }
  for (const file of changed) {
    if (files.has(file)) writeFileSync(join(FOLDER, file), files.get(file));
    else rmSync(join(FOLDER, file));
  }
  console.log(`docs/losses: ${files.size} files, ${changed.length} written or removed`);
  return 0;
});
