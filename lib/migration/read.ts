/** What a Python call means: which loss it is, and what it gives for each tensor and parameter. */
import { entryOf, findLoss, NAMESPACES, suggest } from '../losses/catalogue.js';
import { ArgumentRangeError, ArgumentTypeError } from '../base/errors.js';
import type { AnyLossRow, Limit, LossEntry } from '../loss/row.js';
import type { Namespace } from '../loss/call_types.js';
import { LOSSES } from '../losses/index.js';
import { optionalFactors, type Param, REDUCTIONS } from '../loss/params.js';
import { defaultOf, type Place, paramOf } from './plan.js';
import { type PythonArgument, type PythonCall, wrongCall } from './python.js';
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

/** What programs import the namespaces as. */
const PREFIXES: Readonly<Record<string, Namespace>> = {
  'torch.nn': 'torch.nn',
  nn: 'torch.nn',
  'torch.nn.functional': 'torch.nn.functional',
  'nn.functional': 'torch.nn.functional',
  functional: 'torch.nn.functional',
  F: 'torch.nn.functional',
  'mindspore.nn': 'mindspore.nn',
  'ms.nn': 'mindspore.nn',
  'mindspore.ops': 'mindspore.ops',
  'ms.ops': 'mindspore.ops',
  ops: 'mindspore.ops',
};

/** PyTorch's older words for `reduction`. */
export const LEGACY: readonly string[] = ['size_average', 'reduce'];

/** The loss of a dotted name, with a prefix in place of a namespace. */
export function resolveName({ name: path, column }: PythonCall): Place {
  const dot = path.lastIndexOf('.');
  const [prefix, name] = [path.slice(0, Math.max(dot, 0)), path.slice(dot + 1)];
  const namespace = Object.hasOwn(PREFIXES, prefix) ? (PREFIXES[prefix] as Namespace) : undefined;
  if (namespace === undefined) {
    const why = /\bmint\b/.test(prefix) ? ', which is in mindspore.mint' : prefix === '' ? ', which is in several' : '';
    throw wrongCall(column, `a loss of ${NAMESPACES.join(', ')}`, `\`${path}\`${why}`);
  }
  // MindSpore's programs say nn, too; where the name tells them apart, it counts.
  const candidates = prefix === 'nn' ? [namespace, 'mindspore.nn' as const] : [namespace];
  for (const candidate of candidates) {
    const row = LOSSES.find((loss) => entryOf(loss, candidate)?.name === name);
    if (row !== undefined) return { row, namespace: candidate, entry: entryOf(row, candidate) as LossEntry };
  }
  throw wrongCall(column, `a loss of ${namespace}, such as ${nearest(namespace, name)},`, `\`${path}\``);
}

/** What a name that a namespace does not have was to be. */
function nearest(namespace: Namespace, name: string): string {
  const row = findLoss(name);
  if (row === undefined) return suggest(`${namespace}.${name}`);
  const place = placeOf(row, namespace);
  return `${place.namespace}.${place.entry.name}`;
}

/** The loss in a namespace, or in the other one of the same framework where that has none. */
export function placeOf(row: AnyLossRow, namespace: Namespace): Place {
  const entry = entryOf(row, namespace);
  if (entry !== undefined) return { row, namespace, entry };
  return { row, namespace: 'mindspore.nn', entry: row.namespaces['mindspore.nn'] };
}

/**
 * Reads what a call gives.
 *
 * @throws TorchError `ERR_USAGE` for what Python or the framework would refuse
 */
export function readMeaning(call: PythonCall): Meaning {
  const place = resolveName(call);
  const { entry, namespace } = place;
  const { inputs, options, atCall } = entry;
  const isClass = hasClasses(namespace);
  const names = isClass ? options : [...inputs, ...options];
  const given = bind(call.args, names, names.length - (entry.keywordOnly ? options.length : 0), entry);
  if (call.second !== undefined && !isClass)
    throw wrongCall(call.end, `the call of ${entry.name} alone`, 'a second one');
  const forward = atCall === undefined ? inputs : [...inputs, atCall];
  const called = isClass ? bind(call.second ?? [], forward, forward.length, entry) : given;
  const tensors = inputs.flatMap((name) => called.get(name) ?? []);
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

/** The arguments by the names of the parameters, of which the first `byPlace` may be given by their places. */
function bind(
  args: readonly PythonArgument[],
  names: readonly string[],
  byPlace: number,
  { name: loss }: LossEntry,
): Map<string, PythonArgument> {
  const given = new Map<string, PythonArgument>();
  for (const [index, argument] of args.entries()) {
    const { name = names[index], column, text } = argument;
    if (argument.name === undefined && index >= byPlace) {
      const list = names.slice(0, byPlace).join(', ');
      const most = `at most ${byPlace} arguments by place${byPlace > 0 ? ` (${list})` : ''}`;
      throw wrongCall(column, most, `\`${text}\``);
    }
    if (name === undefined || !names.includes(name)) {
      throw wrongCall(column, `a parameter of ${loss} (${names.join(', ')})`, `\`${name}\``);
    }
    if (given.has(name)) throw wrongCall(column, `${name} once`, 'it again');
    given.set(name, argument);
  }
  return given;
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
  const legacy = LEGACY.map((name) => {
    const argument = given.get(name);
    if (argument === undefined) return null;
    const value = literalOf(argument);
    if (typeof value === 'boolean' || value === null) return value;
    throw wrongCall(argument.column, `True, False or None for ${name}`, `\`${argument.text}\``);
  });
  const [average, reduce] = legacy;
  if (average === null && reduce === null) return values;
  return values.set('reduction', literal(reduce === false ? 'none' : average === false ? 'sum' : 'mean'));
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
