/** Replays recorded random numbers: `rng.json` of a folder. */
import { createHash } from 'node:crypto';
import { isPlainObject } from '../../base/plain_object.js';
import type { DType } from '../../base/types.js';
import { elementsOf, type TensorEntry, typedArrayOf } from '../../data/entry.js';
import type { Generator } from '../../tensor/generator.js';
import type { Tensor } from '../../tensor/tensor.js';
import * as torch from '../../torch/index.js';
import { compareTensors } from '../judge/compare.js';
import type { Tolerance } from '../judge/plain.js';
import {
  CaseTensors,
  type CaseResult,
  describeThrown,
  type ExpectedError,
  isTensor,
  judgeError,
  plain,
} from '../sides/calls.js';
import { readRecordedCases } from './files.js';
import { openRecordedTensors } from './recorded_tensors.js';

/** One step of a recorded stream. */
interface RandomStep {
  /** A function of torch. */
  readonly function?: string;
  /** A method of a tensor of zeros. */
  readonly method?: string;
  readonly self?: { readonly shape: readonly number[]; readonly dtype: DType };
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly save_state?: string;
  readonly restore_state?: string;
  readonly set_state?: unknown;
}

interface RecordedState {
  readonly sha256: string;
  readonly bytes: number;
}

/** A recorded stream, or one call that must fail. */
interface RandomCase extends RandomStep {
  readonly id: string;
  readonly seed?: { readonly int: string };
  readonly generator?: 'own' | 'default';
  readonly ops?: readonly RandomStep[];
  readonly expect: {
    readonly error?: ExpectedError;
    readonly initial_seed: { readonly int: string };
    readonly initial_seed_after?: { readonly int: string };
    readonly results: readonly ({ readonly tensor: string } | RecordedState | null)[];
    readonly probe: readonly number[];
    readonly state: RecordedState;
  };
}

/** The tolerances of the recorded calls: the last bits of float32 depend on the processor's kernels. */
const TOLERANCES: Readonly<Record<string, Tolerance>> = {
  float64: { rtol: 1e-9, atol: 1e-9 },
  float32: { rtol: 1e-4, atol: 2e-5 },
  bfloat16: { rtol: 1.6e-2, atol: 1e-5 },
  float16: { rtol: 1e-3, atol: 1e-5 },
};

/**
 * Replays the recorded random numbers of a folder and compares every number, seed and state.
 *
 * @param folder - with `rng.json` and `tensors.safetensors`, compressed (`.gz`) or plain
 * @returns one result per case, in the order of the file
 * @throws TorchError with code `ERR_FILE_FORMAT` if the folder cannot be read
 */
export function replayRandom(folder: string): CaseResult[] {
  const lookUp = openRecordedTensors(folder);
  const before = torch.get_rng_state();
  try {
    return readRecordedCases<RandomCase>(folder, 'rng.json').map((recorded) => {
      const scope = new CaseTensors();
      try {
        const error = replayCase(recorded, new Reader(lookUp, scope));
        return { id: recorded.id, loss: 'random', passed: error === null, ...(error === null ? {} : { error }) };
      } catch (thrown) {
        return { id: recorded.id, loss: 'random', passed: false, error: describeThrown(thrown) };
      } finally {
        scope.dispose();
      }
    });
  } finally {
    torch.set_rng_state(before);
    before.dispose();
  }
}

/** Creates the recorded arguments. */
class Reader {
  readonly lookUp: (key: string) => TensorEntry;
  readonly scope: CaseTensors;

  constructor(lookUp: (key: string) => TensorEntry, scope: CaseTensors) {
    this.lookUp = lookUp;
    this.scope = scope;
  }

  value(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.value(item));
    if (!isPlainObject(value)) return value;
    if ('int' in value) return BigInt(value.int as string);
    if ('dtype' in value) return value.dtype;
    const entry = this.lookUp(value.tensor as string);
    return this.scope.tensor(typedArrayOf(entry), { dtype: entry.dtype, shape: entry.shape });
  }

  /** Calls the function or method of a step. */
  call(step: RandomStep, generator: Generator | undefined): unknown {
    const { function: name = step.method, args = [], kwargs = {}, self } = step;
    const values = args.map((value) => this.value(value));
    const options = Object.fromEntries(Object.entries(kwargs).map(([key, value]) => [key, this.value(value)]));
    if (generator !== undefined) options.generator = generator;
    const own: unknown = step.method === undefined ? Reflect.get(torch, name as string) : undefined;
    if (self !== undefined) values.unshift(this.scope.keep(torch.zeros(self.shape, { dtype: self.dtype }) as Tensor));
    const call = typeof own === 'function' ? own : torch.ops.aten[name as string];
    const last = Object.keys(options).length > 0 ? [options] : [];
    return this.scope.keep((call as (...all: unknown[]) => unknown)(...values, ...last));
  }
}

function replayCase(recorded: RandomCase, reader: Reader): string | null {
  const { seed, generator: whose, ops = [], expect } = recorded;
  if (expect.error !== undefined) return judgeError(() => reader.call(recorded, undefined), expect.error);
  const own = whose === 'own' ? new torch.Generator() : undefined;
  const used = own ?? torch.default_generator;
  if (own === undefined) torch.manual_seed(BigInt(seed?.int as string));
  else own.manual_seed(BigInt(seed?.int as string));
  const started = used.initial_seed();
  if (started !== BigInt(expect.initial_seed.int)) return `initial_seed: got ${started}`;
  const states = new Map<string, ReturnType<Generator['get_state']>>();
  for (const [index, step] of ops.entries()) {
    const wrong = replayStep(step, index);
    if (wrong !== null) return `step ${index}: ${wrong}`;
  }
  const probe = torch.randint(0, 1_000_000, [4], { generator: own });
  const drawn = Array.from(reader.scope.keep(probe).toTypedArray(), Number);
  if (drawn.join() !== expect.probe.join())
    return `probe: expected ${expect.probe.join(', ')}, got ${drawn.join(', ')}`;
  const ended = checkState(reader.scope.keep(used.get_state()), expect.state);
  if (ended !== null || expect.initial_seed_after === undefined) return ended;
  const after = used.initial_seed();
  return after === BigInt(expect.initial_seed_after.int) ? null : `initial_seed at the end: got ${after}`;

  function replayStep(step: RandomStep, index: number): string | null {
    const result = expect.results[index];
    if (step.save_state !== undefined) {
      const state = reader.scope.keep(used.get_state());
      states.set(step.save_state, state);
      return checkState(state, result as RecordedState);
    }
    if (step.restore_state !== undefined || step.set_state !== undefined) {
      const state = step.restore_state === undefined ? reader.value(step.set_state) : states.get(step.restore_state);
      used.set_state(state as ReturnType<Generator['get_state']>);
      return null;
    }
    const tensor = reader.call(step, own);
    if (!isTensor(tensor)) return `expected a tensor, got ${String(tensor)}`;
    const entry = reader.lookUp((result as { readonly tensor: string }).tensor);
    const wanted = { dtype: entry.dtype, shape: entry.shape, data: elementsOf(entry) };
    const { equal, reason } = compareTensors(plain(tensor), wanted, TOLERANCES[entry.dtype]);
    return equal ? null : `${step.function ?? step.method}: ${reason}`;
  }
}

function checkState(state: Tensor, { sha256, bytes }: RecordedState): string | null {
  const data = state.toTypedArray() as Uint8Array;
  if (data.length !== bytes) return `state: expected ${bytes} bytes, got ${data.length}`;
  const got = createHash('sha256').update(data).digest('hex');
  return got === sha256 ? null : `state: expected sha256 ${sha256}, got ${got}`;
}
