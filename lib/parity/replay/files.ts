import { compareVersions } from '../../base/compare_versions.js';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isAbsolute, join, resolve, sep } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, invalidType, TorchError } from '../../base/errors.js';
import { any, having, listOf, type Reader, record, string } from '../../base/schema.js';
import { MAX_JSON, parseJson } from '../../files/json.js';
import { PACKAGE_ROOT } from '../../libtorch/places.js';

const FIXTURES = join(PACKAGE_ROOT, 'test', 'fixtures');

/** The most bytes that a packed file may come to. */
const MAX_UNPACKED = 2 ** 30;

/**
 * The path of a file of a folder. Cases name their files, and may name none outside of their folder.
 *
 * @throws TorchError with code `ERR_FILE_FORMAT` for another
 */
export function recordedPath(folder: string, name: string): string {
  const path = resolve(folder, name);
  if (isAbsolute(name) || !path.startsWith(resolve(folder) + sep) || name.includes('\0'))
    throw new TorchError(
      'ERR_FILE_FORMAT',
      `${folder}: expected the name of a file in this folder, got ${describe(name)}`,
    );
  return join(folder, name);
}

/**
 * Reads a file of a folder, compressed (`NAME.gz`) or plain.
 *
 * @throws TypeError if the folder is no string
 * @throws TorchError with code `ERR_FILE_FORMAT` if neither exists, it cannot be read, or it would unpack to more than a
 *   gibibyte
 */
export function readRecorded(folder: string, name: string): Buffer {
  if (typeof folder !== 'string') throw invalidType('folder', 'the path of a folder', folder);
  const path = recordedPath(folder, name);
  const packed = `${path}.gz`;
  if (!existsSync(path) && !existsSync(packed)) {
    throw new TorchError('ERR_FILE_FORMAT', `${folder}: expected ${name} or ${name}.gz, got neither`);
  }
  try {
    return existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(packed), { maxOutputLength: MAX_UNPACKED });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const problem = code === 'ERR_BUFFER_TOO_LARGE' ? `it unpacks to more than ${MAX_UNPACKED} bytes` : message;
    throw new TorchError('ERR_FILE_FORMAT', `${existsSync(path) ? path : packed}: ${problem}`, { cause });
  }
}

/**
 * Reads a JSON array of a folder, compressed or plain.
 *
 * @throws TorchError with code `ERR_FILE_FORMAT` if the file contains anything else.
 */
export function readRecordedList(folder: string, name: string): readonly unknown[] {
  return readList(folder, name, listOf(any));
}

/** What every recorded case has. */
const CASE = { id: string, expect: record(any) };

/**
 * Reads the cases of a folder.
 *
 * @param fields - what each has besides its `id` and what is expected of it
 * @throws TorchError with code `ERR_FILE_FORMAT` that names the file and the place where a case is another
 */
export function readRecordedCases<C>(
  folder: string,
  name: string,
  fields: Readonly<Record<string, Reader<unknown>>> = {},
): readonly C[] {
  return readList(folder, name, listOf(having({ ...CASE, ...fields }, 'a recorded case'))) as readonly C[];
}

function readList<T>(folder: string, name: string, reader: Reader<T>): T {
  const bytes = readRecorded(folder, name);
  const path = join(folder, name);
  if (bytes.length > MAX_JSON)
    throw new TorchError('ERR_FILE_FORMAT', `${path}: expected at most ${MAX_JSON} bytes of JSON, got ${bytes.length}`);
  return parseJson(bytes.toString(), path, reader);
}

/**
 * The project's own recorded cases for a LibTorch version: among those of the same major version, if there are any, those
 * of the same version, otherwise of the nearest older one, otherwise of the oldest.
 *
 * @param kind - the losses, or layers, optimizers and schedules (`training`)
 * @throws TorchError with code `ERR_USAGE` if there are none: the npm package does not contain them.
 */
export function defaultFixtures(version: string, kind: 'losses' | 'training' = 'losses'): string {
  if (typeof version !== 'string') throw invalidType('version', 'a string', version);
  const folder = join(FIXTURES, 'conformance');
  const prefix = kind === 'losses' ? 'pytorch-' : 'training-pytorch-';
  const versions = (existsSync(folder) ? readdirSync(folder) : [])
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .sort(compareVersions);
  const [major = ''] = version.split('.');
  const related = versions.filter((found) => found.startsWith(`${major}.`));
  const among = related.length > 0 ? related : versions;
  const chosen = among.findLast((found) => compareVersions(found, version) <= 0) ?? among[0];
  if (chosen === undefined) {
    const way = kind === 'losses' ? 'name a folder' : 'run it in a clone of torchloss, which has them';
    throw new TorchError('ERR_USAGE', `no recorded cases for LibTorch ${version} in ${folder}: ${way}`);
  }
  return join(folder, `${prefix}${chosen}`);
}

/** The folder with the documented examples and the test vectors of the losses. */
export function specFixtures(): string {
  return join(FIXTURES, 'spec');
}
