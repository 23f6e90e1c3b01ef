/**
 * What values were in Python beyond what JavaScript's tell: it is kept beside them, so that what was loaded is saved again
 * as what it was.
 */

/** What is known of an object or array. */
export interface Mark {
  readonly kind?: 'ordered_dict' | 'counter' | 'size';
  /** The attributes of an OrderedDict. */
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** Where whole numbers are floats: the keys, and the indices of arrays. */
  readonly floats?: ReadonlySet<unknown>;
}

const marks = new WeakMap<object, Mark>();

/** What is known of a value. */
export function markOf(value: object): Mark {
  return marks.get(value) ?? {};
}

/** Notes what a value is. */
export function mark<T extends object>(value: T, known: Mark): T {
  marks.set(value, known);
  return value;
}

/**
 * Has an object or Map saved as an `OrderedDict`, as `state_dict()` of a module gives one.
 *
 * @param attributes - what Python keeps on it, such as `_metadata`
 */
export function asOrderedDict<T extends object>(value: T, attributes?: Readonly<Record<string, unknown>>): T {
  return mark(value, { kind: 'ordered_dict', ...(attributes && { attributes }) });
}

/** The attributes that an OrderedDict was loaded with, such as `_metadata`. */
export function attributesOf(value: object): Readonly<Record<string, unknown>> | undefined {
  return markOf(value).attributes;
}

/** Has a Map of numbers saved as a `Counter`, as a scheduler's milestones are. */
export function asCounter<K>(value: Map<K, number>): Map<K, number> {
  return mark(value, { kind: 'counter' });
}
