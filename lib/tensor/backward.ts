/** Backward passes of a tensor: their options, at once and on a lane. */
import { checkBoolean, checkOptions, listOf } from '../addon/arguments.js';
import { handleOf } from '../addon/handle.js';
import { ASYNC_OPTIONS, type AsyncOptions, backwardOnLane } from '../addon/lane.js';
import { type Handle, native } from '../addon/native.js';
import { callShape, readCall } from '../base/positional.js';

/** Options of a backward pass, for tensors of type `T`. */
export interface BackwardOptionsOf<T> {
  /** The gradient of the final result with respect to this tensor, in its shape. Required unless it has one element. */
  gradient?: T | null | undefined;
  /** Keep the graph for another backward pass. Default: the value of `create_graph`. */
  retain_graph?: boolean | null | undefined;
  /** Record the backward pass itself, for gradients of gradients. Default false. */
  create_graph?: boolean | undefined;
  /** Add only to the gradients of these tensors. Default: to those of all leaves. Not on a lane. */
  inputs?: readonly T[] | null | undefined;
}

type Options = BackwardOptionsOf<unknown>;

const NAMES = ['gradient', 'retain_graph', 'create_graph'];
const BACKWARD = callShape('backward', 'gradient?, retain_graph?, create_graph?, inputs?');

/** The backward pass of a tensor, with arguments by position or by name. */
export function runBackward(tensor: object, args: readonly unknown[]): void {
  const { inputs, ...options } = readCall<Options>(BACKWARD, args);
  const [handle, gradient, ...flags] = readArguments(tensor, options, NAMES);
  if (inputs == null) {
    native().backward(handle, gradient, ...flags);
    return;
  }
  const leaves = listOf(inputs, 'inputs', 'an array of Tensors').map((input) => handleOf(input, 'inputs'));
  native().backward_all([handle], [gradient], ...flags, leaves);
}

/** The backward pass of a tensor on a lane. */
export async function runBackwardAsync(tensor: object, options: Options & AsyncOptions): Promise<void> {
  const args = readArguments(tensor, options, [...NAMES, ...ASYNC_OPTIONS]);
  const { signal, lane } = options;
  return backwardOnLane(
    (id, job) => native().deferred.backward(id, job, ...args),
    () => undefined,
    { signal, lane },
  );
}

function readArguments(
  tensor: object,
  options: Options,
  names: readonly string[],
): [tensor: Handle, gradient: Handle | undefined, retain_graph: boolean, create_graph: boolean] {
  checkOptions(options, names);
  const { gradient, create_graph = false } = options;
  const retain_graph = options.retain_graph ?? create_graph;
  checkBoolean(create_graph, 'create_graph');
  checkBoolean(retain_graph, 'retain_graph');
  return [
    handleOf(tensor, 'tensor'),
    gradient == null ? undefined : handleOf(gradient, 'gradient'),
    retain_graph,
    create_graph,
  ];
}
