import { readRecordedList, specFixtures } from '../../lib/parity/replay/files.js';
import type { Namespace } from '../../lib/loss/call_types.js';

/** A parameter of a loss as documented by its framework. */
export interface SpecParameter {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly kind?: string;
  readonly default?: unknown;
  readonly deprecated?: boolean;
}

/** How a loss differs in other releases of a framework. */
export interface SpecChange {
  readonly version: string;
  /** The function or class, or `both` of the framework. */
  readonly api: string;
  readonly change: string;
}

/** A loss as documented by both frameworks. */
export interface SpecLoss {
  readonly name: string;
  readonly namespaces: Readonly<
    Record<Namespace, { readonly name: string; readonly parameters: readonly SpecParameter[] } | null>
  >;
  readonly reduction: Readonly<
    Record<string, { readonly allowed: readonly string[]; readonly default: string } | null>
  >;
  readonly changed_in: readonly SpecChange[];
}

/** The losses of the specification, more than torchloss has so far. */
export const SPEC = readRecordedList(specFixtures(), 'losses.json') as readonly SpecLoss[];
