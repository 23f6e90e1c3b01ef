/** A step of training as one call: forward, loss, backward, clipping and the optimizer. */
import { checkBoolean, checkOptions, itemsOf } from '../addon/arguments.js';
import { handleOf, isTensor } from '../addon/handle.js';
import { type AsyncOptions, attempt, backwardOnLane } from '../addon/lane.js';
import { native, type Primitive, type TrainingResult, type TrainingStep } from '../addon/native.js';
import { ArgumentTypeError, describe, invalidType, invalidValue, TorchError } from '../base/errors.js';
import { isArray, isFunction, isInstance } from '../base/plain_object.js';
import { internalsOf, type LossInternals } from '../loss/call.js';
import { isModule, type Module } from '../nn/module.js';
import * as optim from '../optim/index.js';
import { type ParamGroup, planOptimizer } from '../optim/optimizer.js';
import type { StepPlan } from '../optim/plan.js';
import { hasStepHooks } from '../optim/step_hooks.js';
import { type Casting, type MixedPrecision, readPrecision } from '../tensor/autocast.js';
import { enable_grad } from '../tensor/autograd.js';
import type { Tensor } from '../tensor/tensor.js';
import { isScriptModule, type ScriptModule, scriptOf } from './script_module.js';
import { lowerValue } from './values.js';

// biome-ignore lint/suspicious/noExplicitAny: a loss takes what the model gives
type Any = any;

/** Options of {@link trainStep}. */
export interface TrainStepOptions {
  /** What is trained. A {@link ScriptModule} runs in the native call, any other module in JavaScript. */
  model: Module;
  /** A loss of `torch.nn` or `torch.nn.functional`, or any function of the output and the targets that gives one number. */
  loss: (output: Any, ...targets: Any[]) => Tensor;
  /** Any optimizer but LBFGS, whose steps compute the loss several times. */
  optimizer: optim.Optimizer;
  /** The most that the norm of all gradients together may be. Default: it is not looked at. */
  clip_grad_norm?: number | undefined;
  /** The order of that norm. Default 2. */
  norm_type?: number | undefined;
  /** Refuse a norm that is NaN or infinite; the optimizer then makes no step. Default false. */
  error_if_nonfinite?: boolean | undefined;
  /** Compute the norm. Default: where gradients are clipped. */
  grad_norm?: boolean | undefined;
  /** How many batches add up their gradients for one step of the optimizer. Each loss is divided by it. Default 1. */
  accumulate?: number | undefined;
  /** Mixed precision for the forward pass and the loss; see `torch.autocast`. Default: that of the call. */
  autocast?: MixedPrecision | undefined;
}

/** What a step of training gives. */
export interface TrainStepResult {
  /** The loss of this batch. */
  readonly loss: number;
  /** The norm of the gradients before they were clipped; `undefined` where none was computed. */
  readonly grad_norm: number | undefined;
  /** Whether the optimizer has made its step. */
  readonly updated: boolean;
}

/** Options of a {@link TrainStep}. */
export interface TrainCallOptions {
  /** Whether the optimizer makes its step. Default: after every `accumulate` batches. */
  update?: boolean | undefined;
}

/** A step of training, made by {@link trainStep}. */
export interface TrainStep {
  /** Makes the step at once. Several inputs or targets come as arrays. */
  (input: Any, target: Any, options?: TrainCallOptions): TrainStepResult;
  /**
   * Makes the step on a lane. Steps may be queued without awaiting each; learning rates are taken at the call. A signal
   * cancels a step that has not started.
   */
  async(input: Any, target: Any, options?: TrainCallOptions & AsyncOptions): Promise<TrainStepResult>;
  /**
   * Whether the whole step is one native call. Otherwise forward passes and losses that are JavaScript run where they are
   * called, and the rest is native.
   */
  readonly native: boolean;
  /** How many batches have added to the gradients since the last step of the optimizer. */
  readonly pending: number;
}

/**
 * Makes a function that does a step of training: it clears the gradients, computes the model, the loss and the gradients,
 * clips these and has the optimizer make its step, with the same bits as these calls one by one.
 *
 * For a {@link ScriptModule} and a loss of torchloss this is one native call, which runs on a lane without JavaScript.
 * Gradients stay readable until the next step. A failed step changes neither parameters nor the optimizer's state.
 *
 * @throws TypeError for an optimizer that needs a closure
 */
export function trainStep(options: TrainStepOptions): TrainStep {
  const trainer = new Stepper(readOptions(options));
  const call = (input: unknown, target: unknown, given: TrainCallOptions = {}): TrainStepResult => {
    checkOptions(given, ['update']);
    return trainer.run(input, target, given);
  };
  const callAsync = (input: unknown, target: unknown, given: TrainCallOptions & AsyncOptions = {}) =>
    attempt(() => {
      checkOptions(given, ['update', 'lane', 'signal']);
      return trainer.runAsync(input, target, given);
    });
  return Object.defineProperties(call, {
    async: { value: callAsync },
    native: { get: () => trainer.isNative },
    pending: { get: () => trainer.pending },
  }) as unknown as TrainStep;
}

interface Settings extends Required<Omit<TrainStepOptions, 'clip_grad_norm' | 'autocast'>> {
  readonly clip_grad_norm: number | undefined;
  /** Runs a function in the precision of the forward pass. */
  readonly cast: Casting;
}

const NAMES = [
  'model',
  'loss',
  'optimizer',
  'clip_grad_norm',
  'norm_type',
  'error_if_nonfinite',
  'grad_norm',
  'accumulate',
  'autocast',
];

function readOptions(options: TrainStepOptions): Settings {
  checkOptions(options, NAMES);
  const { model, loss, optimizer, clip_grad_norm, norm_type = 2, error_if_nonfinite = false, accumulate = 1 } = options;
  const { grad_norm = clip_grad_norm !== undefined || error_if_nonfinite } = options;
  if (!isModule(model)) throw invalidType('model', 'a Module', model);
  if (!isFunction(loss)) throw invalidType('loss', 'a loss or a function', loss);
  if (!isInstance(optimizer, optim.Optimizer)) throw invalidType('optimizer', 'an optimizer of torch.optim', optimizer);
  if (optimizer instanceof optim.LBFGS) {
    throw new ArgumentTypeError('optimizer', 'one whose step needs no closure', 'LBFGS: call its step yourself');
  }
  for (const [name, value] of Object.entries({ clip_grad_norm: clip_grad_norm ?? 0, norm_type }))
    if (typeof value !== 'number') throw invalidType(name, 'a number', value);
  for (const [name, value] of Object.entries({ error_if_nonfinite, grad_norm })) checkBoolean(value, name);
  if (!Number.isSafeInteger(accumulate) || accumulate < 1)
    throw invalidValue('accumulate', 'an integer of at least 1', accumulate);
  const cast = readPrecision(options.autocast, () => model.parameters()[0]?.device ?? 'cpu');
  return { model, loss, optimizer, clip_grad_norm, norm_type, error_if_nonfinite, grad_norm, accumulate, cast };
}

/** The optimizers whose steps can be planned: ours, whose `update` no subclass has changed. */
const PLANNED: ReadonlySet<unknown> = new Set(
  Object.values(optim)
    .filter((value) => typeof value === 'function' && value !== optim.LBFGS)
    .map((value) => (value as unknown as { prototype: { update?: unknown } }).prototype.update)
    .filter((update) => update !== undefined),
);

/** What a call of a step is about. */
interface Batch {
  readonly inputs: readonly unknown[];
  readonly targets: readonly unknown[];
  readonly clears: boolean;
  readonly updates: boolean;
  /** The optimizer's groups as they are at the call. */
  readonly groups: readonly ParamGroup[];
}

class Stepper {
  readonly #settings: Settings;
  readonly #parameters: readonly Tensor[];
  readonly #cleared: readonly Tensor[];
  readonly #isOurs: boolean;
  readonly #lossIsNative: boolean;
  /** The states that planned steps have made and no gradient has confirmed. */
  readonly #tentative = new Set<Tensor>();
  #inFlight = 0;
  /** What a step that is not all native waits for: JavaScript has a part in the one before. */
  #before: Promise<unknown> | undefined;
  #waits = false;
  #pending = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    const { model, optimizer, loss } = settings;
    this.#parameters = model.parameters();
    this.#cleared = [...new Set([...this.#parameters, ...optimizer.param_groups.flatMap(({ params }) => params)])];
    const { step, update } = optimizer as unknown as Record<'step' | 'update', unknown>;
    this.#isOurs = step === optim.Optimizer.prototype.step && PLANNED.has(update);
    this.#lossIsNative = isNativeLoss(loss);
  }

  /** Whether the optimizer's step can be planned; hooks of it are JavaScript. */
  get #plans(): boolean {
    return this.#isOurs && !hasStepHooks(this.#settings.optimizer);
  }

  get isNative(): boolean {
    return this.#lossIsNative && this.#plans && isScriptModule(this.#settings.model);
  }

  get pending(): number {
    return this.#pending;
  }

  run(input: unknown, target: unknown, options: TrainCallOptions): TrainStepResult {
    if (this.#inFlight > 0)
      throw new TorchError('ERR_BUSY', 'step: one of its steps is on its way on a lane; await it first');
    const batch = this.#begin(input, target, options);
    try {
      const { model, cast } = this.#settings;
      const output = this.isNative ? undefined : cast(() => this.#output(batch, model(...batch.inputs)));
      const { plan, result } = this.#start(batch, output, (step) => native().train(step));
      return this.#finish(batch, plan, result);
    } catch (error) {
      this.#pending = 0;
      throw error;
    } finally {
      this.#forget();
    }
  }

  runAsync(input: unknown, target: unknown, options: TrainCallOptions & AsyncOptions): Promise<TrainStepResult> {
    const batch = this.#begin(input, target, options);
    const own: AsyncOptions = { lane: options.lane, signal: options.signal };
    const before = this.#before;
    this.#inFlight++;
    this.#waits = !this.isNative || before !== undefined;
    const made = before === undefined ? this.#runLater(batch, own) : before.then(() => this.#runLater(batch, own));
    const done = made
      .catch((error: unknown) => {
        this.#pending = 0;
        throw error;
      })
      .finally(() => {
        this.#inFlight--;
        this.#forget();
      });
    if (this.#waits) {
      const settled = done.then(
        () => undefined,
        () => undefined,
      );
      this.#before = settled;
      void settled.then(() => {
        if (this.#before === settled) this.#before = undefined;
      });
    }
    return done;
  }

  /** Up to the first `await` it runs at once, so that a native step is queued by the call itself. */
  async #runLater(batch: Batch, own: AsyncOptions): Promise<TrainStepResult> {
    own.signal?.throwIfAborted();
    let output: Tensor | undefined;
    if (!this.isNative) {
      const { model, cast } = this.#settings;
      if (isScriptModule(model)) {
        const given = await cast(() => model.async(...batch.inputs, own));
        output = cast(() => this.#output(batch, given));
      } else output = cast(() => this.#output(batch, model(...batch.inputs)));
    }
    let made: TrainStepResult | undefined;
    const { plan, result } = this.#start(batch, output, (step) =>
      backwardOnLane(
        (lane, job) => native().defer_train(lane, job, step),
        (given: TrainingResult) => {
          made = this.#finish(batch, plan, given);
        },
        own,
      ),
    );
    try {
      await result;
    } catch (error) {
      // A signal that came too late does not take back what has been done.
      if (made === undefined) {
        for (const undo of plan.undo) undo();
        throw error;
      }
    }
    return made as unknown as TrainStepResult;
  }

  #begin(input: unknown, target: unknown, { update }: TrainCallOptions): Batch {
    const { accumulate, optimizer } = this.#settings;
    if (update !== undefined) checkBoolean(update, 'update');
    const clears = this.#pending === 0;
    const updates = update ?? this.#pending + 1 >= accumulate;
    const batch = {
      inputs: listOf(input, 'input'),
      targets: listOf(target, 'target'),
      clears,
      updates,
      groups: optimizer.param_groups.map((group) => ({ ...group })),
    };
    this.#pending = updates ? 0 : this.#pending + 1;
    return batch;
  }

  /** What the model has given in JavaScript, or the loss of it where that is JavaScript too. */
  #output(batch: Batch, given: unknown): Tensor {
    const { loss } = this.#settings;
    const output = this.#lossIsNative ? given : enable_grad(() => loss(given, ...batch.targets));
    if (isTensor(output)) return output as Tensor;
    throw new ArgumentTypeError(this.#lossIsNative ? 'model' : 'loss', 'one that gives one Tensor', describe(output));
  }

  /** Hands a step to the addon. */
  #start<R>(batch: Batch, output: Tensor | undefined, use: (step: TrainingStep) => R): { plan: StepPlan; result: R } {
    const { model, optimizer, clip_grad_norm, norm_type, error_if_nonfinite, grad_norm, accumulate, cast } =
      this.#settings;
    const plan = planOptimizer(optimizer, batch.updates && this.#plans ? batch.groups : []);
    for (const { param, isNew } of plan.parameters.flat()) if (isNew) this.#tentative.add(param);
    if (plan.finishes.size > 0) this.#waits = true;
    try {
      const handles = (tensors: readonly Tensor[]) => tensors.map((tensor) => handleOf(tensor, 'parameters'));
      const common = {
        cleared: handles(this.#cleared),
        clears: batch.clears,
        divisor: accumulate,
        updates: batch.updates,
        params: handles(this.#parameters),
        wants_norm: grad_norm || clip_grad_norm !== undefined || error_if_nonfinite,
        ...(clip_grad_norm !== undefined && { most: clip_grad_norm }),
        order: norm_type,
        finite: error_if_nonfinite,
        steps: plan.calls,
        ...(output === undefined
          ? {
              script: scriptOf(model as ScriptModule),
              inputs: batch.inputs.map((value, index) => lowerValue(value, `input[${index}]`)),
            }
          : { output: handleOf(output, 'output') }),
      };
      if (!this.#lossIsNative) return { plan, result: cast(() => use(common)) };
      return {
        plan,
        result: withLoss(this.#settings.loss, batch.targets, (loss) => cast(() => use({ ...common, loss }))),
      };
    } catch (error) {
      for (const undo of plan.undo) undo();
      throw error;
    } finally {
      output?.dispose();
    }
  }

  #finish({ updates }: Batch, plan: StepPlan, { loss, norm, results }: TrainingResult): TrainStepResult {
    for (const [call, [without, made]] of results.entries()) {
      const missing = new Set(without);
      for (const [place, { param }] of (plan.parameters[call] ?? []).entries())
        if (!missing.has(place)) this.#tentative.delete(param);
      if (made !== undefined) plan.finishes.get(call)?.(made as never);
    }
    if (updates && !this.#plans) this.#settings.optimizer.step();
    return { loss, grad_norm: norm, updated: updates };
  }

  /** Takes back the states of parameters that had no gradient, once no step that runs may have them. */
  #forget(): void {
    if (this.#inFlight > 0) return;
    for (const param of this.#tentative) this.#settings.optimizer.state.delete(param);
    this.#tentative.clear();
  }
}

function listOf(value: unknown, parameter: string): readonly unknown[] {
  return isArray(value) ? itemsOf(value, parameter) : [value];
}

/** Whether the addon can compute a loss of what it has computed itself: its inputs go to LibTorch as they are. */
function isNativeLoss(loss: unknown): boolean {
  const internals = internalsOf(loss);
  if (internals === undefined) return false;
  const { row, entry } = internals;
  // Of the connectionist loss only the lengths are prepared, which are targets.
  const prepares = entry.prepare !== undefined || (row.prepare !== undefined && row.op !== 'ctc_loss');
  return !prepares && row.lower === undefined && entry.pair === undefined;
}

/** Gives `use` a loss's name and arguments. The first target stands for the output, which is not there yet. */
function withLoss<T>(
  loss: unknown,
  targets: readonly unknown[],
  use: (loss: readonly [name: string, ...values: Primitive[]]) => T,
): T {
  const { entry, values, resolve, lowered } = internalsOf(loss) as LossInternals;
  if (targets.length !== entry.inputs.length - 1) {
    const expected = `${entry.inputs.length - 1} tensors (${entry.inputs.slice(1).join(', ')})`;
    throw new ArgumentTypeError('target', expected, `${targets.length}`);
  }
  if (!isTensor(targets[0])) throw invalidType('target', 'a Tensor', targets[0]);
  return lowered([targets[0], ...targets], values ?? resolve(undefined), ({ op, args }) => use([op, ...args]));
}
