import { readFileSync } from 'node:fs';
import { libtorch } from '../../lib/addon/native.js';

/** Recorded cases that cannot pass, by id or by version and id, with the reason. */
export const exceptions: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('../fixtures/exceptions.json', import.meta.url), 'utf8'),
);

/** The LibTorch in use, as `1.13`. */
export const minor = libtorch().version.split('.').slice(0, 2).join('.');

/** Why a case cannot pass with the LibTorch in use. */
export function reasonOf(id: string): string | undefined {
  return exceptions[id] ?? exceptions[`${minor}:${id}`];
}
