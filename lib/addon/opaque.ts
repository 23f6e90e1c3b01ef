/** Objects of the addon, as the opaque values that cross between JavaScript and C++. */

declare const handle: unique symbol;
declare const generator: unique symbol;
declare const script: unique symbol;

/** A tensor of the addon. */
export interface Handle {
  readonly [handle]: never;
}

/** A generator of random numbers of the addon. */
export interface GeneratorHandle {
  readonly [generator]: never;
}

/** A TorchScript module of the addon. */
export interface ScriptHandle {
  readonly [script]: never;
}
