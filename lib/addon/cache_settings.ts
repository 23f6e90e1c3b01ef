import { invalidValue } from '../base/errors.js';
import type { Env } from '../libtorch/places.js';

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/**
 * The most bytes that the CPU memory cache may keep, from the environment. `TORCHLOSS_CACHE_LIMIT` is a number of bytes
 * or, with K, M, G or T, of KiB, MiB, GiB or TiB. `TORCHLOSS_ALLOCATOR=system` turns the cache off.
 *
 * @param env - the environment variables to read
 * @returns bytes; -1 if the environment sets no limit, `undefined` if the cache is off
 * @throws RangeError if a variable has another value
 */
export function cacheCap(env: Env = process.env): number | undefined {
  const { TORCHLOSS_ALLOCATOR: allocator, TORCHLOSS_CACHE_LIMIT: limit } = env;
  if (allocator && allocator !== 'system' && allocator !== 'caching')
    throw invalidValue('TORCHLOSS_ALLOCATOR', "'caching' or 'system'", allocator);
  const cap = limit ? parseBytes(limit) : -1;
  return allocator === 'system' ? undefined : cap;
}

function parseBytes(text: string): number {
  const [, digits, unit] = /^(\d+)([KMGT]?)$/i.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS[unit?.toUpperCase() ?? ''] ?? 1);
  if (Number.isSafeInteger(bytes)) return bytes;
  throw invalidValue('TORCHLOSS_CACHE_LIMIT', 'a number of bytes such as 0, 800000000, 512M or 4G', text);
}
