/** `weight_norm` and `spectral_norm` as hooks, as PyTorch had them first. */
import { outsideScopes } from '../../addon/scope.js';
import { invalidType, invalidValue } from '../../base/errors.js';
import { isInstance } from '../../base/plain_object.js';
import { callShape, readCall } from '../../base/positional.js';
import { native } from '../../addon/native.js';
import { handleOf, isTensor } from '../../addon/handle.js';
import { op, withoutGrad } from '../../tensor/call.js';
import type { RemovableHandle } from '../../tensor/hooks.js';
import { Tensor } from '../../tensor/tensor.js';
import { registryOf } from '../callable.js';
import { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from '../layers/conv.js';
import { isModule, type Module } from '../module.js';
import { Parameter } from '../parameter.js';
import { awaitsShape } from '../uninitialized.js';
import { asMatrix, drawnLike, unit, weightOf } from './power_iteration.js';

type Fields = Record<string, unknown>;

/** What removes a norm, for each module and name. */
interface Applied {
  readonly kind: 'weight_norm' | 'spectral_norm';
  readonly handle: RemovableHandle;
  readonly dim: number;
  readonly eps: number;
  readonly n_power_iterations: number;
}

const applied = new WeakMap<Module, Map<string, Applied>>();

/** The parameter of a name, which is to be expressed by others. */
export function parameterOf(module: Module, name: string): Parameter {
  checkNamed(module, name);
  const weight = (module as unknown as Fields)[name];
  if (!isInstance(weight, Parameter)) throw invalidValue('name', 'the name of a parameter of the module', name);
  checkShaped(weight, name);
  return weight;
}

/** The parameter or buffer of a name. */
export function tensorOf(module: Module, name: string): Tensor {
  checkNamed(module, name);
  const weight = (module as unknown as Fields)[name];
  if (!isTensor(weight)) throw invalidValue('name', 'the name of a parameter or buffer of the module', name);
  checkShaped(weight as Tensor, name);
  return weight as Tensor;
}

function checkShaped(weight: Tensor, name: string): void {
  if (awaitsShape(weight))
    throw invalidValue('module', 'one whose lazy parameters have their shapes: call it once', name);
}

/** Takes a field from a module, so that another kind of value may come there. */
export function forget(module: Module, name: string): void {
  delete (module as unknown as Fields)[name];
  registryOf(module).seen.delete(name);
  registryOf(module).buffers.delete(name);
}

/** Another tensor over the same memory, apart from the graph. */
export function dataOf(tensor: Tensor): Tensor {
  return new Tensor(native().variable_data(handleOf(tensor, 'tensor')));
}

/** The dimension of the outputs, by the kind of layer. */
export function outputDim(module: Module, dim: number | null | undefined): number {
  if (dim != null && !Number.isSafeInteger(dim)) throw invalidType('dim', 'an integer', dim);
  if (dim != null) return dim;
  return [ConvTranspose1d, ConvTranspose2d, ConvTranspose3d].some((kind) => module instanceof kind) ? 1 : 0;
}

const WEIGHT = callShape('weight_norm', 'module, name?, dim?');
const SPECTRAL = callShape('spectral_norm', 'module, name?, n_power_iterations?, eps?, dim?');

/** Options of {@link weight_norm}. */
export interface WeightNormOptions {
  /** Which parameter. Default `'weight'`. */
  name?: string | undefined;
  /** The dimension whose rows each have a length of their own; `null` for one length of all. Default 0. */
  dim?: number | null | undefined;
}

/**
 * Learns a parameter as its direction `weight_v` and its length `weight_g`, by Salimans and Kingma (2016). PyTorch has it as
 * `parametrizations.weight_norm` by now.
 *
 * @returns the module
 */
export function weight_norm<M extends Module>(
  module: M,
  name?: string | WeightNormOptions,
  dim?: number | null | WeightNormOptions,
): M;
export function weight_norm(...args: unknown[]): Module {
  const { module, name = 'weight', dim: given = 0 } = readCall<WeightNormOptions & { module: Module }>(WEIGHT, args);
  const dim = given ?? -1;
  checkFree(module, name);
  const weight = parameterOf(module, name);
  const fields = module as unknown as Fields;
  forget(module, name);
  const g = op('norm_except_dim', weight, 2, dim);
  module.register_parameter(`${name}_g`, new Parameter(dataOf(g)));
  module.register_parameter(`${name}_v`, new Parameter(dataOf(weight)));
  const compute = () => weightOf(fields[`${name}_v`] as Tensor, fields[`${name}_g`] as Tensor, dim);
  fields[name] = compute();
  const handle = module.register_forward_pre_hook((self: Fields) => {
    self[name] = weightOf(self[`${name}_v`] as Tensor, self[`${name}_g`] as Tensor, dim);
  });
  remember(module, name, { kind: 'weight_norm', handle, dim, eps: 0, n_power_iterations: 0 });
  return module;
}

/** Undoes {@link weight_norm}: the parameter is itself again. */
export function remove_weight_norm<M extends Module>(module: M, name: string = 'weight'): M {
  const { dim } = take(module, name, 'weight_norm');
  const fields = module as unknown as Fields;
  const weight = weightOf(fields[`${name}_v`] as Tensor, fields[`${name}_g`] as Tensor, dim);
  for (const key of [name, `${name}_g`, `${name}_v`]) forget(module, key);
  fields[name] = new Parameter(dataOf(weight));
  return module;
}

/** Options of {@link spectral_norm}. */
export interface SpectralNormOptions {
  /** Which parameter. Default `'weight'`. */
  name?: string | undefined;
  /** Iterations of each call in training mode. Default 1. */
  n_power_iterations?: number | undefined;
  /** The least length that is divided by. Default 1e-12. */
  eps?: number | undefined;
  /** The dimension of the outputs. Default 0, of transposed convolutions 1. */
  dim?: number | null | undefined;
}

/**
 * Divides a parameter by its greatest singular value, which power iterations estimate, by Miyato et al. (2018). PyTorch has
 * it as `parametrizations.spectral_norm` as well.
 *
 * @returns the module
 */
export function spectral_norm<M extends Module>(
  module: M,
  name?: string | SpectralNormOptions,
  n_power_iterations?: number | SpectralNormOptions,
  eps?: number | SpectralNormOptions,
  dim?: number | null | SpectralNormOptions,
): M;
export function spectral_norm(...args: unknown[]): Module {
  const given = readCall<SpectralNormOptions & { module: Module }>(SPECTRAL, args);
  const { module, name = 'weight', n_power_iterations = 1, eps = 1e-12 } = given;
  checkIterations(n_power_iterations);
  checkFree(module, name);
  const dim = outputDim(module, given.dim);
  const weight = parameterOf(module, name);
  const fields = module as unknown as Fields;
  const [u, v] = outsideScopes(() =>
    withoutGrad(() => {
      const matrix = flat(weight, dim);
      return [unit(drawnLike(weight, matrix.size(0)), eps), unit(drawnLike(weight, matrix.size(1)), eps)] as const;
    }),
  );
  forget(module, name);
  module.register_parameter(`${name}_orig`, weight);
  fields[name] = dataOf(weight);
  module.register_buffer(`${name}_u`, u);
  module.register_buffer(`${name}_v`, v);
  const settings = { kind: 'spectral_norm', dim, eps, n_power_iterations } as const;
  const handle = module.register_forward_pre_hook((self: Fields) => {
    self[name] = normalized(self, name, { ...settings, handle }, (self as unknown as Module).training);
  });
  remember(module, name, { ...settings, handle });
  return module;
}

/** Undoes {@link spectral_norm}: the parameter stays what it was last divided to. */
export function remove_spectral_norm<M extends Module>(module: M, name: string = 'weight'): M {
  const settings = take(module, name, 'spectral_norm');
  const fields = module as unknown as Fields;
  const weight = withoutGrad(() => normalized(fields, name, settings, false));
  for (const key of [name, `${name}_orig`, `${name}_u`, `${name}_v`]) forget(module, key);
  module.register_parameter(name, new Parameter(weight));
  return module;
}

function normalized(fields: Fields, name: string, { dim, eps, n_power_iterations }: Applied, iterate: boolean): Tensor {
  const weight = fields[`${name}_orig`] as Tensor;
  let u = fields[`${name}_u`] as Tensor;
  let v = fields[`${name}_v`] as Tensor;
  const matrix = flat(weight, dim);
  if (iterate) {
    withoutGrad(() => {
      for (let step = 0; step < n_power_iterations; step++) {
        v = unit(op('mv', op('t', matrix), u), eps, v);
        u = unit(op('mv', matrix, v), eps, u);
      }
      // The buffers change at the next call; the graph needs what they are now.
      [u, v] = [op('clone', u), op('clone', v)];
    });
  }
  return op('div.Tensor', weight, op('dot', u, op('mv', matrix, v)));
}

function flat(weight: Tensor, dim: number): Tensor {
  const matrix = asMatrix(weight, dim);
  return op('reshape', matrix, [matrix.size(0), -1]);
}

export function checkIterations(count: unknown): void {
  if (!Number.isInteger(count) || (count as number) <= 0)
    throw invalidValue('n_power_iterations', 'a positive integer', count);
}

function checkNamed(module: Module, name: string): void {
  if (!isModule(module)) throw invalidType('module', 'a Module', module);
  if (typeof name !== 'string') throw invalidType('name', 'a string', name);
}

function checkFree(module: Module, name: string): void {
  checkNamed(module, name);
  if (applied.get(module)?.has(name)) throw invalidValue('name', 'a parameter without such a norm', name);
}

function remember(module: Module, name: string, entry: Applied): void {
  applied.set(module, (applied.get(module) ?? new Map<string, Applied>()).set(name, entry));
}

function take(module: Module, name: string, kind: Applied['kind']): Applied {
  checkNamed(module, name);
  const entry = applied.get(module)?.get(name);
  if (entry?.kind !== kind) throw invalidValue('module', `one with ${kind} of '${name}'`, name);
  entry.handle.remove();
  applied.get(module)?.delete(name);
  return entry;
}
