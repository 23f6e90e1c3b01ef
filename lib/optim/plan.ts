/** Steps of optimizers that are prepared now and made later, in one native call with all that comes before them. */
import { type Addon, native } from '../addon/native.js';
import type { Tensor } from '../tensor/tensor.js';

/** The functions of the addon that make steps. */
type StepName = Extract<keyof Addon, `${string}_step`>;

/** A call of one of them: its name and its arguments. */
export type PlannedCall = readonly [name: StepName, ...values: unknown[]];

/** A parameter of a planned step. */
export interface PlannedParameter {
  readonly param: Tensor;
  /** Whether its state was made for this step: it goes again if there is no gradient. */
  readonly isNew: boolean;
}

/** What has to be done for a step of an optimizer. */
export class StepPlan {
  readonly calls: PlannedCall[] = [];
  /** The parameters of each call. */
  readonly parameters: (readonly PlannedParameter[])[] = [];
  /** What takes the results of the calls, by their places. */
  readonly finishes = new Map<number, (result: never) => void>();
  /** What was counted in JavaScript, and is to be taken back if the step is not made. */
  readonly undo: (() => void)[] = [];
  #next: readonly PlannedParameter[] = [];

  /** Notes the parameters of the next call. */
  prepare(parameters: readonly PlannedParameter[]): void {
    this.#next = parameters;
  }

  add(call: PlannedCall): void {
    this.calls.push(call);
    this.parameters.push(this.#next);
  }
}

let current: StepPlan | undefined;

/** The plan that is being made, if one is. */
export function stepPlan(): StepPlan | undefined {
  return current;
}

/** Runs `prepare`, whose steps are not made but planned. */
export function planSteps(prepare: () => void): StepPlan {
  const plan = new StepPlan();
  current = plan;
  try {
    prepare();
    return plan;
  } catch (error) {
    for (const undo of plan.undo) undo();
    throw error;
  } finally {
    current = undefined;
  }
}

/** What was counted for the call that comes next. */
const counted: (() => void)[] = [];

/** Has what was counted taken back if the step that it was counted for is not made. */
export function undoIfRefused(undo: () => void): void {
  (current?.undo ?? counted).push(undo);
}

/** Calls a step of the addon, or notes it in the plan. `finish` takes what it gives. */
export function makeStep<N extends StepName>(
  name: N,
  args: Parameters<Addon[N]>,
  finish?: (result: ReturnType<Addon[N]>) => void,
): void {
  if (current === undefined) {
    const taken = counted.splice(0);
    try {
      const result = (native()[name] as (...values: unknown[]) => ReturnType<Addon[N]>)(...args);
      finish?.(result);
    } catch (error) {
      for (const undo of taken) undo();
      throw error;
    }
    return;
  }
  if (finish !== undefined) current.finishes.set(current.calls.length, finish);
  current.add([name, ...args]);
}
