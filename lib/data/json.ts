/**
 * Parses JSON, and rejects duplicate names within an object and nesting deeper than `depth`. Parsers disagree on which
 * of two values counts, and a file must mean the same to all of them.
 *
 * @throws SyntaxError
 */
export function parseStrictJson(text: string, depth: number): unknown {
  // The scan for names relies on what the parser has checked.
  checkDepth(text, depth);
  const value: unknown = JSON.parse(text);
  checkNames(text);
  return value;
}

/** All braces, brackets and strings, in order. */
function* marks(text: string): Generator<{ readonly mark: string; readonly at: number; readonly end: number }> {
  const next = /["{}[\]]/g;
  for (let found = next.exec(text); found !== null; found = next.exec(text)) {
    const at = found.index;
    if (found[0] === '"') next.lastIndex = endOfString(text, at);
    yield { mark: found[0], at, end: next.lastIndex };
  }
}

function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
  throw new SyntaxError('a string has no end');
}

function checkDepth(text: string, most: number): void {
  let depth = 0;
  for (const { mark } of marks(text)) {
    if (mark === '{' || mark === '[') depth += 1;
    if (mark === '}' || mark === ']') depth -= 1;
    if (depth > most) throw new SyntaxError(`it is nested more than ${most} deep`);
  }
}

function checkNames(text: string): void {
  const open: Set<string>[] = [];
  const colon = /\s*:/y;
  for (const { mark, at, end } of marks(text)) {
    if (mark === '{' || mark === '[') open.push(new Set());
    if (mark === '}' || mark === ']') open.pop();
    if (mark !== '"') continue;
    colon.lastIndex = end;
    if (!colon.test(text)) continue;
    const name = JSON.parse(text.slice(at, end)) as string;
    const names = open.at(-1) as Set<string>;
    if (names.has(name)) throw new SyntaxError(`the name ${JSON.stringify(name)} occurs twice`);
    names.add(name);
  }
}
