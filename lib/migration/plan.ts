/** A call before it is written, and its writing. */
import { entryOf } from '../losses/catalogue.js';
import type { AnyLossRow, LossEntry } from '../loss/row.js';
import type { Namespace } from '../loss/call_types.js';
import type { Param } from '../loss/params.js';
import type { Literal } from './python.js';
import type { MigratedArgument } from './explanation.js';
import { literalOf, type Value, type Written, writeCall, writeOption } from './write.js';

/** A loss in a namespace. */
export interface Place {
  readonly row: AnyLossRow;
  readonly namespace: Namespace;
  readonly entry: LossEntry;
}

/**
 * The loss in a namespace, or in the other one of the same framework where that has none; `undefined` if the framework
 * has no such loss.
 */
export function placeOf(row: AnyLossRow, namespace: Namespace): Place | undefined {
  const others: readonly Namespace[] = namespace.startsWith('mindspore') ? ['mindspore.nn'] : ['torch.nn.functional'];
  for (const candidate of [namespace, ...others]) {
    const entry = entryOf(row, candidate);
    if (entry !== undefined) return { row, namespace: candidate, entry };
  }
  return undefined;
}

/** What a call is to say. */
export interface Plan extends Place {
  readonly tensors: readonly Written[];
  readonly values: ReadonlyMap<string, Value>;
  /** What is done with the call's result. */
  readonly finish?: (call: Written) => Written;
}

/** A plan that is written. */
export interface WrittenPlan extends Written {
  readonly inputs: readonly MigratedArgument[];
  readonly options: readonly MigratedArgument[];
}

/** A parameter of a loss by its name. */
export function paramOf(row: AnyLossRow, name: string): Param | undefined {
  return Object.entries<Param>(row.params).find(([key]) => key === name)?.[1];
}

/** What a parameter is where a call says nothing, as a user writes it. */
export function defaultOf({ row, entry }: Place, name: string): Literal {
  return (entry.defaults?.[name] ?? paramOf(row, name)?.shownDefault ?? null) as Literal;
}

/** Writes a plan as a call, without the options that have their defaults. */
export function writePlan(plan: Plan): WrittenPlan {
  const { row, namespace, entry, tensors, values } = plan;
  const inputs = tensors.map((tensor, index) => ({ name: entry.inputs[index] as string, ...tensor }));
  const options = entry.options.flatMap((name) => {
    const [param, value] = [paramOf(row, name), values.get(name)];
    if (param === undefined || value === undefined || Object.is(literalOf(value), defaultOf(plan, name))) return [];
    return [{ name, ...writeOption(value, name, param, entry, namespace) }];
  });
  const call = writeCall(`${namespace}.${entry.name}`, namespace, inputs, options);
  return { inputs, options, ...(plan.finish?.(call) ?? call) };
}
