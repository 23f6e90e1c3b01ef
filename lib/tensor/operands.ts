/** Types of elementwise operations on a tensor and an operand. */
import type { Broadcast, Common, Floating } from './shapes.js';
import type { Tensor } from './tensor.js';

/** A number, or a tensor that is broadcast. */
export type Operand = number | bigint | boolean | Tensor;
/** The result of an elementwise operation on a tensor and an operand. */
export type Elementwise<T extends Tensor, B> =
  B extends Tensor<infer S, infer D>
    ? Tensor<Broadcast<T['shape'], S>, Common<T['dtype'], D>>
    : Tensor<T['shape'], Floating<T['dtype']>>;
/** The result of a comparison. */
export type Compared<T extends Tensor, B> =
  B extends Tensor<infer S> ? Tensor<Broadcast<T['shape'], S>, 'bool'> : Tensor<T['shape'], 'bool'>;
/** The result of a division: that of integers is not an integer. */
export type Quotient<T extends Tensor, B> =
  B extends Tensor<infer S, infer D>
    ? Tensor<Broadcast<T['shape'], S>, Floating<Common<T['dtype'], D>>>
    : Tensor<T['shape'], Floating<T['dtype']>>;
