/** The shape of TorchScript's code, whose parser calls itself for each level and ends the process where the stack does. */

/** Makes the error for a problem. */
export type Refuse = (problem: string) => Error;

/** More brackets than this are never open at once in code that LibTorch printed. */
const MAX_BRACKETS = 100;
/** More columns of indentation; a level is two. */
const MAX_INDENTATION = 400;
/** More operators in a row without a bracket or a comma between them. */
const MAX_OPERATORS = 500;

const Byte = {
  Newline: 10,
  Space: 32,
  Quote: 34,
  Hash: 35,
  Apostrophe: 39,
  Open: 40,
  Close: 41,
  Comma: 44,
  Backslash: 92,
  OpenSquare: 91,
  CloseSquare: 93,
  OpenCurly: 123,
  CloseCurly: 125,
} as const;

/** What a class may assign without a type; enumerations assign all their members so. */
const ASSIGNED = /^__(parameters|buffers|annotations|forward_pre_hooks|forward_hooks)__$/;

/** LibTorch before 2 reads the type of each other assignment in a class, whether it has one or not. */
function checkClasses(code: Uint8Array, refuse: Refuse): void {
  let isChecked = false;
  for (const line of Buffer.from(code.buffer, code.byteOffset, code.byteLength).toString('latin1').split('\n')) {
    if (/^\S/.test(line)) isChecked = /^class\b/.test(line) && !/\bEnum\b/.test(line);
    const [, name = ''] = /^\s{1,3}([^\s:([]+)\s*=/.exec(line) ?? [];
    if (name !== '' && isChecked && !ASSIGNED.test(name))
      throw refuse(`its code has a class with a field that has no type, '${name.slice(0, 40)}'`);
  }
}

/**
 * Checks code for what would make the parser run out of stack.
 *
 * @throws what `refuse` makes
 */
export function checkCode(code: Uint8Array, refuse: Refuse): void {
  checkClasses(code, refuse);
  let open = 0;
  let operators = 0;
  let indentation: number | undefined = 0;
  for (let at = 0; at < code.length; at++) {
    const byte = code[at] as number;
    if (byte === Byte.Newline) {
      indentation = 0;
      if (open === 0) operators = 0;
    } else if (indentation !== undefined && byte === Byte.Space) {
      if (++indentation > MAX_INDENTATION) throw refuse('its code is nested too deeply');
      continue;
    } else if (byte === Byte.Quote || byte === Byte.Apostrophe) {
      at = endOfString(code, at);
    } else if (byte === Byte.Hash) {
      const end = code.indexOf(Byte.Newline, at);
      at = end < 0 ? code.length : end - 1;
    } else if (byte === Byte.Open || byte === Byte.OpenSquare || byte === Byte.OpenCurly) {
      operators = 0;
      if (++open > MAX_BRACKETS) throw refuse('its code is nested too deeply');
    } else if (byte === Byte.Close || byte === Byte.CloseSquare || byte === Byte.CloseCurly) {
      open = Math.max(0, open - 1);
    } else if (byte === Byte.Comma) {
      operators = 0;
    } else if (isOperator(byte) && ++operators > MAX_OPERATORS) {
      throw refuse('its code has an expression that is too long');
    }
    if (byte !== Byte.Newline) indentation = undefined;
  }
}

/** Words are operators too (`not`, `and`, `if`), which only spaces part. */
function isOperator(byte: number): boolean {
  return byte === Byte.Space || '+-*/%@&|^~<>=.!'.includes(String.fromCharCode(byte));
}

/** Where the string that begins at `start` ends. */
function endOfString(code: Uint8Array, start: number): number {
  const quote = code[start];
  for (let at = start + 1; at < code.length; at++) {
    if (code[at] === Byte.Backslash) at++;
    else if (code[at] === quote || code[at] === Byte.Newline) return at;
  }
  return code.length;
}
