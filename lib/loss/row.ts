/** What a loss is, as data: what it is called in each namespace, what it takes and where the frameworks differ. */
import type { ComparedCall } from './compared_call.js';
import type { Primitive } from '../addon/native.js';
import type { Param } from './params.js';
import type { Namespace } from './call_types.js';
import type { Tensor } from '../tensor/tensor.js';
import type { DType } from '../base/types.js';
import type { Behaviour } from '../addon/versions.js';

/** What some releases of a framework do otherwise than those of reference, which are MindSpore 2.3 and PyTorch 1.13. */
export interface VersionNote {
  /** Where it is so. */
  readonly namespaces: readonly Namespace[];
  /** The releases: `MindSpore 2.0 and 2.1`, `PyTorch 2.6 and newer`. */
  readonly releases: string;
  readonly note: string;
}

/** PyTorch's older way to say `reduction`, still taken with a warning. */
export interface LegacyOptions {
  /** @deprecated Use `reduction`: `false` here means `'sum'`. */
  size_average?: boolean | null | undefined;
  /** @deprecated Use `reduction`: `false` here means `'none'`. */
  reduce?: boolean | null | undefined;
}

/** One loss in one namespace. */
export interface LossEntry<Option extends string = string> {
  /** The function's or the class's name. */
  readonly name: string;
  /** The tensors, in order, by the names that this namespace gives them. */
  readonly inputs: readonly string[];
  /** The options in the order in which Python takes them. */
  readonly options: readonly Option[];
  /** Defaults that differ from the parameter's own. */
  readonly defaults?: Readonly<Partial<Record<Option, unknown>>>;
  /** Ranges that this framework checks and LibTorch does not. */
  readonly limits?: Readonly<Partial<Record<Option, Limit>>>;
  /** Whether `reduction` may be written in any case. */
  readonly anyCase?: boolean;
  /** Whether Python takes the options by name alone. */
  readonly keywordOnly?: boolean;
  /** An option that a call takes after the tensors as well; it counts while the constructor's has its default. */
  readonly atCall?: Option;
  /** What this framework warns of where the reduction is `'mean'`. */
  readonly meanWarning?: string;
  /** The function of the addon that gives a pair, for an entry that does. */
  readonly pair?: 'ctc_loss_with_alpha';
  /** What this framework checks or converts before the call. */
  readonly prepare?: Prepare;
}

/** What a framework checks of an option that has been read: what it expects, in words, and the tests. */
export interface Limit {
  readonly expected: string;
  /** Whether the value is of the right kind, where JavaScript's kinds do not tell; another is a TypeError. */
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what its parameter is
  readonly kind?: (value: any) => boolean;
  /** Whether the value is in range; another is a RangeError. */
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what its parameter is
  readonly holds?: (value: any) => boolean;
  /** What only some LibTorchs check: the behaviour of those; absent where all do. */
  readonly applies?: keyof Behaviour;
}

/**
 * Checks the inputs and gives those that the addon is to be called with. New tensors among them are disposed after
 * the call.
 */
export type Prepare = (inputs: readonly unknown[], names: readonly string[]) => readonly unknown[];

/** A point on which the two frameworks are known to differ. */
export interface Deviation {
  readonly about: string;
  /** What PyTorch does, and torchloss with it. */
  readonly torch: string;
  readonly mindspore: string;
  /** Calls that show it: the numbers that the texts name. */
  readonly examples?: readonly DeviationExample[];
  /** Whether this is why an element came out differently on both sides: what a live comparison explains it by. */
  readonly explains?: ((call: ComparedCall) => boolean) | undefined;
}

/** A small call on which the frameworks differ, and what each gives. */
export interface DeviationExample {
  /** Default `mindspore.ops`, or `mindspore.nn` for a loss without a function there. */
  readonly namespace?: 'mindspore.nn' | 'mindspore.ops';
  /** Default float32. */
  readonly dtype?: DType;
  /** The tensors, in order: nested numbers in that dtype, or `{ int32: [...] }`. */
  readonly inputs: readonly ExampleInput[];
  /** Numbers, words and flags; a list is a tensor. Default none. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** The input whose gradient is meant, not the output. */
  readonly gradient?: string;
  /** What PyTorch and torchloss give, flat; none where they refuse the call. */
  readonly torch?: readonly number[];
  /** What MindSpore 2.10 gives on the CPU, flat; none where it has no kernel. */
  readonly mindspore?: readonly number[];
}

type Nested = number | readonly Nested[];

/** A tensor of an example. */
export type ExampleInput = Nested | { readonly int32: Nested } | { readonly int64: Nested };

/** A call of the addon. */
export interface Lowered {
  readonly op: string;
  readonly args: readonly Primitive[];
}

/** All that makes a loss: its operator, its parameters and its names. `O` is its options interface. */
export interface LossRow<O extends object = Record<string, unknown>> {
  /** The operator in LibTorch, and the addon's function of the same name. */
  readonly op: string;
  /** The parameters after the tensors, in the operator's order. */
  readonly params: { readonly [Name in Exclude<keyof O, keyof LegacyOptions>]-?: Param };
  /** What other releases of the frameworks do, by release. */
  readonly versions: readonly VersionNote[];
  readonly namespaces: {
    readonly 'torch.nn': LossEntry<string & keyof O>;
    readonly 'torch.nn.functional': LossEntry<string & keyof O>;
    readonly 'mindspore.nn': LossEntry<string & keyof O>;
    readonly 'mindspore.ops'?: LossEntry<string & keyof O>;
  };
  /** What every namespace checks or converts before the call. */
  readonly prepare?: Prepare;
  /** The addon's function and what it is called with, for a loss that is no single function of the addon. */
  readonly lower?: (inputs: readonly Tensor[], params: readonly unknown[]) => Lowered;
  /** The dimensions of the first input that one sample has, where a loss is not of each element: those of its classes. */
  readonly sampleDims?: readonly number[];
  /** The loss of one element or sample, as text: a line or two. */
  readonly formula: string;
  /** Where MindSpore is known to differ from what this gives. */
  readonly deviations: readonly Deviation[];
}

/** Any row, where only its data matter. */
export type AnyLossRow = LossRow;
