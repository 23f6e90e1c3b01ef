/** The result of explaining a migration: plain data that JSON can represent. */
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
  /** The tensors in order; none if a class is constructed but not called. */
  readonly inputs: readonly MigratedArgument[];
  /** The options that must be written because they are not the namespace's defaults. */
  readonly options: readonly MigratedArgument[];
  /** The call in Python, with substitutes for parameters that do not exist. */
  readonly python: string;
  /** The same call in TypeScript with torchloss. */
  readonly typescript: string;
}

/** Something that differs between the two namespaces. */
export interface Change<T> {
  readonly parameter: string;
  readonly from: T;
  readonly to: T;
}

/** A parameter that the second namespace lacks. */
export interface VanishedParameter {
  readonly parameter: string;
  /** Whether the call passes it. */
  readonly given: boolean;
  /** What to do instead. */
  readonly instead: string;
}

/** A value that the second namespace rejects. */
export interface RefusedValue {
  readonly parameter: string;
  readonly expected: string;
  readonly got: string;
  /** The namespaces that accept it. */
  readonly takenBy: readonly Namespace[];
}

/** How a call of one namespace is written in another. */
export interface Migration {
  /** The loss, by the name of its function in PyTorch. */
  readonly loss: string;
  /** The call that was given. */
  readonly from: MigratedCall;
  /** The equivalent call. */
  readonly to: MigratedCall;
  /** The requested namespace, if it does not have this loss; `to` is then in the nearest one that has it. */
  readonly missing?: Namespace;
  /** The tensors whose names differ. */
  readonly renamed: readonly { readonly from: string; readonly to: string }[];
  /** The options whose positions differ, counted from 1; `null` if keyword-only. */
  readonly moved: readonly Change<number | null>[];
  /** The defaults that differ, in Python's notation. */
  readonly defaults: readonly Change<string>[];
  readonly vanished: readonly VanishedParameter[];
  /** The options that only the second namespace has, with their defaults. */
  readonly added: readonly { readonly parameter: string; readonly default: string }[];
  readonly refused: readonly RefusedValue[];
  /** The tensors that the namespaces accept, where they differ. */
  readonly kinds: readonly Change<string>[];
  /** What stands before and after the call in its line, and between the module and its call; left out of the answer. */
  readonly setAside?: { readonly before: string; readonly between: string; readonly after: string };
  /** The releases whose names, orders and defaults are assumed. */
  readonly releases: { readonly torch: string; readonly mindspore: string };
  /** The names that replace Python-only expressions. */
  readonly placeholders: readonly { readonly typescript: string; readonly python: string }[];
  /** Other notes, one sentence each. */
  readonly notes: readonly string[];
  /** Where the frameworks' results and checks differ; none within one framework. */
  readonly deviations: readonly Pick<Deviation, 'about' | 'torch' | 'mindspore'>[];
}

/** A loss call of a program, and its answer. */
export interface SourceCall {
  /** Where the call starts, both counted from 1. */
  readonly line: number;
  readonly column: number;
  /** The call as it is written in the program. */
  readonly call: string;
  /** The answer; absent if the call is not understood. */
  readonly migration?: Migration;
  /** Why there is no answer. */
  readonly problem?: string;
}

/** The loss calls of a program. */
export interface SourceMigration {
  /** In the order in which they start. */
  readonly calls: readonly SourceCall[];
  /** The program with the understood calls replaced by the target's Python. */
  readonly python: string;
}
