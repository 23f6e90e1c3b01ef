/** `torch.nn.utils.parametrize`: parameters that modules compute of others. */
import { checkOptions } from '../../addon/arguments.js';
import { outsideScopes } from '../../addon/scope.js';
import { handleOf, isTensor } from '../../addon/handle.js';
import { native } from '../../addon/native.js';
import { ArgumentRangeError, invalidType, invalidValue, TorchError } from '../../base/errors.js';
import { isArray, isInstance } from '../../base/plain_object.js';
import { withoutGrad } from '../../tensor/call.js';
import type { Tensor } from '../../tensor/tensor.js';
import { ModuleDict, ModuleList } from '../containers.js';
import type { Module } from '../module.js';
import { isModule } from '../module.js';
import { Parameter } from '../parameter.js';
import { forget } from './reparametrize.js';

type Fields = Record<string, unknown>;

/** A module that computes a parameter; `right_inverse` gives what it would compute a value of. */
export interface Parametrization extends Module {
  right_inverse?(value: Tensor): Tensor | readonly Tensor[];
}

/** What a parameter is computed of: `original`, or `original0` and so on, and the modules that compute it. */
export class ParametrizationList extends ModuleList {
  declare is_tensor: boolean;
  declare ntensors: number;

  constructor(modules: Iterable<Module>, original: Tensor) {
    if (!isTensor(original)) throw invalidType('original', 'a Tensor', original);
    super(modules);
    const value = withoutGrad(() => this.inverse(original, true));
    this.is_tensor = !isArray(value);
    this.ntensors = isArray(value) ? value.length : 1;
    if (!isArray(value)) {
      setTo(original, value);
      register(this, 'original', original);
      return;
    }
    for (const [at, part] of value.entries()) {
      const isParameter = isInstance(original, Parameter);
      const own = isParameter ? new Parameter(part, original.requires_grad) : part;
      own.requires_grad_(original.requires_grad);
      register(this, `original${at}`, own);
    }
  }

  override forward(): Tensor {
    const fields = this as unknown as Fields;
    const originals = this.is_tensor
      ? [fields.original]
      : Array.from({ length: this.ntensors }, (_, at) => fields[`original${at}`]);
    const [first, ...rest] = [...this] as ((...args: unknown[]) => Tensor)[];
    return rest.reduce((value, module) => module(value), (first as (...args: unknown[]) => Tensor)(...originals));
  }

  /** Makes the parameter have a value, by the `right_inverse` of the modules. */
  right_inverse(value: Tensor): void {
    withoutGrad(() => {
      const given = this.inverse(value);
      const parts = isArray(given) ? given : [given];
      const fields = this as unknown as Fields;
      if (parts.length !== this.ntensors) throw invalidValue('right_inverse', `${this.ntensors} tensors`, parts.length);
      for (const [at, part] of parts.entries())
        setTo(fields[this.is_tensor ? 'original' : `original${at}`] as Tensor, part);
    });
  }

  /** At first, a parameter stays what it is where a parametrization has no inverse. */
  private inverse(value: Tensor, first = false): Tensor | readonly Tensor[] {
    let given: Tensor | readonly Tensor[] = value;
    for (const module of [...this].toReversed() as Parametrization[]) {
      if (typeof module.right_inverse !== 'function') {
        if (first) continue;
        throw new TorchError('ERR_NOT_IMPLEMENTED', `${module.constructor.name}: it has no right_inverse`);
      }
      try {
        given = module.right_inverse(given as Tensor);
      } catch (error) {
        if (!(first && isInstance(error, TorchError) && error.code === 'ERR_NOT_IMPLEMENTED')) throw error;
      }
    }
    return given;
  }
}

/** Has a parameter keep its place while its memory becomes another tensor's. */
function setTo(tensor: Tensor, value: Tensor): void {
  if (value !== tensor) native().set_data(handleOf(tensor, 'original'), handleOf(value, 'value'));
}

function register(module: Module, name: string, tensor: Tensor): void {
  if (isInstance(tensor, Parameter)) module.register_parameter(name, tensor as Parameter);
  else module.register_buffer(name, tensor);
}

/** The classes of modules that have parametrizations, by the prototypes of those they had before. */
const prototypes = new WeakMap<object, object>();

function parametrizedPrototype(base: { constructor: { name: string } }): object {
  const known = prototypes.get(base);
  if (known !== undefined) return known;
  const name = `Parametrized${base.constructor.name}`;
  const made = Object.create(base, { constructor: { value: { [name]() {} }[name], writable: true } }) as object;
  prototypes.set(base, made);
  prototypes.set(made, made);
  return made;
}

/** The parametrizations of a module, by the names of the parameters. */
function listsOf(module: Module): Map<string, ParametrizationList> {
  if (!isModule(module)) throw invalidType('module', 'a Module', module);
  const dict = (module as unknown as Fields).parametrizations;
  return new Map(isModule(dict) && dict instanceof ModuleDict ? (dict.items() as [string, ParametrizationList][]) : []);
}

/** Whether a module has a parametrization, of this name if it is given. */
export function is_parametrized(module: Module, tensor_name?: string | null): boolean {
  const lists = listsOf(module);
  return tensor_name == null ? lists.size > 0 : lists.has(tensor_name);
}

/**
 * Has a module's parameter or buffer computed by another module, each time that it is asked for.
 *
 * The first parametrization takes `original`, or what its `right_inverse` makes of the parameter; further ones take the
 * result of those before. Setting the parameter sets what it is computed of.
 *
 * @returns the module
 * @example
 * ```ts
 * const { nn } = torch;
 * class Symmetric extends nn.Module {
 *   override forward(x: Tensor): Tensor {
 *     return x.triu().add(x.triu(1).t());
 *   }
 * }
 * const layer = nn.utils.parametrize.register_parametrization(new nn.Linear(3, 3), 'weight', new Symmetric());
 * torch.equal(layer.weight, layer.weight.t());   // true
 * Object.keys(layer.state_dict());   // ['bias', 'parametrizations.weight.original']
 * ```
 */
export function register_parametrization<M extends Module>(
  module: M,
  tensor_name: string,
  parametrization: Parametrization,
  options: { unsafe?: boolean | undefined } = {},
): M {
  if (!isModule(module)) throw invalidType('module', 'a Module', module);
  if (!isModule(parametrization)) throw invalidType('parametrization', 'a Module', parametrization);
  checkOptions(options, ['unsafe']);
  parametrization.train(module.training);
  const known = listsOf(module).get(tensor_name);
  const fields = module as unknown as Fields;
  if (known !== undefined) {
    known.append(parametrization);
    if (!options.unsafe) checkLike(known(), fields[tensor_name] as Tensor);
    return module;
  }
  const original = fields[tensor_name];
  if (!isTensor(original)) throw invalidValue('tensor_name', 'the name of a parameter or buffer', tensor_name);
  const [shape, dtype] = [(original as Tensor).shape, (original as Tensor).dtype];
  const list = outsideScopes(() => new ParametrizationList([parametrization], original as Tensor));
  if (!options.unsafe) checkLike(list(), { shape, dtype });
  forget(module, tensor_name);
  if (!isModule(fields.parametrizations)) {
    Object.setPrototypeOf(module, parametrizedPrototype(Object.getPrototypeOf(module) as never));
    fields.parametrizations = new ModuleDict();
  }
  (fields.parametrizations as ModuleDict).update({ [tensor_name]: list });
  Object.defineProperty(module, tensor_name, {
    configurable: true,
    enumerable: false,
    get(this: Module) {
      return (listsOf(this).get(tensor_name) as ParametrizationList)();
    },
    set(this: Module, value: Tensor) {
      (listsOf(this).get(tensor_name) as ParametrizationList).right_inverse(value);
    },
  });
  return module;
}

function checkLike(value: unknown, wanted: { readonly shape: readonly number[]; readonly dtype: string }): void {
  if (!isTensor(value)) throw invalidType('parametrization', 'one that gives a Tensor', value);
  const { shape, dtype } = value as Tensor;
  if (String(shape) !== String(wanted.shape) || dtype !== wanted.dtype) {
    const expected = `one that keeps shape [${wanted.shape.join(', ')}] and dtype ${wanted.dtype}, or unsafe`;
    throw new ArgumentRangeError('parametrization', expected, `[${shape.join(', ')}] ${dtype}`);
  }
}

/**
 * Takes the parametrizations of a parameter away.
 *
 * @param options - `leave_parametrized: false` leaves what it was computed of rather than what was computed
 * @returns the module
 */
export function remove_parametrizations<M extends Module>(
  module: M,
  tensor_name: string,
  options: { leave_parametrized?: boolean | undefined } = {},
): M {
  checkOptions(options, ['leave_parametrized']);
  const { leave_parametrized = true } = options;
  const list = listsOf(module).get(tensor_name);
  if (list === undefined) throw invalidValue('tensor_name', 'the name of a parametrized parameter', tensor_name);
  const fields = module as unknown as Fields;
  let tensor: Tensor;
  if (list.is_tensor) {
    tensor = (list as unknown as Fields).original as Tensor;
    if (leave_parametrized) withoutGrad(() => setTo(tensor, fields[tensor_name] as Tensor));
  } else {
    if (!leave_parametrized) throw invalidValue('leave_parametrized', 'true for several originals', leave_parametrized);
    const value = fields[tensor_name] as Tensor;
    tensor = value.requires_grad ? new Parameter(value) : value;
  }
  delete fields[tensor_name];
  (fields.parametrizations as ModuleDict).pop(tensor_name);
  register(module, tensor_name, tensor);
  if (!is_parametrized(module)) {
    forget(module, 'parametrizations');
    Object.setPrototypeOf(module, Object.getPrototypeOf(Object.getPrototypeOf(module) as object) as object);
  }
  return module;
}
