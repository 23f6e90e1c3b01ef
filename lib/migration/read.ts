/** What a Python call gives for each tensor and parameter of its loss. */
import { ArgumentRangeError, ArgumentTypeError } from '../base/errors.js';
import type { AnyLossRow, Limit } from '../loss/row.js';
import { optionalFactors, type Param, REDUCTIONS } from '../loss/params.js';
import { defaultOf, type Place, paramOf } from './plan.js';
import { bindArguments, type PythonArgument, type PythonCall, wrongCall } from './python.js';
import { hasClasses, literal, literalOf, type Value } from './write.js';

/** What a call means. */
export interface Meaning extends Place {
  /** The tensors in order; none where a class is built and not called. */
  readonly tensors: readonly Value[];
  /** The parameters that the call gives, by their names; `reduction` stands for the older words. */
  readonly values: ReadonlyMap<string, Value>;
  /** The options as the call gives them, older words as well. */
  readonly given: ReadonlyMap<string, PythonArgument>;
}

/** PyTorch's older words for `reduction`. */
export const LEGACY: readonly string[] = ['size_average', 'reduce'];

/**
 * Reads what a call gives.
 *
 * @throws TorchError `ERR_USAGE` for what Python or the framework would refuse
 */
export function readMeaning(call: PythonCall, place: Place): Meaning {
  const { entry, namespace } = place;
  const { inputs, options, atCall } = entry;
  const isClass = hasClasses(namespace);
  const names = isClass ? options : [...inputs, ...options];
  const byPlace = names.length - (entry.keywordOnly ? options.length : 0);
  const given = bindArguments(call.args, names, entry.name, byPlace);
  if (call.second !== undefined && !isClass)
    throw wrongCall(call.end, `the call of ${entry.name} alone`, 'a second one');
  const forward = atCall === undefined ? inputs : [...inputs, atCall];
  const called = isClass ? bindArguments(call.second ?? [], forward, entry.name) : given;
  const tensors = inputs.flatMap((name) => called.get(name) ?? []);
  for (const name of inputs) checkTensor(place, name, called.get(name));
  const missing = inputs.find((name) => !called.has(name));
  if (missing !== undefined && (tensors.length > 0 || call.second !== undefined)) {
    throw wrongCall(call.end, `a tensor for ${missing}`, 'none');
  }
  const values = new Map([...given].filter(([name]) => isClass || !inputs.includes(name)));
  const late = atCall !== undefined && isClass ? called.get(atCall) : undefined;
  // The constructor's counts, unless it is the default.
  if (atCall !== undefined && late !== undefined && !differs(place, atCall, values.get(atCall)))
    values.set(atCall, late);
  return { ...place, tensors, given: values, values: readValues(place, values) };
}

/** Whether a value is given and is not the default; an expression may be another. */
function differs(place: Place, name: string, value?: Value): boolean {
  return value !== undefined && literalOf(value) !== defaultOf(place, name);
}

/** The values of the row's parameters, with the older words as a reduction. */
function readValues(place: Place, given: ReadonlyMap<string, PythonArgument>): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const [name, argument] of given) {
    const param = paramOf(place.row, name);
    if (param !== undefined) values.set(name, check(place, name, param, argument));
  }
  const reduction = readLegacy(given.get('size_average'), given.get('reduce'));
  return reduction === undefined ? values : values.set('reduction', reduction);
}

/** The reduction that PyTorch's older words say; `undefined` if they are absent or None. */
function readLegacy(average?: PythonArgument, reduce?: PythonArgument): Value | undefined {
  const [averaged, reduced] = [average, reduce].map((argument, index) => {
    if (argument === undefined) return null;
    const value = literalOf(argument);
    if (value === undefined) return argument.text;
    if (typeof value === 'boolean' || value === null) return value;
    throw wrongCall(argument.column, `True, False or None for ${LEGACY[index]}`, `\`${argument.text}\``);
  });
  if (averaged === null && reduced === null) return undefined;
  if (reduced === false) return literal('none');
  const word = averaged === false ? 'sum' : 'mean';
  if (typeof averaged !== 'string' && typeof reduced !== 'string') return literal(word);
  // A variable decides; None is taken for False there.
  const inner = typeof averaged === 'string' ? `'mean' if ${averaged} else 'sum'` : `'${word}'`;
  const text = typeof reduced === 'string' ? `${inner} if ${reduced} else 'none'` : inner;
  return {
    text: typeof reduced === 'string' && inner !== `'${word}'` ? text.replace(inner, `(${inner})`) : text,
    value: { kind: 'expression' },
  };
}

/** Refuses a literal that is no tensor, but for what takes a number. */
function checkTensor({ row, namespace }: Place, name: string, argument?: PythonArgument): void {
  if (argument === undefined || argument.value.kind !== 'literal') return;
  const value = literalOf(argument);
  if (typeof value === 'number' && takesNumber(row, name) && namespace.startsWith('torch')) return;
  throw wrongCall(argument.column, `a tensor for ${name}`, `\`${argument.text}\``);
}

/** Whether PyTorch takes a number for a tensor: the variance of the Gaussian loss. */
function takesNumber({ op }: AnyLossRow, name: string): boolean {
  return op === 'gaussian_nll_loss' && name === 'var';
}

/** A value that the source takes; a reduction is its word. Tensors and functions are expressions or None. */
function check({ entry, namespace }: Place, name: string, param: Param, argument: PythonArgument): Value {
  const { kind } = argument.value;
  if (kind === 'expression') return argument;
  const wrong = (expected: string) => wrongCall(argument.column, `${expected} for ${name}`, `\`${argument.text}\``);
  const value = literalOf(argument);
  if (param.kind === 'tensor' || param.kind === 'function') {
    if (value === null || (param === optionalFactors && typeof value === 'number')) return argument;
    throw wrong(param.kind === 'tensor' ? 'a tensor or None' : 'a function or None');
  }
  if (param.kind === 'integer' && (argument.value as { whole?: boolean }).whole !== true) throw wrong('an integer');
  try {
    const reading = { anyCase: entry.anyCase === true, torch: namespace.startsWith('torch') };
    const read = param.read(value, name, reading);
    const limit = entry.limits?.[name];
    if (limit !== undefined && limit.applies === undefined && !isWithin(limit, read)) throw wrong(limit.expected);
    if (param.kind !== 'reduction') return argument;
    return literal(Object.entries(REDUCTIONS).find(([, code]) => code === read)?.[0] ?? null);
  } catch (error) {
    if (error instanceof ArgumentTypeError || error instanceof ArgumentRangeError)
      throw wrong(pythonic(error.expected));
    throw error;
  }
}

/** Whether a value is of the kind and in the range that a framework checks. */
export function isWithin({ kind, holds }: Limit, value: unknown): boolean {
  return kind?.(value) !== false && holds?.(value) !== false;
}

/** What was expected, in Python's words. */
function pythonic(expected: string): string {
  return expected.replace('a boolean', 'True or False');
}
