/** Replays recorded learning rate schedules: `schedulers.json` of a folder. */
import { isPlainObject } from '../../../base/plain_object.js';
import type { LRScheduler } from '../../../optim/lr_scheduler/index.js';
import type { Optimizer, ParamGroup } from '../../../optim/index.js';
import * as torch from '../../../torch/index.js';
import { type CaseResult, judgeError } from '../../sides/calls.js';
import { firstOf, type Reader, replayCases, type TrainingCase } from './reader.js';

/** A recorded schedule. */
export interface SchedulerCase extends TrainingCase {
  readonly scheduler: string;
  readonly optimizer: {
    readonly name: string;
    readonly options?: Readonly<Record<string, unknown>>;
    readonly kwargs?: Readonly<Record<string, unknown>>;
    readonly groups: readonly Readonly<Record<string, unknown>>[];
  };
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly epochs?: number;
  readonly step_args?: readonly unknown[];
  readonly metrics?: readonly unknown[];
  readonly expect: {
    readonly lr?: readonly (readonly number[])[];
    readonly momentum?: readonly (readonly number[])[];
    readonly last_lr?: unknown;
    readonly state_dict?: unknown;
    readonly resume?: {
      readonly after: number;
      readonly state_dict: unknown;
      readonly optimizer_state_dict: unknown;
      readonly same?: boolean;
      readonly lr?: readonly (readonly number[])[];
    };
    readonly error?: { readonly when: string; readonly after?: number };
  };
}

type Kind = new (...all: unknown[]) => LRScheduler;

/**
 * Replays the recorded schedules of a folder, epoch by epoch, and again from their states.
 *
 * @throws TorchError with code `ERR_FILE_FORMAT` if the folder cannot be read
 */
export function replaySchedulers(folder: string): CaseResult[] {
  return replayCases<SchedulerCase>(folder, 'schedulers.json', ({ scheduler }) => scheduler, replayScheduler);
}

/** The optimizer of a case. */
export function makeOptimizer({ optimizer }: SchedulerCase, reader: Reader): Optimizer {
  const { name, groups } = optimizer;
  const Kind = Reflect.get(torch.optim, name) as new (params: unknown, options: object) => Optimizer;
  const params = groups.map((options) => {
    const param = new torch.nn.Parameter(torch.zeros([1]));
    param.grad = torch.zeros([1]) as never;
    return { params: [param], ...reader.options(options) };
  });
  return new Kind(params, reader.options(optimizer.options ?? optimizer.kwargs));
}

/** The scheduler of a case, or one inside it. */
export function makeScheduler(
  name: string,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
  optimizer: Optimizer,
  reader: Reader,
): LRScheduler {
  const Kind = (Reflect.get(torch.optim.lr_scheduler, name) ?? Reflect.get(torch.optim.swa_utils, name)) as Kind;
  const read = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(read);
    if (!isPlainObject(value) || !('scheduler' in value)) return reader.value(value);
    const inner = value as unknown as { scheduler: string; args: readonly unknown[]; kwargs: Record<string, unknown> };
    return makeScheduler(inner.scheduler, inner.args, inner.kwargs, optimizer, reader);
  };
  const options = Object.fromEntries(Object.entries(kwargs).map(([key, value]) => [key, read(value)]));
  const last = Object.keys(options).length > 0 ? [options] : [];
  const first = name === 'ChainedScheduler' ? [] : [optimizer];
  return new Kind(...first, ...args.map(read), ...last);
}

function replayScheduler(recorded: SchedulerCase, reader: Reader): string | null {
  const { scheduler: name, args = [], kwargs = {}, epochs = 0, expect } = recorded;
  const optimizer = makeOptimizer(recorded, reader);
  const build = (own: Optimizer) => makeScheduler(name, args, kwargs, own, reader);
  if (expect.error?.when === 'construct') return judgeError(() => build(optimizer), 'any');
  const scheduler = build(optimizer);
  const started = compareRates(optimizer, expect, 0);
  if (started !== null) return `at first: ${started}`;
  const step = (own: LRScheduler, epoch: number) => {
    const given = recorded.metrics?.[epoch] ?? recorded.step_args?.[epoch];
    (own.step as (value?: unknown) => void).call(own, ...(given == null ? [] : [reader.value(given)]));
  };
  for (let epoch = 0; epoch < epochs; epoch++) {
    optimizer.step();
    if (expect.error?.when === 'step' && expect.error.after === epoch)
      return judgeError(() => step(scheduler, epoch), 'any');
    step(scheduler, epoch);
    const wrong = compareRates(optimizer, expect, epoch + 1);
    if (wrong !== null) return `epoch ${epoch}: ${wrong}`;
  }
  return firstOf([
    () => ('last_lr' in expect ? reader.compare(scheduler.get_last_lr(), expect.last_lr, 'last_lr') : null),
    () => ('state_dict' in expect ? reader.compare(scheduler.state_dict(), expect.state_dict, 'state_dict') : null),
    () => {
      const { resume } = expect;
      if (resume === undefined) return null;
      const own = makeOptimizer(recorded, reader);
      const again = build(own);
      own.load_state_dict(reader.value(resume.optimizer_state_dict) as never);
      again.load_state_dict(reader.value(resume.state_dict) as Record<string, unknown>);
      for (let epoch = resume.after; epoch < epochs; epoch++) {
        own.step();
        step(again, epoch);
        const wrong = compareRates(
          own,
          resume.lr === undefined
            ? { lr: expect.lr }
            : { lr: [...Array.from<readonly number[]>({ length: resume.after + 1 }), ...resume.lr] },
          epoch + 1,
        );
        if (wrong !== null) return `resumed, epoch ${epoch}: ${wrong}`;
      }
      return null;
    },
  ]);
}

function compareRates(optimizer: Optimizer, { lr, momentum }: SchedulerCase['expect'], at: number): string | null {
  const close = (own: number, wanted: number) => Math.abs(own - wanted) <= 1e-9 * Math.abs(wanted) || own === wanted;
  const check =
    (what: string, wanted: readonly (readonly number[])[] | undefined, read: (group: ParamGroup) => number) => () => {
      const row = wanted?.[at];
      if (row === undefined) return null;
      const own = optimizer.param_groups.map(read);
      return own.every((value, place) => close(value, row[place] as number))
        ? null
        : `${what}: expected ${row.join()}, got ${own.join()}`;
    };
  return firstOf([
    check('lr', lr, (group) => Number(group.lr)),
    check('momentum', momentum, (group) => group.betas?.[0] ?? group.momentum),
  ]);
}
