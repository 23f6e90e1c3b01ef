/** The losses by their names: what a reader looks one up with. Loads no LibTorch. */
import type { AnyLossRow, LossEntry } from '../loss/row.js';
import type { Namespace } from '../loss/call_types.js';
import { LOSSES } from './index.js';
import { nearest } from '../base/nearest.js';

/** The namespaces, in the order in which they are shown. */
export const NAMESPACES: readonly Namespace[] = ['torch.nn', 'torch.nn.functional', 'mindspore.nn', 'mindspore.ops'];

/** The losses by the names of their pages: the order in which they are shown. */
export function listLosses(): AnyLossRow[] {
  return LOSSES.toSorted((first, second) => (pageOf(first) < pageOf(second) ? -1 : 1));
}

/** What a loss is in a namespace; `undefined` where that has none. */
export function entryOf(row: AnyLossRow, namespace: Namespace): LossEntry | undefined {
  return row.namespaces[namespace];
}

/** The name of a loss's page in `docs/losses`, without the ending: that of its function in PyTorch. */
export function pageOf(row: AnyLossRow): string {
  return row.namespaces['torch.nn.functional'].name;
}

/** All names of a loss, each without and with its namespace. */
export function namesOf(row: AnyLossRow): string[] {
  return NAMESPACES.flatMap((namespace) => {
    const entry = entryOf(row, namespace);
    return entry === undefined ? [] : [entry.name, `${namespace}.${entry.name}`];
  });
}

/** The loss of a name, in any case, with or without its namespace. */
export function findLoss(name: string): AnyLossRow | undefined {
  const wanted = name.toLowerCase();
  return LOSSES.find((row) => namesOf(row).some((known) => known.toLowerCase() === wanted));
}

/** The name of a loss that is nearest to one that is none, in letters. */
export function suggest(name: string): string {
  return nearest(name, LOSSES.flatMap(namesOf)).word;
}
