import { isTensor } from '../addon/handle.js';
import { native } from '../addon/native.js';
import { ArgumentTypeError, describe, invalidType, TorchError } from '../base/errors.js';
import { isArray } from '../base/plain_object.js';
import { no_grad } from './autograd.js';
import { dispatchTensor } from './dispatch.js';
import { customNode } from './hooks.js';
import { Tensor } from './tensor.js';

/** What `forward` of a {@link Function} keeps for `backward`. Fields of one's own may be put on it, too. */
export interface FunctionContext {
  /** Keeps tensors for `backward`. */
  save_for_backward(...tensors: (Tensor | null)[]): void;
  /** What `save_for_backward` kept. */
  readonly saved_tensors: readonly Tensor[];
  /** Which of the arguments want a gradient. */
  readonly needs_input_grad: readonly boolean[];
  /** Says that outputs have no gradient. */
  mark_non_differentiable(...tensors: Tensor[]): void;
  /** Whether absent gradients come as zeros. Default true; else they are `null`. */
  set_materialize_grads(value: boolean): void;
  // biome-ignore lint/suspicious/noExplicitAny: what a function keeps is its own
  [field: string]: any;
}

// biome-ignore lint/suspicious/noExplicitAny: the arguments are each function's own
type Any = any;

/**
 * An operation with a gradient of one's own: the base of classes with a static `forward` and a static `backward`, which
 * are called by `apply`. It can be part of a graph for a synchronous backward pass on the CPU.
 *
 * @example
 * ```ts
 * class Sign extends torch.autograd.Function {
 *   static override forward(_ctx: torch.autograd.FunctionContext, x: Tensor): Tensor {
 *     return x.sign();
 *   }
 *   static override backward(_ctx: torch.autograd.FunctionContext, grad: Tensor): Tensor {
 *     return grad.clamp(-1, 1);
 *   }
 * }
 * const x = torch.tensor([0.3, -2], { requires_grad: true });
 * Sign.apply(x).sum().backward();
 * x.grad.tolist();   // [1, 1]
 * ```
 */
// oxlint-disable-next-line typescript/no-extraneous-class -- PyTorch's form: static functions of a class
export abstract class AutogradFunction {
  /** Computes the outputs, one tensor or an array of them; no graph is recorded meanwhile. */
  static forward(_ctx: FunctionContext, ..._args: Any[]): Any {
    throw new TorchError('ERR_NOT_IMPLEMENTED', `${this.name} has no static forward`);
  }

  /** Gives the gradient of each argument, `null` for those that have none, from those of the outputs. */
  static backward(_ctx: FunctionContext, ..._grads: Any[]): Any {
    throw new TorchError('ERR_NOT_IMPLEMENTED', `${this.name} has no static backward`);
  }

  /** Calls the function: `forward` now, and `backward` in a backward pass. */
  static apply<T extends { forward(ctx: FunctionContext, ...args: Any[]): Any }>(
    this: T,
    ...args: T['forward'] extends (ctx: FunctionContext, ...args: infer A) => unknown ? A : never
  ): ReturnType<T['forward']> {
    return applyFunction(this as unknown as typeof AutogradFunction, args) as ReturnType<T['forward']>;
  }
}

function applyFunction(fn: typeof AutogradFunction, args: readonly unknown[]): unknown {
  const places = args.flatMap((value, at) => (isTensor(value) ? [at] : []));
  const inputs = places.map((at) => args[at] as Tensor);
  const saved: (Tensor | null)[] = [];
  const unused = new Set<Tensor>();
  let materialize = true;
  let outputs: readonly Tensor[] = [];
  const ctx: FunctionContext = {
    save_for_backward: (...tensors) => {
      saved.length = 0;
      for (const tensor of tensors) saved.push(tensor);
    },
    get saved_tensors() {
      if (native().is_grad_enabled() && saved.some((tensor) => tensor !== null && outputs.includes(tensor))) {
        const fix = 'an output was saved, whose graph is not known here: save inputs for create_graph';
        throw new TorchError('ERR_NOT_IMPLEMENTED', `${fn.name}: ${fix}`);
      }
      return saved as Tensor[];
    },
    needs_input_grad: args.map((value) => isTensor(value) && (value as Tensor).requires_grad),
    mark_non_differentiable: (...tensors) => {
      for (const tensor of tensors) unused.add(tensor);
    },
    set_materialize_grads: (value) => {
      materialize = value;
    },
  };
  const result: unknown = no_grad(() => fn.forward(ctx, ...args));
  const isList = isArray(result);
  const all = (isList ? [...result] : [result]) as Tensor[];
  for (const [at, output] of all.entries()) {
    if (!isTensor(output)) throw invalidType(`forward of ${fn.name}[${at}]`, 'a Tensor, or an array of them', output);
  }
  outputs = all.filter((output) => !unused.has(output));
  if (!native().is_grad_enabled() || !inputs.some((input) => input.requires_grad) || outputs.length === 0)
    return result;
  const zeros = outputs.map(({ shape, dtype, device }) => {
    return () => new Tensor(dispatchTensor('zeros', [shape], { dtype, device }));
  });
  const attached = customNode(`${fn.name}Backward`, inputs, outputs, (gradients) => {
    const filled = gradients.map((gradient, at) =>
      gradient === null && materialize ? (zeros[at] as () => Tensor)() : gradient,
    );
    // An output without a gradient keeps its place among the arguments of `backward`.
    let next = 0;
    const inOrder = all.map((output) => (unused.has(output) ? null : (filled[next++] as Tensor | null)));
    return gradientsOf(fn, fn.backward(ctx, ...inOrder), { places, count: args.length, inputs });
  });
  let next = 0;
  const results = all.map((output) => (unused.has(output) ? output : (attached[next++] as Tensor)));
  return isList ? results : results[0];
}

function gradientsOf(
  fn: typeof AutogradFunction,
  given: unknown,
  { places, count, inputs }: { places: readonly number[]; count: number; inputs: readonly Tensor[] },
): (Tensor | null)[] {
  const list = isArray(given) ? given : [given];
  if (list.length !== count) {
    throw new ArgumentTypeError(
      `backward of ${fn.name}`,
      `${count} gradients, one for each argument`,
      `${list.length}`,
    );
  }
  return places.map((at, index) => {
    const gradient: unknown = list[at];
    if (gradient == null || !(inputs[index] as Tensor).requires_grad) return null;
    if (!isTensor(gradient))
      throw new ArgumentTypeError(`backward of ${fn.name}`, 'Tensors or null', describe(gradient));
    return gradient as Tensor;
  });
}
