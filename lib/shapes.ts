/** Types that work out shapes. An unknown rank or a size known only at run time stays usable. */
import type { DType, Shape } from './types.js';

/** Nested arrays of numbers, bigints or booleans, as deep as the tensor has dimensions. */
export type Nested<T = number | bigint | boolean> = T | readonly Nested<T>[];

/** The shape of nested data: `[[1, 2, 3], [4, 5, 6]]` has `[2, 3]`, `number[][]` has `[number, number]`. */
export type ShapeOf<T> = Nested extends T ? Shape : T extends readonly (infer Item)[] ? readonly [T['length'], ...ShapeOf<Item>] : readonly [];

/** The dtype that nested data has by itself: float32 for numbers, int64 for bigints, bool for booleans. */
export type DTypeOf<T> = Nested extends T ? DType : T extends readonly (infer Item)[]
  ? DTypeOf<Item>
  : T extends bigint
    ? 'int64'
    : T extends boolean
      ? 'bool'
      : 'float32';

/** The dtype of a typed array's elements. */
export type ArrayDType<T> = T extends Float32Array
  ? 'float32'
  : T extends Float64Array
    ? 'float64'
    : T extends BigInt64Array
      ? 'int64'
      : T extends Int32Array
        ? 'int32'
        : T extends Int16Array
          ? 'int16'
          : T extends Int8Array
            ? 'int8'
            : T extends Uint8Array
              ? 'uint8'
              : DType;

/** The shape of two operands broadcast against each other; of unknown rank where the types cannot tell. */
export type Broadcast<A extends Shape, B extends Shape> = A extends B
  ? B extends A
    ? A
    : BroadcastApart<A, B>
  : BroadcastApart<A, B>;
type BroadcastApart<A extends Shape, B extends Shape> = B extends readonly [] ? A : A extends readonly [] ? B : Shape;

/** The dtype of two operands: theirs if it is one, else known only at run time. */
export type Promoted<A extends DType, B extends DType> = A extends B ? (B extends A ? A : DType) : DType;

/** A number out of nested arrays, `[]` giving the item itself: what `tolist()` returns. */
export type NestedItems<S extends Shape, Item> = number extends S['length']
  ? Nested<Item>
  : S extends readonly [number, ...infer Rest extends Shape]
    ? NestedItems<Rest, Item>[]
    : Item;
