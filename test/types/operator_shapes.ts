/** The types that compute the shapes of operators' results. */
import type { Shape } from '../../lib/index.js';
import type {
  Broadcast,
  Cat,
  Conv,
  Embedding,
  Expand,
  Flatten,
  Linear,
  Matmul,
  Narrow,
  Numel,
  Permute,
  Reduce,
  Reversed,
  Select,
  Squeeze,
  Stack,
  Transpose,
  Unflatten,
  Unsqueeze,
  View,
} from '../../lib/tensor/operator_shapes.js';
import type { Equal } from './equal.js';

/** Compiles only if both are exactly the same. */
type Same<A, B> = Equal<A, B> extends true ? true : [A, 'is not', B];
declare function all<T extends readonly true[]>(...checks: T): void;
declare const yes: true;

all<
  [
    Same<Broadcast<readonly [4, 1], readonly [3]>, readonly [4, 3]>,
    Same<Broadcast<readonly [3], readonly [4, 1]>, readonly [4, 3]>,
    Same<Broadcast<readonly [], readonly [4, 1]>, readonly [4, 1]>,
    Same<Broadcast<readonly [2, 1, 3], readonly [5, 1]>, readonly [2, 5, 3]>,
    Same<Broadcast<readonly [number, 1], readonly [3]>, readonly [number, 3]>,
    Same<Broadcast<readonly [number], readonly [1]>, readonly [number]>,
    Same<Broadcast<readonly [number], readonly [3]>, readonly [3]>,
    Same<Broadcast<readonly [2], readonly [3]>, readonly [number]>,
    Same<Broadcast<Shape, readonly [3]>, Shape>,
    Same<Broadcast<readonly [3], Shape>, Shape>,
    // biome-ignore lint/suspicious/noExplicitAny: what a plain Tensor has
    Same<Broadcast<any, readonly [3]>, any>,
    // biome-ignore lint/suspicious/noExplicitAny: what a plain Tensor has
    Same<Broadcast<readonly [3], any>, any>,
  ]
>(yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes);

all<
  [
    Same<Reduce<readonly [2, 3, 4]>, readonly []>,
    Same<Reduce<readonly [2, 3, 4], null, true>, readonly [1, 1, 1]>,
    Same<Reduce<readonly [2, 3, 4], 1>, readonly [2, 4]>,
    Same<Reduce<readonly [2, 3, 4], -1>, readonly [2, 3]>,
    Same<Reduce<readonly [2, 3, 4], -1, true>, readonly [2, 3, 1]>,
    Same<Reduce<readonly [2, 3, 4], readonly [0, -1]>, readonly [3]>,
    Same<Reduce<readonly [2, 3, 4], readonly [0, 2], true>, readonly [1, 3, 1]>,
    Same<Reduce<readonly [2, 3, 4], readonly []>, readonly []>,
    Same<Reduce<readonly [2, 3, 4], number>, readonly [number, number]>,
    Same<Reduce<readonly [2, 3, 4], number, true>, readonly [number, number, number]>,
    Same<Reduce<readonly [2, 3, 4], readonly number[]>, Shape>,
    Same<Reduce<readonly [2, 3, 4], 1, boolean>, Shape>,
    Same<Reduce<Shape, 1>, Shape>,
    Same<Reduce<Shape>, readonly []>,
    Same<Select<readonly [2, 3, 4]>, readonly [3, 4]>,
    Same<Select<readonly [2, 3, 4], -2>, readonly [2, 4]>,
    Same<Narrow<readonly [2, 3, 4], 1, 2>, readonly [2, 2, 4]>,
    Same<Narrow<readonly [2, 3, 4], -1>, readonly [2, 3, number]>,
    Same<Narrow<readonly [2, 3, 4], number, 2>, readonly [number, number, number]>,
  ]
>(yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes);

all<
  [
    Same<View<readonly [-1, 784]>, readonly [number, 784]>,
    Same<View<Shape>, Shape>,
    Same<Expand<readonly [3, 1], readonly [2, -1, 4]>, readonly [2, 3, 4]>,
    Same<Flatten<readonly [2, 3, 4]>, readonly [24]>,
    Same<Flatten<readonly [64, 9, 32, 32], 1>, readonly [64, 9216]>,
    Same<Flatten<readonly [2, 3, 4], 0, 1>, readonly [6, 4]>,
    Same<Flatten<readonly [2, 3, 4], -2>, readonly [2, 12]>,
    Same<Flatten<readonly [number, 3, 4], 1>, readonly [number, 12]>,
    Same<Flatten<readonly [2, 3, 4], 1, 1>, readonly [2, 3, 4]>,
    Same<Flatten<readonly []>, readonly [1]>,
    Same<Flatten<Shape, 1>, Shape>,
    Same<Unflatten<readonly [2, 12], 1, readonly [3, 4]>, readonly [2, 3, 4]>,
    Same<Transpose<readonly [2, 3, 4], 0, 1>, readonly [3, 2, 4]>,
    Same<Transpose<readonly [2, 3, 4], -2, -1>, readonly [2, 4, 3]>,
    Same<Transpose<readonly [2, 3, 4], 1, 1>, readonly [2, 3, 4]>,
    Same<Transpose<readonly [2, 3], number, 1>, readonly [number, number]>,
    Same<Permute<readonly [2, 3, 4], readonly [2, 0, -2]>, readonly [4, 2, 3]>,
    Same<Reversed<readonly [2, 3, 4]>, readonly [4, 3, 2]>,
  ]
>(yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes);

all<
  [
    Same<Squeeze<readonly [1, 3, 1]>, readonly [3]>,
    Same<Squeeze<readonly [1, 3, 1], 0>, readonly [3, 1]>,
    Same<Squeeze<readonly [1, 3, 1], -1>, readonly [1, 3]>,
    Same<Squeeze<readonly [1, 3, 1], 1>, readonly [1, 3, 1]>,
    Same<Squeeze<readonly [1, number]>, Shape>,
    Same<Unsqueeze<readonly [2, 3], 0>, readonly [1, 2, 3]>,
    Same<Unsqueeze<readonly [2, 3], -1>, readonly [2, 3, 1]>,
    Same<Unsqueeze<readonly [2, 3], 1>, readonly [2, 1, 3]>,
    Same<Unsqueeze<readonly [], 0>, readonly [1]>,
    Same<Cat<readonly [readonly [2, 3], readonly [5, 3]]>, readonly [7, 3]>,
    Same<Cat<readonly [readonly [2, 3], readonly [2, 4], readonly [2, 100]], -1>, readonly [2, 107]>,
    Same<Cat<readonly [readonly [2, 3], readonly [number, 3]]>, readonly [number, 3]>,
    Same<Cat<readonly (readonly [2, 3])[], 1>, readonly [2, number]>,
    Same<Stack<readonly [readonly [2, 3], readonly [2, 3]]>, readonly [2, 2, 3]>,
    Same<Stack<readonly [readonly [2], readonly [2], readonly [2]], -1>, readonly [2, 3]>,
    Same<Stack<readonly (readonly [2, 3])[]>, readonly [number, 2, 3]>,
  ]
>(yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes);

all<
  [
    Same<Matmul<readonly [2, 3], readonly [3, 4]>, readonly [2, 4]>,
    Same<Matmul<readonly [3], readonly [3]>, readonly []>,
    Same<Matmul<readonly [3], readonly [3, 4]>, readonly [4]>,
    Same<Matmul<readonly [2, 3], readonly [3]>, readonly [2]>,
    Same<Matmul<readonly [8, 2, 3], readonly [3]>, readonly [8, 2]>,
    Same<Matmul<readonly [3], readonly [8, 3, 4]>, readonly [8, 4]>,
    Same<Matmul<readonly [8, 1, 2, 3], readonly [5, 3, 4]>, readonly [8, 5, 2, 4]>,
    Same<Matmul<readonly [2, number], readonly [number, number]>, readonly [2, number]>,
    Same<Matmul<Shape, readonly [3, 4]>, Shape>,
    Same<Linear<readonly [4, 12], readonly [16, 12]>, readonly [4, 16]>,
    Same<Linear<readonly [2, 4, 12], readonly [16, 12]>, readonly [2, 4, 16]>,
    Same<Linear<readonly [4, 12], readonly [12]>, readonly [4]>,
    Same<Conv<readonly [8, 3, 32, 32], readonly [16, 3, 5, 5]>, readonly [8, 16, number, number]>,
    Same<Conv<readonly [3, 32], readonly [16, 3, 5]>, readonly [16, number]>,
    Same<Embedding<readonly [2, 5], readonly [100, 16]>, readonly [2, 5, 16]>,
    Same<Numel<readonly [2, 3, 4]>, 24>,
    Same<Numel<readonly [2, number]>, number>,
    Same<Numel<Shape>, number>,
  ]
>(yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes, yes);

/** Each of them is a shape even before it is resolved: methods are declared with them. */
export interface Methods {
  broadcast<S extends Shape, S2 extends Shape>(a: S, b: S2): Taken<Broadcast<S, S2>>;
  reduce<S extends Shape, D extends number, K extends boolean>(a: S, d: D, k: K): Taken<Reduce<S, D, K>>;
  narrow<S extends Shape, D extends number, N extends number>(a: S, d: D, n: N): Taken<Narrow<S, D, N>>;
  view<S extends Shape>(a: S): Taken<View<S>>;
  expand<S extends Shape, S2 extends Shape>(a: S, b: S2): Taken<Expand<S, S2>>;
  flatten<S extends Shape, D extends number>(a: S, d: D): Taken<Flatten<S, D>>;
  unflatten<S extends Shape, D extends number, S2 extends Shape>(a: S, d: D, b: S2): Taken<Unflatten<S, D, S2>>;
  transpose<S extends Shape, D extends number, E extends number>(a: S, d: D, e: E): Taken<Transpose<S, D, E>>;
  permute<S extends Shape, O extends readonly number[]>(a: S, o: O): Taken<Permute<S, O>>;
  reversed<S extends Shape>(a: S): Taken<Reversed<S>>;
  squeeze<S extends Shape, D extends number>(a: S, d: D): Taken<Squeeze<S, D>>;
  unsqueeze<S extends Shape, D extends number>(a: S, d: D): Taken<Unsqueeze<S, D>>;
  cat<All extends readonly Shape[], D extends number>(all: All, d: D): Taken<Cat<All, D>>;
  stack<All extends readonly Shape[], D extends number>(all: All, d: D): Taken<Stack<All, D>>;
  matmul<S extends Shape, S2 extends Shape>(a: S, b: S2): Taken<Matmul<S, S2>>;
  linear<S extends Shape, S2 extends Shape>(a: S, b: S2): Taken<Linear<S, S2>>;
  conv<S extends Shape, S2 extends Shape>(a: S, b: S2): Taken<Conv<S, S2>>;
  embedding<S extends Shape, S2 extends Shape>(a: S, b: S2): Taken<Embedding<S, S2>>;
  select<S extends Shape, D extends number>(a: S, d: D): Taken<Select<S, D>>;
}
export interface Taken<S extends Shape> {
  readonly shape: S;
}
