/** The logs of a run in its checkpoint folder. */
import { join } from 'node:path';
import type { EpochRecord, FitStep, Trainer } from '../../train/index.js';
import { EventFile, readLog, StepLog } from '../../train/internal.js';
import type { Outputs } from '../outputs.js';

/** The logs of steps and epochs. */
export interface Logs extends AsyncDisposable {
  /** All steps, also those before `--resume`. */
  readonly steps: FitStep[];
  step(step: FitStep): void;
  epoch(record: EpochRecord): void;
  /** Writes what was added. The training continues without a log that cannot be written. */
  flush(): Promise<void>;
}

/** Opens the logs; without a checkpoint folder only `steps` is kept. */
export async function openLogs(trainer: Trainer, checkpoint: string | undefined, outputs: Outputs): Promise<Logs> {
  const steps: FitStep[] = [];
  const log = checkpoint === undefined ? undefined : await StepLog.open(join(checkpoint, 'metrics.jsonl'), trainer);
  if (log !== undefined) for (const { kind, ...line } of await readLog(log.path)) if (kind === 'step') steps.push(line);
  const events = checkpoint === undefined ? undefined : await EventFile.create(checkpoint, trainer.steps);
  const files = [log, events].filter((file) => file !== undefined);
  const open = <T extends StepLog | EventFile>(file: T | undefined) =>
    file === undefined || outputs.hasFailed(file.path) ? undefined : file;
  return {
    steps,
    step(step) {
      steps.push(step);
      open(log)?.add({ kind: 'step', ...step });
      open(events)?.add(step.step, { 'loss/step': step.loss, lr: step.lr, grad_norm: step.grad_norm });
    },
    epoch(record) {
      open(log)?.add({ kind: 'epoch', ...record });
      const { validation } = record;
      const metrics = Object.entries(validation?.metrics ?? {}).filter(([, value]) => typeof value === 'number');
      open(events)?.add(record.step, {
        'loss/train': record.loss,
        ...(validation && { 'loss/validation': validation.loss }),
        ...Object.fromEntries(metrics.map(([name, value]) => [`${name}/validation`, value as number])),
      });
    },
    async flush() {
      await Promise.all(files.map((file) => outputs.append(file.path, () => file.flush())));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(files.map((file) => file.close()));
    },
  };
}
