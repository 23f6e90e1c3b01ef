/** Norms of gradients, and gradient clipping. */
import { listOf } from '../../addon/arguments.js';
import { handleOf, isTensor } from '../../addon/handle.js';
import { native } from '../../addon/native.js';
import { behaviour, requireChange } from '../../addon/versions.js';
import { ArgumentTypeError, invalidType, TorchError } from '../../base/errors.js';
import { callShape, readCall } from '../../base/positional.js';
import { op } from '../../tensor/call.js';
import { Tensor } from '../../tensor/tensor.js';

/** Parameters, or one. */
export type Parameters = Tensor | Iterable<Tensor>;

/** Options of {@link clip_grad_norm_}. */
export interface ClipNormOptions {
  /** The order of the norm; `Infinity` for the largest element. Default 2. */
  norm_type?: number | undefined;
  /** Throw if the norm is NaN or infinite. Default false. */
  error_if_nonfinite?: boolean | undefined;
  /** Use PyTorch's operators for lists of tensors. Default: where they are faster. */
  foreach?: boolean | null | undefined;
}

const CLIP_NORM = callShape('clip_grad_norm_', 'parameters, max_norm, norm_type?, error_if_nonfinite?, foreach?');
const TOTAL_NORM = callShape('get_total_norm', 'tensors, norm_type?, error_if_nonfinite?, foreach?');
const CLIP_WITH = callShape('clip_grads_with_norm_', 'parameters, max_norm, total_norm, foreach?');
const CLIP_VALUE = callShape('clip_grad_value_', 'parameters, clip_value, foreach?');

function tensorsOf(tensors: Parameters, name: string): Tensor[] {
  if (isTensor(tensors)) return [tensors as Tensor];
  return listOf(tensors, name, 'a Tensor or an array of them').map((tensor, at) => {
    if (!isTensor(tensor)) throw invalidType(`${name}[${at}]`, 'a Tensor', tensor);
    return tensor as Tensor;
  });
}

function handlesOf(tensors: Parameters, name: string) {
  return tensorsOf(tensors, name).map((tensor) => handleOf(tensor, name));
}

function checkNumber(value: unknown, name: string): number {
  if (typeof value !== 'number') throw invalidType(name, 'a number', value);
  return value;
}

function checkFinite(norm: Tensor, order: number, wanted: boolean): Tensor {
  if (!wanted || Number.isFinite(norm.item())) return norm;
  throw new TorchError(
    'ERR_INVALID_ARG_VALUE',
    `error_if_nonfinite: the total norm of order ${order} for gradients from \`parameters\` is non-finite, so it cannot be clipped. To scale the gradients by the non-finite norm anyway, set error_if_nonfinite: false`,
    { parameter: 'error_if_nonfinite' },
  );
}

/**
 * Scales all gradients so that their total norm is at most `max_norm`.
 *
 * @returns the total norm before clipping
 * @example
 * ```ts
 * const weight = new torch.nn.Parameter(torch.tensor([3, 4]));
 * weight.mul(weight).sum().backward();
 * torch.nn.utils.clip_grad_norm_([weight], 1).item();   // 10
 * weight.grad?.tolist();   // [0.5999..., 0.7999...]
 * ```
 */
export function clip_grad_norm_(
  parameters: Parameters,
  max_norm: number,
  norm_type?: number | ClipNormOptions,
  error_if_nonfinite?: boolean | ClipNormOptions,
  options?: ClipNormOptions,
): Tensor<readonly []>;
export function clip_grad_norm_(...args: unknown[]): Tensor {
  const given = readCall<ClipNormOptions & { parameters: Parameters; max_norm: number }>(CLIP_NORM, args);
  const { norm_type = 2, error_if_nonfinite = false } = given;
  const most = checkNumber(given.max_norm, 'max_norm');
  const own = handlesOf(given.parameters, 'parameters');
  const norm = new Tensor(native().total_grad_norm(own, checkNumber(norm_type, 'norm_type')));
  checkFinite(norm, norm_type, error_if_nonfinite);
  native().scale_grads(own, most, handleOf(norm, 'total_norm'));
  return norm;
}

/** The total norm of tensors. PyTorch 2.6 and newer. */
export function get_total_norm(
  tensors: Parameters,
  norm_type?: number | ClipNormOptions,
  error_if_nonfinite?: boolean | ClipNormOptions,
  options?: ClipNormOptions,
): Tensor<readonly []>;
export function get_total_norm(...args: unknown[]): Tensor {
  requireChange('hasTotalNorm', 'get_total_norm');
  const given = readCall<ClipNormOptions & { tensors: Parameters }>(TOTAL_NORM, args);
  const { norm_type = 2, error_if_nonfinite = false } = given;
  const norm = new Tensor(
    native().total_norm(handlesOf(given.tensors, 'tensors'), checkNumber(norm_type, 'norm_type')),
  );
  return checkFinite(norm, norm_type, error_if_nonfinite);
}

/** Scales all gradients by `max_norm / total_norm` if that is less than 1. PyTorch 2.6 and newer. */
export function clip_grads_with_norm_(
  parameters: Parameters,
  max_norm: number,
  total_norm: Tensor,
  foreach?: boolean | null | { foreach?: boolean | null },
): void;
export function clip_grads_with_norm_(...args: unknown[]): void {
  requireChange('hasTotalNorm', 'clip_grads_with_norm_');
  const { parameters, max_norm, total_norm } = readCall<{
    parameters: Parameters;
    max_norm: number;
    total_norm: Tensor;
  }>(CLIP_WITH, args);
  native().scale_grads(
    handlesOf(parameters, 'parameters'),
    checkNumber(max_norm, 'max_norm'),
    handleOf(total_norm, 'total_norm'),
  );
}

/** Clamps each element of all gradients to the range from `-clip_value` to `clip_value`. */
export function clip_grad_value_(
  parameters: Parameters,
  clip_value: number,
  foreach?: boolean | null | { foreach?: boolean | null },
): void;
export function clip_grad_value_(...args: unknown[]): void {
  const { parameters, clip_value } = readCall<{ parameters: Parameters; clip_value: number }>(CLIP_VALUE, args);
  const own = handlesOf(parameters, 'parameters');
  if (
    behaviour().hasTotalNorm &&
    native()
      .gradient_kinds(own)
      .every((kind) => kind === 0)
  ) {
    throw new ArgumentTypeError('parameters', 'at least one with a gradient', 'none');
  }
  native().clamp_grads(own, checkNumber(clip_value, 'clip_value'));
}

function checkDevices(tensors: readonly Tensor[]): void {
  const devices = new Set(tensors.map(({ device }) => device));
  if (devices.size > 1)
    throw new ArgumentTypeError('parameters', 'parameters of one device', [...devices].join(' and '));
}

/** All parameters as one vector. Gradients flow back through it. */
export function parameters_to_vector(parameters: Iterable<Tensor>): Tensor {
  const list = tensorsOf(parameters, 'parameters');
  checkDevices(list);
  return op(
    'cat',
    list.map((parameter) => op('reshape', parameter, [-1])),
  );
}

/** Replaces the parameters' memory by consecutive views of a vector. */
export function vector_to_parameters(vec: Tensor, parameters: Iterable<Tensor>): void {
  const own = handleOf(vec, 'vec');
  const list = tensorsOf(parameters, 'parameters');
  checkDevices(list);
  const needed = list.reduce((sum, parameter) => sum + parameter.numel(), 0);
  if (vec.dim() !== 1 || vec.numel() < needed) throw invalidType('vec', `a vector of ${needed} elements`, vec);
  const data = new Tensor(native().detach(own));
  let offset = 0;
  for (const parameter of list) {
    const part = op('view_as', op('slice', data, 0, offset, offset + parameter.numel()), parameter);
    native().set_data(handleOf(parameter, 'parameters'), handleOf(part, 'vec'));
    part.dispose();
    offset += parameter.numel();
  }
  data.dispose();
}
