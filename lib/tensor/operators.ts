import { native } from '../addon/native.js';
import { operatorFunction } from './calls.js';
import { operatorOf } from './dispatch.js';
import { DIRECT, directFunction } from './surface/direct.js';
import type { OperatorName, OverloadName } from './operator_names.js';

/** An operator of LibTorch, or one of its overloads, which are its properties: `default` is the unnamed one. */
export type Operator = OperatorCall & { readonly [overload in OverloadName]: OperatorCall } & {
  readonly [overload: string]: Operator;
};

/** The call of an operator. */
export interface OperatorCall {
  /**
   * Calls it. Arguments come in the schema's order; a plain object in the last place names further ones.
   *
   * @throws TypeError or RangeError that names the argument that does not fit the schema
   */
  // biome-ignore lint/suspicious/noExplicitAny: which result comes depends on the operator's schema
  (...args: unknown[]): any;
  /** The same on a lane; the options then also take `signal` and `lane`. */
  // biome-ignore lint/suspicious/noExplicitAny: which result comes depends on the operator's schema
  readonly async: (...args: unknown[]) => Promise<any>;
  /** The schema in LibTorch's notation: `aten::relu(Tensor self) -> Tensor`. One line per overload. */
  readonly schema: string;
}

/** The operators of one of LibTorch's namespaces, by name. */
export type OperatorNamespace = { readonly [name in OperatorName]: Operator } & Readonly<Record<string, Operator>>;

/**
 * Every operator of the LibTorch in use, called through its dispatcher and with autograd.
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
  (namespace) => lazily((name) => operator(`${namespace}::${name}`)) as unknown as OperatorNamespace,
);

function operator(name: string): Operator {
  const bound = operatorOf(name);
  const word = name.replace('aten::', '');
  const call = operatorFunction(bound, DIRECT.has(word) ? directFunction(word, bound) : undefined);
  Object.defineProperties(call, {
    name: { value: name },
    schema: { enumerable: true, get: () => native().operator_schemas(name).join('\n') },
  });
  if (name.includes('.')) return call as unknown as Operator;
  const overloads = lazily((key) => operator(`${name}.${key}`));
  // The overloads are behind the function, not around it: calls of a proxy are never inlined.
  const behind = new Proxy(Object.getPrototypeOf(call) as object, {
    get: (target, key, receiver) =>
      typeof key !== 'string' || key in target ? Reflect.get(target, key, receiver) : overloads[key],
  });
  return Object.setPrototypeOf(call, behind) as Operator;
}

/** Properties of any name; `aten` is listed so that a strict compiler knows that it exists. */
type Lazy<T> = { readonly aten: T } & Readonly<Record<string, T>>;

/** An object whose properties are created on first access. */
function lazily<T>(make: (name: string) => T): Lazy<T> {
  const made = new Map<string, T>();
  return new Proxy(Object.create(null), {
    get: (_, key) => {
      // `await` asks every object for `then`.
      if (typeof key !== 'string' || key === 'then') return undefined;
      let value = made.get(key);
      if (value === undefined) made.set(key, (value = make(key)));
      return value;
    },
  });
}
