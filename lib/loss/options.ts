/** Reads the options of a loss, as its row describes, into the values that its operator takes. */
import { checkBoolean } from '../addon/arguments.js';
import { ArgumentTypeError, describe, invalidType, invalidValue } from '../base/errors.js';
import { type Param, REDUCTIONS } from './params.js';
import { didYouMean } from '../base/nearest.js';
import { isPlainObject } from '../base/plain_object.js';
import type { AnyLossRow, LegacyOptions, LossEntry } from './row.js';
import type { Namespace } from './call_types.js';
import { Tensor } from '../tensor/tensor.js';
import { behaviour } from '../addon/versions.js';
import { warnOnce } from '../base/warnings.js';

/** Values that were passed with `validate: false`. */
const trusted = new WeakSet<readonly unknown[]>();

/** Whether values were passed with `validate: false`. */
export function isTrusted(values: readonly unknown[]): boolean {
  return trusted.has(values);
}

/** Reads the options of a loss in one namespace. */
export interface OptionsReader {
  /** The defaults of the parameters, in the operator's order. */
  readonly defaults: readonly unknown[];
  /** The parameters' values in the operator's order. */
  resolve(options: unknown): readonly unknown[];
}

/** Creates the reader for a row in a namespace. */
export function optionsReader(row: AnyLossRow, entry: LossEntry, namespace: Namespace): OptionsReader {
  const params = Object.entries<Param>(row.params);
  const reading = { anyCase: entry.anyCase === true, torch: namespace.startsWith('torch') };
  const defaults = params.map(([name, param]) => {
    const value = ownValue(entry.defaults, name);
    return value === undefined ? param.default : param.read(value, name, reading);
  });
  /** The position of each option among the parameters; deprecated options have none. */
  const positions = new Map(
    params.flatMap(([name], index) => (entry.options.includes(name) ? [[name, index] as const] : [])),
  );
  const reductionAt = params.findIndex(([name]) => name === 'reduction');
  const required = params.flatMap(([, param], index) => (param.required ? [index] : []));
  return { defaults, resolve };

  function resolve(options: unknown): readonly unknown[] {
    const values = options === undefined && required.length === 0 ? defaults : read(options);
    if (entry.meanWarning !== undefined && values[reductionAt] === REDUCTIONS.mean) warnOnce(entry.meanWarning);
    return values;
  }

  function read(options: unknown = {}): readonly unknown[] {
    if (!isPlainObject(options)) {
      throw invalidType('options', `an object with options of ${entry.name} (${entry.options.join(', ')})`, options);
    }
    const values = [...defaults];
    let legacy: LegacyOptions | undefined;
    let reduction: unknown;
    let validate: unknown = true;
    for (const name of Object.keys(options)) {
      const value = options[name];
      const position = positions.get(name);
      if (position === undefined) {
        if (name === 'validate') validate = value ?? true;
        else if (entry.options.includes(name)) legacy = { size_average: null, reduce: null, ...legacy, [name]: value };
        else throw unknownOption(name, entry);
      } else if (position === reductionAt) {
        reduction = value;
      } else if (value !== undefined) {
        values[position] = readOne(position, value);
      }
    }
    checkBoolean(validate, 'validate');
    // Deprecated options override the reduction.
    if (legacy !== undefined) reduction = legacyReduction(legacy) ?? reduction;
    if (reduction !== undefined) values[reductionAt] = readOne(reductionAt, reduction);
    for (const index of required) if (values[index] === undefined) readOne(index, undefined);
    row.checkOptions?.(values);
    if (!validate) trusted.add(values);
    return values;
  }

  function readOne(index: number, value: unknown): unknown {
    const [name, param] = params[index] as [string, Param];
    const read = param.read(value, name, reading);
    const limit = ownValue(entry.limits, name);
    if (limit === undefined || (limit.applies !== undefined && !behaviour()[limit.applies])) return read;
    if (limit.kind?.(read) === false) {
      throw new ArgumentTypeError(name, limit.expected, read instanceof Tensor ? read.dtype : describe(value));
    }
    if (limit.holds?.(read) === false) throw invalidValue(name, limit.expected, value);
    return read;
  }
}

/** A row's entry for a parameter, ignoring anything that other code has put on Object.prototype. */
function ownValue<T>(table: Readonly<Partial<Record<string, T>>> | undefined, name: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}

/** PyTorch's mapping of `size_average` and `reduce` to a reduction; `undefined` if neither is given. */
function legacyReduction({ size_average, reduce }: LegacyOptions): string | undefined {
  if (size_average == null && reduce == null) return undefined;
  for (const [name, value] of Object.entries({ size_average, reduce })) {
    if (value != null && typeof value !== 'boolean') throw invalidType(name, 'a boolean or null', value);
  }
  const word = reduce === false ? 'none' : size_average === false ? 'sum' : 'mean';
  warnOnce(`size_average and reduce are deprecated, please use reduction='${word}' instead.`);
  return word;
}

function unknownOption(name: string, { name: loss, options }: LossEntry): ArgumentTypeError {
  const fix = didYouMean(name, [...options, 'validate']);
  const expected =
    options.length > 0 ? `one of the options of ${loss} (${options.join(', ')})` : `no options for ${loss}`;
  return new ArgumentTypeError(name, expected, `'${name}'`, 'ERR_UNKNOWN_OPTION', fix);
}
