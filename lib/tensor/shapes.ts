/** Types that compute shapes and dtypes. An unknown rank, or a size known only at run time, remains usable. */
import type { DType, Float, Shape } from '../base/types.js';
import type { Unknown } from './operator_shapes.js';

export type * from './operator_shapes.js';

/** Nested arrays of numbers, bigints or booleans, as deep as the tensor has dimensions. */
export type Nested<T = number | bigint | boolean> = T | readonly Nested<T>[];

/** The shape of nested data: `[[1, 2, 3], [4, 5, 6]]` has `[2, 3]`, `number[][]` has `[number, number]`. */
export type ShapeOf<T> = Nested extends T
  ? Shape
  : T extends readonly []
    ? readonly [0]
    : T extends readonly (infer Item)[]
      ? readonly [T['length'], ...ShapeOf<Item>]
      : readonly [];

/** The shape of a typed array without sizes of its own; of unknown rank if it may be anything. */
export type FlatShape<A> = unknown extends A ? Shape : readonly [number];

/** The default dtype of nested data: float32 for numbers, int64 for bigints, bool for booleans. */
export type DTypeOf<T> = Nested extends T
  ? Unknown
  : T extends readonly []
    ? 'float32'
    : T extends readonly (infer Item)[]
      ? DTypeOf<Item>
      : T extends { readonly dtype: infer D extends DType }
        ? D
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
              : Unknown;

/** The dtype of two operands: their own if they agree, otherwise known only at run time. */
export type Common<A extends DType, B extends DType> = DType extends A | B
  ? Unknown
  : [A, B] extends [B, A]
    ? A
    : Unknown;

/** The dtype of a sum or product over elements: that of floats, otherwise int64. */
export type Summed<D extends DType> = DType extends D ? Unknown : D extends Float ? D : 'int64';

/**
 * The dtype of a quotient, a root or the like: that of floats, otherwise known only at run time, since it is not an
 * integer.
 */
export type Floating<D extends DType> = D extends Float ? D : Unknown;

/** The dtype of two floating tensors of one shape combined: their own, or the one that can represent both. */
export type Promoted<A extends Float, B extends Float> = Float extends A | B
  ? A | B
  : A extends Float
    ? B extends Float
      ? A extends B
        ? A
        : 'float64' extends A | B
          ? 'float64'
          : 'float32'
      : never
    : never;

/**
 * The type that a tensor of shape `T` is checked against where the shape should be `S`: `S` itself, except that sizes
 * open in `T` are left open. So `[8, number]` passes for `[8, 10]`, and the error for `[8, 9]` names 9 and 10.
 */
export type Like<S extends Shape, T extends Shape> = number extends S['length'] | T['length']
  ? T
  : { readonly [I in keyof S]: I extends keyof T ? (number extends T[I] ? number : S[I]) : S[I] };

/** The shape without the classes: `[N, C, ...D]` gives `[N, ...D]`, `[C]` gives `[]`; unknown rank stays unknown. */
export type Samples<S extends Shape> = Shape extends S
  ? S
  : S extends readonly [infer N extends number, number, ...infer D extends Shape]
    ? readonly [N, ...D]
    : S extends readonly [number]
      ? readonly []
      : Shape;

/** The number of classes of a shape. */
export type Classes<S extends Shape> = S extends readonly [number, infer C extends number, ...Shape]
  ? C
  : S extends readonly [infer C extends number]
    ? C
    : number;

/**
 * The type that `C` weights are checked against for logits of shape `S`: their number of classes, if both are known.
 */
export type ClassesLike<S extends Shape, C extends number> = number extends C ? C : Classes<S>;

/**
 * The type that logits of shape `S` are checked against given `C` weights: `S` with as many classes, if both are known.
 */
export type WithClasses<S extends Shape, C extends number> = number extends C | Classes<S>
  ? S
  : S extends readonly [infer N extends number, number, ...infer D extends Shape]
    ? readonly [N, C, ...D]
    : readonly [C];

/** The shape without the last dimension: that of distances over it; unknown rank stays unknown. */
export type Rows<S extends Shape> = Shape extends S
  ? S
  : S extends readonly [...infer Head extends Shape, number]
    ? readonly [...Head]
    : Shape;

/** {@link Like}, where a size of 1 passes for any size. */
export type LikeOrOne<S extends Shape, T extends Shape> = number extends S['length'] | T['length']
  ? T
  : {
      readonly [I in keyof S]: I extends keyof T ? (number extends T[I] ? number : T[I] extends 1 ? 1 : S[I]) : S[I];
    };

/** The type that a tensor of shape `T` is checked against where it should broadcast with `S`: `T` itself if it does. */
export type Broadcastable<S extends Shape, T extends Shape> = number extends S['length'] | T['length']
  ? T
  : T extends readonly [...infer Head extends Shape, infer Last extends number]
    ? S extends readonly [...infer Outer extends Shape, infer Size extends number]
      ? readonly [...Broadcastable<Outer, Head>, Last extends Size ? Last : 1 extends Size | Last ? Last : Size]
      : T
    : readonly [];

/** {@link Promoted} for a second tensor that may be of integers, which do not change a floating dtype. */
export type PromotedBy<A extends Float, B extends DType> = B extends Float ? Promoted<A, B> : A;

/** A number from nested arrays; `[]` gives the item itself, as `tolist()` returns it. */
export type NestedItems<S extends Shape, Item> = number extends S['length']
  ? Nested<Item>
  : S extends readonly [number, ...infer Rest extends Shape]
    ? NestedItems<Rest, Item>[]
    : Item;
