/** The tensors that the programs call losses with. */
import type { Shape, Tensor } from '../../lib/index.js';

/** Ten classes for a batch of eight. */
export declare const logits: Tensor<readonly [8, 10], 'float32'>;
export declare const doubles: Tensor<readonly [8, 10], 'float64'>;
export declare const halves: Tensor<readonly [8, 10], 'float16'>;
export declare const brains: Tensor<readonly [8, 10], 'bfloat16'>;
export declare const integers: Tensor<readonly [8, 10], 'int64'>;
/** Nine classes. */
export declare const narrow: Tensor<readonly [8, 9], 'float32'>;
/** One value for each row. */
export declare const column: Tensor<readonly [8, 1], 'float32'>;
/** A batch of seven. */
export declare const short: Tensor<readonly [7, 10], 'float32'>;
/** The logits of eight images of 4 by 5. */
export declare const images: Tensor<readonly [8, 10, 4, 5], 'float32'>;

/** Sizes known only at run time. */
export declare const sized: Tensor<readonly [number, number], 'float32'>;
export declare const batched: Tensor<readonly [8, number], 'float32'>;
/** A rank known only at run time. */
export declare const ranked: Tensor<Shape, 'float32'>;
/** Nothing known. */
export declare const plain: Tensor;

/** Class indices. */
export declare const labels: Tensor<readonly [8], 'int64'>;
export declare const labels32: Tensor<readonly [8], 'int32'>;
export declare const labels8: Tensor<readonly [8], 'uint8'>;
export declare const labels7: Tensor<readonly [7], 'int64'>;
export declare const someLabels: Tensor<readonly [number], 'int64'>;

/** One weight for each class. */
export declare const weights: Tensor<readonly [10], 'float32'>;
export declare const weights9: Tensor<readonly [9], 'float32'>;
export declare const someWeights: Tensor<readonly [number], 'float32'>;

/** For CTC: 50 steps, a batch of 4, 20 classes; targets of up to 12. */
export declare const logProbs: Tensor<readonly [50, 4, 20], 'float32'>;
export declare const oneLogProbs: Tensor<readonly [50, 20], 'float64'>;
export declare const padded: Tensor<readonly [4, 12], 'int32'>;
export declare const joined: Tensor<readonly [31], 'int64'>;
export declare const lengths: Tensor<readonly [4], 'int32'>;
export declare const lengths3: Tensor<readonly [3], 'int32'>;
export declare const realLengths: Tensor<readonly [4], 'float32'>;
export declare const someLengths: Tensor<readonly [number], 'int64'>;
