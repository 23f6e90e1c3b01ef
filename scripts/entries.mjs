// Writes the CommonJS side of the package. Each ES module that package.json exports gets a CommonJS module that loads it, so
// that a process that uses both has one copy of everything, and declarations for TypeScript programs that compile to CommonJS.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** A reference to another file in a declaration: `from './x.js'`, `import './x.js'` or `import("./x.js")`. */
const REFERENCE = /((?:from |import\(|import |declare module )(['"]))(\.{1,2}\/[^'"]+)\.js\2/g;

/** Writes the CommonJS side of every entry of the package in `root`, into its `dist`. */
export function writeEntries(root) {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const declarations = new Set();
  for (const conditions of Object.values(exports)) {
    if (typeof conditions === 'string') continue;
    const module = resolve(root, conditions.import.default);
    writeFileSync(resolve(root, conditions.require.default), `module.exports = require('./${basename(module)}');\n`);
    collect(resolve(root, conditions.import.types), declarations);
  }
  for (const file of declarations) {
    const text = readFileSync(file, 'utf8').replace(REFERENCE, '$1$3.cjs$2');
    writeFileSync(file.replace(/\.ts$/, '.cts'), text);
  }
}

/** Adds `file` and every declaration that it refers to, directly or not. */
function collect(file, found) {
  if (found.has(file)) return;
  if (!existsSync(file)) throw new Error(`${file} is referred to but does not exist`);
  found.add(file);
  for (const [, , , path] of readFileSync(file, 'utf8').matchAll(REFERENCE)) {
    collect(join(dirname(file), `${path}.d.ts`), found);
  }
}
