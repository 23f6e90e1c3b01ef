/** Kinds of objects, from any realm: a context of `node:vm` or a test runner has its own classes. */

/** Whether `value` is a revoked proxy: any access to it throws an error. */
export function isRevoked(value: unknown): boolean {
  try {
    Array.isArray(value);
    return false;
  } catch {
    return true;
  }
}

/** Whether `value` is an array. `Array.isArray` throws for a revoked proxy. */
export function isArray(value: unknown): value is readonly unknown[] {
  return !isRevoked(value) && Array.isArray(value);
}

/** Whether `value` can be called. `typeof` takes a revoked proxy of a function for one. */
export function isFunction<T>(value: T): value is Extract<T, (...args: never) => unknown> {
  return typeof value === 'function' && !isRevoked(value);
}

/** Whether `value` is a promise or the like, which is awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || isRevoked(value)) return false;
  return typeof (value as { then?: unknown }).then === 'function';
}

/** Whether `value` is an instance of `Class`. `instanceof` throws for a revoked proxy. */
export function isInstance<T>(value: unknown, Class: NewableFunction & { readonly prototype: T }): value is T {
  return !isRevoked(value) && value instanceof Class;
}

/** Whether `value` is iterable and not a view of memory, which a detached buffer makes unreadable. */
export function isIterable(value: unknown): value is Iterable<unknown> {
  if (typeof value !== 'function' && (typeof value !== 'object' || value === null)) return false;
  return (
    !isRevoked(value) &&
    !ArrayBuffer.isView(value) &&
    typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function'
  );
}

/** Whether `value` is a plain object: its prototype is `Object.prototype` or null. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || isRevoked(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  return !isRevoked(prototype) && isObjectPrototype(prototype);
}

/** Whether `prototype` is the `Object.prototype` of some realm: the end of a chain, recognized by its own methods. */
function isObjectPrototype(prototype: object): boolean {
  return (
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, 'isPrototypeOf') &&
    Object.hasOwn(prototype, 'hasOwnProperty')
  );
}

/** Whether `value` is an AbortSignal, also one of another realm or another implementation. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  return isOfClass(value, 'AbortSignal', globalThis.AbortSignal);
}

/** Whether `value` is a URL, likewise. */
export function isURL(value: unknown): value is URL {
  return isOfClass(value, 'URL', globalThis.URL);
}

function isOfClass(value: unknown, name: string, own: new (...args: never[]) => object): boolean {
  if (typeof value !== 'object' || value === null || isRevoked(value)) return false;
  return value instanceof own || Object.prototype.toString.call(value) === `[object ${name}]`;
}
