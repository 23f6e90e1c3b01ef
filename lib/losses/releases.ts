/** Differences between releases that many losses share. */
import { type Change, CHANGES } from '../addon/versions.js';
import type { VersionNote } from '../loss/row.js';

/** PyTorch's namespaces. */
export const TORCH = ['torch.nn', 'torch.nn.functional'] as const;

/** MindSpore's namespaces. */
export const MINDSPORE = ['mindspore.nn', 'mindspore.ops'] as const;

/** The releases with a change, as a note names them. */
export function since(change: Change): string {
  return `PyTorch ${CHANGES[change]} and newer`;
}

/** Half precision on the CPU. */
export const halfOnCPU: VersionNote = {
  namespaces: TORCH,
  releases: 'PyTorch after 1.13',
  note: 'float16 is computed on the CPU',
};

/** A single unbatched sample, whose label may be 1-dimensional. */
export const targetOfOne: VersionNote = {
  namespaces: TORCH,
  releases: 'PyTorch after 1.13',
  note: 'an input of 1 dimension goes with a target of length 1 as well',
};

/** Margins of 0 or below. */
export const positiveMargin: VersionNote = {
  namespaces: TORCH,
  releases: since('positiveTripletMargin'),
  note: 'a margin of 0 or below is a ValueError, in the function and in the constructor',
};

/** A deprecated class of MindSpore. */
export function deprecated(releases: string): VersionNote {
  return {
    namespaces: ['mindspore.nn'],
    releases,
    note: 'the class is deprecated; 2.10 still has it',
  };
}
