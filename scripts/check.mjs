// `npm run check`: checks format, lint rules, layers and types of everything in the clone, and runs none of it.
// With --fix-native it only formats the C++.
import { join } from 'node:path';
import { filesBelow, installIn, prepare, program, runNode, runScript } from './prepare.mjs';
import { ROOT } from './root.mjs';

const native = filesBelow('binding').filter((file) => /\.(cpp|h)$/.test(file));
const clangFormat = () => program('clang-format');

const CHECKS = {
  'format of TypeScript and JavaScript (biome)': () => runNode([program('@biomejs/biome', 'biome'), 'format', '.']),
  'lint rules (oxlint)': () => runNode([program('oxlint'), '--type-aware', '--deny-warnings', '.']),
  'layers of lib (dependency-cruiser)': checkLayers,
  'regular expressions in linear time (recheck)': checkRegexes,
  'types of the tests (tsc)': () => runNode([program('typescript', 'tsc'), '-p', 'test', '--noEmit']),
  'format of C++ (clang-format)': () => runNode([clangFormat(), '--dry-run', '--Werror', ...native]),
};

await runScript(async () => {
  await prepare();
  if (process.argv.includes('--fix-native')) return runNode([clangFormat(), '-i', ...native]);
  const failures = [];
  for (const [name, check] of Object.entries(CHECKS)) {
    console.log(`Checking: ${name}`);
    if (check() !== 0) failures.push(name);
  }
  console.log(failures.length === 0 ? 'All checks pass' : `Failed: ${failures.join('; ')}`);
  return failures.length === 0 ? 0 : 1;
});

/** Cycles and imports that point up. */
function checkLayers() {
  return runStructure('check.mjs');
}

/** Regular expressions that need more than linear time. */
function checkRegexes() {
  return runStructure('regexes.mjs');
}

/** Runs a script of scripts/structure, a folder with its own packages. */
function runStructure(name) {
  const folder = join(ROOT, 'scripts', 'structure');
  installIn(folder);
  return runNode([join(folder, name)]);
}
