import { types } from 'node:util';
import { isTensor } from '../addon/handle.js';
import { leaveScopes } from '../addon/scope.js';
import { ArgumentTypeError, describe, TorchError } from '../base/errors.js';
import { asOrderedDict, attributesOf } from '../base/python_marks.js';
import { isPlainObject } from '../base/plain_object.js';
import type { Tensor } from '../tensor/tensor.js';
import { inPlace, op, withoutGrad } from '../tensor/call.js';
import { Parameter } from './parameter.js';
import { awaitsShape, materialize } from './uninitialized.js';

/** Tensors by name, in Python's order. */
export type StateDict = Record<string, Tensor>;

/** Has a state carry the versions of its modules, beside its tensors. */
export function withMetadata(state: StateDict, versions: readonly (readonly [string, number])[]): StateDict {
  const _metadata = asOrderedDict(new Map(versions.map(([name, version]) => [name, { version }])));
  Object.defineProperty(state, '_metadata', {
    value: _metadata,
    enumerable: false,
    configurable: true,
    writable: true,
  });
  return asOrderedDict(state, { _metadata });
}

/** The version of a module's state in a dict, if it says so. */
function versionIn(state: unknown, module: string): number {
  const own = (state as { _metadata?: unknown })._metadata ?? attributesOf(state as object)?._metadata;
  const entry = types.isMap(own)
    ? (own as Map<string, unknown>).get(module)
    : (own as Record<string, unknown> | undefined)?.[module];
  return Number((entry as { version?: unknown } | undefined)?.version ?? 0);
}

/** The counter of batches, which states of before version 2 do not have: the module keeps its own. */
const COUNTER = /(?:^|\.)num_batches_tracked$/;

/** What `load_state_dict` gives. */
export interface LoadResult {
  readonly missing_keys: string[];
  readonly unexpected_keys: string[];
}

interface Place {
  readonly module: object;
  readonly key: string;
}

/** Copies a state to its places, after all of it has been checked. */
export function loadState(
  name: string,
  places: readonly (readonly [string, Place])[],
  state: unknown,
  { strict = true, assign = false }: { strict?: boolean; assign?: boolean },
): LoadResult {
  const given = readState(state);
  const isOld = (key: string) => COUNTER.test(key) && versionIn(state, key.replace(COUNTER, '')) < 2;
  const missing = places.filter(([key]) => !given.has(key) && !isOld(key)).map(([key]) => key);
  const known = new Set(places.map(([key]) => key));
  const unexpected = [...given.keys()].filter((key) => !known.has(key));
  const problems: string[] = [];
  const quoted = (keys: readonly string[]) => keys.map((key) => `"${key}"`).join(', ');
  if (strict && unexpected.length > 0) problems.push(`Unexpected key(s) in state_dict: ${quoted(unexpected)}.`);
  if (strict && missing.length > 0) problems.push(`Missing key(s) in state_dict: ${quoted(missing)}.`);
  const fitting: { place: Place; own: Tensor; tensor: Tensor }[] = [];
  for (const [key, place] of places) {
    const tensor = given.get(key);
    if (tensor === undefined) continue;
    if (!isTensor(tensor)) {
      throw new ArgumentTypeError(key, 'a Tensor', describe(tensor));
    }
    const own = (place.module as Record<string, Tensor>)[place.key] as Tensor;
    const [from, to] = [tensor.shape, own.shape] as [readonly number[], readonly number[]];
    const scalar = to.length === 0 && from.length === 1 && from[0] === 1;
    if (String(from) !== String(to) && !scalar && !awaitsShape(own)) {
      const shapes = `copying a param with shape [${from.join(', ')}] from checkpoint, the shape in current model is [${to.join(', ')}].`;
      problems.push(`size mismatch for ${key}: ${shapes}`);
    } else {
      fitting.push({ place, own, tensor });
    }
  }
  if (problems.length > 0) {
    throw new TorchError(
      'ERR_INVALID_ARG_VALUE',
      `Error(s) in loading state_dict for ${name}:\n\t${problems.join('\n\t')}`,
      { parameter: 'state_dict' },
    );
  }
  withoutGrad(() => {
    for (const { place, own, tensor } of fitting) {
      if (assign) assignTo(place, own, tensor);
      else copyTo(own, tensor);
    }
  });
  return { missing_keys: missing, unexpected_keys: unexpected };
}

function readState(state: unknown): ReadonlyMap<string, Tensor> {
  if (types.isMap(state)) return state as ReadonlyMap<string, Tensor>;
  if (isPlainObject(state)) return new Map(Object.entries(state)) as Map<string, Tensor>;
  throw new ArgumentTypeError('state_dict', 'an object or a Map of tensors by name', describe(state));
}

function copyTo(own: Tensor, tensor: Tensor): void {
  if (awaitsShape(own)) materialize(own, tensor.shape);
  if (tensor.dim() === own.dim()) {
    inPlace('copy_', own, tensor);
    return;
  }
  const element = op('select', tensor, 0, 0);
  inPlace('copy_', own, element);
  element.dispose();
}

function assignTo({ module, key }: Place, own: Tensor, tensor: Tensor): void {
  const target = module as Record<string, Tensor>;
  if (own instanceof Parameter) {
    target[key] = tensor instanceof Parameter ? tensor : new Parameter(tensor, own.requires_grad);
  } else {
    leaveScopes(tensor);
    target[key] = tensor;
  }
}
