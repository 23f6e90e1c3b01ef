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

const OPTIONS = ['gradient', 'retain_graph', 'create_graph', ...ASYNC_OPTIONS];
const BACKWARD = callShape('backward', 'gradient?, retain_graph?, create_graph?, inputs?');

/** The backward pass of a tensor, with arguments by position or by name. */
export function runBackward(tensor: object, args: readonly unknown[]): void {
  const { inputs, ...options } = readCall<Options>(BACKWARD, args);
  // Getters of the caller, which may dispose of tensors, run before any handle is read.
  const leaves = inputs == null ? undefined : listOf(inputs, 'inputs', 'an array of Tensors');
  const [handle, gradient, ...flags] = readArguments(tensor, options);
  if (leaves === undefined) {
    native().backward(handle, gradient, ...flags);
    return;
  }
  const handles = leaves.map((input) => handleOf(input, 'inputs'));
  native().backward_all([handle], [gradient], ...flags, handles);
}

/** The backward pass of a tensor on a lane. */
export async function runBackwardAsync(tensor: object, options: Options & AsyncOptions): Promise<void> {
  checkOptions(options, OPTIONS);
  const { signal, lane } = options;
  const args = readArguments(tensor, options);
  return backwardOnLane(
    (id, job) => native().deferred.backward(id, job, ...args),
    () => undefined,
    { signal, lane },
  );
}

function readArguments(
  tensor: object,
  options: Options,
): [tensor: Handle, gradient: Handle | undefined, retain_graph: boolean, create_graph: boolean] {
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
