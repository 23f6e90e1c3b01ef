/**
 * Python types that JavaScript values do not show. They are recorded separately, so that loaded values are saved with
 * the same types again.
 */

/** What is recorded for an object or array. */
export interface Mark {
  readonly kind?: 'ordered_dict' | 'counter' | 'size';
  /** The attributes of an OrderedDict. */
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** Which numbers without a fraction are floats: by key, or by index in arrays. */
  readonly floats?: ReadonlySet<unknown>;
}

const marks = new WeakMap<object, Mark>();

/** What is recorded for a value. */
export function markOf(value: object): Mark {
  return marks.get(value) ?? {};
}

/** Records the type of a value. */
export function mark<T extends object>(value: T, known: Mark): T {
  marks.set(value, known);
  return value;
}

/**
 * Marks an object or Map to be saved as an `OrderedDict`, like the `state_dict()` of a module.
 *
 * @param attributes - its attributes in Python, such as `_metadata`
 */
export function asOrderedDict<T extends object>(value: T, attributes?: Readonly<Record<string, unknown>>): T {
  return mark(value, { kind: 'ordered_dict', ...(attributes && { attributes }) });
}

/** The attributes of a loaded OrderedDict, such as `_metadata`. */
export function attributesOf(value: object): Readonly<Record<string, unknown>> | undefined {
  return markOf(value).attributes;
}

/** Marks a Map of numbers to be saved as a `Counter`, like a scheduler's milestones. */
export function asCounter<K>(value: Map<K, number>): Map<K, number> {
  return mark(value, { kind: 'counter' });
}
