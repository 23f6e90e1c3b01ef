/** Whether two types are exactly the same: `any`, `readonly` and unions count. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `is<T>()(value)` compiles only if the type of `value` is exactly `T`. */
export declare function is<T>(): <V>(value: V, ...unlike: Equal<V, T> extends true ? [] : [T]) => void;
