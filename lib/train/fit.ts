/** A whole run: epochs of steps, validation, checkpoints. */
import { TorchError } from '../base/errors.js';
import { isInstance } from '../base/plain_object.js';
import { DataLoader, batchesAfter } from '../loader/data_loader.js';
import { isGenerator } from '../addon/generator.js';
import { rateOf } from '../optim/optimizer.js';
import type { Generator } from '../tensor/generator.js';
import { batchesOf, checkLoader, type Loader, type ReadBatch, readBatch } from './batches.js';
import { evaluateOver, type Metrics } from './evaluation.js';
import type { FitResult, FitSettings } from './options.js';
import { type Best, type EpochRecord, type FitStep, newEpoch, type Validation } from './progress.js';
import { randomStates, setRandomStates } from './random.js';
import type { Running, Session } from './session.js';
import { trainOn } from './step.js';

const PROGRESS_SECONDS = 0.1;

/** Trains until the last epoch is done. */
export async function fit(session: Session, loader: Loader, settings: FitSettings): Promise<FitResult> {
  checkLoader(loader, 'loader');
  session.ranks?.check(loader, 'loader');
  if (settings.validation !== undefined) session.ranks?.checkWhole(settings.validation, 'validation');
  if (session.running !== undefined)
    throw new TorchError('ERR_BUSY', 'fit: another fit of this Trainer runs; await it first');
  session.running = { generator: generatorOf(loader), epochStart: null };
  try {
    return await new Fit(session, session.running, loader, settings).run();
  } finally {
    session.running = undefined;
  }
}

/** The generator that a DataLoader draws its order from, where it has one of its own. */
function generatorOf(loader: Loader): Generator | null {
  const generator: unknown = Reflect.get(loader, 'generator');
  return isGenerator(generator) ? (generator as Generator) : null;
}

class Fit {
  readonly #session: Session;
  readonly #running: Running;
  readonly #loader: Loader;
  readonly #settings: FitSettings;
  readonly #start = performance.now();
  /** Batches and samples since the start, for the rate. */
  #batches = 0;
  #samples = 0;
  #told = 0;
  #checkpoint: string | null = null;
  #savedAt = '';
  #stopped: unknown;

  constructor(session: Session, running: Running, loader: Loader, settings: FitSettings) {
    this.#session = session;
    this.#running = running;
    this.#loader = loader;
    this.#settings = settings;
  }

  async run(): Promise<FitResult> {
    const { epochs, signal, patience } = this.#settings;
    this.#clearPartial();
    try {
      for (;;) {
        const { progress } = this.#session;
        if (await this.#stops()) throw this.#reason();
        if (progress.waited >= patience) return this.#result('early_stopping');
        if (progress.epoch >= epochs) return this.#result('epochs');
        await this.#epoch();
      }
    } catch (error) {
      // What was trained so far is not lost when the run is called off.
      if (error === this.#stopped || (signal?.aborted === true && error === signal.reason)) await this.#pause();
      throw error;
    }
  }

  /** Whether the run is called off, by any rank's signal. */
  async #stops(): Promise<boolean> {
    const stops = this.#settings.signal?.aborted === true;
    const { ranks } = this.#session;
    return ranks === null ? stops : (await ranks.agree(0, 1, stops)).stops;
  }

  /** Why the run is called off. */
  #reason(): unknown {
    const { signal } = this.#settings;
    if (signal?.aborted === true) return signal.reason;
    this.#stopped = new TorchError('ERR_CONNECTION', "fit: another rank's signal has called off the run");
    return this.#stopped;
  }

  /** Saves what is needed to go on from here, in this process as well. */
  async #pause(): Promise<void> {
    const session = this.#session;
    const now = randomStates(session.generators());
    session.resumed = { start: this.#running.epochStart ?? now, now };
    await this.#save();
  }

  /** A run that ended with an error within an epoch begins that epoch's counts anew. */
  #clearPartial(): void {
    const { progress, resumed } = this.#session;
    if (resumed === undefined && progress.batch > 0) Object.assign(progress, newEpoch());
  }

  async #epoch(): Promise<void> {
    const session = this.#session;
    const { progress } = session;
    const begun = performance.now();
    const before = progress.seconds;
    session.parts.model.train();
    const batches = await this.#begin();
    let lr = this.#rate();
    let collected = 0;
    const total = batchesOf(this.#loader);
    const { accumulate, signal } = this.#settings;
    let next = await batches.next();
    while (next.done !== true) {
      const batch = readBatch(next.value);
      const full = collected + 1 === accumulate;
      // Where the number of batches is not known, the end is seen by asking for the next one.
      const following = full || total !== undefined ? undefined : await batches.next();
      const last = full || following?.done === true || progress.batch + 1 === total;
      lr = this.#rate();
      const { loss, grad_norm, samples, stops } = await session.exclusive(async () => {
        const outcome = await this.#train(batch, last);
        progress.batch++;
        progress.samples += outcome.samples;
        progress.loss += outcome.loss * outcome.samples;
        if (outcome.grad_norm !== undefined) {
          progress.step++;
          progress.steps++;
          progress.grad_norm += outcome.grad_norm;
        }
        progress.seconds = before + (performance.now() - begun) / 1000;
        return outcome;
      });
      collected = last ? 0 : collected + 1;
      this.#batches++;
      this.#samples += samples;
      if (grad_norm !== undefined)
        await this.#afterStep({ loss, grad_norm, lr, step: progress.step, epoch: progress.epoch + 1 });
      if (last && (stops || (session.ranks === null && signal?.aborted === true))) {
        await batches.return?.();
        throw this.#reason();
      }
      next = following ?? (await batches.next());
    }
    if (progress.batch === 0) throw new TorchError('ERR_INVALID_ARG_VALUE', 'loader: expected batches, got none');
    await this.#endEpoch(lr, begun, before);
  }

  /** Trains on a batch; what comes of it is the same on all ranks. */
  async #train(batch: ReadBatch, last: boolean) {
    const { accumulate, signal } = this.#settings;
    const { loss, grad_norm } = await trainOn(this.#session, batch, { accumulate, last });
    const { samples } = batch;
    const { ranks } = this.#session;
    if (ranks === null) return { loss, samples, grad_norm, stops: false };
    return { ...(await ranks.agree(loss, samples, signal?.aborted === true)), grad_norm };
  }

  /** The batches of the epoch that is not done yet, from the first that has not been trained on. */
  async #begin(): Promise<AsyncIterator<unknown>> {
    const session = this.#session;
    const { progress, resumed } = session;
    const generators = session.generators();
    setEpoch(this.#loader, progress.epoch);
    if (resumed !== undefined) setRandomStates(resumed.start, generators);
    this.#running.epochStart = randomStates(generators);
    const batches = await batchesFrom(this.#loader, progress.batch);
    // Drawing the order again has brought the loader's own stream to where it stood.
    if (resumed !== undefined && progress.batch > 0) setRandomStates({ ...resumed.now, loader: null }, generators);
    session.resumed = undefined;
    return batches;
  }

  async #afterStep(step: FitStep): Promise<void> {
    const { every, onStep } = this.#settings;
    if (this.#session.leads) onStep?.(step);
    this.#tell(step);
    if (every !== undefined && step.step % every === 0) await this.#save();
  }

  async #endEpoch(lr: number, begun: number, before: number): Promise<void> {
    const session = this.#session;
    const { progress, parts } = session;
    const { validation, metrics, onEpoch, signal } = this.#settings;
    const result = validation === undefined ? null : await this.#validate(validation, metrics, signal);
    const record: EpochRecord = {
      epoch: progress.epoch + 1,
      step: progress.step,
      loss: progress.loss / progress.samples,
      grad_norm: progress.grad_norm / progress.steps,
      lr,
      samples: progress.samples,
      seconds: before + (performance.now() - begun) / 1000,
      validation: result && { loss: result.loss, samples: result.samples, metrics: result.metrics },
    };
    const isBest = await session.exclusive(async () => {
      if (parts.schedule === 'epoch') parts.scheduler?.step(...this.#watchedByScheduler(record));
      progress.history = [...progress.history, record];
      progress.epoch++;
      Object.assign(progress, newEpoch());
      this.#running.epochStart = null;
      return this.#watch(record);
    });
    this.#tell({ loss: record.loss, grad_norm: record.grad_norm, lr, step: record.step, epoch: record.epoch }, true);
    if (isBest) await session.exclusive(async () => this.#settings.folder?.saveBest(session));
    await this.#save();
    if (session.leads) await onEpoch?.(record);
  }

  async #validate(validation: Loader, metrics: Metrics, signal: AbortSignal | undefined): Promise<Validation> {
    const session = this.#session;
    const states = randomStates(session.generators());
    try {
      return await session.exclusive(async () => {
        await session.shareBuffers();
        // Ranks stop together, after a step; none leaves an evaluation.
        return evaluateOver(session, validation, { metrics, signal: session.ranks === null ? signal : undefined });
      });
    } catch (error) {
      // A validation that is called off is made again as a whole.
      setRandomStates(states, session.generators());
      throw error;
    }
  }

  /** `ReduceLROnPlateau` goes by a loss: that of the validation if there is one. */
  #watchedByScheduler(record: EpochRecord): [number] | [] {
    const isPlateau = 'patience' in (this.#session.parts.scheduler ?? {});
    return isPlateau ? [record.validation?.loss ?? record.loss] : [];
  }

  /** Whether the epoch is the best one so far. */
  #watch(record: EpochRecord): boolean {
    const { progress } = this.#session;
    const { monitor, min_delta, greatest } = this.#settings;
    const value = valueOf(record, record.validation, monitor);
    const { best } = progress;
    const isBetter = best === null || (greatest ? value > best.value + min_delta : value < best.value - min_delta);
    if (!isBetter || Number.isNaN(value)) {
      progress.waited++;
      return false;
    }
    progress.best = { epoch: record.epoch, step: record.step, value } satisfies Best;
    progress.waited = 0;
    return true;
  }

  /** Writes a checkpoint, unless there is one of this very place. */
  async #save(): Promise<void> {
    const session = this.#session;
    const { folder } = this.#settings;
    const { epoch, batch, step } = session.progress;
    const place = `${epoch}/${batch}/${step}`;
    if (folder === undefined || this.#savedAt === place) return;
    this.#checkpoint = await session.exclusive(() => folder.save(session));
    this.#savedAt = place;
  }

  #tell(step: FitStep, isEnd = false): void {
    const { onProgress, epochs } = this.#settings;
    if (onProgress === undefined || !this.#session.leads) return;
    const seconds = (performance.now() - this.#start) / 1000;
    if (!isEnd && seconds - this.#told < PROGRESS_SECONDS) return;
    this.#told = seconds;
    const { progress } = this.#session;
    const batches = batchesOf(this.#loader);
    const left = batches === undefined ? undefined : (epochs - progress.epoch) * batches - progress.batch;
    onProgress({
      ...step,
      epochs,
      batch: isEnd ? (batches ?? 0) : progress.batch,
      batches,
      seconds,
      samplesPerSecond: this.#samples / seconds,
      secondsLeft: left === undefined ? undefined : (left * seconds) / Math.max(1, this.#batches),
    });
  }

  #rate(): number {
    const [group] = this.#session.parts.optimizer.param_groups;
    return group === undefined ? 0 : rateOf(group);
  }

  #result(stopped: FitResult['stopped']): FitResult {
    const { resumed, progress } = this.#session;
    // There was nothing left to do, and the loader's stream stands where it did, too.
    if (resumed !== undefined) setRandomStates(resumed.now, this.#session.generators());
    const { step, history, best } = progress;
    return { stopped, steps: step, history, best, checkpoint: this.#checkpoint };
  }
}

/** What is watched of an epoch. */
function valueOf(record: EpochRecord, validation: Validation | null, monitor: string): number {
  if (monitor === 'loss') return validation?.loss ?? record.loss;
  const value = validation?.metrics[monitor];
  if (typeof value === 'number') return value;
  throw new TorchError(
    'ERR_INVALID_ARG_VALUE',
    `early_stopping.monitor: the metric '${monitor}' gives no single number`,
  );
}

/** A sampler that shares samples between processes draws another order in each epoch when it is told which one it is. */
function setEpoch(loader: Loader, epoch: number): void {
  const sampler = Reflect.get(loader, 'sampler') as { set_epoch?: (epoch: number) => void } | undefined;
  if (typeof sampler?.set_epoch === 'function') sampler.set_epoch(epoch);
}

/** The batches after the first ones. */
async function batchesFrom(loader: Loader, skip: number): Promise<AsyncIterator<unknown>> {
  if (isInstance(loader, DataLoader)) return batchesAfter(loader as never, skip, batchesOf(loader) !== undefined);
  const batches = iterate(loader);
  for (let at = 0; at < skip; at++) if ((await batches.next()).done === true) break;
  return batches;
}

async function* iterate(loader: Loader): AsyncGenerator<unknown, void> {
  for await (const batch of loader as AsyncIterable<unknown>) yield batch;
}
