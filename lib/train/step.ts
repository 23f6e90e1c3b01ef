/** One step of training: forward where it is called, all else on a lane. */
import { handleOf, isTensor } from '../addon/handle.js';
import { type Lane, onLane, whileGradientsChange } from '../addon/lane.js';
import { type DeferredFunction, type Handle, native } from '../addon/native.js';
import { outsideScopes, scope } from '../addon/scope.js';
import { ArgumentTypeError, describe, invalidValue } from '../base/errors.js';
import { stepOnLane } from '../optim/optimizer.js';
import { op } from '../tensor/call.js';
import { enable_grad } from '../tensor/autograd.js';
import { Tensor } from '../tensor/tensor.js';
import type { ReadBatch } from './batches.js';
import { drawingFrom } from './random.js';
import type { Session } from './session.js';

/** How a batch is trained on. */
export interface StepSettings {
  /** Batches whose gradients are added up to one step. */
  readonly accumulate: number;
  /** Whether this one is the first of them, before which gradients are cleared, and the last, after which the step is made. */
  readonly first: boolean;
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
  const { lane, parts } = session;
  if (settings.first) session.clearGradients();
  const loss = outsideScopes(() => forward(session, batch));
  try {
    const scaled = settings.accumulate === 1 ? loss : outsideScopes(() => op('div', loss, settings.accumulate));
    try {
      await scaled.backwardAsync({ lane });
    } finally {
      if (scaled !== loss) scaled.dispose();
    }
    const grad_norm = settings.last ? await update(session, lane) : undefined;
    const value = await loss.itemAsync({ lane });
    if (settings.last && parts.schedule === 'step') parts.scheduler?.step();
    return { loss: value, grad_norm };
  } finally {
    loss.dispose();
  }
}

/** The loss of a batch, of which the scope keeps the graph alone. */
function forward({ parts }: Session, { input, target }: ReadBatch): Tensor {
  return scope(() => {
    const loss = drawingFrom(parts.generator, () => enable_grad(() => parts.loss(parts.model(...input), ...target)));
    if (!isTensor(loss)) throw new ArgumentTypeError('loss', 'a function that returns a Tensor', describe(loss));
    const result = loss as Tensor;
    if (result.numel() !== 1) throw invalidValue('loss', "one number; its reduction has to be 'mean' or 'sum'", result);
    return result;
  });
}

/** Clips the gradients and makes the optimizer's step; gives their norm before. */
async function update({ parts }: Session, lane: Lane): Promise<number> {
  const { model, optimizer, clip_grad_norm } = parts;
  const handles = model.parameters().map((param) => handleOf(param, 'parameters'));
  const start = (id: number, job: number) =>
    (native().deferred.clip_grad_norm as DeferredFunction)(
      id,
      job,
      handles as never,
      clip_grad_norm ?? Number.POSITIVE_INFINITY,
      2,
    );
  const norm = onLane(start, (handle: Handle) => outsideScopes(() => new Tensor(handle)), { lane });
  const [total] = await whileGradientsChange(Promise.all([norm, stepOnLane(optimizer, lane)]));
  try {
    return total.item();
  } finally {
    total.dispose();
  }
}
