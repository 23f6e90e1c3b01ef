/** What a loss of `torch.nn` has of a module beside its call: weights as buffers, and a distance as a module. */
import { isTensor } from '../addon/handle.js';
import type { Module } from '../nn/module.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Param } from './params.js';
import type { AnyLossRow, LossEntry } from './row.js';

/** An option that is part of the module. */
export interface Part {
  readonly name: string;
  /** Its place among the values. */
  readonly at: number;
  readonly param: Param;
}

/** The options of a loss that are tensors or functions. */
export function partsOf(row: AnyLossRow, entry: LossEntry): readonly Part[] {
  return Object.entries<Param>(row.params)
    .map(([name, param], at) => ({ name, at, param }))
    .filter(({ name, param: { kind } }) => entry.options.includes(name) && (kind === 'tensor' || kind === 'function'));
}

/**
 * Makes given tensors buffers, which are saved, loaded and moved with the module, and functions its fields, so that a
 * module among them is a child. A buffer that is replaced is used from then on.
 *
 * @param values - what the loss calls its operator with; its own, if tensors were given
 * @param options - what the constructor was given
 */
export function attachParts(
  module: Module,
  parts: readonly Part[],
  values: readonly unknown[],
  options: object = {},
): void {
  for (const { name, at, param } of parts) {
    if (param.kind === 'function') {
      Object.defineProperty(module, name, { value: values[at] ?? param.ofClass?.(), enumerable: true });
    } else if (isTensor(Reflect.get(options, name))) {
      const own = values as unknown[];
      Object.defineProperty(module, name, {
        get: () => own[at] ?? null,
        set: (value: unknown) => {
          own[at] = param.read(value, name, { torch: true });
        },
        enumerable: true,
        configurable: true,
      });
      module.register_buffer(name, own[at] as Tensor);
    }
  }
}
