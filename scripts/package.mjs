// `npm run package`: packs the package for `npm publish` into build/. With --all it fails unless the binaries of every
// platform are included.
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LIBTORCHS, PLATFORMS } from './binaries.mjs';
import { prepare, runNpm, runScript } from './prepare.mjs';
import { ROOT, Stop } from './root.mjs';

await runScript(async () => {
  await prepare();
  if (process.argv.includes('--all')) checkPrebuilds();
  const destination = join(ROOT, 'build');
  mkdirSync(destination, { recursive: true });
  return runNpm(['pack', '--pack-destination', destination]).status ?? 1;
});

function checkPrebuilds() {
  const missing = LIBTORCHS.flatMap((minor) =>
    PLATFORMS.map((platform) => join('prebuilds', `libtorch-${minor}`, 'prebuilds', platform)),
  ).filter((folder) => !existsSync(join(ROOT, folder)) || readdirSync(join(ROOT, folder)).length === 0);
  if (missing.length > 0) throw new Stop(`there is no binary in ${missing.join(', ')}`);
}
