/** Makes the parts of a Trainer from the command's flags. */
import type { Module } from '../../nn/module.js';
import type { Optimizer } from '../../optim/optimizer.js';
import { nameIn } from '../../losses/catalogue.js';
import type { AnyLossRow } from '../../loss/row.js';
import { nn } from '../../torch/index.js';
import type { Metric, TrainingLoss } from '../../train/index.js';
import { blame, usage } from '../arguments.js';
import type { TrainArguments } from './arguments.js';
import { METRICS, OPTIMIZERS } from './choices.js';

/** Losses of class indices, and the last layer that some losses need. */
const CLASS_LOSSES = ['cross_entropy_loss', 'nll_loss_nd', 'multi_margin_loss'];
const LAST: Readonly<Record<string, () => Module>> = {
  nll_loss_nd: () => new nn.LogSoftmax(1),
  kl_div: () => new nn.LogSoftmax(1),
  binary_cross_entropy: () => new nn.Sigmoid(),
};

/** Whether a loss takes class indices. */
export function hasClasses(loss: AnyLossRow): boolean {
  return CLASS_LOSSES.includes(loss.op);
}

/** Makes the loss. */
export function makeLoss({ loss, lossOptions }: TrainArguments): TrainingLoss {
  const name = nameIn(loss, 'torch.nn');
  const Loss = Object.entries(nn).find(([own]) => own === name)?.[1] as unknown as new (
    options: object,
  ) => TrainingLoss;
  try {
    return new Loss(lossOptions);
  } catch (error) {
    throw blame(error, 'option');
  }
}

/** Linear layers with ReLU between them, and the last layer that the loss needs. */
export function makeMlp(
  hidden: readonly number[],
  sizes: { inputs: number; outputs: number },
  loss: AnyLossRow,
): Module {
  const widths = [sizes.inputs, ...hidden, sizes.outputs];
  const layers: Module[] = [];
  for (const [at, width] of widths.slice(1).entries()) {
    if (at > 0) layers.push(new nn.ReLU());
    layers.push(new nn.Linear(widths[at] as number, width));
  }
  const last = LAST[loss.op];
  if (last !== undefined) layers.push(last());
  return new nn.Sequential(...layers);
}

/** Makes the optimizer, by its name in any case. */
export function makeOptimizer(model: Module, { optimizer, optimizerOptions }: TrainArguments): Optimizer {
  const found = Object.entries(OPTIMIZERS).find(([name]) => name.toLowerCase() === optimizer.toLowerCase());
  if (found === undefined)
    throw usage(`--optimizer: expected one of ${Object.keys(OPTIMIZERS).join(', ')}, got '${optimizer}'`);
  const [name, Optimizer] = found;
  try {
    return new Optimizer(model.parameters(), optimizerOptions);
  } catch (error) {
    const { code, parameter = '' } = error as { code?: string; parameter?: string };
    const isOption = Object.hasOwn(optimizerOptions, parameter);
    const flag = isOption ? parameter.replaceAll('_', '-') : 'optimizer';
    if (isOption && code === 'ERR_UNKNOWN_OPTION') throw usage(`--${flag}: ${name} has no ${parameter}`);
    throw blame(error, flag);
  }
}

/** The metrics by name; those that suit the loss if none is named. */
export function makeMetrics({ metrics, loss, monitor }: TrainArguments): Record<string, Metric> {
  const isBinary = loss.op.startsWith('binary_cross_entropy');
  const usual = hasClasses(loss) || isBinary ? ['accuracy'] : ['mae', 'r2'];
  const names = [...new Set([...(metrics ?? usual), ...(monitor === 'loss' ? [] : [monitor])])];
  const flagOf = (name: string) => (metrics?.includes(name) === true ? 'metric' : 'monitor');
  const threshold = loss.op === 'binary_cross_entropy' ? 0.5 : 0;
  return Object.fromEntries(
    names.map((name) => {
      const make = Object.hasOwn(METRICS, name) ? METRICS[name] : undefined;
      if (make === undefined)
        throw usage(`--${flagOf(name)}: expected one of ${Object.keys(METRICS).join(', ')}, got '${name}'`);
      return [name, make(threshold)];
    }),
  );
}
