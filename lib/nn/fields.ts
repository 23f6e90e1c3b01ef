/** What the fields of a module hold. */
import { isTensor } from '../addon/handle.js';
import { invalidType } from '../base/errors.js';
import { isInstance } from '../base/plain_object.js';
import type { Tensor } from '../tensor/tensor.js';
import { registries, registryOf } from './callable.js';
import { Parameter } from './parameter.js';

type Fields = Readonly<Record<string, unknown>>;

/** The fields of a module that are of one kind. Checks that no name has changed its kind. */
export function ownEntries<T>(
  module: object,
  kind: 'a Parameter' | 'a Module',
  fits: (value: unknown) => value is T,
): [string, T][] {
  const { seen, buffers } = registryOf(module);
  const found: [string, T][] = [];
  for (const key of Object.keys(module)) {
    const value = (module as Fields)[key];
    if (fits(value)) {
      if (seen.get(key) !== kind) seen.set(key, kind);
      if (!buffers.has(key)) found.push([key, value]);
    } else if (seen.get(key) === kind && isTensor(value) && kind === 'a Parameter' && !buffers.has(key)) {
      throw invalidType(key, 'a Parameter or null, since it was a Parameter before', value);
    }
  }
  return found;
}

/** The parameters of a module's own. */
export function ownParameters(module: object): [string, Parameter][] {
  return ownEntries(module, 'a Parameter', (value): value is Parameter => isInstance(value, Parameter));
}

/** The buffers of a module's own. */
export function ownBuffers(module: object): [string, Tensor][] {
  const found: [string, Tensor][] = [];
  for (const key of registries.get(module)?.buffers.keys() ?? []) {
    const value = (module as Fields)[key];
    if (isTensor(value)) found.push([key, value as Tensor]);
    else if (value != null) throw invalidType(key, 'a Tensor or null, since it is a buffer', value);
  }
  return found;
}

/** The name of a field of a module that has a name itself. */
export function joined(prefix: string, key: string): string {
  return prefix === '' ? key : `${prefix}.${key}`;
}

/** The entries whose values have not come before. */
export function distinct<T>(entries: [string, T][]): [string, T][] {
  const seen = new Set<T>();
  return entries.filter(([, value]) => !seen.has(value) && seen.add(value));
}
