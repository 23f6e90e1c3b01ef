/** What explaining a migration gives: plain data, the same as JSON. */
import type { Deviation } from '../loss/row.js';
import type { Namespace } from '../loss/call_types.js';

/** A tensor or an option of a call, in both languages. */
export interface MigratedArgument {
  readonly name: string;
  readonly python: string;
  readonly typescript: string;
}

/** A call in one namespace. */
export interface MigratedCall {
  readonly namespace: Namespace;
  /** The name of the function or the class. */
  readonly name: string;
  /** All its parameters in Python's order, with their defaults. */
  readonly signature: string;
  /** The tensors in order; none where a class is built and not called. */
  readonly inputs: readonly MigratedArgument[];
  /** The options that have to be written: those that are not the namespace's defaults. */
  readonly options: readonly MigratedArgument[];
  /** The call in Python, with what stands in for parameters that are not there. */
  readonly python: string;
  /** The call in TypeScript with torchloss, likewise. */
  readonly typescript: string;
}

/** Something that is one way in the first namespace and another in the second. */
export interface Change<T> {
  readonly parameter: string;
  readonly from: T;
  readonly to: T;
}

/** A parameter that the second namespace lacks. */
export interface VanishedParameter {
  readonly parameter: string;
  /** Whether the call gives it. */
  readonly given: boolean;
  /** What to do without it. */
  readonly instead: string;
}

/** A value that the second namespace refuses. */
export interface RefusedValue {
  readonly parameter: string;
  readonly expected: string;
  readonly got: string;
  /** The namespaces that take it. */
  readonly takenBy: readonly Namespace[];
}

/** How a call of one namespace is written in another. */
export interface Migration {
  /** The loss, by the name of its function in PyTorch. */
  readonly loss: string;
  /** The call that was given. */
  readonly from: MigratedCall;
  /** What says the same. */
  readonly to: MigratedCall;
  /** The namespace that was asked for, if it has no such loss: `to` is in the nearest one that has. */
  readonly missing?: Namespace;
  /** The tensors that have another name. */
  readonly renamed: readonly { readonly from: string; readonly to: string }[];
  /** The options that have another place among the options, from 1; `null` where they go by name alone. */
  readonly moved: readonly Change<number | null>[];
  /** The defaults that change, as Python writes them. */
  readonly defaults: readonly Change<string>[];
  readonly vanished: readonly VanishedParameter[];
  /** The options that the second namespace has beyond those of the first, with their defaults. */
  readonly added: readonly { readonly parameter: string; readonly default: string }[];
  readonly refused: readonly RefusedValue[];
  /** What the namespaces take as a tensor, where that differs. */
  readonly kinds: readonly Change<string>[];
  /** The names that stand for expressions which are Python alone. */
  readonly placeholders: readonly { readonly typescript: string; readonly python: string }[];
  /** What else there is to know, one sentence each. */
  readonly notes: readonly string[];
  /** On what the frameworks' numbers and checks differ; none within one framework. */
  readonly deviations: readonly Pick<Deviation, 'about' | 'torch' | 'mindspore'>[];
}
