/** Replays recorded optimizers: `optim.json` of a folder. */
import type { Optimizer, OptimizerStateDict } from '../../../optim/index.js';
import type { Tensor } from '../../../tensor/tensor.js';
import * as torch from '../../../torch/index.js';
import { type CaseResult, judgeError } from '../../sides/calls.js';
import { firstOf, type Reader, replayCases, type TrainingCase } from './reader.js';

interface Group {
  readonly params: readonly number[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** A function to minimize: its coefficients for each parameter. */
type Problem<T> = Readonly<Record<'a' | 'b' | 'c', readonly T[]>>;

/** A recorded optimizer. */
export interface OptimizerCase extends TrainingCase {
  readonly name: string;
  readonly what?: string;
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly steps?: number;
  readonly params?: readonly unknown[];
  readonly grads?: readonly unknown[];
  readonly groups?: readonly Group[];
  readonly no_grad?: readonly (readonly [number, number])[];
  readonly changes?: readonly {
    readonly after: number;
    readonly group: number;
    readonly option: string;
    readonly value: unknown;
  }[];
  readonly add_param_group?: { readonly after: number; readonly group: number };
  readonly problem?: Problem<unknown>;
  readonly expect: {
    readonly params?: readonly unknown[];
    readonly state_dict?: unknown;
    readonly losses?: unknown;
    readonly closure_calls?: readonly number[];
    readonly resume?: {
      readonly after: number;
      readonly state_dict: unknown;
      readonly same?: boolean;
      readonly params?: readonly unknown[];
    };
    readonly error?: { readonly when: string };
  };
}

/** The sum of `a (p - b)² / 2` and `tanh(c p)` over all parameters, after a backward pass. */
export function lossOf(params: readonly Tensor[], { a, b, c }: Problem<Tensor>): Tensor {
  let total: Tensor | undefined;
  for (const [at, param] of params.entries()) {
    param.grad = null;
    const away = param.sub(b[at] as Tensor);
    const curved = (a[at] as Tensor).mul(away.pow(2)).div(2).sum();
    const part = curved.add(torch.ops.aten.tanh((c[at] as Tensor).mul(param)).sum());
    total = total === undefined ? part : total.add(part);
  }
  (total as Tensor).backward();
  return total as Tensor;
}

type Kind = new (params: unknown, ...options: object[]) => Optimizer;

/**
 * Replays the recorded optimizers of a folder, step by step, and again from their states.
 *
 * @throws TorchError with code `ERR_FILE_FORMAT` if the folder cannot be read
 */
export function replayOptimizers(folder: string): CaseResult[] {
  return replayCases<OptimizerCase>(
    folder,
    'optim.json',
    ({ name }) => name,
    (recorded, reader) =>
      recorded.what === undefined ? new Run(recorded, reader).replay() : replayError(recorded, reader),
  );
}

function kindOf(name: string): Kind {
  return Reflect.get(torch.optim, name) as Kind;
}

/** The rows of a tensor along its first dimension. */
function rowsOf(reference: unknown, reader: Reader): Tensor[] {
  const all = reader.tensor(reference);
  return Array.from({ length: all.size(0) }, (_, at) => reader.scope.keep(torch.ops.aten.select(all, 0, at) as Tensor));
}

class Run {
  readonly #recorded: OptimizerCase;
  readonly #reader: Reader;
  readonly #grads: Tensor[][];
  readonly #wanted: Tensor[][];

  constructor(recorded: OptimizerCase, reader: Reader) {
    this.#recorded = recorded;
    this.#reader = reader;
    this.#grads = (recorded.grads ?? []).map((item) => rowsOf(item, reader));
    this.#wanted = (recorded.expect.params ?? []).map((item) => rowsOf(item, reader));
  }

  replay(): string | null {
    const { expect, steps = 0 } = this.#recorded;
    const params = (this.#recorded.params ?? []).map((item) => new torch.nn.Parameter(this.#reader.tensor(item)));
    if (expect.error !== undefined) return judgeError(() => this.#make(params, true).step(), 'any');
    const optimizer = this.#make(params, true);
    const wrong = this.#steps(optimizer, params, 0, steps, this.#wanted);
    if (wrong !== null) return wrong;
    const state = this.#reader.compare(optimizer.state_dict(), expect.state_dict, 'state_dict');
    return state ?? this.#resume();
  }

  #group(params: readonly Tensor[], at: number) {
    const { params: places, options } = (this.#recorded.groups as readonly Group[])[at] as Group;
    return { params: places.map((place) => params[place] as Tensor), ...this.#reader.options(options) };
  }

  /** A new optimizer, without the group that is added later. */
  #make(params: readonly Tensor[], first: boolean): Optimizer {
    const { name, kwargs, groups = [], add_param_group } = this.#recorded;
    const later = first ? add_param_group?.group : undefined;
    const places = [...groups.keys()].filter((at) => at !== later);
    const given = places.map((at) => this.#group(params, at));
    const isPlain = given.length === 1 && Object.keys(given[0] as object).length === 1;
    return new (kindOf(name))(isPlain ? given[0]?.params : given, this.#reader.options(kwargs));
  }

  #steps(
    optimizer: Optimizer,
    params: readonly Tensor[],
    from: number,
    to: number,
    wanted: readonly (readonly Tensor[])[],
  ): string | null {
    const { no_grad = [], changes = [], add_param_group, problem, expect } = this.#recorded;
    const reader = this.#reader;
    for (let step = from; step < to; step++) {
      for (const { after, group, option, value } of changes) {
        if (after === step) (optimizer.param_groups[group] as Record<string, unknown>)[option] = reader.value(value);
      }
      if (from === 0 && add_param_group?.after === step) {
        optimizer.add_param_group(this.#group(params, add_param_group.group));
      }
      let calls = 0;
      let loss: unknown;
      if (problem === undefined) {
        for (const [at, param] of params.entries()) {
          const skipped = no_grad.some(([place, when]) => place === at && when === step);
          param.grad = skipped ? null : (((this.#grads[at] as readonly Tensor[])[step] as Tensor).clone() as never);
        }
        optimizer.step();
      } else {
        loss = optimizer.step(() => {
          calls++;
          return this.#loss(params);
        });
      }
      const wrong = firstOf([
        ...params.map((param, at) => () => {
          const row = wanted[at]?.[step - (wanted === this.#wanted ? 0 : from)];
          return row === undefined ? null : compareRows(param, row, reader, `parameter ${at}`);
        }),
        () => {
          if (problem === undefined || from > 0) return null;
          const value = (loss as Tensor).item();
          const expected = Number((reader.tensor(expect.losses).tolist() as number[])[step]);
          const close = Math.abs(value - expected) <= 1e-6 + 1e-6 * Math.abs(expected);
          return close ? null : `loss: expected ${expected}, got ${value}`;
        },
        () => {
          const expected = expect.closure_calls?.[step];
          return problem === undefined || from > 0 || expected === calls
            ? null
            : `closure: expected ${expected} calls, got ${calls}`;
        },
      ]);
      if (wrong !== null) return `step ${step}: ${wrong}`;
    }
    return null;
  }

  #loss(params: readonly Tensor[]): Tensor {
    const { a, b, c } = this.#recorded.problem as Problem<unknown>;
    const read = (items: readonly unknown[]) => items.map((item) => this.#reader.tensor(item));
    return lossOf(params, { a: read(a), b: read(b), c: read(c) });
  }

  #resume(): string | null {
    const { expect, steps = 0 } = this.#recorded;
    const { resume } = expect;
    if (resume === undefined) return null;
    const { after } = resume;
    const params = (this.#recorded.params ?? []).map(
      (item, at) =>
        new torch.nn.Parameter(
          after === 0
            ? this.#reader.tensor(item)
            : ((this.#wanted[at] as readonly Tensor[])[after - 1] as Tensor).clone(),
        ),
    );
    const optimizer = this.#make(params, false);
    optimizer.load_state_dict(stateOf(resume.state_dict, this.#reader));
    const wanted = resume.params === undefined ? this.#wanted : resume.params.map((item) => rowsOf(item, this.#reader));
    const wrong = this.#steps(optimizer, params, after, steps, wanted);
    return wrong === null ? null : `resumed: ${wrong}`;
  }
}

function compareRows(param: Tensor, row: Tensor, reader: Reader, what: string): string | null {
  return reader.compareTensors(param.detach(), row, what);
}

/** The state of an optimizer, with its parameters as numbers. */
function stateOf(recorded: unknown, reader: Reader): OptimizerStateDict {
  const { state, param_groups } = Object.fromEntries((recorded as { dict: [string, unknown][] }).dict) as {
    state: { dict: [number, unknown][] };
    param_groups: unknown[];
  };
  const own = state.dict.map(([key, value]): [number, Record<string, unknown>] => [
    key,
    reader.value(value) as Record<string, unknown>,
  ]);
  return { state: new Map(own), param_groups: reader.value(param_groups) as Record<string, unknown>[] };
}

function replayError({ name, what, kwargs, expect }: OptimizerCase, reader: Reader): string | null {
  const Kind = kindOf(name);
  const matrix = name === 'Muon' && Object.keys(kwargs).length > 0;
  const make = () => new torch.nn.Parameter(torch.ones(matrix ? [2, 2] : [2], { dtype: 'float64' }));
  const p = make();
  const given: Record<string, () => unknown> = {
    empty: () => [],
    tensor: () => p,
    nonleaf: () => [p.mul(2)],
    duplicate: () => [{ params: [p] }, { params: [p] }],
    notensor: () => [p, 3],
    set: () => [{ params: new Set([p]) }],
    groups: () => [{ params: [p] }, { params: [make()] }],
  };
  const options = Object.keys(kwargs).length > 0 ? [reader.options(kwargs)] : [];
  const build = () => new Kind((given[what as string] ?? (() => [p]))(), ...options);
  if (expect.error?.when === 'construct') return judgeError(build, 'any');
  const optimizer = build();
  if (expect.error?.when === 'step') {
    p.grad = torch.ones(p.shape, { dtype: 'float64' }) as never;
    return judgeError(() => optimizer.step(), 'any');
  }
  const other = new Kind(
    what === 'load-groups' ? [{ params: [make()] }, { params: [make()] }] : [make(), make()],
    ...options,
  );
  return judgeError(() => optimizer.load_state_dict(other.state_dict()), 'any');
}
