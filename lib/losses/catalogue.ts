/** Looks losses up by name. Does not load LibTorch. */
import type { AnyLossRow, LossEntry } from '../loss/row.js';
import type { Namespace } from '../loss/call_types.js';
import { LOSSES } from './index.js';
import { MINDSPORE_LOSSES } from './mindspore/index.js';
import { nearest } from '../base/nearest.js';

/** The namespaces, in display order. */
export const NAMESPACES: readonly Namespace[] = ['torch.nn', 'torch.nn.functional', 'mindspore.nn', 'mindspore.ops'];

/** All losses: those of PyTorch, most of which MindSpore has, and those of MindSpore alone. */
const ALL: readonly AnyLossRow[] = [...LOSSES, ...MINDSPORE_LOSSES];

/** The losses sorted by the names of their pages, which is the display order. */
export function listLosses(): AnyLossRow[] {
  return ALL.toSorted((first, second) => (pageOf(first) < pageOf(second) ? -1 : 1));
}

/** A loss's entry in a namespace; `undefined` if it has none there. */
export function entryOf(row: AnyLossRow, namespace: Namespace): LossEntry | undefined {
  return row.namespaces[namespace];
}

/** Whether PyTorch has a loss. */
export function isInPyTorch(row: AnyLossRow): boolean {
  return row.namespaces['torch.nn.functional'] !== undefined;
}

/** Where a loss has its main name: as PyTorch's function, or as MindSpore's class if PyTorch does not have it. */
export function homeOf(row: AnyLossRow): Namespace {
  return isInPyTorch(row) ? 'torch.nn.functional' : 'mindspore.nn';
}

/** The entry under a loss's main name, after which pages, flags and recorded calls are named. */
export function mainEntry(row: AnyLossRow): LossEntry {
  return entryOf(row, homeOf(row)) as LossEntry;
}

/** A loss's name in a namespace; `undefined` if it has none there. */
export function nameIn(row: AnyLossRow, namespace: Namespace): string | undefined {
  return entryOf(row, namespace)?.name ?? (namespace === 'torch.nn' ? row.module?.name : undefined);
}

/** The name of a loss's page in `docs/losses`, without the extension: its main name. */
export function pageOf(row: AnyLossRow): string {
  return mainEntry(row).name;
}

/** The title of a loss's page: the name of the class. */
export function titleOf(row: AnyLossRow): string {
  return nameIn(row, 'torch.nn') ?? mainEntry(row).name;
}

/** The address of the framework's own documentation of a loss, if there is any; for MindSpore that of release 2.3. */
export function referenceOf(row: AnyLossRow, namespace: Namespace): string | undefined {
  const name = nameIn(row, namespace);
  if (name === undefined || entryOf(row, namespace)?.undocumented === true) return undefined;
  const page = `${namespace}.${name}.html`;
  if (namespace.startsWith('torch')) return `https://docs.pytorch.org/docs/stable/generated/${page}`;
  return `https://www.mindspore.cn/docs/en/r2.3.1/api_python/${namespace.slice('mindspore.'.length)}/${page}`;
}

/** All names of a loss, with and without the namespace. */
export function namesOf(row: AnyLossRow): string[] {
  return NAMESPACES.flatMap((namespace) => {
    const name = nameIn(row, namespace);
    return name === undefined ? [] : [name, `${namespace}.${name}`];
  });
}

/** Finds a loss by name, case-insensitively, with or without the namespace. */
export function findLoss(name: string): AnyLossRow | undefined {
  const wanted = name.toLowerCase();
  return ALL.find((row) => namesOf(row).some((known) => known.toLowerCase() === wanted));
}

/** The loss whose name is so close to an unknown name that it was probably meant; `undefined` if none is. */
export function suggestClose(name: string): string | undefined {
  const { word, distance } = nearest(name, ALL.flatMap(namesOf));
  return distance <= Math.max(2, name.length / 4) ? word : undefined;
}

/** The end of an error about an unknown loss: the name that was probably meant, or where all names are listed. */
export function suggestion(name: string): string {
  const word = suggestClose(name);
  return word === undefined ? '; `torchloss losses` lists them' : `; did you mean '${word}'?`;
}
