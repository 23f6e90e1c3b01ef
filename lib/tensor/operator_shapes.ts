/**
 * Types that compute the shapes of operators' results.
 *
 * Literal sizes stay literal where they can be computed; a size known only at run time is `number`. A shape of unknown
 * rank (`Shape`, or `any`, which fits everywhere) gives another one. Dimensions count from 0, or from the last where
 * negative; one known only at run time leaves the sizes that it may affect open. Calls that LibTorch refuses, such as
 * with a dimension that does not exist, are not refused here.
 */
import type { Add, Multiply, Product } from './digits.js';
import type { Shape } from '../base/types.js';

/** A shape or dtype known only at run time: it fits everywhere. */
// biome-ignore lint/suspicious/noExplicitAny: only `any` fits where one shape or dtype is asked for
export type Unknown = any;

/** One or several dimensions, as reductions take them. */
export type Dims = number | readonly number[];

/** A shape of unknown rank: `any` where nothing at all is known. */
type Open<S extends Shape> = unknown extends S ? Unknown : Shape;

/** A mapped type over a shape, which the compiler does not recognize as a shape before it knows it. */
type AsShape<T> = T extends Shape ? T : Shape;

/** All sizes known only at run time. */
type AnySizes<S extends Shape> = AsShape<{ readonly [I in keyof S]: number }>;

/** `S` without its first N items. */
type Skip<S extends readonly unknown[], N extends number, Done extends 0[] = []> = Done['length'] extends N
  ? S
  : S extends readonly [unknown, ...infer Rest]
    ? Skip<Rest, N, [...Done, 0]>
    : [];

/** A dimension of `S` counted from 0; `number` if it is not literal. */
type Index<S extends readonly unknown[], D extends number> = D extends number
  ? number extends D
    ? number
    : `${D}` extends `-${infer FromEnd extends number}`
      ? Skip<S, FromEnd>['length']
      : D
  : never;

/** The sizes of some dimensions, counted from 0, set to `To`. */
type WithSize<S extends Shape, I extends number, To extends number> = AsShape<{
  readonly [K in keyof S]: K extends `${I}` ? To : S[K];
}>;

/** `S` without some dimensions, which are counted from 0. */
type Without<S extends Shape, I extends number, Seen extends 0[] = []> = S extends readonly [
  infer First extends number,
  ...infer Rest extends Shape,
]
  ? Seen['length'] extends I
    ? Without<Rest, I, [...Seen, 0]>
    : readonly [First, ...Without<Rest, I, [...Seen, 0]>]
  : readonly [];

/** `S` with a new dimension before the given one, counted from 0. */
type Insert<S extends Shape, I extends number, Size extends number, Seen extends 0[] = []> = Seen['length'] extends I
  ? readonly [Size, ...S]
  : S extends readonly [infer First extends number, ...infer Rest extends Shape]
    ? readonly [First, ...Insert<Rest, I, Size, [...Seen, 0]>]
    : readonly [Size];

type Tail<S extends Shape> = S extends readonly [number, ...infer Rest extends Shape] ? Rest : readonly [];

/** The size that two sizes broadcast to. */
type BroadcastSize<A extends number, B extends number> = [B] extends [1]
  ? A
  : [A] extends [1]
    ? B
    : number extends A
      ? B
      : number extends B
        ? A
        : [A, B] extends [B, A]
          ? A
          : number;
type BroadcastSizes<A extends Shape, B extends Shape> = A extends readonly [
  ...infer OuterA extends Shape,
  infer LastA extends number,
]
  ? B extends readonly [...infer OuterB extends Shape, infer LastB extends number]
    ? readonly [...BroadcastSizes<OuterA, OuterB>, BroadcastSize<LastA, LastB>]
    : A
  : B;

/** The shape of two operands broadcast against each other: `[4, 1]` and `[3]` give `[4, 3]`. */
export type Broadcast<A extends Shape, B extends Shape> = number extends A['length']
  ? Open<A>
  : number extends B['length']
    ? Open<B>
    : [A, B] extends [B, A]
      ? A
      : BroadcastSizes<A, B>;

/** The shape of a reduction over `D`, or over all dimensions: `undefined` or `null`. `Keep` leaves sizes of 1. */
export type Reduce<S extends Shape, D = undefined, Keep = false> = number extends S['length']
  ? [D] extends [null | undefined]
    ? Keep extends true
      ? Open<S>
      : readonly []
    : Open<S>
  : [D] extends [null | undefined | readonly []]
    ? Keep extends true
      ? AsShape<{ readonly [I in keyof S]: 1 }>
      : readonly []
    : boolean extends Keep
      ? Shape
      : D extends number
        ? ReduceAt<S, Index<S, D>, Keep>
        : D extends readonly number[]
          ? number extends D['length']
            ? Keep extends true
              ? AnySizes<S>
              : Shape
            : ReduceAt<S, Index<S, D[number]>, Keep>
          : Shape;
type ReduceAt<S extends Shape, I extends number, Keep> = number extends I
  ? AnySizes<Keep extends true ? S : Tail<S>>
  : Keep extends true
    ? WithSize<S, I, 1>
    : Without<S, I>;

/** The shape without the dimension `D`: that of `x.select(D, index)` and of each item of `x.unbind(D)`. */
export type Select<S extends Shape, D extends number = 0> = Reduce<S, D>;

/** The shape with `Length` as the size of `D`: that of `narrow`, `index_select`, `topk`, and of the parts of `split`. */
export type Narrow<S extends Shape, D extends number, Length extends number = number> = number extends S['length']
  ? Open<S>
  : number extends Index<S, D>
    ? AnySizes<S>
    : WithSize<S, Index<S, D>, Length>;

/** The shape of `view` and `reshape`: the requested sizes, of which -1 is `number`. */
export type View<Sizes extends Shape> = AsShape<{
  readonly [I in keyof Sizes]: Sizes[I] extends -1 ? number : Sizes[I];
}>;

/** The shape of `expand`: the requested sizes, of which -1 is the size in `S`. */
export type Expand<S extends Shape, Sizes extends Shape> = number extends S['length']
  ? View<Sizes>
  : Sizes extends readonly [...infer Outer extends Shape, infer Size extends number]
    ? S extends readonly [...infer OuterS extends Shape, infer Own extends number]
      ? readonly [...Expand<OuterS, Outer>, Size extends -1 ? Own : Size]
      : View<Sizes>
    : Sizes;

/** The shape with the dimensions from `Start` to `End` merged into one. */
export type Flatten<S extends Shape, Start extends number = 0, End extends number = -1> = number extends S['length']
  ? Open<S>
  : number extends Start | End
    ? Shape
    : S extends readonly []
      ? readonly [1]
      : FlattenAt<S, Index<S, Start>, Index<S, End>>;
type FlattenAt<
  S extends Shape,
  Start extends number,
  End extends number,
  Seen extends 0[] = [],
  Size extends number = 1,
  Inside extends boolean = false,
> = S extends readonly [infer First extends number, ...infer Rest extends Shape]
  ? Seen['length'] extends End
    ? readonly [Multiply<Size, First>, ...Rest]
    : Inside extends true
      ? FlattenAt<Rest, Start, End, [...Seen, 0], Multiply<Size, First>, true>
      : Seen['length'] extends Start
        ? FlattenAt<Rest, Start, End, [...Seen, 0], First, true>
        : readonly [First, ...FlattenAt<Rest, Start, End, [...Seen, 0]>]
  : readonly [];

/** The shape with the dimension `D` split into several. */
export type Unflatten<S extends Shape, D extends number, Sizes extends Shape> = number extends S['length'] | Index<S, D>
  ? Open<S>
  : UnflattenAt<S, Index<S, D>, View<Sizes>>;
type UnflattenAt<S extends Shape, I extends number, Sizes extends Shape, Seen extends 0[] = []> = S extends readonly [
  infer First extends number,
  ...infer Rest extends Shape,
]
  ? Seen['length'] extends I
    ? readonly [...Sizes, ...Rest]
    : readonly [First, ...UnflattenAt<Rest, I, Sizes, [...Seen, 0]>]
  : readonly [];

/** The shape with two dimensions swapped. */
export type Transpose<S extends Shape, A extends number, B extends number> = number extends S['length']
  ? Open<S>
  : number extends Index<S, A> | Index<S, B>
    ? AnySizes<S>
    : AsShape<{
        readonly [K in keyof S]: K extends `${Index<S, A>}`
          ? S[Index<S, B>]
          : K extends `${Index<S, B>}`
            ? S[Index<S, A>]
            : S[K];
      }>;

/** The shape with its dimensions in the order of `Order`. */
export type Permute<S extends Shape, Order extends readonly number[]> = number extends S['length']
  ? AnySizes<Order>
  : AsShape<{ readonly [I in keyof Order]: number extends Order[I] ? number : S[Index<S, Order[I]>] }>;

/** The shape with its dimensions reversed: that of `t()` and of `T`. */
export type Reversed<S extends Shape> = number extends S['length']
  ? Open<S>
  : S extends readonly [infer First extends number, ...infer Rest extends Shape]
    ? readonly [...Reversed<Rest>, First]
    : readonly [];

/** The shape without the dimensions of size 1, or without those among `D`; of unknown rank if a size is open. */
export type Squeeze<S extends Shape, D = undefined> = number extends S['length']
  ? Open<S>
  : D extends undefined
    ? number extends S[number]
      ? Shape
      : SqueezeAll<S>
    : D extends number
      ? SqueezeAt<S, Index<S, D>>
      : Shape;
type SqueezeAll<S extends Shape> = S extends readonly [infer First extends number, ...infer Rest extends Shape]
  ? First extends 1
    ? SqueezeAll<Rest>
    : readonly [First, ...SqueezeAll<Rest>]
  : readonly [];
type SqueezeAt<S extends Shape, I extends number> = number extends I | S[I]
  ? Shape
  : S[I] extends 1
    ? Without<S, I>
    : S;

/** The shape with a new dimension of size `Size` at `D`. */
export type Unsqueeze<S extends Shape, D extends number, Size extends number = 1> = number extends S['length']
  ? Open<S>
  : number extends D
    ? readonly [number, ...AnySizes<S>]
    : Insert<S, Index<readonly [Size, ...S], D>, Size>;

/** The shape of tensors of the shapes `All` concatenated along `D`. */
export type Cat<All extends readonly Shape[], D extends number = 0> = All extends readonly [
  infer First extends Shape,
  ...infer Rest extends readonly Shape[],
]
  ? number extends First['length'] | Index<First, D>
    ? Open<First>
    : WithSize<First, Index<First, D>, SumAt<Rest, D, First[Index<First, D>]>>
  : Narrow<All[number], D>;
type SumAt<All extends readonly Shape[], D extends number, Sum extends number> = All extends readonly [
  infer First extends Shape,
  ...infer Rest extends readonly Shape[],
]
  ? SumAt<Rest, D, number extends First['length'] ? number : Add<Sum, First[Index<First, D>] & number>>
  : All extends readonly []
    ? Sum
    : number;

/** The shape of tensors of the shapes `All` stacked along a new dimension `D`. */
export type Stack<All extends readonly Shape[], D extends number = 0> = Unsqueeze<All[0], D, All['length']>;

/** The shape of a matrix product: of vectors, matrices and batches of them, which are broadcast. */
export type Matmul<A extends Shape, B extends Shape> = number extends A['length']
  ? Open<A>
  : number extends B['length']
    ? Open<B>
    : A extends readonly [...infer BatchA extends Shape, infer Rows extends number, number]
      ? B extends readonly [...infer BatchB extends Shape, number, infer Columns extends number]
        ? readonly [...Broadcast<BatchA, BatchB>, Rows, Columns]
        : readonly [...BatchA, Rows]
      : B extends readonly [...infer BatchB extends Shape, number, infer Columns extends number]
        ? readonly [...BatchB, Columns]
        : readonly [];

/** The shape of `linear` for a weight of shape `W`: `[..., in]` and `[out, in]` give `[..., out]`. */
export type Linear<S extends Shape, W extends Shape> = number extends S['length']
  ? Open<S>
  : S extends readonly [...infer Outer extends Shape, number]
    ? W extends readonly [infer Out extends number, number]
      ? readonly [...Outer, Out]
      : W extends readonly [number]
        ? readonly [...Outer]
        : number extends W['length']
          ? Open<W>
          : Shape
    : Shape;

/**
 * The shape of a convolution for a weight of shape `W`: the input's batch, the channels of the weight, and sizes that
 * depend on the options.
 */
export type Conv<S extends Shape, W extends Shape> = number extends S['length'] | W['length']
  ? Open<S>
  : S['length'] extends W['length']
    ? readonly [S[0], W[0], ...AnySizes<Tail<Tail<W>>>]
    : readonly [W[0], ...AnySizes<Tail<Tail<W>>>];

/** The shape of `embedding` for indices of shape `S` and a table of shape `W`. */
export type Embedding<S extends Shape, W extends Shape> = number extends S['length']
  ? Open<S>
  : W extends readonly [number, infer Width extends number]
    ? readonly [...S, Width]
    : readonly [...S, number];

/** The number of elements of a shape. */
export type Numel<S extends Shape> = number extends S['length'] ? number : Product<S>;
