/** Checks of the arguments of collectives and transfers. */
import { itemsOf } from '../addon/arguments.js';
import { handleOf } from '../addon/handle.js';
import { ArgumentTypeError, invalidType, invalidValue, TorchError } from '../base/errors.js';
import { isArray } from '../base/plain_object.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Group, groupRank } from './group.js';

/**
 * The rank in the group that a call names: as a rank of the default group (`src`, `dst`), or as one of the group
 * (`group_src`, `group_dst`).
 */
export function readPeer(group: Group, name: 'src' | 'dst', given: PeerValues, fallback?: number): number {
  const global = given[name];
  const own = given[`group_${name}`];
  if (own == null) return groupRank(group, global ?? fallback, name);
  if (global != null) throw new ArgumentTypeError(`group_${name}`, `${name} or group_${name}`, 'both');
  if (!Number.isSafeInteger(own)) throw invalidType(`group_${name}`, 'a rank', own);
  const { length } = group.ranks;
  if ((own as number) < 0 || (own as number) >= length)
    throw invalidValue(`group_${name}`, `a rank of the group, 0 to ${length - 1}`, own);
  return own as number;
}

/** The parameters that name a rank. */
export interface PeerValues {
  readonly src?: unknown;
  readonly dst?: unknown;
  readonly group_src?: unknown;
  readonly group_dst?: unknown;
}

/** Refuses what Python takes and this does not have. */
export function refuse(name: string, value: unknown, reason: string): void {
  if (value == null || value === false || value === 0 || (isArray(value) && value.length === 0)) return;
  throw new TorchError('ERR_NOT_IMPLEMENTED', `${name}: ${reason}`, { parameter: name });
}

/** A tensor whose elements lie one after the other, as collectives read and write them. */
export function contiguous(value: unknown, parameter: string): Tensor {
  handleOf(value, parameter);
  const tensor = value as Tensor;
  if (tensor.is_contiguous()) return tensor;
  throw new ArgumentTypeError(parameter, 'a contiguous Tensor', 'another', undefined, 'call contiguous()');
}

export function checkDType(tensor: Tensor, parameter: string, like: Tensor): void {
  if (tensor.dtype !== like.dtype)
    throw new ArgumentTypeError(parameter, `dtype ${like.dtype}, as the other tensor`, tensor.dtype);
}

/** One tensor for each rank, all like another one. */
export function list(group: Group, value: unknown, parameter: string, like: Tensor): Tensor[] {
  if (!isArray(value)) throw invalidType(parameter, 'an array of Tensors', value);
  const { length } = group.ranks;
  const tensors = itemsOf(value, parameter).map((tensor, index) => contiguous(tensor, `${parameter}[${index}]`));
  if (tensors.length !== length) throw invalidValue(parameter, `${length} Tensors, one for each rank`, tensors.length);
  for (const [index, tensor] of tensors.entries()) {
    checkDType(tensor, `${parameter}[${index}]`, like);
    if (tensor.numel() !== like.numel())
      throw invalidValue(`${parameter}[${index}]`, `${like.numel()} elements, as the other tensor`, tensor.numel());
  }
  return tensors;
}

/** The same on the root; other ranks give none. */
export function rootList(group: Group, value: unknown, parameter: string, like: Tensor, root: number): Tensor[] {
  if (root === group.rank) return list(group, value, parameter, like);
  if (value == null || (isArray(value) && value.length === 0)) return [];
  throw new ArgumentTypeError(parameter, 'none on a rank that is not the root', 'some');
}
