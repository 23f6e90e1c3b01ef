/** Finds the files of a pattern. */
import { existsSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { glob } from 'tinyglobby';
import { TorchError } from '../../base/errors.js';

/** Numbers in names count by their value, whatever the language of the system. */
const NATURAL = new Intl.Collator('en', { numeric: true });

/** Sorts names in natural order: `part-2` comes before `part-10`. */
export function inNaturalOrder(names: readonly string[]): string[] {
  return names.toSorted((a, b) => NATURAL.compare(a, b) || (a < b ? -1 : 1));
}

/** Whether a path is a pattern with wildcards, rather than the name of a file with such characters. */
export function isPattern(path: string): boolean {
  return /[*?[{]/.test(path) && !existsSync(path);
}

/**
 * The files that a pattern matches, in natural order: `*` and `?` within a name, `**` for folders, `[abc]`, `{a,b}`.
 *
 * @throws TorchError `ERR_FILE_READ` if there are none
 */
export async function findFiles(pattern: string): Promise<string[]> {
  const slashes = sep === '/' ? pattern : pattern.replaceAll(sep, '/');
  const found = await glob(slashes, { absolute: true, expandDirectories: false });
  if (found.length === 0) throw new TorchError('ERR_FILE_READ', `${pattern}: no file matches the pattern`);
  const paths = found.map((path) => resolve(path));
  return inNaturalOrder(isAbsolute(pattern) ? paths : paths.map((path) => relative('', path)));
}
