/** Paths as callers give them. */
import { fileURLToPath } from 'node:url';
import { invalidType } from '../base/errors.js';
import { isURL } from '../base/plain_object.js';

/**
 * The path that is meant.
 *
 * @throws TypeError if `file` is neither a string nor a `file:` URL
 */
export function pathOf(file: unknown, parameter: string): string {
  if (isURL(file)) return fileURLToPath(file.href);
  if (typeof file !== 'string') throw invalidType(parameter, 'a path or a file: URL', file);
  return file;
}
