/** The compiler checks a loss's row against its options interface. */
import type { LegacyOptions, LossRow } from '../../lib/loss/row.js';
import { boolean, integer, real, reduction } from '../../lib/loss/params.js';
import type { Reduction } from '../../lib/loss/call_types.js';

interface Options {
  beta?: number;
  reduction?: Reduction;
}

const inputs = ['input', 'target'];
const options = ['reduction', 'beta'] as const;
const entry = { name: 'smooth', inputs, options };
const namespaces = { 'torch.nn': entry, 'torch.nn.functional': entry, 'mindspore.nn': entry, 'mindspore.ops': entry };

const words = { formula: 'loss = 0.5 d² / beta', tex: [], use: '', avoid: '' };

export const whole = {
  op: 'smooth_l1_loss',
  ...words,
  params: { reduction: reduction(), beta: real(1) },
  namespaces,
  versions: [],
  deviations: [],
} satisfies LossRow<Options>;

export const withLegacy = {
  op: 'smooth_l1_loss',
  ...words,
  params: { reduction: reduction(), beta: real(1) },
  namespaces: { ...namespaces, 'torch.nn': { ...entry, options: ['size_average', 'reduce', 'reduction', 'beta'] } },
  versions: [],
  deviations: [],
} satisfies LossRow<Options & LegacyOptions>;

export const missing = {
  op: 'smooth_l1_loss',
  ...words,
  // @ts-expect-error no beta
  params: { reduction: reduction() },
  namespaces,
  versions: [],
  deviations: [],
} satisfies LossRow<Options>;

export const foreign = {
  op: 'smooth_l1_loss',
  ...words,
  // @ts-expect-error log_target is an option of another loss
  params: { reduction: reduction(), beta: real(1), log_target: boolean(false) },
  namespaces,
  versions: [],
  deviations: [],
} satisfies LossRow<Options>;

export const noParam = {
  op: 'smooth_l1_loss',
  ...words,
  // @ts-expect-error a default alone is no parameter
  params: { reduction: reduction(), beta: 1 },
  namespaces,
  versions: [],
  deviations: [],
} satisfies LossRow<Options>;

export const unknownOption = {
  op: 'smooth_l1_loss',
  ...words,
  params: { reduction: reduction(), beta: real(1) },
  // @ts-expect-error an entry takes delta, which there is not
  namespaces: { ...namespaces, 'torch.nn': { name: 'smooth', inputs, options: ['reduction', 'delta'] } },
  versions: [],
  deviations: [],
} satisfies LossRow<Options>;

export const unknownDefault = {
  op: 'smooth_l1_loss',
  ...words,
  params: { reduction: reduction(), beta: real(1) },
  // @ts-expect-error a default of delta, which there is not
  namespaces: { ...namespaces, 'torch.nn': { name: 'smooth', inputs, options, defaults: { delta: 1 } } },
  versions: [],
  deviations: [],
} satisfies LossRow<Options>;

export const missingNamespace = {
  op: 'smooth_l1_loss',
  ...words,
  params: { reduction: reduction(), beta: real(1) },
  // @ts-expect-error no torch.nn.functional
  namespaces: { 'torch.nn': entry, 'mindspore.nn': entry },
  versions: [],
  deviations: [],
} satisfies LossRow<Options>;

export const legacyParam = {
  op: 'smooth_l1_loss',
  ...words,
  // @ts-expect-error size_average is no parameter of the operator
  params: { reduction: reduction(), beta: real(1), size_average: integer(0) },
  namespaces,
  versions: [],
  deviations: [],
} satisfies LossRow<Options & LegacyOptions>;
