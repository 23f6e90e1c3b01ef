/** The loss and the metrics of a model over a loader. */
import { isTensor } from '../addon/handle.js';
import { scope } from '../addon/scope.js';
import { isAbortSignal, isArray, isFunction, isPlainObject } from '../base/plain_object.js';
import { invalidType } from '../base/errors.js';
import { addExactly, type ExactSum, rounded } from '../evaluate/exact.js';
import { evaluate } from '../evaluate/evaluate.js';
import type { SampleLoss } from '../evaluate/interface.js';
import { isScriptModule } from '../jit/script_module.js';
import { internalsOf } from '../loss/call.js';
import { no_grad } from '../tensor/autograd.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkLoader, type Loader, readBatch, type ReadBatch } from './batches.js';
import type { Metric } from './metrics/metric.js';
import type { Validation } from './progress.js';
import type { Session } from './session.js';

/** Metrics by the names that their values get. */
export type Metrics = Readonly<Record<string, Metric>>;

/** Options of `Trainer.evaluate`. */
export interface TrainerEvaluateOptions {
  /** What to measure beside the loss. Default nothing. */
  metrics?: Metrics | undefined;
  /** How many of the worst samples to name, for a loss of torchloss with its reduction. Default 0. */
  worst?: number | undefined;
  /** Ends the evaluation between two batches; its promise then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** What `Trainer.evaluate` gives. */
export interface EvaluationResult extends Validation {
  /** The samples with the largest losses, the worst first, as many as asked for. */
  readonly worst: readonly SampleLoss[];
}

/** Checks metrics by name. */
export function checkMetrics(value: unknown): asserts value is Metrics {
  if (!isPlainObject(value)) throw invalidType('metrics', 'an object of metrics by name', value);
  for (const [name, metric] of Object.entries(value)) {
    const one = metric as Partial<Metric> | null | undefined;
    if (!isFunction(one?.update) || !isFunction(one.compute) || !isFunction(one.reset))
      throw invalidType(`metrics.${name}`, 'a metric, with update, compute and reset', metric);
  }
}

/** Runs `work` with all of the model in evaluation mode; each module is in its own mode again afterwards. */
export async function inEvaluation<T>({ parts }: Session, work: () => Promise<T>): Promise<T> {
  const modes = parts.model.modules().map((module) => [module, module.training] as const);
  parts.model.eval();
  try {
    return await work();
  } finally {
    for (const [module, training] of modes) if (module.training !== training) module.training = training;
  }
}

/** Computes the loss and the metrics over all batches. */
export async function evaluateOver(
  session: Session,
  loader: Loader,
  { metrics = {}, worst = 0, signal }: TrainerEvaluateOptions,
): Promise<EvaluationResult> {
  checkLoader(loader, 'loader');
  checkMetrics(metrics);
  if (signal !== undefined && !isAbortSignal(signal)) throw invalidType('signal', 'an AbortSignal', signal);
  for (const metric of Object.values(metrics)) metric.reset();
  return inEvaluation(session, async () => {
    const outputs = outputsOf(session, loader, metrics, signal);
    const isOurs = internalsOf(session.parts.loss) !== undefined;
    const found = isOurs ? await exactLoss(session, outputs, worst) : await meanLoss(session, outputs);
    return {
      ...found,
      metrics: Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, metric.compute()])),
    };
  });
}

/** The model's output for each batch, with the targets; the metrics see them on the way. */
async function* outputsOf(
  session: Session,
  loader: Loader,
  metrics: Metrics,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ output: unknown; batch: ReadBatch }, void> {
  for await (const given of loader as AsyncIterable<unknown>) {
    signal?.throwIfAborted();
    const batch = readBatch(given);
    const output = await predictOne(session, batch.input);
    scope(() =>
      no_grad(() => {
        const full = inFullPrecision(session, output);
        for (const metric of Object.values(metrics)) metric.update(full as Tensor, batch.target[0] as Tensor);
      }),
    );
    yield { output, batch };
  }
}

/** The model's output for one batch, without a graph. */
export async function predictOne({ parts, lane, cast }: Session, input: readonly unknown[]): Promise<unknown> {
  const { model } = parts;
  if (isScriptModule(model)) return cast(() => no_grad(() => model.async(...input, { lane })));
  return scope(() => cast(() => no_grad(() => model(...input))));
}

const LOWER: ReadonlySet<string> = new Set(['bfloat16', 'float16']);

/** The outputs of mixed precision as float32, which is what autocast makes of the inputs of losses. */
function inFullPrecision(session: Session, output: unknown): unknown {
  if (session.parts.autocast === null) return output;
  if (isArray(output)) return output.map((item) => inFullPrecision(session, item));
  return isTensor(output) && LOWER.has((output as Tensor).dtype) ? (output as Tensor).float() : output;
}

type Outputs = AsyncIterable<{ output: unknown; batch: ReadBatch }>;

/** As `evaluate` computes it: exactly, whatever the batches. */
async function exactLoss(session: Session, outputs: Outputs, worst: number) {
  async function* arguments_(): AsyncGenerator<readonly Tensor[], void> {
    for await (const { output, batch } of outputs) {
      const full = inFullPrecision(session, output);
      yield [...(isArray(full) ? full : [full]), ...batch.target] as Tensor[];
    }
  }
  const result = await evaluate(session.parts.loss, arguments_(), { worst });
  return { loss: result.loss, samples: result.samples, worst: result.worst };
}

/** Of a loss that is the caller's own: the mean of the batches' losses, each counted by its samples. */
async function meanLoss({ parts, cast }: Session, outputs: Outputs) {
  const sum: ExactSum = [];
  let samples = 0;
  for await (const { output, batch } of outputs) {
    const value = scope(() => {
      const given = cast(() => no_grad(() => parts.loss(output, ...batch.target)));
      if (!isTensor(given)) throw invalidType('loss', 'a function that returns a Tensor', given);
      return (given as Tensor).item();
    });
    addExactly(sum, value * batch.samples);
    samples += batch.samples;
  }
  return { loss: rounded(sum) / samples, samples, worst: [] };
}
