import { dispatch } from './dispatch.js';
import { native, type OperatorValue } from '../addon/native.js';
import { isPlainObject } from '../base/plain_object.js';
import type { OperatorName, OverloadName } from './operator_names.js';
import { Tensor } from './tensor.js';

/** What an operator gives: a tensor, a plain value, or an array of its results. */
export type OperatorResult = Tensor | number | bigint | boolean | string | null | undefined | OperatorResult[];

/** An operator of LibTorch, or one of its overloads, which are its properties: `default` is the one without a name. */
export type Operator = OperatorCall & { readonly [overload in OverloadName]: OperatorCall } & {
  readonly [overload: string]: Operator;
};

/** The call of an operator. */
export interface OperatorCall {
  /**
   * Calls it. Arguments come in the order of the schema; a plain object in the last place names further ones.
   *
   * @throws TypeError or RangeError that names the argument which does not fit the schema
   */
  // biome-ignore lint/suspicious/noExplicitAny: which result comes depends on the operator's schema
  (...args: unknown[]): any;
  /** The schema, as LibTorch writes it: `aten::relu(Tensor self) -> Tensor`. One line for each overload. */
  readonly schema: string;
}

/** The operators of one of LibTorch's namespaces, by name. */
export type OperatorNamespace = { readonly [name in OperatorName]: Operator } & Readonly<Record<string, Operator>>;

/**
 * Every operator of the LibTorch in use, through its dispatcher and with autograd.
 *
 * @example
 * ```ts
 * torch.ops.aten.logsumexp(x, [1], { keepdim: true });
 * const [values, indices] = torch.ops.aten.max.dim(x, 1);
 * indices.tolist();                      // [2, 2]
 * torch.ops.aten.huber_loss.default.schema;   // 'aten::huber_loss(Tensor self, Tensor target, int reduction=1, float delta=1.) -> Tensor'
 * ```
 */
export const ops: Lazy<OperatorNamespace> = lazily(
  (namespace) => lazily((name) => operator(`${namespace}::${name}`, '')) as unknown as OperatorNamespace,
);

function operator(name: string, overload: string): Operator {
  const call = (...args: unknown[]) => {
    const last = args.at(-1);
    const named = isPlainObject(last) ? (args.pop(), last) : {};
    return wrap(dispatch(name, overload, args, named));
  };
  Object.defineProperties(call, {
    name: { value: overload === '' ? name : `${name}.${overload}` },
    schema: { enumerable: true, get: () => native().operator_schemas(name, overload).join('\n') },
  });
  if (overload !== '') return call as unknown as Operator;
  const overloads = lazily((key) => operator(name, key));
  return new Proxy(call, {
    get: (target, key) => (typeof key !== 'string' || key in target ? Reflect.get(target, key) : overloads[key]),
  }) as unknown as Operator;
}

/** Properties of any name; `aten` is named so that a strict compiler knows it to be there. */
type Lazy<T> = { readonly aten: T } & Readonly<Record<string, T>>;

/** An object whose properties are made when they are first asked for. */
function lazily<T>(make: (name: string) => T): Lazy<T> {
  const made = new Map<string, T>();
  return new Proxy(Object.create(null), {
    get: (_, key) => {
      // `then` is what `await` asks every object for.
      if (typeof key !== 'string' || key === 'then') return undefined;
      let value = made.get(key);
      if (value === undefined) made.set(key, (value = make(key)));
      return value;
    },
  });
}

/** Handles to tensors. Beside arrays they are the only objects that the addon gives. */
function wrap(value: OperatorValue): OperatorResult {
  if (Array.isArray(value)) return value.map(wrap);
  if (typeof value === 'object' && value !== null) return new Tensor(value as never);
  return value as OperatorResult;
}
