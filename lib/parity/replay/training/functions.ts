/** Replays recorded calls of `torch.nn.init` and `torch.nn.utils`: `init.json` and `utils.json` of a folder. */
import type { Tensor } from '../../../tensor/tensor.js';
import type { DType } from '../../../base/types.js';
import * as torch from '../../../torch/index.js';
import { type CaseResult, judgeError } from '../../sides/calls.js';
import { firstOf, type Reader, replayCases, type TrainingCase } from './reader.js';

type Call = (...all: unknown[]) => unknown;

interface FunctionCase extends TrainingCase {
  readonly function: string;
  readonly self?: { readonly shape: readonly number[]; readonly dtype: DType };
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly seed?: number;
  readonly grads?: readonly unknown[];
  readonly params?: readonly unknown[];
  readonly vector?: unknown;
  readonly expect: {
    readonly error?: object;
    readonly result?: unknown;
    readonly value?: unknown;
    readonly probe?: readonly number[];
    readonly grads?: readonly unknown[];
    readonly params?: readonly unknown[];
  };
}

/**
 * Replays the recorded initial values of a folder.
 *
 * @throws TorchError with code `ERR_FILE_FORMAT` if the folder cannot be read
 */
export function replayInit(folder: string): CaseResult[] {
  return replayCases<FunctionCase>(
    folder,
    'init.json',
    ({ function: name }) => `init.${name}`,
    (recorded, reader) => {
      const { function: name, self, args = [], kwargs = {}, seed, expect } = recorded;
      if (seed !== undefined) torch.manual_seed(seed);
      const call = Reflect.get(torch.nn.init, name) as Call;
      const target = self === undefined ? [] : [reader.scope.keep(torch.zeros(self.shape, { dtype: self.dtype }))];
      const options = Object.keys(kwargs).length > 0 ? [reader.options(kwargs)] : [];
      const run = () => call(...target, ...args.map((value) => reader.value(value)), ...options);
      if (expect.error !== undefined) return judgeError(run, 'any');
      const result = run();
      return firstOf([
        () => ('value' in expect ? reader.compare(result, expect.value, 'value') : null),
        () => ('result' in expect ? reader.compare(result, expect.result, 'result') : null),
        () => reader.probe(expect.probe, 'probe'),
      ]);
    },
  );
}

/** The functions in `utils.json` that belong to `torch.nn.utils`. */
const UTILITIES = /^(rnn\..*|clip_.*|get_total_norm|parameters_to_vector|vector_to_parameters)$/;

/** Whether a recorded call is one of `torch.nn.utils`. */
export function isUtility(recorded: { readonly function: string }): boolean {
  return UTILITIES.test(recorded.function);
}

/**
 * Replays the recorded calls of `torch.nn.utils` of a folder.
 *
 * @throws TorchError with code `ERR_FILE_FORMAT` if the folder cannot be read
 */
export function replayUtilities(folder: string): CaseResult[] {
  const results = replayCases<FunctionCase>(
    folder,
    'utils.json',
    ({ function: name }) => name,
    (recorded, reader) => (isUtility(recorded) ? replayUtility(recorded, reader) : null),
  );
  return results.filter(({ loss }) => isUtility({ function: loss }));
}

function replayUtility(recorded: FunctionCase, reader: Reader): string | null {
  const { function: name, args = [], kwargs = {}, grads, params, vector, expect } = recorded;
  const path = name.split('.');
  const call = path.reduce((place: unknown, key) => Reflect.get(place as object, key), torch.nn.utils) as Call;
  const values = args.map((value) => reader.value(value));
  const options = Object.keys(kwargs).length > 0 ? [reader.options(kwargs)] : [];
  const own = (params ?? grads ?? []).map((item) => parameterOf(item, grads !== undefined, reader));
  const given = (): unknown[] => {
    if (name === 'get_total_norm') return [own.flatMap(({ grad }) => (grad === null ? [] : [reader.scope.keep(grad)]))];
    return params === undefined && grads === undefined ? [] : [own];
  };
  const run = () => call(...given(), ...values, ...options);
  if (expect.error !== undefined) return judgeError(run, 'any');
  const result = run();
  // The parameters become views only after the vector was made.
  const joined = reader.compare(result, expect.result ?? null, 'result');
  if ('result' in expect && joined !== null) return joined;
  if (vector !== undefined) torch.nn.utils.vector_to_parameters(reader.tensor(vector), own);
  return firstOf([
    () => ('result' in expect ? reader.compare(result, expect.result, 'result') : null),
    () =>
      'grads' in expect
        ? firstOf(
            (expect.grads ?? []).map(
              (wanted, at) => () => reader.compare((own[at] as Tensor).grad, wanted, `gradient ${at}`),
            ),
          )
        : null,
    () =>
      'params' in expect
        ? reader.compare(
            own.map((param) => param.detach()),
            expect.params,
            'params',
          )
        : null,
  ]);
}

/** A parameter with the recorded values, or zeros with the recorded gradient. */
function parameterOf(recorded: unknown, asGrad: boolean, reader: Reader): Tensor {
  if (recorded === null) return new torch.nn.Parameter(torch.zeros([2]));
  const tensor = reader.tensor(recorded);
  if (!asGrad) return new torch.nn.Parameter(tensor);
  const param = new torch.nn.Parameter(torch.zeros(tensor.shape, { dtype: tensor.dtype }));
  param.grad = tensor;
  return param;
}
