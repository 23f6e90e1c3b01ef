/** A loss as data: its names in each namespace, its parameters, and where the frameworks differ. */
import type { ComparedCall } from './compared_call.js';
import type { Primitive } from '../addon/native.js';
import type { Param } from './params.js';
import type { Namespace } from './call_types.js';
import type { Tensor } from '../tensor/tensor.js';
import type { DType } from '../base/types.js';
import type { Change } from '../addon/versions.js';

/** How some releases differ from the reference releases, which are MindSpore 2.3 and PyTorch 1.13. */
export interface VersionNote {
  /** The namespaces concerned. */
  readonly namespaces: readonly Namespace[];
  /** The releases: `MindSpore 2.0 and 2.1`, `PyTorch 2.6 and newer`. */
  readonly releases: string;
  readonly note: string;
}

/** PyTorch's older form of `reduction`, still accepted with a warning. */
export interface LegacyOptions {
  /** @deprecated Use `reduction`. `false` is the same as reduction `'sum'`. */
  size_average?: boolean | null | undefined;
  /** @deprecated Use `reduction`. `false` is the same as reduction `'none'`. */
  reduce?: boolean | null | undefined;
}

/** One loss in one namespace. */
export interface LossEntry<Option extends string = string> {
  /** The name of the function or class. */
  readonly name: string;
  /** The names of the tensors in this namespace, in order. */
  readonly inputs: readonly string[];
  /** The options, in Python's order. */
  readonly options: readonly Option[];
  /** Defaults that differ from the parameter's own. */
  readonly defaults?: Readonly<Partial<Record<Option, unknown>>>;
  /** Ranges that this framework checks and LibTorch does not. */
  readonly limits?: Readonly<Partial<Record<Option, Limit>>>;
  /** Whether `reduction` is case-insensitive. */
  readonly anyCase?: boolean;
  /** Whether the options are keyword-only in Python. */
  readonly keywordOnly?: boolean;
  /** An option that can also be passed after the tensors of a call; used if the constructor's has its default. */
  readonly atCall?: Option;
  /** The framework's warning for reduction `'mean'`. */
  readonly meanWarning?: string;
  /** Whether the framework's documentation has no page on it. */
  readonly undocumented?: boolean;
  /** The addon's function that returns a pair, for an entry that returns one. */
  readonly pair?: 'ctc_loss_with_alpha';
  /** The framework's checks and conversions before the call. */
  readonly prepare?: Prepare;
}

/** A framework's check of an option: what it expects, in words, and the tests. */
export interface Limit {
  readonly expected: string;
  /** Whether the value has the right type, where JavaScript's types cannot tell; otherwise a TypeError. */
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what its parameter is
  readonly kind?: (value: any) => boolean;
  /** Whether the value is in range; otherwise a RangeError. */
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what its parameter is
  readonly holds?: (value: any) => boolean;
  /** The behaviour of the LibTorch versions that check this; absent if all do. */
  readonly applies?: Change;
}

/**
 * Checks the inputs and returns those to call the addon with. New tensors among them are disposed of after the call.
 */
export type Prepare = (inputs: readonly unknown[], names: readonly string[]) => readonly unknown[];

/** A known difference between the two frameworks. */
export interface Deviation {
  readonly about: string;
  /** What PyTorch and torchloss do. */
  readonly torch: string;
  readonly mindspore: string;
  /** Calls that show it, with the numbers that the texts quote. */
  readonly examples?: readonly DeviationExample[];
  /** Whether this explains why an element differs in a live comparison. */
  readonly explains?: ((call: ComparedCall) => boolean) | undefined;
}

/** A small call on which the frameworks differ, with both results. */
export interface DeviationExample {
  /** Default `mindspore.ops`, or `mindspore.nn` for a loss without a function there. */
  readonly namespace?: 'mindspore.nn' | 'mindspore.ops';
  /** Default float32. */
  readonly dtype?: DType;
  /** The tensors, in order: nested numbers in that dtype, or `{ int32: [...] }`. */
  readonly inputs: readonly ExampleInput[];
  /** Numbers, words and flags; a list is a tensor. Default none. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** The input whose gradient is compared, instead of the output. */
  readonly gradient?: string;
  /** PyTorch's and torchloss's result, flattened; none if they reject the call. */
  readonly torch?: readonly number[];
  /** PyTorch's and torchloss's result since a change. */
  readonly changed?: { readonly by: Change; readonly torch: readonly number[] | undefined };
  /** MindSpore 2.10's result on the CPU, flattened; none if it has no kernel. */
  readonly mindspore?: readonly number[];
}

type Nested = number | readonly Nested[];

/** A tensor of an example. */
export type ExampleInput = Nested | { readonly int32: Nested } | { readonly int64: Nested };

/** A paper: authors, title and year, and where it can be read. */
export interface Paper {
  readonly title: string;
  readonly url: string;
}

/** A call of the addon. */
export interface Lowered {
  readonly op: string;
  readonly args: readonly Primitive[];
  /** Tensors that were made for the call and are disposed of after it. */
  readonly made?: readonly Tensor[];
}

/** A module that learns some of the tensors of a loss. */
export interface Learner {
  readonly name: string;
  /** What its constructor takes, as text. */
  readonly takes: string;
  /** The tensors that it is called with. */
  readonly inputs: readonly string[];
}

/** Everything that defines a loss: its operator, parameters and names. `O` is its options interface. */
export interface LossRow<O extends object = Record<string, unknown>> {
  /** The operator in LibTorch, and the addon's function of the same name. */
  readonly op: string;
  /** The inputs that LibTorch moves to the first one's device itself, by their positions. Default none. */
  readonly anywhere?: readonly number[];
  /** The parameters after the tensors, in the operator's order. */
  readonly params: { readonly [Name in Exclude<keyof O, keyof LegacyOptions>]-?: Param };
  /** Differences of other releases of the frameworks. */
  readonly versions: readonly VersionNote[];
  readonly namespaces: {
    readonly 'torch.nn'?: LossEntry<string & keyof O>;
    /** Every loss of PyTorch has a function. */
    readonly 'torch.nn.functional'?: LossEntry<string & keyof O>;
    readonly 'mindspore.nn'?: LossEntry<string & keyof O>;
    readonly 'mindspore.ops'?: LossEntry<string & keyof O>;
  };
  /** The class of `torch.nn` that learns some of the tensors, instead of one that is called with all of them. */
  readonly module?: Learner;
  /** The first PyTorch that has it, if that is not PyTorch 1.13: `'2.13'`. Torchloss has it with any LibTorch. */
  readonly since?: string;
  /** Checks and conversions before the call, in every namespace. */
  readonly prepare?: Prepare;
  /** Checks of several options together, whose values are in the operator's order. */
  readonly checkOptions?: (values: readonly unknown[]) => void;
  /** The addon's function and its arguments, for a loss that does not map to a single function of the addon. */
  readonly lower?: (inputs: readonly Tensor[], params: readonly unknown[]) => Lowered;
  /** The dimensions of the first input that belong to one sample, such as the classes, for a loss that is not elementwise. */
  readonly sampleDims?: readonly number[];
  /** The loss of one element or sample, as text: a line or two. */
  readonly formula: string;
  /** The same in TeX, line by line: `x` is the input, `y` the target, `w` the weight. */
  readonly tex: readonly string[];
  /** When to use the loss, in a sentence. */
  readonly use: string;
  /** When not to, and what to use instead, in a sentence. */
  readonly avoid: string;
  /** The paper that introduced it, where there is one. */
  readonly paper?: Paper;
  /** Where MindSpore is known to differ. */
  readonly deviations: readonly Deviation[];
}

/** A row of any loss. */
export type AnyLossRow = LossRow;
