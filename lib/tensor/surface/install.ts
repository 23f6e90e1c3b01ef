/** Gives `Tensor` its generated methods and properties. */
import { handleOf } from '../../addon/handle.js';
import type { DType, Shape } from '../../base/types.js';
import { callWith, deferWith } from '../calls.js';
import { BoundOperator } from '../dispatch.js';
import { Tensor } from '../tensor.js';
import type { ComposedFunction } from '../composed/steps.js';
import { composed, overloadsOf } from './bound.js';
import { DIRECT, directMethod } from './direct.js';
import './methods.js';
import './own.js';
import { PROPERTIES, ROWS, SIGNATURES } from './rows.js';

type MethodName = keyof (typeof ROWS)['Tensor'] | keyof (typeof SIGNATURES)['Tensor'];
type ResultOf<M> = M extends (...args: never[]) => infer R ? R : never;

declare module '../tensor.js' {
  // biome-ignore lint/suspicious/noExplicitAny: as in the class
  interface Tensor<out S extends Shape = any, out D extends DType = any> {
    /**
     * The methods on a lane: `await x.async.add(y)`. They take what the methods take; the options also take `signal`
     * and `lane`.
     */
    readonly async: { readonly [K in MethodName]: (...args: unknown[]) => Promise<ResultOf<Tensor[K]>> };
  }
}

/** The methods of a tensor on a lane: `x.async.add(y)`. */
class AsyncMethods {
  readonly #tensor: Tensor;

  constructor(tensor: Tensor) {
    this.#tensor = tensor;
  }

  static {
    for (const [name, row] of Object.entries(ROWS.Tensor)) {
      const operator = new BoundOperator(`Tensor.${name}`, overloadsOf(row), 'method');
      const call = DIRECT.has(name)
        ? directMethod(name, operator)
        : function (this: Tensor, ...args: unknown[]) {
            return callWith(operator, [this, ...args]);
          };
      define(Tensor.prototype, name, call);
      define(AsyncMethods.prototype, name, function (this: AsyncMethods, ...args: unknown[]) {
        return deferWith(operator, [this.#tensor, ...args]);
      });
    }
    for (const name of Object.keys(SIGNATURES.Tensor)) {
      const call = composed('Tensor', name) as unknown as ComposedFunction;
      define(Tensor.prototype, name, function (this: Tensor, ...args: unknown[]) {
        handleOf(this, 'tensor');
        return call(this, ...args);
      });
      define(AsyncMethods.prototype, name, function (this: AsyncMethods, ...args: unknown[]) {
        return call.async(this.#tensor, ...args);
      });
    }
    for (const [name, row] of Object.entries(PROPERTIES)) {
      const operator = new BoundOperator(`Tensor.${name}`, overloadsOf(row), 'method');
      Object.defineProperty(Tensor.prototype, name, {
        configurable: true,
        get(this: Tensor) {
          return callWith(operator, [this]);
        },
      });
    }
  }
}

Object.defineProperty(Tensor.prototype, 'async', {
  configurable: true,
  get(this: Tensor) {
    handleOf(this, 'tensor');
    return new AsyncMethods(this);
  },
});

function define(prototype: object, name: string, value: (...args: never[]) => unknown): void {
  Object.defineProperty(value, 'name', { value: name });
  Object.defineProperty(prototype, name, { configurable: true, writable: true, value });
}
