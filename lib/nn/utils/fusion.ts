/** Batch norms taken into the layer before them, for evaluation. */
import { isTensor } from '../../addon/handle.js';
import { ArgumentRangeError, invalidType, invalidValue } from '../../base/errors.js';
import { op, withoutGrad } from '../../tensor/call.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { BatchNorm1d, BatchNorm2d, BatchNorm3d } from '../layers/batch_norm.js';
import type { Linear } from '../layers/linear.js';
import { isModule, type Module } from '../module.js';
import { type MaybeParameter, Parameter } from '../parameter.js';

type BatchNorm = BatchNorm1d | BatchNorm2d | BatchNorm3d;
type Layer = Module & { weight: Parameter; bias: MaybeParameter };

/**
 * A copy of a convolution that does what `conv` and then `bn` do, both of which must be in evaluation mode.
 *
 * @param transpose - whether it is a transposed convolution. Default false
 */
export function fuse_conv_bn_eval<C extends Layer>(conv: C, bn: BatchNorm, transpose: boolean = false): C {
  const fused = forEvaluation(conv, bn);
  const bias = fused.bias as Tensor | null;
  [fused.weight, fused.bias] = fuse_conv_bn_weights(fused.weight, bias, ...normOf(bn), transpose);
  return fused;
}

/** Weight and bias of a convolution with a batch norm's in them. */
export function fuse_conv_bn_weights(
  conv_w: Tensor,
  conv_b: Tensor | null,
  bn_rm: Tensor,
  bn_rv: Tensor,
  bn_eps: number,
  bn_w: Tensor | null,
  bn_b: Tensor | null,
  transpose: boolean = false,
): [Parameter, Parameter] {
  if (!isTensor(conv_w)) throw invalidType('conv_w', 'a Tensor', conv_w);
  const rest = Array.from({ length: conv_w.dim() - 2 }, () => 1);
  return fuse(conv_w, conv_b, [bn_rm, bn_rv, bn_eps, bn_w, bn_b], transpose ? [1, -1, ...rest] : [-1, 1, ...rest]);
}

/** A copy of a linear layer that does what `linear` and then `bn` do, both of which must be in evaluation mode. */
export function fuse_linear_bn_eval<L extends Linear>(linear: L, bn: BatchNorm): L {
  const fused = forEvaluation(linear, bn);
  if (linear.out_features !== bn.num_features && bn.num_features !== 1)
    throw invalidValue('bn', `num_features of ${linear.out_features} or 1`, bn.num_features);
  const bias = fused.bias as Tensor | null;
  [fused.weight, fused.bias] = fuse_linear_bn_weights(fused.weight, bias, ...normOf(bn));
  return fused;
}

/** Weight and bias of a linear layer with a batch norm's in them. */
export function fuse_linear_bn_weights(
  linear_w: Tensor,
  linear_b: Tensor | null,
  bn_rm: Tensor,
  bn_rv: Tensor,
  bn_eps: number,
  bn_w: Tensor | null,
  bn_b: Tensor | null,
): [Parameter, Parameter] {
  if (!isTensor(linear_w)) throw invalidType('linear_w', 'a Tensor', linear_w);
  const dtype = linear_w.dtype as string;
  const bias = linear_b ?? op('zeros_like', bn_rm);
  const scale = op('mul', bn_w ?? op('ones_like', bn_rm), op('rsqrt', op('add.Scalar', bn_rv, bn_eps)));
  const weight = op('mul', linear_w, op('unsqueeze', scale, -1));
  const shifted = op('add', op('mul', op('sub', bias, bn_rm), scale), bn_b ?? op('zeros_like', bn_rm));
  return [
    new Parameter(weight.to(dtype as 'float32'), linear_w.requires_grad),
    new Parameter(shifted.to((linear_b?.dtype ?? dtype) as 'float32'), bias.requires_grad),
  ];
}

type Norm = readonly [mean: Tensor, variance: Tensor, eps: number, weight: Tensor | null, bias: Tensor | null];

/** What a batch norm does to its input. */
function normOf({ running_mean, running_var, eps, weight, bias }: BatchNorm): Norm {
  return [running_mean as Tensor, running_var as Tensor, eps, weight as Tensor | null, bias as Tensor | null];
}

function fuse(w: Tensor, b: Tensor | null, norm: Norm, shape: readonly number[]): [Parameter, Parameter] {
  const [mean, variance, eps, weight, bias] = norm;
  const own = b ?? op('zeros_like', mean);
  const factor = weight ?? op('ones_like', mean);
  const root = op('rsqrt', op('add.Scalar', variance, eps));
  const fused = op('mul', w, op('reshape', op('mul', factor, root), shape));
  const shifted = op('mul', op('mul', op('sub', own, mean), root), factor);
  const added = op('add', shifted, bias ?? op('zeros_like', mean));
  const dtype = w.dtype as 'float32';
  return [
    new Parameter(fused.to(dtype), w.requires_grad),
    new Parameter(added.to((b?.dtype ?? dtype) as 'float32'), own.requires_grad),
  ];
}

function forEvaluation<L extends Layer>(layer: L, bn: BatchNorm): L {
  if (!isModule(layer)) throw invalidType('layer', 'a module', layer);
  if (!isModule(bn)) throw invalidType('bn', 'a batch norm', bn);
  for (const [name, value] of Object.entries({ weight: layer.weight, running_mean: bn.running_mean }))
    if (value !== null && !isTensor(value)) throw invalidType(name, 'a Tensor of the module', value);
  if (layer.training || bn.training)
    throw new ArgumentRangeError('bn', 'modules in evaluation mode: call eval()', 'training');
  if (bn.running_mean === null || bn.running_var === null)
    throw invalidValue('bn', 'a batch norm with running statistics', bn);
  return withoutGrad(() => layer.clone());
}
