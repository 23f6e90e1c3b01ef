/** Replays recorded layers: `layers.json` of a folder. */
import type { Module } from '../../../nn/module.js';
import type { Tensor } from '../../../tensor/tensor.js';
import * as torch from '../../../torch/index.js';
import { type CaseResult, isTensor, judgeError } from '../../sides/calls.js';
import { firstOf, type Reader, replayCases, type TrainingCase } from './reader.js';

interface LayerCall {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly no_grad?: boolean;
  readonly cotangents?: readonly unknown[];
}

interface ExpectedCall {
  readonly output?: unknown;
  readonly error?: object;
  readonly input_grads?: readonly unknown[];
  readonly grads?: Readonly<Record<string, unknown>>;
  readonly backward_error?: object;
  readonly inputs_after?: readonly unknown[];
  readonly state_after?: Readonly<Record<string, unknown>>;
}

/** A recorded layer. */
export interface LayerCase extends TrainingCase {
  readonly name: string;
  readonly method?: string;
  /** Functions of `torch.nn.utils` that the layer goes through. */
  readonly wrap?: readonly (readonly [name: string, options: Readonly<Record<string, unknown>>])[];
  /** Whether its parameters have no shape before the first call. */
  readonly lazy?: boolean;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly to?: string;
  readonly load?: Readonly<Record<string, unknown>>;
  readonly mode?: 'train' | 'eval';
  readonly forward_seed?: number;
  readonly calls?: readonly LayerCall[];
  readonly expect: {
    readonly error?: object;
    readonly initial?: Readonly<Record<string, unknown>>;
    readonly requires_grad?: Readonly<Record<string, boolean>>;
    readonly probe?: readonly number[];
    readonly calls?: readonly ExpectedCall[];
    readonly probe_after?: readonly number[];
  };
}

/**
 * Replays the recorded layers of a folder: initial values, forward, backward, buffers and random numbers.
 *
 * @throws TorchError with code `ERR_FILE_FORMAT` if the folder cannot be read
 */
export function replayLayers(folder: string): CaseResult[] {
  return replayCases<LayerCase>(folder, 'layers.json', ({ name }) => name, replayLayer);
}

/** The layer of a case. */
export function buildLayer({ name, method, args, kwargs, wrap = [] }: LayerCase, reader: Reader): Module {
  const Layer = Reflect.get(torch.nn, name) as (new (...all: unknown[]) => Module) & Record<string, unknown>;
  const values = args.map((value) => reader.value(value));
  const options = Object.keys(kwargs).length > 0 ? [reader.options(kwargs)] : [];
  if (method !== undefined) return (Layer[method] as (...all: unknown[]) => Module)(...values, ...options);
  let layer = new Layer(...values, ...options);
  for (const [path, given] of wrap) {
    const found = path.split('.').reduce<unknown>((holder, key) => Reflect.get(holder as object, key), torch.nn.utils);
    layer = (found as (module: Module, options: object) => Module)(layer, given);
  }
  return layer;
}

function replayLayer(recorded: LayerCase, reader: Reader): string | null {
  const { seed, to, load, mode, forward_seed, calls = [], expect } = recorded;
  torch.manual_seed(seed);
  if (expect.error !== undefined) return judgeError(() => buildLayer(recorded, reader), 'any');
  const module = buildLayer(recorded, reader);
  const { initial, requires_grad = {} } = expect;
  const built = firstOf([
    () => (initial === undefined ? null : reader.compare(module.state_dict(), initial, 'initial')),
    () => {
      const wrong = module.named_parameters().find(([name, { requires_grad: own }]) => own !== requires_grad[name]);
      return expect.requires_grad === undefined || wrong === undefined ? null : `requires_grad of ${wrong[0]}`;
    },
    () => (initial === undefined ? null : reader.probe(expect.probe, 'probe')),
  ]);
  if (built !== null) return built;
  if (to !== undefined) module.to(to as 'float64');
  if (load !== undefined) module.load_state_dict(reader.options(load) as Record<string, Tensor>);
  if (mode !== undefined) module.train(mode === 'train');
  if (forward_seed !== undefined) torch.manual_seed(forward_seed);
  for (const [at, call] of calls.entries()) {
    const wrong = replayCall(module, call, expect.calls?.[at] as ExpectedCall, reader);
    if (wrong !== null) return `call ${at}: ${wrong}`;
  }
  return reader.probe(expect.probe_after, 'probe_after');
}

function replayCall(module: Module, call: LayerCall, expect: ExpectedCall, reader: Reader): string | null {
  module.zero_grad();
  const before = Object.fromEntries(Object.entries(module.state_dict()).map(([key, tensor]) => [key, tensor.clone()]));
  reader.inputs.length = 0;
  const args = call.args.map((value) => reader.value(value));
  const options = reader.options(call.kwargs);
  const inputs = [...reader.inputs];
  const copies = inputs.map((input) => input.detach().clone());
  // As a function of the layer's own type.
  const layer = module as unknown as (...all: unknown[]) => unknown;
  const run = () => layer(...args, ...(Object.keys(options).length > 0 ? [options] : []));
  if (expect.error !== undefined) return judgeError(run, 'any');
  const output = call.no_grad ? torch.no_grad(run) : run();
  const wrong = reader.compare(output, expect.output, 'output');
  if (wrong !== null) return wrong;
  if (call.cotangents !== undefined) {
    const backward = () => backwardAll(tensorsOf(output), call.cotangents as readonly unknown[], reader);
    if (expect.backward_error !== undefined) return judgeError(backward, 'any');
    backward();
  }
  const after = module.state_dict();
  return firstOf([
    ...(expect.input_grads ?? []).map(
      (wanted, at) => () => compareGrad(inputs[at] as Tensor, wanted, reader, `gradient of input ${at}`),
    ),
    ...Object.entries(expect.grads ?? {}).map(
      ([name, wanted]) =>
        () =>
          compareGrad(module.get_parameter(name), wanted, reader, `gradient of ${name}`),
    ),
    ...(expect.inputs_after ?? []).map(
      (wanted, at) => () =>
        wanted === null ? null : reader.compare((inputs[at] as Tensor).detach(), wanted, `input ${at} afterwards`),
    ),
    ...Object.entries(after).map(([name, tensor]) => () => {
      const wanted = expect.state_after?.[name];
      if (wanted !== undefined) return reader.compare(tensor, wanted, `${name} afterwards`);
      return sameElements(tensor, before[name] as Tensor) ? null : `${name}: expected no change`;
    }),
    () => {
      const changed =
        expect.inputs_after === undefined &&
        inputs.findIndex((input, at) => !sameElements(input, copies[at] as Tensor));
      return typeof changed === 'number' && changed >= 0 ? `input ${changed}: expected no change` : null;
    },
  ]);
}

function sameElements(a: Tensor, b: Tensor): boolean {
  const [x, y] = [a.detach().toTypedArray(), b.detach().toTypedArray()] as [ArrayLike<unknown>, ArrayLike<unknown>];
  return x.length === y.length && Array.from(x).every((value, at) => Object.is(value, y[at]));
}

function compareGrad(tensor: Tensor, wanted: unknown, reader: Reader, what: string): string | null {
  const { grad } = tensor;
  if (wanted === null) return grad === null ? null : `${what}: expected none`;
  return reader.compare(grad, wanted, what);
}

/** The tensors of an output, in order. */
export function tensorsOf(output: unknown): Tensor[] {
  if (isTensor(output)) return [output];
  if (output instanceof torch.nn.utils.rnn.PackedSequence) return [output.data];
  return Array.isArray(output) ? output.flatMap(tensorsOf) : [];
}

/** Runs backward from several outputs, each with its recorded gradient. */
export function backwardAll(outputs: readonly Tensor[], cotangents: readonly unknown[], reader: Reader): void {
  const pairs = outputs.flatMap((output, at): [Tensor, Tensor][] =>
    cotangents[at] == null ? [] : [[output, reader.tensor(cotangents[at])]],
  );
  for (const [at, [output, gradient]] of pairs.entries()) {
    output.backward({ gradient, retain_graph: at < pairs.length - 1 });
  }
}
