/** What a run can be made of, by the names on the command line. */
import type { AnyLossRow } from '../../loss/row.js';
import { listLosses, pageOf } from '../../losses/catalogue.js';
import type { Optimizer } from '../../optim/optimizer.js';
import { optim } from '../../torch/index.js';
import {
  Accuracy,
  AUC,
  F1,
  MeanAbsoluteError,
  MeanSquaredError,
  type Metric,
  Precision,
  R2Score,
  Recall,
  TopKAccuracy,
} from '../../train/index.js';

/** Whether a loss is one of an output and a target. */
export function isTrainable(row: AnyLossRow): boolean {
  const { inputs } = row.namespaces['torch.nn.functional'];
  return inputs.length === 2 && inputs[1] === 'target';
}

/** The names of the losses that can be trained with. */
export const LOSSES: readonly string[] = listLosses().filter(isTrainable).map(pageOf);

/** A class of `torch.optim`. */
export type OptimizerClass = new (params: readonly unknown[], options: object) => Optimizer;

/** The optimizers by name. LBFGS evaluates the loss several times per step, which a run does not. */
export const OPTIMIZERS: Readonly<Record<string, OptimizerClass>> = Object.fromEntries(
  Object.entries(optim)
    .filter(([name, value]) => typeof value === 'function' && name !== 'Optimizer' && name !== 'LBFGS')
    .sort(([a], [b]) => (a < b ? -1 : 1)) as unknown as [string, OptimizerClass][],
);

/** The metrics by name, each made with the output above which a binary prediction is positive. */
export const METRICS: Readonly<Record<string, (threshold: number) => Metric>> = {
  accuracy: (threshold) => new Accuracy({ threshold }),
  top5: () => new TopKAccuracy({ k: 5 }),
  precision: (threshold) => new Precision({ threshold }),
  recall: (threshold) => new Recall({ threshold }),
  f1: (threshold) => new F1({ threshold }),
  auc: () => new AUC(),
  mae: () => new MeanAbsoluteError(),
  mse: () => new MeanSquaredError(),
  r2: () => new R2Score(),
};
