/** Gives `Tensor` its generated methods and properties. */
import { callWith, deferWith } from '../calls.js';
import { BoundOperator } from '../dispatch.js';
import { Tensor } from '../tensor.js';
import type { ComposedFunction } from '../composed/steps.js';
import { composed, overloadsOf } from './bound.js';
import { DIRECT, directMethod } from './direct.js';
import './methods.js';
import './own.js';
import { PROPERTIES, ROWS, SIGNATURES } from './rows.js';

/** The methods of a tensor on a lane: `x.async.add(y)`. */
export class AsyncMethods {
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
    Object.defineProperty(Tensor.prototype, 'async', {
      configurable: true,
      get(this: Tensor) {
        return new AsyncMethods(this);
      },
    });
  }
}

function define(prototype: object, name: string, value: (...args: never[]) => unknown): void {
  Object.defineProperty(value, 'name', { value: name });
  Object.defineProperty(prototype, name, { configurable: true, writable: true, value });
}
