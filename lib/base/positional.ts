/** Calls as in Python: arguments by position, then an object with named ones. */
import { ArgumentTypeError, describe } from './errors.js';
import { didYouMean } from './nearest.js';
import { isPlainObject } from './plain_object.js';

/** The parameters of a call in Python's order. */
export interface CallShape {
  /** The name of the call, for errors. */
  readonly name: string;
  readonly params: readonly string[];
  /** The number of required parameters, which come first. */
  readonly required: number;
}

/** Reads a shape from one line: `'in_features, out_features, bias?'`; parameters from the first `?` on are optional. */
export function callShape(name: string, line: string): CallShape {
  const words = line === '' ? [] : line.split(', ');
  const params = words.map((word) => word.replace('?', ''));
  const first = words.findIndex((word) => word.endsWith('?'));
  return { name, params, required: first < 0 ? params.length : first };
}

/**
 * Reads the arguments of a call by name. A plain object in the last place has named arguments; `undefined` counts as
 * absent.
 *
 * @throws TypeError for too many arguments, for unknown or repeated names, and for missing required arguments
 */
export function readCall<T>(shape: CallShape, args: ArrayLike<unknown>): T {
  const { name, params, required } = shape;
  const { length } = args;
  const last = length > 0 ? args[length - 1] : undefined;
  const options = isPlainObject(last) ? last : undefined;
  const count = options === undefined ? length : length - 1;
  if (count > params.length) {
    throw new ArgumentTypeError(name, `at most ${params.length} arguments (${params.join(', ')})`, `${count}`);
  }
  // Without a prototype, so that properties added to Object.prototype are not arguments.
  const values: Record<string, unknown> = Object.create(null);
  for (let at = 0; at < count; at++) if (args[at] !== undefined) values[params[at] as string] = args[at];
  for (const key of options === undefined ? [] : Object.keys(options)) {
    if (!params.includes(key)) {
      const expected = `one of the arguments of ${name} (${params.join(', ')})`;
      throw new ArgumentTypeError(key, expected, `'${key}'`, 'ERR_UNKNOWN_OPTION', didYouMean(key, params));
    }
    const value = options?.[key];
    if (value === undefined) continue;
    if (key in values) throw new ArgumentTypeError(key, 'one value', 'a positional and a named one');
    values[key] = value;
  }
  for (let at = 0; at < required; at++) {
    const param = params[at] as string;
    if (!(param in values)) throw new ArgumentTypeError(param, `an argument of ${name}`, describe(undefined));
  }
  return values as T;
}
