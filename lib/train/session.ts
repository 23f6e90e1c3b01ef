/** What the parts of a Trainer share: what is trained, how, and how far it is. */
import type { Lane } from '../addon/lane.js';
import { handleOf } from '../addon/handle.js';
import { native } from '../addon/native.js';
import { type TrainStep, trainStep } from '../jit/train_step.js';
import type { Module } from '../nn/module.js';
import type { LRScheduler } from '../optim/lr_scheduler/scheduler.js';
import type { Optimizer } from '../optim/optimizer.js';
import { type Casting, type MixedPrecision, readPrecision } from '../tensor/autocast.js';
import type { Generator } from '../tensor/generator.js';
import type { Tensor } from '../tensor/tensor.js';
import { newProgress, type Progress } from './progress.js';
import type { Generators, RandomStates } from './random.js';
import type { Ranks } from './ranks.js';

/** A loss: what it is called with is the model's output, then the target. */
// biome-ignore lint/suspicious/noExplicitAny: each loss has its own types of tensors
export type TrainingLoss = (output: any, ...target: any[]) => unknown;

/** A scheduler of learning rates; `ReduceLROnPlateau`, whose `step` takes what it watches, is one, too. */
export interface AnyScheduler {
  step(metric?: number | null): void;
  state_dict(): Record<string, unknown>;
  load_state_dict(state: Record<string, unknown>): void;
}

/** What a Trainer is made of. */
export interface TrainerParts {
  readonly model: Module;
  readonly loss: TrainingLoss;
  readonly optimizer: Optimizer;
  readonly scheduler: AnyScheduler | LRScheduler | null;
  /** When the scheduler makes its step. */
  readonly schedule: 'epoch' | 'step';
  readonly clip_grad_norm: number | null;
  readonly generator: Generator | null;
  readonly autocast: MixedPrecision | null;
}

/** The loader of a `fit` that runs, and where the streams stood when its epoch began. */
export interface Running {
  readonly generator: Generator | null;
  epochStart: RandomStates | null;
}

export class Session {
  readonly parts: TrainerParts;
  readonly lane: Lane;
  /** The processes that train together; `null` for one by itself. */
  readonly ranks: Ranks | null;
  /** Runs a function in the precision of the forward pass. */
  readonly cast: Casting;
  progress: Progress = newProgress();
  running: Running | undefined;
  /** What a checkpoint says of the streams at the beginning of the epoch that it was saved in, until `fit` goes on. */
  resumed: { readonly start: RandomStates; readonly now: RandomStates } | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #step: { readonly accumulate: number; readonly model: Module; readonly call: TrainStep };

  constructor(parts: TrainerParts, lane: Lane, ranks: Ranks | null) {
    this.parts = parts;
    this.lane = lane;
    this.ranks = ranks;
    this.cast = readPrecision(parts.autocast ?? undefined, () => parts.model.parameters()[0]?.device ?? 'cpu');
    this.#step = this.#makeStep(1, parts.model);
  }

  /** The step of a model that adds up the gradients of so many batches. */
  stepOf(accumulate: number, model: Module): TrainStep {
    if (this.#step.accumulate !== accumulate || this.#step.model !== model)
      this.#step = this.#makeStep(accumulate, model);
    return this.#step.call;
  }

  #makeStep(accumulate: number, model: Module) {
    const { loss, optimizer, clip_grad_norm, autocast } = this.parts;
    const call = trainStep({
      model,
      loss: loss as (output: unknown, ...targets: unknown[]) => Tensor,
      optimizer,
      grad_norm: true,
      accumulate,
      ...(clip_grad_norm !== null && { clip_grad_norm }),
      ...(autocast !== null && { autocast }),
    });
    return { accumulate, model, call };
  }

  /** Does one thing after the other: a step that is asked for while another runs waits for it. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Clears all gradients. No other backward pass writes them: this trainer does one thing after the other. */
  clearGradients(): void {
    const params = new Set<Tensor>(this.parts.model.parameters());
    for (const group of this.parts.optimizer.param_groups) for (const param of group.params) params.add(param);
    native().zero_grads(
      [...params].map((param) => handleOf(param, 'parameters')),
      true,
    );
  }

  /** Whether this process writes checkpoints and tells of the progress: of several the first. */
  get leads(): boolean {
    return this.ranks === null || this.ranks.rank === 0;
  }

  /** Gives all ranks the buffers of the first, such as running means, before an evaluation. */
  async shareBuffers(): Promise<void> {
    const ddp = await this.ranks?.ddp();
    await ddp?.synchronize();
  }

  /** The generators whose states belong to a checkpoint. */
  generators(): Generators {
    const devices = new Set(this.parts.model.parameters().map(({ device }) => device));
    devices.delete('cpu');
    return { loader: this.running?.generator ?? null, own: this.parts.generator, devices: [...devices].sort() };
  }
}
