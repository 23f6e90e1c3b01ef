/** Calls of operators as JavaScript makes them: values by position, then one object of options. */
import { isTensor } from '../addon/handle.js';
import { type AsyncOptions, attempt, splitOptions } from '../addon/lane.js';
import { isPlainObject } from '../base/plain_object.js';
import { type BoundOperator, type Prepared, prepare, prepareSimple } from './dispatch.js';
import { givenBack, type OperatorResult, wrap } from './results.js';

/** A function, and the same on a lane. */
export interface WithAsync {
  (...args: unknown[]): OperatorResult;
  readonly async: (...args: unknown[]) => Promise<OperatorResult>;
}

/** Whether the last argument is the options object. */
function isOptions(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && !isTensor(value) && isPlainObject(value);
}

/** Calls an operator with positional values and, in the last place, an optional options object. */
export function callWith(operator: BoundOperator, args: unknown[]): OperatorResult {
  let prepared = prepareSimple(args);
  if (prepared === undefined) {
    const last = args[args.length - 1];
    prepared = isOptions(last) ? prepare(args.slice(0, -1), last) : prepare(args, undefined);
  }
  return wrap(operator.call(prepared), givenBack(operator, prepared));
}

/** {@link callWith} on a lane. The options then also take `signal` and `lane`. */
export function deferWith(operator: BoundOperator, args: unknown[]): Promise<OperatorResult> {
  return attempt(async () => {
    const last = args.at(-1);
    let prepared: Prepared;
    let options: AsyncOptions = {};
    if (isOptions(last)) {
      const { own, rest } = splitOptions(last);
      options = own;
      prepared = prepare(args.slice(0, -1), rest);
    } else prepared = prepare(args, undefined);
    return operator.defer(prepared, (value) => wrap(value, givenBack(operator, prepared)), options);
  });
}

/** What functions of operators have besides the call. */
const shared = Object.create(Function.prototype, {
  async: {
    configurable: true,
    get(this: WithAsync) {
      const operator = operatorsOf.get(this) as BoundOperator;
      const call = (...args: unknown[]) => deferWith(operator, args);
      Object.defineProperty(this, 'async', { value: call });
      return call;
    },
  },
});
const operatorsOf = new WeakMap<object, BoundOperator>();

/** The function that calls an operator, by `call` if it is given. */
export function operatorFunction(
  operator: BoundOperator,
  call: (...args: unknown[]) => unknown = (...args) => callWith(operator, args),
): WithAsync {
  operatorsOf.set(call, operator);
  return Object.setPrototypeOf(call, shared) as WithAsync;
}
