// Recorded calls that cannot hold, with the reason: test/fixtures/exceptions.json. A key there is the id of a case, alone
// or after the versions of LibTorch that it is about: "1.13:ID", "before CHANGE:ID" or "since CHANGE:ID", where CHANGE is
// a change in lib/addon/versions.ts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.mjs';

/**
 * The exceptions for a version of LibTorch, by id.
 *
 * @param {string} version - such as `2.13.0`
 * @param {Readonly<Record<string, boolean>>} behaviour - the changes that it has
 * @returns {Record<string, string>}
 */
export function exceptionsFor(version, behaviour) {
  const all = JSON.parse(readFileSync(join(ROOT, 'test', 'fixtures', 'exceptions.json'), 'utf8'));
  const found = Object.entries(all).map(([key, reason]) => [.../^(?:([^:]*):)?([^:]*)$/.exec(key).slice(1), reason]);
  const own = found.filter(([versions]) => versions === undefined || covers(versions, version, behaviour));
  return Object.fromEntries(own.map(([, id, reason]) => [id, reason]));
}

/** Whether an exception is about this version. */
function covers(versions, version, behaviour) {
  const [, word, change] = /^(before|since) (\w+)$/.exec(versions) ?? [];
  if (change === undefined) return version.startsWith(`${versions}.`);
  if (!Object.hasOwn(behaviour, change)) throw new Error(`exceptions.json: there is no change ${change}`);
  // The exceptions are about calls recorded with 2.13; 1.13 has its own.
  if (word === 'before' && version.startsWith('1.13.')) return false;
  return behaviour[change] === (word === 'since');
}
