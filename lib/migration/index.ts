/** Converts Python calls of losses between the four namespaces, and to TypeScript. */
import { CHANGES } from '../addon/versions.js';
import { NAMESPACES, pageOf } from '../losses/catalogue.js';
import { invalidType, invalidValue, TorchError } from '../base/errors.js';
import type { Namespace } from '../loss/call_types.js';
import { REMEDIES, tensorKinds } from './advice.js';
import type {
  Change,
  MigratedCall,
  Migration,
  RefusedValue,
  SourceMigration,
  VanishedParameter,
} from './explanation.js';
import { type Imports, isModuleOf } from './imports.js';
import { nameLoss } from './names.js';
import { whyWithoutCounterpart } from './neighbours.js';
import { defaultOf, paramOf, type Place, placeOf, type Plan, writePlan } from './plan.js';
import { explainProgram, type Located, readProgram, setAsideOf } from './program.js';
import { parseCall, type PythonCall, wrongCall } from './python.js';
import { isWithin, LEGACY, type Meaning, readMeaning } from './read.js';
import { hasClasses, literal, literalOf, pythonLiteral, type Value, type Written, writeTensor } from './write.js';

export type * from './explanation.js';

/** The releases whose signatures the losses' rows have. */
const RELEASES = { torch: '2.13', mindspore: '2.10' };

/**
 * Explains how a Python call of a loss is written in another namespace, in Python and in TypeScript: which names, positions
 * and defaults change, which parameters have no equivalent and what to do instead, and where the results differ.
 *
 * It parses one call and runs nothing. Literals are understood; any other expression, such as `logits` or
 * `torch.tensor([1.0, 2.0])`, is kept as it is, or replaced by the parameter's name if it is not valid TypeScript. What
 * stands around the call, `loss = ` or `.mean()`, is set aside. Does not need LibTorch.
 *
 * @param call - the call of a function, `F.l1_loss(a, b)`, or of a class, `nn.L1Loss()`, optionally with a call of the
 *   instance: `nn.L1Loss()(a, b)`. Import lines may precede it; without them `nn`, `F`, `ms.nn`, `ops` and the other usual
 *   names are known, and `nn` is PyTorch's
 * @param namespace - the target namespace; by default that of the call, for its TypeScript
 * @throws TypeError if `call` is not a string, RangeError for an unknown namespace, TorchError `ERR_USAGE` with the column for
 *   a call that Python or the framework would reject
 * @example
 * ```ts
 * const { to, defaults } = explainMigration('torch.nn.SmoothL1Loss(beta=0.5)', 'mindspore.nn');
 * to.python;   // "mindspore.nn.SmoothL1Loss(beta=0.5, reduction='mean')"
 * to.typescript;   // "new mindspore.nn.SmoothL1Loss({ beta: 0.5, reduction: 'mean' })"
 * defaults;   // [ { parameter: 'reduction', from: "'mean'", to: "'none'" } ]
 * ```
 */
export function explainMigration(call: string, namespace?: Namespace): Migration {
  if (typeof call !== 'string') throw invalidType('call', 'a string', call);
  checkNamespace(namespace);
  return explainCall(readProgram(call), namespace);
}

/**
 * Finds the calls of losses in a Python program and explains each, as {@link explainMigration} does. The import statements
 * of the program say what its names mean. Runs nothing, and does not need LibTorch.
 *
 * @param source - the text of a Python file
 * @param namespace - the target namespace; by default that of each call, for its TypeScript
 * @throws TypeError if `source` is not a string, RangeError for an unknown namespace. A call that is not understood is
 *   listed with the reason
 * @example
 * ```ts
 * const { calls, python } = explainSource('from torch import nn\nloss = nn.L1Loss()', 'mindspore.nn');
 * calls[0]?.line;   // 2
 * calls[0]?.migration?.to.typescript;   // 'new mindspore.nn.L1Loss()'
 * python;   // 'from torch import nn\nimport mindspore\nloss = mindspore.nn.L1Loss()'
 * ```
 */
export function explainSource(source: string, namespace?: Namespace): SourceMigration {
  if (typeof source !== 'string') throw invalidType('source', 'a string', source);
  checkNamespace(namespace);
  return explainProgram(source, (program, call) => explainCall(program, namespace, call));
}

function checkNamespace(namespace: Namespace | undefined): void {
  if (namespace !== undefined && !NAMESPACES.includes(namespace)) {
    throw invalidValue('namespace', `one of ${NAMESPACES.join(', ')}`, namespace);
  }
}

/** Explains the call that is located in a program. */
function explainCall(
  program: Located,
  namespace: Namespace | undefined,
  parsed = parseCall(program.text, program.start),
): Migration {
  const { meaning, notes } = understand(parsed, program.imports);
  const setAside = setAsideOf(program, parsed);
  const wanted = namespace ?? meaning.namespace;
  const place = placeOf(meaning.row, wanted);
  if (place === undefined) {
    const why = whyWithoutCounterpart(`${meaning.namespace}.${meaning.entry.name}`) ?? `which ${wanted} has not`;
    throw wrongCall(parsed.column, 'a loss that both frameworks have', `\`${parsed.name}\`, ${why}`);
  }
  const absent = meaning.entry.options.filter((name) => !place.entry.options.includes(name));
  const plan = planFor(meaning, place, absent);
  const called = !hasClasses(meaning.namespace) || meaning.tensors.length > 0;
  const python = program.text.slice(program.start, parsed.rest).trim();
  const from = { ...describeCall(planOf(meaning, meaning, called)), python };
  const crosses = wanted.split('.')[0] !== meaning.namespace.split('.')[0];
  return {
    loss: pageOf(meaning.row),
    from,
    to: describeCall(plan),
    ...(place.namespace !== wanted && { missing: wanted }),
    ...compare(meaning, plan),
    vanished: absent.map((name) => vanish(meaning, name)),
    refused: refuse(plan),
    ...(setAside !== undefined && { setAside }),
    releases: RELEASES,
    placeholders: placeholdersOf(from),
    notes: [...notes, ...note(meaning, plan), ...(crosses ? foreign(meaning) : [])],
    deviations: crosses
      ? meaning.row.deviations.map(({ about, torch, mindspore }) => ({ about, torch, mindspore }))
      : [],
  };
}

/** What a call means, and what was understood by its name. */
function understand(parsed: PythonCall, imports: Imports): { meaning: Meaning; notes: readonly string[] } {
  const { place, call, notes, alternative } = nameLoss(parsed, imports);
  try {
    return { meaning: readMeaning(call, place), notes };
  } catch (error) {
    if (alternative === undefined || !(error instanceof TorchError)) throw error;
    throw withAlternative(error, parsed, imports, alternative);
  }
}

/** The error of a call that another module of the same short name takes, with a hint to that. */
function withAlternative(error: TorchError, parsed: PythonCall, imports: Imports, alternative: string): TorchError {
  const root = parsed.name.split('.')[0] as string;
  try {
    const { place, call } = nameLoss(parsed, { ...imports, names: new Map([...imports.names, [root, alternative]]) });
    readMeaning(call, place);
  } catch {
    return error;
  }
  const hint = `${root} is read as PyTorch's; ${alternative} takes this call: write ${alternative} for ${root}, or give the import line before the call`;
  return new TorchError('ERR_USAGE', `${error.message}. ${hint}`, {
    parameter: error.parameter,
    expected: error.expected,
    got: error.got,
  });
}

/** Notes on arguments that only the source's framework can compute. */
function foreign({ namespace, tensors, given }: Meaning): string[] {
  const framework = namespace.startsWith('torch') ? 'torch' : 'mindspore';
  const usesOwn = (text: string) =>
    Array.from(text.matchAll(/(?<![\w.])([A-Za-z_]\w*)\.[A-Za-z]/g)).some(([, root = '']) =>
      isModuleOf(framework, root),
    );
  return [...tensors, ...given.values()]
    .filter(({ text, value }) => value.kind === 'expression' && usesOwn(text))
    .map(
      ({ text }) =>
        `${text} uses ${framework === 'torch' ? 'PyTorch' : 'MindSpore'}: rewrite it for the other framework.`,
    );
}

/** The call's tensors and values for a place; names stand for tensors that are not given and have to be written. */
function planOf(meaning: Meaning, { row, namespace, entry }: Place, withTensors: boolean): Plan {
  const { tensors, values } = meaning;
  const given = withTensors && tensors.length === 0 ? entry.inputs.map(named) : tensors;
  // One name stands for a tensor on both sides.
  const names = tensors.length === 0 ? entry.inputs : meaning.entry.inputs;
  const written: Written[] = [];
  // A number stands for a tensor of the first one's shape.
  for (const [index, tensor] of given.entries())
    written.push(writeTensor(tensor, names[index] as string, namespace, written[0]));
  return { row, namespace, entry, tensors: written, values };
}

function named(name: string): Value {
  return { text: name, value: { kind: 'expression' } };
}

/** The plan for a place, with remedies for the given parameters that it lacks. */
function planFor(meaning: Meaning, place: Place, absent: readonly string[]): Plan {
  const values = new Map(meaning.values);
  for (const name of Object.keys(meaning.row.params)) {
    // The source's default is written out where it is not the target's.
    if (!values.has(name)) values.set(name, literal(defaultOf(meaning, name)));
  }
  const lost = absent.flatMap((name) => {
    const argument = meaning.given.get(name);
    const remedy = REMEDIES[meaning.row.op]?.[name];
    const neutral = paramOf(meaning.row, name)?.shownDefault;
    return argument === undefined || remedy === undefined || literalOf(argument) === neutral
      ? []
      : [{ argument, remedy }];
  });
  const withTensors = lost.length > 0 || !hasClasses(place.namespace) || meaning.tensors.length > 0;
  const plan = planOf({ ...meaning, values }, place, withTensors);
  const remedied = lost.reduce((current, { argument, remedy }) => remedy.apply(current, argument), plan);
  if (place.entry.pair === undefined || meaning.entry.pair !== undefined) return remedied;
  // Of MindSpore's pair the loss comes first.
  return {
    ...remedied,
    finish: ({ python, typescript }) => ({ python: `${python}[0]`, typescript: `${typescript}[0]` }),
  };
}

/** The written call with its name and namespace. */
function describeCall(plan: Plan): MigratedCall {
  const { namespace, entry } = plan;
  return { namespace, name: entry.name, signature: signatureOf(plan), ...writePlan(plan) };
}

function signatureOf(place: Place): string {
  const { inputs, options, keywordOnly } = place.entry;
  const named = options.map((name) => `${name}=${pythonLiteral(defaultOf(place, name))}`);
  const list = keywordOnly ? ['*', ...named] : named;
  const path = `${place.namespace}.${place.entry.name}`;
  if (hasClasses(place.namespace)) return `${path}(${list.join(', ')})(${inputs.join(', ')})`;
  return `${path}(${[...inputs, ...list].join(', ')})`;
}

/** The names, places, defaults and kinds that differ between two places. */
function compare(from: Place, to: Place): Pick<Migration, 'renamed' | 'moved' | 'defaults' | 'added' | 'kinds'> {
  const placeIn = ({ entry }: Place, name: string) => (entry.keywordOnly ? null : entry.options.indexOf(name) + 1);
  const shared = from.entry.options.filter((name) => to.entry.options.includes(name));
  const changes = <T>(read: (place: Place, name: string) => T): Change<T>[] =>
    shared
      .map((parameter) => ({ parameter, from: read(from, parameter), to: read(to, parameter) }))
      .filter((change) => change.from !== change.to);
  const kinds = tensorKinds(from.row.op, from.namespace, to.namespace).map(({ tensor, ...kind }) => ({
    parameter: to.entry.inputs[tensor] as string,
    ...kind,
  }));
  return {
    renamed: from.entry.inputs
      .map((name, index) => ({ from: name, to: to.entry.inputs[index] as string }))
      .filter((tensor) => tensor.from !== tensor.to),
    moved: changes(placeIn),
    defaults: changes((place, name) => pythonLiteral(defaultOf(place, name))),
    added: to.entry.options
      .filter((name) => !from.entry.options.includes(name) && !LEGACY.includes(name))
      .map((parameter) => ({ parameter, default: pythonLiteral(defaultOf(to, parameter)) })),
    kinds: [...kinds, ...changes(tensorLimit)],
  };
}

/** What an entry takes as an option that is a tensor. */
function tensorLimit({ row, entry }: Place, name: string): string {
  return paramOf(row, name)?.kind === 'tensor'
    ? (entry.limits?.[name]?.expected.replace('null', 'None') ?? 'a Tensor or None')
    : '';
}

function vanish(meaning: Meaning, parameter: string): VanishedParameter {
  const given = meaning.given.has(parameter);
  if (!LEGACY.includes(parameter)) {
    return { parameter, given, instead: REMEDIES[meaning.row.op]?.[parameter]?.instead ?? 'leave it out' };
  }
  const reduction = meaning.values.get('reduction')?.text ?? "'mean'";
  return { parameter, given, instead: given ? `reduction=${reduction} means the same` : 'use reduction' };
}

/** The literals that the target rejects. */
function refuse(place: Plan): RefusedValue[] {
  return [...place.values].flatMap(([parameter, given]) => {
    const [value, limit] = [literalOf(given), place.entry.limits?.[parameter]];
    if (typeof value !== 'number' || limit === undefined || isWithin(limit, value)) return [];
    const some = limit.applies === undefined ? '' : ` with LibTorch ${CHANGES[limit.applies]} and newer`;
    const takenBy = NAMESPACES.filter((namespace) => {
      const entry = place.row.namespaces[namespace];
      const other = entry?.limits?.[parameter];
      return entry !== undefined && (other === undefined || isWithin(other, value));
    });
    return [{ parameter, expected: limit.expected + some, got: pythonLiteral(value), takenBy }];
  });
}

/** The arguments that have a name in TypeScript. */
function placeholdersOf({ inputs, options }: MigratedCall): Migration['placeholders'] {
  return [...inputs, ...options]
    .filter(({ name, python, typescript }) => typescript.replace(/_$/, '') === name && python !== name)
    .map(({ python, typescript }) => ({ typescript, python }));
}

/** Notes that fit in none of the lists. */
function* note(meaning: Meaning, target: Place): Generator<string> {
  if (hasClasses(meaning.namespace) !== hasClasses(target.namespace)) {
    yield hasClasses(target.namespace)
      ? `${target.entry.name} is a class: construct it with the options once, then call it with the tensors.`
      : `${target.entry.name} is a function: pass the tensors and the options in one call.`;
  }
  if (target.entry.atCall !== undefined && meaning.entry.atCall === undefined) {
    const { atCall } = target.entry;
    yield `${atCall} can also be passed when the instance is called; it is used while the constructor's is ${pythonLiteral(defaultOf(target, atCall))}.`;
  }
  if (meaning.entry.atCall !== undefined && target.entry.atCall === undefined) {
    yield `${meaning.entry.atCall} is only an option, not an argument when the instance is called.`;
  }
  const [pairs, paired] = [meaning.entry.pair !== undefined, target.entry.pair !== undefined];
  if (paired && !pairs)
    yield `${target.namespace}.${target.entry.name} returns a pair, the loss and log_alpha; [0] is the loss.`;
  if (pairs && !paired) yield `The result is only the loss: ${target.namespace} does not return log_alpha.`;
}
