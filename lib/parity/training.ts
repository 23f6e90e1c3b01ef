/**
 * Compares layers, optimizers and schedules with an installed Python: the recorded cases of a clone of the repository
 * run on both sides, on one thread, and all results must have the same bits.
 */
import { createHash, type Hash } from 'node:crypto';
import { libtorch } from '../addon/native.js';
import { behaviour, type Change } from '../addon/versions.js';
import { compareMinors } from '../libtorch/locate.js';
import type { Optimizer } from '../optim/index.js';
import type { Tensor } from '../tensor/tensor.js';
import * as torch from '../torch/index.js';
import type { OperatorResult } from './operators.js';
import { DRAWN_LAYERS, DRAWN_TRAININGS, type DrawnLayer, type DrawnTraining } from './cases/training.js';
import { defaultFixtures, readRecordedCases } from './replay/files.js';
import { openRecordedTensors } from './replay/recorded_tensors.js';
import { backwardAll, buildLayer, type LayerCase, tensorsOf } from './replay/training/layers.js';
import { lossOf, type OptimizerCase } from './replay/training/optimizers.js';
import { Reader, type TrainingCase } from './replay/training/reader.js';
import { makeOptimizer, makeScheduler, type SchedulerCase } from './replay/training/schedulers.js';
import { askPython, readAskOptions } from './sides/ask.js';
import { CaseTensors, isTensor } from './sides/calls.js';

/** Options of {@link compareTraining}. */
export interface TrainingOptions {
  readonly python?: readonly string[] | undefined;
  /** The number of cases, taken evenly from all. Default all. */
  readonly cases?: number | undefined;
  /** The index of the first case. Default 0. */
  readonly seed?: number | undefined;
}

interface Answer {
  readonly id: string;
  readonly digest?: string;
  readonly error?: string;
}

interface Job {
  readonly id: string;
  run(digest: Hash, reader: Reader): void;
}

/**
 * Runs layers, optimizers and schedules here and in Python, on one thread, and compares the bits of initial values,
 * outputs, gradients, buffers, parameters after each step and learning rates. Optimizers run in float32, where the
 * order of operations matters. Afterwards the number of threads and the random numbers are restored.
 *
 * @throws TorchError with code `ERR_PEER` if there is no Python with the PyTorch of the LibTorch in use, and with code
 *   `ERR_USAGE` if there are no recorded cases: the npm package does not contain them
 * @throws TypeError or RangeError for a wrong option
 */
export function compareTraining(options: TrainingOptions = {}): OperatorResult[] {
  const { python, cases, seed = 0 } = readAskOptions(options);
  const folder = defaultFixtures(libtorch().version, 'training');
  const { minor } = libtorch();
  const drawn = DRAWN_LAYERS.filter(({ since = minor }) => compareMinors(minor, since) >= 0);
  const jobs = choose(readJobs(folder, drawn), cases, seed);
  const request = { folder, threads: 1, ids: jobs.map(({ id }) => id), drawn, trainings: DRAWN_TRAININGS };
  const answers = askPython('training.py', request, python) as Answer[];
  const theirs = new Map(answers.map((answer) => [answer.id, answer]));
  return runJobs(jobs, folder).map((own) => compareAnswers(own, theirs.get(own.id)));
}

function compareAnswers({ id, digest, error }: Answer, other: Answer | undefined): OperatorResult {
  if (other === undefined) return { id, passed: false, error: 'Python did not run it' };
  if (error !== undefined) return other.error === undefined ? { id, passed: false, error } : { id, passed: true };
  if (other.error !== undefined) return { id, passed: false, error: `Python refuses it: ${other.error}` };
  return digest === other.digest ? { id, passed: true } : { id, passed: false, error: 'other bits' };
}

function readJobs(folder: string, drawn: readonly DrawnLayer[]): Job[] {
  const read = <C extends TrainingCase>(
    file: string,
    run: (recorded: C, digest: Hash, reader: Reader) => void,
  ): Job[] =>
    readRecordedCases<C>(folder, file)
      .filter(isPlain)
      .map((recorded) => ({ id: recorded.id, run: (digest, reader) => run(recorded, digest, reader) }));
  return [
    ...drawn.map((layer) => ({
      id: layer.id,
      run: (digest: Hash, reader: Reader) => runLayer(layer as LayerCase, digest, reader),
    })),
    ...DRAWN_TRAININGS.map((training) => ({
      id: training.id,
      run: (digest: Hash, reader: Reader) => runTraining(training, digest, reader),
    })),
    ...read('layers.json', runLayer),
    ...read('optim.json', runOptimizer),
    ...read('schedulers.json', runScheduler),
  ];
}

/** Options that the Python of an older release lacks, and the change that brought them. */
const OPTIONS_SINCE: readonly { readonly of: RegExp; readonly option: string; readonly change: Change }[] = [
  { of: /^(BatchNorm|InstanceNorm|GroupNorm)/, option: 'bias', change: 'normsHaveBias' },
  { of: /^Adam$/, option: 'decoupled_weight_decay', change: 'adamDecouples' },
];

/** Whether a case is not just an error, needs no later group, and has no option that this Python lacks. */
function isPlain(recorded: TrainingCase): boolean {
  const { expect, name = '', kwargs = {} } = recorded as unknown as RecordedCall;
  const others = ['what', 'add_param_group'].some((key) => key in recorded);
  const lacks = OPTIONS_SINCE.some(
    ({ of, option, change }) => of.test(name) && Object.hasOwn(kwargs, option) && !behaviour()[change],
  );
  return !others && !lacks && !('error' in expect);
}

/** What is read of a case before it runs. */
interface RecordedCall {
  readonly expect: object;
  readonly name?: string;
  readonly kwargs?: object;
}

function choose(jobs: readonly Job[], cases = jobs.length, seed: number): Job[] {
  const count = Math.min(cases, jobs.length);
  const at = Array.from({ length: count }, (_, index) => Math.floor((index * jobs.length) / count) + seed);
  return at.map((place) => jobs[((place % jobs.length) + jobs.length) % jobs.length] as Job);
}

function runJobs(jobs: readonly Job[], folder: string): Answer[] {
  const lookUp = openRecordedTensors(folder);
  const threads = torch.get_num_threads();
  const before = torch.get_rng_state();
  torch.set_num_threads(1);
  try {
    return jobs.map(({ id, run }) => {
      const digest = createHash('sha256');
      const tensors = new CaseTensors();
      try {
        torch.scope(() => run(digest, new Reader(lookUp, tensors, undefined)));
        return { id, digest: digest.digest('hex') };
      } catch (error) {
        return { id, error: (error as Error).message };
      } finally {
        tensors.dispose();
      }
    });
  } finally {
    torch.set_num_threads(threads);
    torch.set_rng_state(before);
    before.dispose();
  }
}

/** Adds all bits of tensors and numbers to a digest; all NaNs are the same. */
function add(digest: Hash, item: unknown): void {
  if (isTensor(item)) {
    const data = (torch.ops.aten.to_dense(item.detach()) as Tensor).toTypedArray();
    if (data instanceof Float32Array || data instanceof Float64Array) {
      for (let at = 0; at < data.length; at++) if (Number.isNaN(data[at])) data[at] = Number.NaN;
    }
    digest.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  } else if (item instanceof torch.nn.utils.rnn.PackedSequence) {
    add(digest, item.data);
  } else if (Array.isArray(item)) {
    for (const part of item) add(digest, part);
  } else if (typeof item === 'number') {
    digest.update(new Uint8Array(Float64Array.of(item).buffer));
  }
}

function addGrads(digest: Hash, tensors: readonly Tensor[]): void {
  for (const { grad } of tensors) if (grad !== null) add(digest, grad);
}

function runLayer(recorded: LayerCase, digest: Hash, reader: Reader): void {
  torch.manual_seed(recorded.seed);
  const module = buildLayer(recorded, reader);
  if (!recorded.lazy) add(digest, Object.values(module.state_dict()));
  module.train(recorded.mode === 'train');
  torch.manual_seed(recorded.forward_seed ?? 0);
  if (recorded.to !== undefined) module.to(reader.value(recorded.to) as 'float64');
  // As a function of the layer's own type.
  const layer = module as unknown as (...all: unknown[]) => unknown;
  for (const { args, kwargs, no_grad, cotangents = [] } of recorded.calls ?? []) {
    module.zero_grad();
    reader.inputs.length = 0;
    const values = args.map((value) => reader.value(value));
    const options = reader.options(kwargs);
    const inputs = [...reader.inputs];
    const run = () => layer(...values, ...(Object.keys(options).length > 0 ? [options] : []));
    const output = no_grad ? torch.no_grad(run) : run();
    add(digest, output);
    backwardAll(tensorsOf(output), cotangents, reader);
    addGrads(digest, inputs);
    addGrads(digest, module.parameters());
    add(digest, Object.values(module.state_dict()));
  }
}

function runOptimizer(recorded: OptimizerCase, digest: Hash, reader: Reader): void {
  const { name, kwargs, groups = [], steps = 0, changes = [], no_grad = [], problem } = recorded;
  const params = (recorded.params ?? []).map((item) => new torch.nn.Parameter(reader.tensor(item).to('float32')));
  const grads = (recorded.grads ?? []).map((item) => reader.tensor(item).to('float32'));
  const Kind = Reflect.get(torch.optim, name) as new (params: unknown, options: object) => Optimizer;
  const own = groups.map(({ params: places, options }) => ({
    params: places.map((at) => params[at]),
    ...reader.options(options),
  }));
  const optimizer = new Kind(own, reader.options(kwargs));
  const inSingle = (items: readonly unknown[]) => items.map((item) => reader.tensor(item).to('float32'));
  const parts = problem && { a: inSingle(problem.a), b: inSingle(problem.b), c: inSingle(problem.c) };
  for (let step = 0; step < steps; step++) {
    if (parts !== undefined) {
      add(
        digest,
        optimizer.step(() => lossOf(params, parts)),
      );
      add(digest, params);
      continue;
    }
    for (const { after, group, option, value } of changes) {
      if (after === step) (optimizer.param_groups[group] as Record<string, unknown>)[option] = reader.value(value);
    }
    for (const [at, param] of params.entries()) {
      const skipped = no_grad.some(([place, when]) => place === at && when === step);
      const row = torch.ops.aten.select(grads[at] as Tensor, 0, step) as Tensor;
      param.grad = skipped ? null : (row.clone() as never);
    }
    optimizer.step();
    add(digest, params);
  }
}

function runTraining(training: DrawnTraining, digest: Hash, reader: Reader): void {
  const { layer, input, target, optimizer: name, kwargs, steps, seed } = training;
  torch.manual_seed(seed);
  const model = buildLayer({ ...layer, kwargs: layer.kwargs ?? {} } as LayerCase, reader) as torch.nn.Identity;
  const [given, wanted] = [reader.value(input), reader.value(target)] as [Tensor, Tensor];
  const Kind = Reflect.get(torch.optim, name) as new (params: unknown, options: object) => Optimizer;
  const params = [...model.parameters()];
  const optimizer = new Kind(params, reader.options(kwargs));
  for (let step = 0; step < steps; step++) {
    const loss = optimizer.step(() => {
      optimizer.zero_grad();
      const away = torch.nn.functional.mse_loss(model(given), wanted);
      away.backward();
      return away;
    });
    add(digest, loss);
    add(digest, params);
  }
}

function runScheduler(recorded: SchedulerCase, digest: Hash, reader: Reader): void {
  const { scheduler: name, args = [], kwargs = {}, epochs = 0, metrics, step_args } = recorded;
  const optimizer = makeOptimizer(recorded, reader);
  const scheduler = makeScheduler(name, args, kwargs, optimizer, reader);
  const step = scheduler.step as (value?: unknown) => void;
  for (let epoch = 0; epoch < epochs; epoch++) {
    optimizer.step();
    const given = metrics?.[epoch] ?? step_args?.[epoch];
    step.call(scheduler, ...(given == null ? [] : [reader.value(given)]));
    for (const { lr } of optimizer.param_groups) add(digest, Number(lr));
  }
}
