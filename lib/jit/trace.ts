/** `torch.jit.trace`: what a forward pass written in TypeScript computes, as TorchScript. */
import { types } from 'node:util';
import { checkBoolean, checkOptions } from '../addon/arguments.js';
import { handleOf, isTensor } from '../addon/handle.js';
import { native, type ScriptHandle, type ScriptValue, type TracedModuleDescription } from '../addon/native.js';
import { scope } from '../addon/scope.js';
import { ArgumentRangeError, ArgumentTypeError, invalidType, TorchError } from '../base/errors.js';
import { isArray, isFunction, isPlainObject } from '../base/plain_object.js';
import { warnOnce } from '../base/warnings.js';
import { isModule, type Module } from '../nn/module.js';
import type { Tensor } from '../tensor/tensor.js';
import { inPlace, withoutGrad } from '../tensor/call.js';
import { dispatch, prepare } from '../tensor/dispatch.js';
import { isScriptModule, type ScriptModule, wrapScript } from './script_module.js';
import { followSizes } from './sizes.js';
import { lowerValue, raiseValue, tensorsIn } from './values.js';

// biome-ignore lint/suspicious/noExplicitAny: a module takes and gives what its forward does
type Any = any;

/** Options of {@link trace}. */
export interface TraceOptions {
  /** Run the traced module on the same inputs and compare. Default true. */
  check_trace?: boolean | undefined;
  /** How far the numbers of that comparison may be apart, absolutely and relatively. Default 1e-5. */
  check_tolerance?: number | undefined;
  /**
   * Run the module a few times more, on inputs of other sizes, to find out which numbers in the trace come from sizes:
   * those are then computed from the inputs, as the tracer of Python records them. Default true.
   */
  dynamic_sizes?: boolean | undefined;
  /** Refuse a dict as the output, whose keys may depend on the inputs. Default true. */
  strict?: boolean | undefined;
  /**
   * Whether LibTorch may rewrite the graph before it runs it, as Python does. The numbers may then differ in their last
   * bits from those of the module. Default false.
   */
  optimized_execution?: boolean | undefined;
}

/**
 * Traces a module: runs it once and records the operators that its `forward` calls, as a {@link ScriptModule} that
 * computes the same bits without JavaScript, and that Python and C++ open. It shares the module's parameters and buffers,
 * under the same names: who trains one trains the other.
 *
 * What is recorded is what LibTorch sees. Branches and loops of JavaScript are taken as in that one run; where they
 * depend on values, through `item()` or `tolist()`, a `TracerWarning` says so. So does one where a size of the inputs has
 * become a constant. Dropout and normalization keep the mode that the module is in, as in Python. A tensor that
 * `forward` makes of JavaScript values is a constant.
 *
 * Unlike Python's, tracing leaves buffers and the random generator as they were.
 *
 * @param func - a module, or a function of tensors
 * @param example_inputs - what to run it on: a tensor, or an array with an argument each. Other sizes may be used later
 * @throws TypeError if it gives something else than tensors, and tuples (arrays) or, with `strict: false`, dicts of them
 * @example
 * ```ts
 * const { nn } = torch;
 * class Net extends nn.Module {
 *   hidden = new nn.Linear(4, 8);
 *   out = new nn.Linear(8, 2);
 *   override forward(x: Tensor): Tensor {
 *     return this.out(this.hidden(x).relu());
 *   }
 * }
 * const traced = torch.jit.trace(new Net(), torch.zeros([1, 4]));
 * traced(torch.zeros([5, 4])).shape;   // [5, 2]
 * traced.named_parameters().map(([name]) => name);   // ['hidden.weight', 'hidden.bias', 'out.weight', 'out.bias']
 * ```
 */
export function trace(
  func: Module | ((...inputs: Any[]) => unknown),
  example_inputs: Tensor | readonly unknown[],
  options: TraceOptions = {},
): ScriptModule {
  checkOptions(options, ['check_trace', 'check_tolerance', 'strict', 'dynamic_sizes', 'optimized_execution']);
  const { check_tolerance = 1e-5, optimized_execution = false } = options;
  const { check_trace = true, strict = true, dynamic_sizes = true } = options;
  const flags = { check_trace, strict, dynamic_sizes, optimized_execution };
  for (const [name, value] of Object.entries(flags)) checkBoolean(value, name);
  if (typeof check_tolerance !== 'number') throw invalidType('check_tolerance', 'a number', check_tolerance);
  if (!isFunction(func)) throw invalidType('func', 'a Module or a function', func);
  const inputs = readInputs(example_inputs);
  if (isScriptModule(func)) {
    warnOnce('The input to trace is already a ScriptModule, tracing it is a no-op. Returning the object as is.');
    return func;
  }
  const tracer = new Tracer(func, { strict, optimized: optimized_execution });
  const handle = tracer.record(inputs);
  if (dynamic_sizes) followSizes(tracer, handle, inputs);
  const traced = wrapScript(handle, tracer.tensors());
  if (check_trace) tracer.apart(() => check(traced, func, inputs, check_tolerance));
  return traced;
}

function readInputs(given: unknown): readonly unknown[] {
  if (isTensor(given)) return [given];
  if (!isArray(given)) throw invalidType('example_inputs', 'a Tensor or an array of inputs', given);
  if (given.length === 0) throw new ArgumentRangeError('example_inputs', 'at least one input', 'none');
  for (const [index, input] of given.entries()) checkTensors(input, `example_inputs[${index}]`);
  return given;
}

/** A tracer takes tensors, and arrays and objects of them. */
function checkTensors(value: unknown, name: string): void {
  if (isTensor(value)) return;
  if (isArray(value)) for (const [index, item] of value.entries()) checkTensors(item, `${name}[${index}]`);
  else if (isPlainObject(value)) for (const [key, item] of Object.entries(value)) checkTensors(item, `${name}.${key}`);
  else throw invalidType(name, 'a Tensor, or arrays and objects of Tensors', value);
}

function hasDict(value: unknown): boolean {
  return !isTensor(value) && (isArray(value) ? value.some(hasDict) : true);
}

/** How LibTorch begins to say that a tensor comes from elsewhere. */
const FOREIGN = 'Cannot insert a Tensor that requires grad as a constant';

/** Records a module, each time from the same state. */
class Tracer {
  readonly #func: Module | ((...inputs: unknown[]) => unknown);
  readonly #strict: boolean;
  readonly #optimized: boolean;
  readonly #modules: readonly Module[];

  constructor(func: Module | ((...inputs: unknown[]) => unknown), options: { strict: boolean; optimized: boolean }) {
    this.#func = func;
    this.#strict = options.strict;
    this.#optimized = options.optimized;
    this.#modules = isModule(func) ? func.modules() : [];
  }

  /** Runs the module on inputs, and gives what it did. */
  record(inputs: readonly unknown[]): ScriptHandle {
    const names = inputs.length === 1 ? ['input'] : inputs.map((_, index) => `input_${index}`);
    const values = inputs.map((input, index) => lowerValue(input, `example_inputs[${index}]`));
    const forward = (...traced: ScriptValue[]): ScriptValue => {
      const output = this.#run(traced.map(raiseValue));
      if (types.isPromise(output)) {
        output.catch(() => undefined);
        throw new ArgumentTypeError('func', 'a synchronous forward', 'one that gives a Promise');
      }
      checkTensors(output, 'output');
      if (this.#strict && hasDict(output)) {
        const expected =
          'a Tensor or tuples (arrays) of them, or the option strict: false for dicts with the same keys always';
        throw new ArgumentTypeError('output', expected, 'a dict');
      }
      return lowerValue(output, 'output');
    };
    return this.apart(() =>
      native().trace_module(this.#describe(), values, names, forward, this.#strict, this.#optimized),
    );
  }

  /** Runs `work` so that it leaves the buffers and the random generators as they were, and no tensors. */
  apart<T>(work: () => T): T {
    const devices = new Set(['cpu']);
    const buffers: (readonly [Tensor, Tensor])[] = [];
    const addon = native();
    for (const module of this.#modules) {
      for (const tensor of module.parameters(false)) devices.add(tensor.device);
      for (const buffer of module.buffers(false)) buffers.push([buffer, buffer.detach().clone()]);
    }
    const generators = [...devices].map((device) => {
      const generator = addon.default_generator(device);
      return [generator, addon.generator_state(generator)] as const;
    });
    try {
      return scope(work);
    } finally {
      for (const [generator, state] of generators) {
        addon.set_generator_state(generator, state);
        addon.dispose(state);
      }
      withoutGrad(() => {
        for (const [buffer, before] of buffers) {
          inPlace('copy_', buffer, before);
          before.dispose();
        }
      });
    }
  }

  #run(inputs: readonly unknown[]): unknown {
    try {
      return (this.#func as (...inputs: unknown[]) => unknown)(...inputs);
    } catch (error) {
      if (!(error instanceof TorchError) || !error.message.startsWith(FOREIGN)) throw error;
      const expected = 'a forward that uses parameters of its own modules alone';
      throw new ArgumentTypeError('func', expected, 'one that uses another Tensor that requires a gradient');
    }
  }

  /** The module's own tensors. */
  tensors(): Tensor[] {
    return this.#modules.flatMap((module) => [...module.parameters(false), ...module.buffers(false)]);
  }

  #describe(): TracedModuleDescription[] {
    const { name } = this.#func;
    if (this.#modules.length === 0) return [{ name, training: true, parameters: [], buffers: [], children: [] }];
    return this.#modules.map((module) => ({
      name: isScriptModule(module) ? module.original_name : module._get_name(),
      training: module.training,
      parameters: module.named_parameters('', false).map(([key, tensor]) => [key, handleOf(tensor, key)] as const),
      buffers: module.named_buffers('', false).map(([key, tensor]) => [key, handleOf(tensor, key)] as const),
      children: module.named_children().map(([key, child]) => [key, this.#modules.indexOf(child)] as const),
    }));
  }
}

/** Compares what the trace computes with what the module does. */
function check(traced: ScriptModule, func: unknown, inputs: readonly unknown[], tolerance: number): void {
  const state = native().generator_state(native().default_generator('cpu'));
  const [own, other] = withoutGrad(() => {
    const first = tensorsIn((func as (...inputs: unknown[]) => unknown)(...inputs));
    native().set_generator_state(native().default_generator('cpu'), state);
    return [first, tensorsIn(traced(...inputs))];
  });
  const differs = own.findIndex((tensor, index) => !isClose(tensor, other[index] as Tensor, tolerance));
  if (own.length === other.length && differs < 0) return;
  warnOnce(
    `TracerWarning: Output nr ${differs + 1}. of the traced function does not match the corresponding output of the JavaScript function: what it computes depends on more than its inputs.`,
  );
}

function isClose(own: Tensor, other: Tensor, tolerance: number): boolean {
  if (String(own.shape) !== String(other.shape) || own.dtype !== other.dtype) return false;
  return dispatch('aten::allclose', prepare([own, other, tolerance, tolerance, true], undefined)) === true;
}
