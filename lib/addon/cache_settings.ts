import { invalidValue } from '../base/errors.js';
import type { Env } from '../libtorch/places.js';

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/**
 * The most bytes that the cache of the CPU's memory may keep, by the environment: `TORCHLOSS_CACHE_LIMIT` is a number
 * of bytes or, with K, M, G or T behind it, of as many times 1024 of them; with `TORCHLOSS_ALLOCATOR=system` there is no
 * cache.
 *
 * @param env - the environment variables to go by
 * @returns bytes; -1 if the environment names no limit, `undefined` if there is to be no cache
 * @throws RangeError if a variable is set to something else
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
