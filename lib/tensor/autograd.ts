import { checkBoolean, checkOptions, itemsOf } from '../addon/arguments.js';
import { ArgumentRangeError, invalidType } from '../base/errors.js';
import { handleOf, isTensor } from '../addon/handle.js';
import { callSynchronously, checkNoBackward } from '../addon/lane.js';
import { type Handle, native } from '../addon/native.js';
import { isArray, isFunction } from '../base/plain_object.js';
import { callShape, readCall } from '../base/positional.js';
import { Tensor } from './tensor.js';

/**
 * Runs `fn` without recording a graph and returns its result: for evaluation, where no gradient is wanted.
 *
 * @param fn - a synchronous function, since after an `await` other code would run without gradients too. It may return
 *   the promise of a call on a lane, which keeps the mode: `torch.no_grad(() => loss.async(input, target))`
 * @throws TypeError if `fn` returns another promise
 * @example
 * ```ts
 * const loss = torch.no_grad(() => torch.nn.functional.cross_entropy(input, target));
 * loss.requires_grad;   // false
 * ```
 */
export function no_grad<T>(fn: () => T): T {
  return withGradMode(false, fn);
}

/** Runs `fn` with the graph recorded, for example within {@link no_grad}. */
export function enable_grad<T>(fn: () => T): T {
  return withGradMode(true, fn);
}

/**
 * Sets whether the graph is recorded: with `fn` while it runs, else from now on.
 *
 * @example
 * ```ts
 * const training = false;
 * const y = torch.set_grad_enabled(training, () => torch.ones([2], { requires_grad: true }).mul(2));
 * y.requires_grad;   // false
 * ```
 */
export function set_grad_enabled<T>(mode: boolean, fn: () => T): T;
export function set_grad_enabled(mode: boolean): void;
export function set_grad_enabled<T>(mode: boolean, fn?: () => T): T | undefined {
  checkBoolean(mode, 'mode');
  if (fn !== undefined) return withGradMode(mode, fn);
  native().set_grad_enabled(mode);
  return undefined;
}

/** Runs `fn` as {@link no_grad} does. Its results may be used in a graph later, which Python's may not. */
export function inference_mode<T>(fn: () => T): T {
  return withGradMode(false, fn);
}

/** Whether the graph is recorded now. */
export function is_grad_enabled(): boolean {
  return native().is_grad_enabled();
}

function withGradMode<T>(enabled: boolean, fn: () => T): T {
  if (!isFunction(fn)) throw invalidType('fn', 'a function', fn);
  const before = native().set_grad_enabled(enabled);
  try {
    return callSynchronously(fn);
  } finally {
    native().set_grad_enabled(before);
  }
}

/** Options of {@link grad}. */
export interface GradOptions {
  /** The gradient with respect to each output, in its shape; not needed for outputs of one element. */
  grad_outputs?: Tensor | readonly (Tensor | null)[] | undefined;
  /** Keep the graph for another pass. Default: the value of `create_graph`. */
  retain_graph?: boolean | undefined;
  /** Record the pass itself, for gradients of gradients. Default false. */
  create_graph?: boolean | undefined;
  /** Return `null` for inputs on which the outputs do not depend, instead of throwing. Default false. */
  allow_unused?: boolean | undefined;
}

/**
 * The gradients of `outputs` with respect to `inputs`, without touching any `grad`.
 *
 * @returns one gradient for each input, in order
 * @example
 * ```ts
 * const x = torch.tensor(3, { requires_grad: true });
 * const [dx] = torch.autograd.grad(x.mul(x), x);
 * dx.item();   // 6
 * ```
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options?: GradOptions & { allow_unused?: false },
): Tensor[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options?: GradOptions,
): (Tensor | null)[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions = {},
): (Tensor | null)[] {
  checkNoBackward('grad');
  checkOptions(options, ['grad_outputs', 'retain_graph', 'create_graph', 'allow_unused']);
  const { grad_outputs, create_graph = false, retain_graph = create_graph, allow_unused = false } = options;
  checkBoolean(create_graph, 'create_graph');
  checkBoolean(retain_graph, 'retain_graph');
  checkBoolean(allow_unused, 'allow_unused');
  // All of the caller's properties are read before the first handle, since getters may dispose of tensors.
  const outputList = listOf(outputs, 'outputs');
  const inputList = listOf(inputs, 'inputs');
  const seeds = grad_outputs === undefined ? outputList.map(() => null) : listOf(grad_outputs, 'grad_outputs');
  const outputHandles = handlesOf(outputList, 'outputs');
  const inputHandles = handlesOf(inputList, 'inputs');
  const seedHandles = seeds.map((seed) => (seed == null ? undefined : handleOf(seed, 'grad_outputs')));
  const gradients = native().gradients(
    outputHandles,
    inputHandles,
    seedHandles,
    retain_graph,
    create_graph,
    allow_unused,
  );
  return gradients.map((gradient) => (gradient === null ? null : new Tensor(gradient)));
}

/** Options of {@link backward}. */
export interface BackwardAllOptions {
  /** The gradient with respect to each tensor, in its shape; not needed for tensors of one element. */
  grad_tensors?: Tensor | readonly (Tensor | null)[] | null | undefined;
  /** Keep the graph for another pass. Default: the value of `create_graph`. */
  retain_graph?: boolean | null | undefined;
  /** Record the pass itself, for gradients of gradients. Default false. */
  create_graph?: boolean | undefined;
  /** Only to the gradients of these is added. Default: to those of all leaves. */
  inputs?: Tensor | readonly Tensor[] | null | undefined;
}

const BACKWARD = callShape('backward', 'tensors, grad_tensors?, retain_graph?, create_graph?, inputs?');

/** Adds the gradients of the sum of several tensors to the `grad` of the leaves that they depend on, in one pass. */
export function backward(
  tensors: Tensor | readonly Tensor[],
  grad_tensors?: Tensor | readonly (Tensor | null)[] | null | BackwardAllOptions,
  retain_graph?: boolean | null | BackwardAllOptions,
  create_graph?: boolean | BackwardAllOptions,
  inputs?: Tensor | readonly Tensor[] | null,
): void;
export function backward(...args: unknown[]): void {
  checkNoBackward('backward');
  const given = readCall<BackwardAllOptions & { tensors: unknown }>(BACKWARD, args);
  const { grad_tensors, create_graph = false, inputs } = given;
  const retain_graph = given.retain_graph ?? create_graph;
  checkBoolean(create_graph, 'create_graph');
  checkBoolean(retain_graph, 'retain_graph');
  const tensors = listOf(given.tensors, 'tensors');
  const seeds = grad_tensors == null ? tensors.map(() => null) : listOf(grad_tensors, 'grad_tensors');
  if (seeds.length !== tensors.length)
    throw new ArgumentRangeError('grad_tensors', `${tensors.length}, one for each tensor`, String(seeds.length));
  const leaves = inputs == null ? [] : handlesOf(listOf(inputs, 'inputs'), 'inputs');
  native().backward_all(
    handlesOf(tensors, 'tensors'),
    seeds.map((seed) => (seed == null ? undefined : handleOf(seed, 'grad_tensors'))),
    retain_graph,
    create_graph,
    leaves,
  );
}

function listOf(value: unknown, parameter: string): readonly unknown[] {
  if (isArray(value)) return itemsOf(value, parameter);
  if (isTensor(value)) return [value];
  throw invalidType(parameter, 'a Tensor or an array of them', value);
}

/** The handles of at least one tensor. */
function handlesOf(tensors: readonly unknown[], parameter: string): Handle[] {
  if (tensors.length === 0) throw new ArgumentRangeError(parameter, 'at least one Tensor', 'none');
  return tensors.map((item) => handleOf(item, parameter));
}
