/** What other releases of the frameworks do otherwise than those of reference, where it is the same for many losses. */
import type { VersionNote } from '../loss/row.js';

/** PyTorch's namespaces. */
export const TORCH = ['torch.nn', 'torch.nn.functional'] as const;

/** MindSpore's namespaces. */
export const MINDSPORE = ['mindspore.nn', 'mindspore.ops'] as const;

/** Half precision without a GPU. */
export const halfOnCPU: VersionNote = {
  namespaces: TORCH,
  releases: 'PyTorch after 1.13',
  note: 'float16 is computed on the CPU',
};

/** One sample without a batch, whose label may have a dimension. */
export const targetOfOne: VersionNote = {
  namespaces: TORCH,
  releases: 'PyTorch after 1.13',
  note: 'an input of 1 dimension goes with a target of length 1 as well',
};

/** Triplets whose negative would not have to be farther. */
export const positiveMargin: VersionNote = {
  namespaces: TORCH,
  releases: 'PyTorch 2.4 and newer',
  note: 'a margin of 0 or below is a ValueError, in the function and in the constructor',
};
