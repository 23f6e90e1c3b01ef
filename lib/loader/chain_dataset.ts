import { invalidType } from '../base/errors.js';
import { isArray, isIterable } from '../base/plain_object.js';
import { IterableDataset } from './dataset.js';

/** Datasets that are iterated, one after the other. */
export class ChainDataset<T> extends IterableDataset<T> {
  readonly datasets: readonly Iterable<T>[];

  constructor(datasets: readonly Iterable<T>[]) {
    super();
    if (!isArray(datasets)) throw invalidType('datasets', 'an array of datasets', datasets);
    for (const [at, dataset] of datasets.entries())
      if (!isIterable(dataset)) throw invalidType(`datasets[${at}]`, 'a dataset that can be iterated', dataset);
    this.datasets = [...datasets];
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const dataset of this.datasets) yield* dataset;
  }
}

/** What Python's workers learn of themselves: `null`, since data are loaded in the program's own process. */
export function get_worker_info(): null {
  return null;
}
