/** JSON that anything may have written: read within a bound, and checked field by field. */
import { constants } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { ArgumentRangeError, ArgumentTypeError, fileProblem, formatError, TorchError } from '../base/errors.js';
import type { Reader } from '../base/schema.js';

/** The most bytes of a file of JSON: more would be no string. */
export const MAX_JSON: number = constants.MAX_STRING_LENGTH;

/**
 * Reads a file of JSON.
 *
 * @throws TorchError `ERR_FILE_READ` if it cannot be read, `ERR_FILE_FORMAT` if it is none or `reader` refuses it: the
 *   message has the file, the place in it, what was expected and what is there
 */
export function readJson<T>(file: string, reader: Reader<T>): T {
  let text: string;
  try {
    const { size } = statSync(file);
    if (size > MAX_JSON) throw formatError(file, `expected at most ${MAX_JSON} bytes of JSON, got ${size}`);
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof TorchError) throw cause;
    throw new TorchError('ERR_FILE_READ', `${file}: ${fileProblem(cause)}`, { cause });
  }
  return parseJson(text, file, reader);
}

/** Parses JSON; `name` is the file, and the line where it has several documents, with which errors begin. */
export function parseJson<T>(text: string, name: string, reader: Reader<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw formatError(name, (cause as Error).message, cause);
  }
  return check(value, name, reader);
}

/** Checks what was read from a file. */
export function check<T>(value: unknown, name: string, reader: Reader<T>): T {
  try {
    return reader(value, '');
  } catch (cause) {
    if (!(cause instanceof ArgumentTypeError || cause instanceof ArgumentRangeError)) throw cause;
    // Where the file itself is wrong, there is no place to name.
    throw formatError(name, cause.message.replace(/^: /, ''), cause);
  }
}
