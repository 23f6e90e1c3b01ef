/** Why torchloss leaves out some of Python's names. */

interface Argument {
  readonly name: string;
  readonly kind: string;
  readonly default?: unknown;
}

/** One way to call a Python name. */
export interface Overload {
  readonly args: readonly Argument[];
  readonly aten?: readonly string[];
  readonly fields?: readonly string[];
  readonly deprecated?: boolean;
}

/** A Python name. */
export interface SpecName {
  readonly name: string;
  readonly namespace: string;
  readonly kind: string;
  readonly group: string;
  readonly python_only?: string;
  readonly overloads?: readonly Overload[];
}

// @ts-expect-error: a script, which has no types
import * as lists from '../../scripts/names/left_out.mjs';

/** By name, where no rule covers it. */
export const LEFT_OUT = lists.LEFT_OUT as Readonly<Record<string, string>>;

/** Why a name is left out. */
export const reasonFor = lists.reasonFor as (name: SpecName) => string | undefined;
