/** Types of operations on each element of a tensor and an operand. */
import type { Broadcast, Common, Floating } from './shapes.js';
import type { Tensor } from './tensor.js';

/** A number, or a tensor that is broadcast. */
export type Operand = number | bigint | boolean | Tensor;
/** What an operation on each element of a tensor and an operand gives. */
export type Elementwise<T extends Tensor, B> =
  B extends Tensor<infer S, infer D>
    ? Tensor<Broadcast<T['shape'], S>, Common<T['dtype'], D>>
    : Tensor<T['shape'], Floating<T['dtype']>>;
/** What a comparison gives. */
export type Compared<T extends Tensor, B> =
  B extends Tensor<infer S> ? Tensor<Broadcast<T['shape'], S>, 'bool'> : Tensor<T['shape'], 'bool'>;
/** The same of a quotient: that of integers is no integer. */
export type Quotient<T extends Tensor, B> =
  B extends Tensor<infer S, infer D>
    ? Tensor<Broadcast<T['shape'], S>, Floating<Common<T['dtype'], D>>>
    : Tensor<T['shape'], Floating<T['dtype']>>;
