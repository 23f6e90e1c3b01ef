/** The types of the generated declarations. */
import type { AsyncOptions } from '../../addon/lane.js';
import type { DType } from '../../base/types.js';
import type { Generator } from '../generator.js';
import type { PythonNumber } from '../scalar.js';
import type { Tensor } from '../tensor.js';

/** An integer, or a tensor of one. */
export type Integer = number | bigint | Tensor;

/** A number: without a fraction it is an int, like `2` in Python. `torch.scalar` marks others. */
export type Scalar = number | bigint | boolean | PythonNumber;

/** A dtype by its name. */
export type DTypeName = DType | 'complex64' | 'complex128';

/** The order of elements in memory. */
export type MemoryFormat = 'contiguous_format' | 'preserve_format' | 'channels_last' | 'channels_last_3d';

/** A random number generator. */
export type GeneratorLike = Generator;

/** Several results, by index and by their names in Python: `const { values, indices } = x.max(1)`. */
export type Results<F extends readonly string[]> = {
  readonly [I in keyof F as I extends `${number}` ? I : never]: Tensor;
} & { readonly [K in F[number]]: Tensor } & {
  readonly length: F['length'];
  map<T>(fn: (item: Tensor, index: number) => T): T[];
  [Symbol.iterator](): ArrayIterator<Tensor>;
};

/** The function of an operator, with its variant for lanes: the options then also take `signal` and `lane`. */
export type OperatorFunction<F, R> = F & {
  readonly async: (...args: [...unknown[], AsyncOptions & Record<string, unknown>] | unknown[]) => Promise<R>;
};
