/** What the addon has for TorchScript and for steps of training: `binding/jit`. */
import type { Handle, ScriptHandle } from './opaque.js';

/** What TorchScript takes and gives: plain values, handles, arrays and objects of them; a Map comes, arrays of pairs go. */
export type ScriptValue =
  | Handle
  | number
  | bigint
  | boolean
  | string
  | null
  | undefined
  | readonly ScriptValue[]
  | { readonly [key: string]: ScriptValue };

/** A module within a TorchScript module: its fields by name, tensors and modules as places in the lists beside it. */
export interface ScriptModuleDescription {
  readonly handle: ScriptHandle;
  readonly name: string;
  readonly parameters: readonly (readonly [string, number | null])[];
  readonly buffers: readonly (readonly [string, number | null])[];
  readonly children: readonly (readonly [string, number])[];
  readonly attributes: readonly string[];
  readonly methods: readonly string[];
}

/** A module to trace: as {@link ScriptModuleDescription}, with the tensors themselves. */
export interface TracedModuleDescription {
  readonly name: string;
  readonly training: boolean;
  readonly parameters: readonly (readonly [string, Handle])[];
  readonly buffers: readonly (readonly [string, Handle])[];
  readonly children: readonly (readonly [string, number])[];
}

/** A step of training as `binding/jit/train_step.cpp` takes it. */
export interface TrainingStep {
  /** The model and its inputs, or what it has computed already: the loss itself where there is no `loss`. */
  readonly script?: ScriptHandle;
  readonly inputs?: readonly ScriptValue[];
  readonly output?: Handle;
  /** The loss's name and arguments; the first, which is the output, is not read. */
  readonly loss?: readonly [name: string, ...values: unknown[]];
  /** What has its gradient cleared before, if `clears`. */
  readonly cleared: readonly Handle[];
  readonly clears: boolean;
  /** What the loss is divided by before its backward pass. */
  readonly divisor: number;
  /** Whether the norm is taken, gradients clipped and `steps` made. */
  readonly updates: boolean;
  readonly params: readonly Handle[];
  readonly wants_norm: boolean;
  /** The greatest norm; absent where nothing is clipped. */
  readonly most?: number;
  readonly order: number;
  /** Whether a norm that is not finite is an error. */
  readonly finite: boolean;
  /** Names of the optimizers' steps with their arguments. */
  readonly steps: readonly (readonly [name: string, ...values: unknown[]])[];
}

/** What a step of training gives. */
export interface TrainingResult {
  readonly loss: number;
  readonly norm?: number;
  /** For each of `steps`, the parameters without a gradient, by their places, and what it gave. */
  readonly results: readonly (readonly [without: readonly number[], result?: unknown])[];
}

/** The addon's functions for them. */
export interface ScriptFunctions {
  /** A module and all in it, each once, the first first; tensors likewise, those among `known` as their places there. */
  describe_script(
    script: ScriptHandle,
    known: readonly Handle[],
  ): {
    readonly modules: readonly ScriptModuleDescription[];
    readonly tensors: readonly (Handle | number)[];
  };
  script_attribute(script: ScriptHandle, name: string): ScriptValue;
  set_script_attribute(script: ScriptHandle, name: string, value: ScriptValue): void;
  script_code(script: ScriptHandle, method: string): string;
  script_graph(script: ScriptHandle, method: string): string;
  /** The modes that a method has as constants: bit 0 for training, bit 1 for evaluation. */
  script_modes(script: ScriptHandle, method: string): number;
  dispose_script(script: ScriptHandle): void;
  call_script(script: ScriptHandle, method: string, values: readonly ScriptValue[]): ScriptValue;
  defer_script(lane: number, job: number, script: ScriptHandle, method: string, values: readonly ScriptValue[]): void;
  /** A module of a file's bytes; `device` is empty for where the tensors were. */
  load_script(bytes: Handle, device: string, optimized: boolean): ScriptHandle;
  save_script(script: ScriptHandle): Handle;
  trace_module(
    modules: readonly TracedModuleDescription[],
    inputs: readonly ScriptValue[],
    names: readonly string[],
    forward: (...inputs: ScriptValue[]) => ScriptValue,
    strict: boolean,
    optimized: boolean,
  ): ScriptHandle;
  /**
   * Has a trace compute the constants that come from sizes. `axes` are numbers of an input, of a dimension and its size;
   * `variants` traces that are one and two longer there, for each axis in turn. Gives 0 for each axis that the trace then
   * follows, 1 where constants depend on it in another way, 2 where the operators do.
   */
  follow_sizes(
    script: ScriptHandle,
    variants: readonly ScriptHandle[],
    axes: readonly (readonly [input: number, dim: number, size: number])[],
  ): number[];

  /** A step of training, at once and on a lane. */
  train(step: TrainingStep): TrainingResult;
  defer_train(lane: number, job: number, step: TrainingStep): void;
}
