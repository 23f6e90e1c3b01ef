/** One step of training: forward where it is called unless it is native, all else on a lane. */
import { outsideScopes, scope } from '../addon/scope.js';
import type { DistributedDataParallel } from '../c10d/data_parallel.js';
import type { ReadBatch } from './batches.js';
import { drawingFrom } from './random.js';
import type { Session } from './session.js';

/** How a batch is trained on. */
export interface StepSettings {
  /** Batches whose gradients are added up to one step. */
  readonly accumulate: number;
  /** Whether the optimizer makes its step after this one. */
  readonly last: boolean;
}

/** What came of a batch. */
export interface StepOutcome {
  readonly loss: number;
  /** The norm of all gradients before clipping; `undefined` where no step of the optimizer was made. */
  readonly grad_norm: number | undefined;
}

/** Trains on one batch. */
export async function trainOn(session: Session, batch: ReadBatch, settings: StepSettings): Promise<StepOutcome> {
  const { lane, parts, ranks } = session;
  const ddp = ranks === null ? undefined : await ranks.ddp();
  const step = session.stepOf(settings.accumulate, ddp ?? parts.model);
  const options = { update: settings.last, lane };
  const start = () => drawingFrom(parts.generator, () => step.async(batch.input, batch.target, options));
  // What a forward pass in JavaScript makes ends with the step, and belongs to no scope of the caller's.
  const run = () => outsideScopes(() => scope(start));
  const { loss, grad_norm, updated } = await (ddp === undefined ? run() : together(ddp, settings.last, run));
  if (updated && parts.schedule === 'step') parts.scheduler?.step();
  return { loss, grad_norm: updated ? grad_norm : undefined };
}

/** Makes a step with the other ranks; gradients that are still added up are not reduced. */
function together<T>(ddp: DistributedDataParallel, reduces: boolean, run: () => Promise<T>): Promise<T> {
  const work = async () => {
    await ddp.synchronize();
    return run();
  };
  return reduces ? work() : ddp.no_sync(work);
}
