/** What a Trainer takes batches from. */
import { itemsOf } from '../addon/arguments.js';
import { isTensor } from '../addon/handle.js';
import { invalidType } from '../base/errors.js';
import { isArray, isIterable, isPlainObject, isRevoked } from '../base/plain_object.js';
import type { Tensor } from '../tensor/tensor.js';

/** What a model's `forward` or a loss takes: a tensor, or several in order. */
export type Tensors = Tensor | readonly Tensor[];

/** A batch: the input of the model and the target of the loss, in order or by name. */
export type TrainingBatch =
  | readonly [input: Tensors, target: Tensors, ...rest: unknown[]]
  | { readonly input: Tensors; readonly target: Tensors };

/** Where batches come from: a `DataLoader`, an array of batches, or anything that can be iterated again and again. */
export type Loader = Iterable<unknown> | AsyncIterable<unknown>;

/** A batch whose input and target are lists of what they consist of. */
export interface ReadBatch {
  readonly input: readonly unknown[];
  readonly target: readonly unknown[];
  readonly samples: number;
}

/** Reads a batch of a loader. */
export function readBatch(batch: unknown, parameter = 'loader'): ReadBatch {
  if (isArray(batch) && batch.length >= 2 && !isTensor(batch)) return readPair(batch[0], batch[1]);
  if (isPlainObject(batch) && 'input' in batch && 'target' in batch) return readPair(batch.input, batch.target);
  throw invalidType(parameter, 'batches [input, target] or { input, target }', batch);
}

/** Reads what was given as the input and the target of one batch. */
export function readPair(input: unknown, target: unknown): ReadBatch {
  const [inputs, targets] = [listOf(input, 'input'), listOf(target, 'target')];
  return { input: inputs, target: targets, samples: samplesOf(targets) ?? samplesOf(inputs) ?? 1 };
}

/** Reads the input of a model alone. */
export function listOf(value: unknown, parameter: string): readonly unknown[] {
  if (isTensor(value)) return [value];
  if (isArray(value) && value.length > 0) {
    const tensors = itemsOf(value, parameter);
    if (tensors.every(isTensor)) return tensors;
  }
  throw invalidType(parameter, 'a Tensor or an array of them', value);
}

function samplesOf(tensors: readonly unknown[]): number | undefined {
  return (tensors[0] as Tensor).shape[0];
}

/** Checks that something gives batches. */
export function checkLoader(value: unknown, parameter: string): asserts value is Loader {
  if (isIterable(value)) return;
  if (typeof value === 'object' && value !== null && !isRevoked(value) && Symbol.asyncIterator in value) return;
  throw invalidType(parameter, 'a DataLoader, or another iterable of batches', value);
}

/** How many batches there are, where the loader knows. */
export function batchesOf(loader: Loader): number | undefined {
  let length: unknown;
  try {
    length = Reflect.get(loader, 'length');
  } catch {
    // A DataLoader over a stream says so with an error.
    return undefined;
  }
  return Number.isSafeInteger(length) ? (length as number) : undefined;
}
