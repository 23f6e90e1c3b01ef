/** How long a rank waits for the others. */
import { invalidType, invalidValue } from '../base/errors.js';

/** In seconds. */
export const DEFAULT_TIMEOUT = 60;

/** Seconds as milliseconds. */
export function readTimeout(seconds: unknown): number {
  if (typeof seconds !== 'number') throw invalidType('timeout', 'a number of seconds', seconds);
  if (!(seconds > 0 && seconds <= 2 ** 31 / 1000)) throw invalidValue('timeout', 'seconds above 0', seconds);
  return Math.ceil(seconds * 1000);
}
