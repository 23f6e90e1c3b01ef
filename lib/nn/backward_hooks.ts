/** Hooks of modules in backward passes: nodes around a module that leave its tensors as they are. */
import { isTensor } from '../addon/handle.js';
import { native } from '../addon/native.js';
import { ArgumentTypeError } from '../base/errors.js';
import { isArray } from '../base/plain_object.js';
import { customNode, replacement } from '../tensor/hooks.js';
import type { Tensor } from '../tensor/tensor.js';

type Gradients = (Tensor | null)[];
type Before = (module: never, grad_output: Gradients) => unknown;
type After = (module: never, grad_input: Gradients, grad_output: Gradients) => unknown;

/** The name that the nodes have in Python. */
const NODE = 'BackwardHookFunctionBackward';

/** The hooks of one call of a module. */
export class BackwardCalls {
  readonly #module: never;
  readonly #before: readonly Before[];
  readonly #after: readonly After[];
  /** The gradients of the results, from when they are there to when those of the arguments are. */
  #gradOutputs: Gradients | undefined;
  /** How many arguments there are, and which of them are tensors, if any wants a gradient. */
  #inputs = 0;
  #watched: readonly number[] | undefined;

  constructor(module: object, before: readonly Before[], after: readonly After[]) {
    this.#module = module as never;
    this.#before = before;
    this.#after = after;
  }

  /** The arguments, behind a node that sees their gradients. */
  watchInputs(args: readonly unknown[]): unknown[] {
    this.#inputs = args.length;
    const { list, places } = this.#watch(args, (gradients, tensors) => {
      // Without gradients of the results there is nothing that the hooks could be told.
      if (this.#gradOutputs === undefined) return gradients;
      const packed = spread(gradients, tensors, args.length);
      const changed = this.#callAfter(packed);
      this.#gradOutputs = undefined;
      return tensors.map((at) => changed[at] ?? null);
    });
    this.#watched = places;
    return list;
  }

  /** The results, behind a node that sees their gradients; results within results are not looked for. */
  watchOutputs(output: unknown): unknown {
    const isList = isArray(output);
    const outputs = isList ? [...output] : [output];
    const { list } = this.#watch(outputs, (gradients, tensors) => {
      let packed = spread(gradients, tensors, outputs.length);
      for (const hook of this.#before) {
        const result: unknown = hook(this.#module, packed);
        if (result != null) packed = changedBy(result, packed, 'grad_output');
      }
      this.#gradOutputs = packed;
      if (this.#watched === undefined) {
        const none: Gradients = Array.from({ length: this.#inputs }, () => null);
        this.#callAfter(none);
        this.#gradOutputs = undefined;
      }
      return tensors.map((at) => packed[at] ?? null);
    });
    return isList ? list : list[0];
  }

  #callAfter(gradInputs: Gradients): Gradients {
    let current = gradInputs;
    for (const hook of this.#after) {
      const result: unknown = hook(this.#module, current, this.#gradOutputs as Gradients);
      if (result != null) current = changedBy(result, current, 'grad_input');
    }
    return current;
  }

  #watch(
    values: readonly unknown[],
    see: (gradients: Gradients, places: readonly number[]) => Gradients,
  ): { list: unknown[]; places: readonly number[] | undefined } {
    const list = [...values];
    const places = values.flatMap((value, at) => (isTensor(value) ? [at] : []));
    const tensors = places.map((at) => values[at] as Tensor);
    const isWanted = native().is_grad_enabled() && tensors.some((tensor) => tensor.requires_grad);
    if (!isWanted) return { list, places: undefined };
    const wanting = places.filter((at) => (values[at] as Tensor).requires_grad);
    const watched = customNode(
      NODE,
      wanting.map((at) => values[at] as Tensor),
      wanting.map((at) => values[at] as Tensor),
      (gradients) => see(gradients, wanting),
    );
    for (const [index, at] of wanting.entries()) list[at] = watched[index];
    return { list, places };
  }
}

/** Gradients of some of the values, in their places among all. */
function spread(gradients: Gradients, places: readonly number[], count: number): Gradients {
  const all: Gradients = Array.from({ length: count }, () => null);
  for (const [index, at] of places.entries()) all[at] = gradients[index] ?? null;
  return all;
}

/** What a hook returned in the place of gradients. */
function changedBy(result: unknown, before: Gradients, what: string): Gradients {
  const list: readonly unknown[] = isArray(result) ? result : [result];
  if (list.length !== before.length) {
    throw new ArgumentTypeError(what, `${before.length} gradients from the hook, or nothing`, `${list.length}`);
  }
  return list.map((item, at) =>
    item == null ? null : replacement(item, before[at] as Tensor | null, `${what}[${at}]`),
  );
}
