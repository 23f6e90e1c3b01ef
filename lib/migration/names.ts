/** Which loss a Python name is. */
import { entryOf, findLoss, NAMESPACES, suggestClose } from '../losses/catalogue.js';
import type { LossEntry } from '../loss/row.js';
import type { Namespace } from '../loss/call_types.js';
import { LOSSES } from '../losses/index.js';
import { type Imports, type Module, moduleOf, resolve, SHARED_NAMES } from './imports.js';
import { isNeighbour, readNeighbour, whyWithoutCounterpart } from './neighbours.js';
import { placeOf, type Place } from './plan.js';
import { type PythonCall, wrongCall } from './python.js';

/** A call with the loss that it is of. */
export interface NamedLoss {
  readonly place: Place;
  /** The call; that of a neighbouring name is rewritten as one of the loss. */
  readonly call: PythonCall;
  /** What was understood by the name, one sentence each. */
  readonly notes: readonly string[];
  /** The namespace that is meant if the name is not what it usually is, `mindspore.nn` for `nn`. */
  readonly alternative?: string;
}

/** A module and a name in it. */
interface Member {
  readonly module: Module;
  readonly name: string;
  /** The framework's own path: the namespace and the name. */
  readonly path: string;
  readonly assumed?: string;
}

/** Whether a name is that of a loss, or of one that is known to have no counterpart. */
export function isLossName(name: string, imports: Imports): boolean {
  return membersOf(name, imports).some(
    (member) => rowOf(member.module.namespace, member.name) !== undefined || isNeighbour(member.path),
  );
}

/**
 * Finds the loss of a call.
 *
 * @throws TorchError `ERR_USAGE` if there is none of this name
 */
export function nameLoss(call: PythonCall, imports: Imports): NamedLoss {
  const members = membersOf(call.name, imports);
  for (const member of members) {
    const known = nameMember(call, member);
    if (known !== undefined) return { ...known, ...alternativeOf(member) };
  }
  const [member] = members;
  throw member === undefined ? unknownModule(call) : unknownName(call, member);
}

function nameMember(call: PythonCall, { module, name, path, assumed }: Member): NamedLoss | undefined {
  const { namespace, mint } = module;
  const row = rowOf(namespace, name);
  if (row !== undefined) {
    const notes = [
      ...(assumed === 'nn' ? [`nn is read as ${namespace}.`] : []),
      ...(mint === true
        ? [`mindspore.mint has PyTorch's names, orders and defaults: it is read as ${namespace}.`]
        : []),
    ];
    return { place: { row, namespace, entry: entryOf(row, namespace) as LossEntry }, call, notes };
  }
  const read = readNeighbour(call, path);
  if (read === undefined) {
    const why = whyWithoutCounterpart(path);
    if (why === undefined) return undefined;
    throw wrongCall(call.column, 'a loss that both frameworks have', `\`${call.name}\`, ${why}`);
  }
  const dot = read.path.lastIndexOf('.');
  const [to, loss] = [read.path.slice(0, dot) as Namespace, read.path.slice(dot + 1)];
  const meant = rowOf(to, loss);
  const place = meant === undefined ? undefined : placeOf(meant, to);
  if (place === undefined) throw new Error(`no loss ${read.path}`);
  return { place, call: read.call, notes: read.notes };
}

/** The loss of that name, among those which PyTorch has. */
function rowOf(namespace: Namespace, name: string) {
  return LOSSES.find((row) => entryOf(row, namespace)?.name === name);
}

/** The members of modules that a name may be, the likely one first. */
function membersOf(name: string, imports: Imports): Member[] {
  const resolved = resolve(name, imports);
  const paths =
    resolved === undefined && !name.includes('.')
      ? imports.stars.map((module) => `${module}.${name}`)
      : [resolved?.path ?? ''];
  const members = paths.flatMap((path) => member(path, resolved?.assumed) ?? []);
  // MindSpore's programs say nn, too; where the name tells them apart, it counts.
  const other = resolved?.assumed === 'nn' ? member(`mindspore.${name}`, 'nn') : undefined;
  return other === undefined ? members : [...members, other];
}

function member(path: string, assumed: string | undefined): Member | undefined {
  const dot = path.lastIndexOf('.');
  const module = moduleOf(path.slice(0, Math.max(dot, 0)));
  if (module === undefined) return undefined;
  const name = path.slice(dot + 1);
  return { module, name, path: `${module.namespace}.${name}`, ...(assumed !== undefined && { assumed }) };
}

/** What a name may be instead of what was taken for it. */
function alternativeOf({ assumed, module }: Member): Pick<NamedLoss, 'alternative'> {
  const other = assumed === undefined ? undefined : SHARED_NAMES.get(assumed);
  return other === undefined || module.namespace === other ? {} : { alternative: other };
}

function unknownModule({ name, column }: PythonCall): Error {
  const last = name.slice(name.lastIndexOf('.') + 1);
  const places = NAMESPACES.filter((namespace) => rowOf(namespace, last) !== undefined);
  const several = places.map((namespace) => `${namespace}.${last}`).join(' or ');
  const why =
    places.length > 0
      ? `; is it ${several}? An import line before the call says so`
      : last === 'partial'
        ? '; give the call that it stands for'
        : '';
  return wrongCall(column, `a loss of ${NAMESPACES.join(', ')}`, `\`${name}\`${why}`);
}

function unknownName({ name: written, column }: PythonCall, { module: { namespace }, name }: Member): Error {
  const row = findLoss(name);
  const place = row === undefined ? undefined : placeOf(row, namespace);
  const close = place === undefined ? suggestClose(`${namespace}.${name}`) : `${place.namespace}.${place.entry.name}`;
  const primitive = namespace === 'mindspore.ops' && /^[A-Z]/.test(name) ? ', which is a primitive if anything' : '';
  const example = close === undefined ? '' : `, such as ${close},`;
  return wrongCall(column, `a loss of ${namespace}${example}`, `\`${written}\`${close === undefined ? primitive : ''}`);
}
