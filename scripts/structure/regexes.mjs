// Checks that the regular expressions in a folder's lib and examples run in linear time; otherwise a crafted text could keep a
// program busy. Prints those that need longer, each with such a text; the exit code is 1 if there are any.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

process.env.RECHECK_BACKEND ??= 'pure'; // runs everywhere, without Java
const { check } = await import('recheck');

const [, , folder = process.cwd()] = process.argv;
/** Its other limits count steps, so that they are the same on every machine, however busy. */
const NO_TIMEOUTS = { timeout: null, attackTimeout: null, incubationTimeout: null, seedingTimeout: null };

/** The literal regular expressions in a file, and where they are. */
function* literalsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(join(folder, file), 'utf8'), ts.ScriptTarget.Latest, true);
  const stack = [source];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (ts.isRegularExpressionLiteral(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      yield { text: node.text, place: `${file}:${line + 1}` };
    }
    node.forEachChild((child) => {
      stack.push(child);
    });
  }
}

const places = new Map();
for (const room of ['lib', 'examples']) {
  const files = readdirSync(join(folder, room), { recursive: true }).filter((name) => name.endsWith('.ts'));
  for (const file of files.toSorted((a, b) => (a < b ? -1 : 1))) {
    for (const { text, place } of literalsOf(join(room, file))) if (!places.has(text)) places.set(text, place);
  }
}
let slow = 0;
for (const [text, place] of places) {
  const end = text.lastIndexOf('/');
  const { status, complexity, attack } = await check(text.slice(1, end), text.slice(end + 1), NO_TIMEOUTS);
  if (status === 'safe') continue;
  slow++;
  const degree =
    complexity?.type === 'polynomial' ? `polynomial of degree ${complexity.degree}` : (complexity?.type ?? status);
  console.log(`${place}: ${text} is ${degree}: ${attack?.pattern ?? 'no such text was found in time'}`);
}
console.log(`${places.size} regular expressions, ${slow} slower than linear`);
process.exitCode = slow === 0 && places.size > 0 ? 0 : 1;
