import { compareVersions } from '../../base/compare_versions.js';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { invalidType, TorchError } from '../../base/errors.js';
import { PACKAGE_ROOT } from '../../libtorch/places.js';

const FIXTURES = join(PACKAGE_ROOT, 'test', 'fixtures');

/**
 * Reads a file of a folder, compressed (`NAME.gz`) or plain.
 *
 * @throws TypeError if the folder is no string
 * @throws TorchError with code `ERR_FILE_FORMAT` if neither exists or it cannot be read.
 */
export function readRecorded(folder: string, name: string): Buffer {
  if (typeof folder !== 'string') throw invalidType('folder', 'the path of a folder', folder);
  const path = join(folder, name);
  const packed = `${path}.gz`;
  if (!existsSync(path) && !existsSync(packed)) {
    throw new TorchError('ERR_FILE_FORMAT', `${folder}: expected ${name} or ${name}.gz, got neither`);
  }
  try {
    return existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(packed));
  } catch (cause) {
    throw new TorchError('ERR_FILE_FORMAT', `${path}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Reads a JSON array of a folder, compressed or plain.
 *
 * @throws TorchError with code `ERR_FILE_FORMAT` if the file contains anything else.
 */
export function readRecordedList(folder: string, name: string): readonly unknown[] {
  const text = readRecorded(folder, name).toString();
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (cause) {
    throw new TorchError('ERR_FILE_FORMAT', `${join(folder, name)}: ${(cause as Error).message}`, { cause });
  }
  if (!Array.isArray(list)) throw new TorchError('ERR_FILE_FORMAT', `${join(folder, name)}: expected a JSON array`);
  return list;
}

/**
 * The project's own recorded cases for a LibTorch version: those of the same version, otherwise of the nearest older
 * one, otherwise the oldest (for builds that carry a version number before its release).
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
  const chosen = versions.findLast((found) => compareVersions(found, version) <= 0) ?? versions[0];
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
