/** Readers of values that anything may have written, each of which gives a value of its own or says what is wrong. */
import { invalidType, invalidValue } from './errors.js';
import { isArray, isRevoked } from './plain_object.js';

/** Reads a value, or throws an error that names `parameter`, the place of the value. */
export type Reader<T> = (value: unknown, parameter: string) => T;

type Fields = Readonly<Record<string, Reader<unknown>>>;
/** What the readers of fields read; a field that may be missing has a reader of {@link optional}. */
type Read<F extends Fields> = { [Name in keyof F]: F[Name] extends Reader<infer T> ? T : never };

const OPTIONAL = new WeakSet<object>();

/** Reads a field that may be missing. */
export function optional<T>(reader: Reader<T>): Reader<T | undefined> {
  const read: Reader<T | undefined> = (value, parameter) =>
    value === undefined ? undefined : reader(value, parameter);
  OPTIONAL.add(read);
  return read;
}

/** Reads the fields of an object, and leaves others out. */
export function object<F extends Fields>(fields: F, expected = 'an object'): Reader<Read<F>> {
  return (value, parameter) => {
    const given = readObject(value, parameter, expected);
    const read: [string, unknown][] = [];
    for (const [name, reader] of Object.entries(fields)) {
      const field = Object.hasOwn(given, name) ? given[name] : undefined;
      if (field !== undefined || !OPTIONAL.has(reader)) read.push([name, reader(field, at(parameter, name))]);
    }
    return Object.fromEntries(read) as Read<F>;
  };
}

/** Checks the fields of an object, and gives the object itself with all that it has. */
export function having<F extends Fields>(fields: F, expected = 'an object'): Reader<Read<F>> {
  const check = object(fields, expected);
  return (value, parameter) => {
    check(value, parameter);
    return value as Read<F>;
  };
}

/** Takes anything. */
export function any(value: unknown): unknown {
  return value;
}

/** Reads an object of any names. */
export function record<T>(reader: Reader<T>): Reader<Record<string, T>> {
  return (value, parameter) => {
    const given = readObject(value, parameter, 'an object');
    // A name such as __proto__ is a field like others here.
    return Object.fromEntries(Object.entries(given).map(([name, item]) => [name, reader(item, at(parameter, name))]));
  };
}

export function readObject(value: unknown, parameter: string, expected: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || isRevoked(value) || isArray(value))
    throw invalidType(parameter, expected, value);
  return value as Record<string, unknown>;
}

export function string(value: unknown, parameter: string): string {
  if (typeof value !== 'string') throw invalidType(parameter, 'a string', value);
  return value;
}

export function boolean(value: unknown, parameter: string): boolean {
  if (typeof value !== 'boolean') throw invalidType(parameter, 'true or false', value);
  return value;
}

/** Reads a string of a form. */
export function matching(pattern: RegExp, expected: string): Reader<string> {
  return (value, parameter) => {
    const text = string(value, parameter);
    if (!pattern.test(text)) throw invalidValue(parameter, expected, text);
    return text;
  };
}

export function number(value: unknown, parameter: string): number {
  if (typeof value !== 'number') throw invalidType(parameter, 'a number', value);
  return value;
}

export function finite(value: unknown, parameter: string): number {
  const read = number(value, parameter);
  if (!Number.isFinite(read)) throw invalidValue(parameter, 'a finite number', value);
  return read;
}

export function integer(value: unknown, parameter: string): number {
  const read = number(value, parameter);
  if (!Number.isSafeInteger(read)) throw invalidValue(parameter, 'an integer', value);
  return read;
}

export function count(value: unknown, parameter: string): number {
  const read = number(value, parameter);
  if (!Number.isSafeInteger(read) || read < 0) throw invalidValue(parameter, 'an integer of at least 0', value);
  return read;
}

export function amount(value: unknown, parameter: string): number {
  const read = finite(value, parameter);
  if (read < 0) throw invalidValue(parameter, 'a number of at least 0', value);
  return read;
}

/** The words that stand for the numbers that JSON does not have. */
export const SPECIAL = ['NaN', 'Infinity', '-Infinity'] as const;

/** Reads a number, which is a word where JSON has none for it. */
export function anyNumber(value: unknown, parameter: string): number {
  return SPECIAL.includes(value as (typeof SPECIAL)[number]) ? Number(value) : number(value, parameter);
}

export function share(value: unknown, parameter: string): number {
  const read = finite(value, parameter);
  if (read < 0 || read > 1) throw invalidValue(parameter, 'a number from 0 to 1', value);
  return read;
}

export function oneOf<T>(values: readonly T[]): Reader<T> {
  return (value, parameter) => {
    if (!values.includes(value as T)) throw invalidValue(parameter, `one of ${values.join(', ')}`, value);
    return value as T;
  };
}

/** Reads what one of several readers takes; the error is that of the last. */
export function either<A, B>(first: Reader<A>, second: Reader<B>): Reader<A | B> {
  return (value, parameter) => {
    try {
      return first(value, parameter);
    } catch {
      return second(value, parameter);
    }
  };
}

export function orNull<T>(reader: Reader<T>): Reader<T | null> {
  return (value, parameter) => (value === null ? null : reader(value, parameter));
}

/** Reads an array. The first hole ends it, so that one as long as arrays can be takes no time. */
export function listOf<T>(reader: Reader<T>): Reader<T[]> {
  return (value, parameter) => {
    if (!isArray(value)) throw invalidType(parameter, 'an array', value);
    const items: T[] = [];
    for (let index = 0; index < value.length; index++) items.push(reader(value[index], `${parameter}[${index}]`));
    return items;
  };
}

/** Reads two values. */
export function pairOf<T>(reader: Reader<T>, expected: string): Reader<readonly [T, T]> {
  return (value, parameter) => {
    const [first, second, ...rest] = listOf(reader)(value, parameter);
    if (first === undefined || second === undefined || rest.length > 0) throw invalidType(parameter, expected, value);
    return [first, second];
  };
}

/** The place of a field. */
function at(parameter: string, name: string): string {
  return parameter === '' ? name : `${parameter}.${name}`;
}
