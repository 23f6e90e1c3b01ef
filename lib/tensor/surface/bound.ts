import { operatorFunction } from '../calls.js';
import { BoundOperator } from '../dispatch.js';
import { BODIES } from '../composed/index.js';
import { type Body, composedFunction } from '../composed/steps.js';
import { DIRECT, directFunction } from './direct.js';
import { ROWS, SIGNATURES } from './rows.js';
import type { OperatorFunction } from './types.js';

/** The overloads of a row, as the addon knows them. */
export function overloadsOf(row: string): string[] {
  return row.split(' ').map((overload) => `aten::${overload}`);
}

/** The function of a name in Python. Its operators are looked up at the first call. */
export function bound<F, R>(namespace: Exclude<keyof typeof ROWS, 'Tensor'>, name: string): OperatorFunction<F, R> {
  const row = (ROWS[namespace] as Readonly<Record<string, string>>)[name] as string;
  const operator = new BoundOperator(`${namespace}.${name}`, overloadsOf(row), 'function');
  const direct = namespace === 'torch' && DIRECT.has(name) ? directFunction(name, operator) : undefined;
  const call = operatorFunction(operator, direct);
  Object.defineProperty(call, 'name', { value: name });
  return call as unknown as OperatorFunction<F, R>;
}

/** The function of a name that lib/tensor/composed implements in several steps. */
export function composed<F, R>(namespace: keyof typeof SIGNATURES, name: string): OperatorFunction<F, R> {
  const signature = (SIGNATURES[namespace] as Readonly<Record<string, string>>)[name] as string;
  const body = (BODIES[namespace] as Readonly<Record<string, Body>>)[name] as Body;
  return composedFunction(name, signature, body) as unknown as OperatorFunction<F, R>;
}
