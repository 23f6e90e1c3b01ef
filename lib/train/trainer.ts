/** Training off the event loop: steps, runs, evaluation, checkpoints. */
import { checkOptions } from '../addon/arguments.js';
import { Lane } from '../addon/lane.js';
import { ArgumentTypeError, invalidType, invalidValue } from '../base/errors.js';
import { isAbortSignal, isFunction, isInstance } from '../base/plain_object.js';
import { isScriptModule } from '../jit/script_module.js';
import { isModule, type Module } from '../nn/module.js';
import { Optimizer, rateOf } from '../optim/optimizer.js';
import type { MixedPrecision } from '../tensor/autocast.js';
import { checkGenerator, type Generator } from '../tensor/generator.js';
import { listOf, type Loader, readPair, type Tensors } from './batches.js';
import { fileOf, restoreFrom, saveTo } from './checkpoint.js';
import {
  evaluateOver,
  type EvaluationResult,
  inEvaluation,
  predictOne,
  type TrainerEvaluateOptions,
} from './evaluation.js';
import { fit } from './fit.js';
import { type FitOptions, type FitResult, readFitOptions } from './options.js';
import { type Best, type EpochRecord, newEpoch, type StepResult } from './progress.js';
import { type AnyScheduler, Session, type TrainingLoss } from './session.js';
import { ranksOf } from './ranks.js';
import { trainOn } from './step.js';

/** What {@link Trainer} takes. */
export interface TrainerOptions<M extends Module = Module> {
  /** What is trained. */
  model: M;
  /** A loss: `new torch.nn.CrossEntropyLoss()`, or any function of the model's output and the target. */
  loss: TrainingLoss;
  /** Any but `LBFGS`, which computes the loss several times a step. */
  optimizer: Optimizer;
  /** Sets the learning rate. Default none. */
  scheduler?: AnyScheduler | undefined;
  /** When the scheduler makes its step: after each epoch of `fit`, or after each step. Default `'epoch'`. */
  schedule?: 'epoch' | 'step' | undefined;
  /** The greatest norm of all gradients taken together; see `torch.nn.utils.clip_grad_norm_`. Default no limit. */
  clip_grad_norm?: number | undefined;
  /**
   * Where the passes run that need no JavaScript. Default a lane of the Trainer's own, which `dispose` ends. How many
   * threads a lane has can change the last bits of sums: where several lanes share the threads, a lane made with `threads`
   * keeps a run's bits the same.
   */
  lane?: Lane | undefined;
  /**
   * What the model draws from in training instead of the default generator, such as for dropout: several Trainers in one
   * process then do not disturb each other's numbers. Default: the default generator.
   */
  generator?: Generator | undefined;
  /**
   * Mixed precision: the forward pass and the loss run in `torch.autocast`, the backward pass and the optimizer outside of
   * it, as in Python's loop. Either the dtype, `'bfloat16'`, or the options of `torch.autocast`, `device_type` among them,
   * which is where the model is if it is left out. `evaluate` and `predict` run the model in it, too. Gradients are not
   * scaled, so in `'float16'` small ones become 0. Default: no mixed precision.
   */
  autocast?: MixedPrecision | undefined;
}

const NAMES = [
  'model',
  'loss',
  'optimizer',
  'scheduler',
  'schedule',
  'clip_grad_norm',
  'lane',
  'generator',
  'autocast',
];

/**
 * Trains a model while the event loop turns.
 *
 * A step is what Python's loop does: clear the gradients, forward, loss, backward, clip, the optimizer's step; with the
 * same numbers. What is written in JavaScript, the model's `forward`, runs where the step is called; the rest runs on a
 * lane. A model of `torch.jit` with a loss of torchloss runs there as a whole. A Trainer does one thing after the other: a call that is made while another runs waits for it.
 *
 * Where `torchrun` has started several processes and each has awaited `torch.distributed.init_process_group`, they train
 * together, by `DistributedDataParallel`. All of them make the same calls; the first writes the checkpoints and is told
 * of the progress. Losses are means over the samples of all.
 *
 * @example
 * ```ts
 * torch.manual_seed(0);
 * const model = new torch.nn.Linear(2, 2);
 * using trainer = new Trainer({
 *   model,
 *   loss: new torch.nn.CrossEntropyLoss(),
 *   optimizer: new torch.optim.SGD(model.parameters(), { lr: 0.1 }),
 *   clip_grad_norm: 1,
 * });
 * const input = torch.tensor([[1, 2], [3, 4]]);
 * const target = torch.tensor([0n, 1n]);
 * const { loss, grad_norm, lr } = await trainer.step(input, target);
 * lr;   // 0.1
 * const batches = [[input, target]] as const;
 * const { steps } = await trainer.fit(batches, { epochs: 3 });
 * steps;   // 4
 * ```
 */
export class Trainer<M extends Module = Module> {
  readonly #session: Session;
  readonly #ownsLane: boolean;

  /** @throws TypeError or RangeError for parts that do not fit each other */
  constructor(options: TrainerOptions<M>) {
    checkOptions(options, NAMES);
    const {
      model,
      loss,
      optimizer,
      scheduler,
      schedule = 'epoch',
      clip_grad_norm,
      lane,
      generator,
      autocast,
    } = options;
    if (!isModule(model)) throw invalidType('model', 'a Module', model);
    if (!isFunction(loss)) throw invalidType('loss', 'a loss, or a function of the output and the target', loss);
    if (!isInstance(optimizer, Optimizer)) throw invalidType('optimizer', 'an Optimizer', optimizer);
    checkScheduler(scheduler);
    if (schedule !== 'epoch' && schedule !== 'step') throw invalidValue('schedule', "'epoch' or 'step'", schedule);
    if (clip_grad_norm !== undefined) {
      if (typeof clip_grad_norm !== 'number') throw invalidType('clip_grad_norm', 'a number', clip_grad_norm);
      if (!(clip_grad_norm > 0)) throw invalidValue('clip_grad_norm', 'a number above 0', clip_grad_norm);
    }
    if (lane !== undefined && !isInstance(lane, Lane)) throw invalidType('lane', 'a Lane', lane);
    checkGenerator(generator);
    if (generator != null && isScriptModule(model))
      throw new ArgumentTypeError(
        'generator',
        'none for a ScriptModule, which draws from the default one',
        'a Generator',
      );
    const ranks = ranksOf(model);
    this.#ownsLane = lane === undefined;
    this.#session = new Session(
      {
        model,
        loss,
        optimizer,
        scheduler: scheduler ?? null,
        schedule,
        clip_grad_norm: clip_grad_norm ?? null,
        generator: generator ?? null,
        autocast: autocast ?? null,
      },
      lane ?? new Lane(),
      ranks,
    );
  }

  get model(): M {
    return this.#session.parts.model as M;
  }

  get optimizer(): Optimizer {
    return this.#session.parts.optimizer;
  }

  /** Where the passes run that need no JavaScript. */
  get lane(): Lane {
    return this.#session.lane;
  }

  /** Steps of the optimizer so far, those before {@link restore} included. */
  get steps(): number {
    return this.#session.progress.step;
  }

  /** Epochs that {@link fit} has done, likewise. */
  get epochs(): number {
    return this.#session.progress.epoch;
  }

  /** What each epoch gave, likewise. */
  get history(): readonly EpochRecord[] {
    return this.#session.progress.history;
  }

  /** The best epoch so far, by what `early_stopping` watches, or by the loss. */
  get best(): Best | null {
    return this.#session.progress.best;
  }

  /**
   * Makes one step. The modules' modes stay as they are.
   *
   * The tensors must not be changed until the promise settles.
   *
   * @param input - what the model takes: a tensor, or several in order
   * @param target - what the loss takes after the model's output, likewise
   * @param options - `signal` calls off a step that has not begun
   * @returns the loss and the norm of all gradients before clipping, and the learning rate that the step was made with
   * @throws what the model, the loss or LibTorch throw; the parameters are then as they were
   */
  step(input: Tensors, target: Tensors, options: { signal?: AbortSignal | undefined } = {}): Promise<StepResult> {
    return this.#do(
      options,
      () => readPair(input, target),
      async (batch) => {
        const session = this.#session;
        session.resumed = undefined;
        if (session.running === undefined && session.progress.batch > 0) Object.assign(session.progress, newEpoch());
        const lr = this.#rate();
        const { loss: own, grad_norm = Number.NaN } = await trainOn(session, batch, {
          accumulate: 1,
          last: true,
        });
        const { ranks } = session;
        const loss = ranks === null ? own : (await ranks.agree(own, batch.samples, false)).loss;
        session.progress.step++;
        return { loss, grad_norm, lr };
      },
    );
  }

  /**
   * Trains for whole epochs, in training mode.
   *
   * With `checkpoint`, a run that was killed is taken up by {@link restore} and another `fit`: it ends with the same bits
   * as one that was not, if the loader gives the same batches. A `DataLoader` does: the checkpoint has the place in its
   * order, and what is skipped is not fetched.
   *
   * @param loader - gives batches `[input, target]` or `{ input, target }`: a `DataLoader`, or an iterable that can be
   *   gone through again
   * @throws the signal's reason if it aborts, after the step that runs and a checkpoint; another `fit` goes on from there
   */
  async fit(loader: Loader, options: FitOptions): Promise<FitResult> {
    return fit(this.#session, loader, readFitOptions(options));
  }

  /**
   * The loss and metrics over batches, in evaluation mode and without gradients. For a loss of torchloss both are those of
   * all samples at once, whatever the batches; see `evaluate` of `torchloss/evaluate`. A function of one's own counts by
   * the mean of its batches. In mixed precision, losses of torchloss and metrics get the output as float32.
   */
  evaluate(loader: Loader, options: TrainerEvaluateOptions = {}): Promise<EvaluationResult> {
    return this.#do(
      options,
      () => checkOptions(options, ['metrics', 'worst', 'signal']),
      async () => {
        await this.#session.shareBuffers();
        return evaluateOver(this.#session, loader, options);
      },
    );
  }

  /** The model's output, in evaluation mode and without gradients. */
  predict(...input: Parameters<M['forward']>): Promise<Awaited<ReturnType<M['forward']>>> {
    return this.#do(
      {},
      () => listOf(input, 'input'),
      (list) => inEvaluation(this.#session, () => predictOne(this.#session, list)),
    ) as Promise<Awaited<ReturnType<M['forward']>>>;
  }

  /**
   * Saves the model, the optimizer, the scheduler, where the streams of random numbers stand, and how far `fit` is, so that
   * Python's `torch.load` opens the file: a dict with `model`, `optimizer`, `scheduler`, `rng` and `progress`. The file is
   * the old one or the new one, whole, whenever the process ends.
   */
  save(file: string | URL): Promise<void> {
    return this.#do(
      {},
      () => undefined,
      () => saveTo(this.#session, file),
    );
  }

  /**
   * Takes over what {@link save} or `fit` wrote. A file that does not fit changes nothing.
   *
   * @param path - a checkpoint, or a folder, of which the last one is taken
   * @returns the path of the checkpoint
   */
  restore(path: string): Promise<string> {
    if (typeof path !== 'string') throw invalidType('path', 'the path of a checkpoint or of a folder of them', path);
    return this.#do(
      {},
      () => undefined,
      async () => {
        const file = await fileOf(path);
        await restoreFrom(this.#session, file);
        return file;
      },
    );
  }

  /** Ends the Trainer's own lane, once what it does is done. The model and the optimizer stay. */
  dispose(): void {
    if (this.#ownsLane) this.#session.lane.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Reads the arguments at once, and does the work when its turn comes. */
  async #do<A, T>(
    { signal }: { readonly signal?: AbortSignal | undefined },
    read: () => A,
    work: (args: A) => Promise<T>,
  ): Promise<T> {
    if (signal !== undefined && !isAbortSignal(signal)) throw invalidType('signal', 'an AbortSignal', signal);
    const args = read();
    return this.#session.exclusive(async () => {
      signal?.throwIfAborted();
      return work(args);
    });
  }

  #rate(): number {
    const [group] = this.#session.parts.optimizer.param_groups;
    return group === undefined ? 0 : rateOf(group);
  }
}

function checkScheduler(value: unknown): void {
  if (value == null) return;
  const { step, state_dict, load_state_dict } = value as Partial<AnyScheduler>;
  if (isFunction(step) && isFunction(state_dict) && isFunction(load_state_dict)) return;
  throw invalidType('scheduler', 'a scheduler of learning rates', value);
}
