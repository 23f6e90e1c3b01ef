import type { Tensor } from '../../tensor/tensor.js';
import * as torch from '../../torch/index.js';

/** A recorded distance function: its name and keywords. */
export interface RecordedDistance {
  readonly function: string;
  readonly kwargs: { readonly p?: number; readonly eps?: number; readonly keepdim?: boolean };
}

type Operator = (...args: unknown[]) => unknown;
type Distance = (a: Tensor, b: Tensor) => Tensor;

/**
 * Makes the distance function of a recorded case from LibTorch's operators, so that gradients flow through it:
 * `pairwise_distance`, `cosine_distance` (1 - cosine similarity over dim 1) or `chebyshev_distance` (the largest
 * absolute difference over dim 1).
 */
export function distanceFunction({ function: name, kwargs }: RecordedDistance): Distance {
  const aten = torch.ops.aten as unknown as Readonly<Record<string, Operator & Readonly<Record<string, Operator>>>>;
  const call = (operator: Operator | undefined, ...args: unknown[]): unknown => (operator as Operator)(...args);
  switch (name) {
    case 'pairwise_distance': {
      const { p = 2, eps = 1e-6, keepdim = false } = kwargs;
      return (a, b) => call(aten.pairwise_distance, a, b, p, eps, keepdim) as Tensor;
    }
    case 'cosine_distance':
      return (a, b) => call(aten.rsub?.Scalar, call(aten.cosine_similarity, a, b, 1, 1e-8), 1) as Tensor;
    case 'chebyshev_distance':
      return (a, b) => {
        const difference = call(aten.abs, call(aten.sub?.Tensor, a, b));
        const [largest] = call(aten.max?.dim, difference, 1) as [Tensor, Tensor];
        return largest;
      };
    default:
      throw new RangeError(`distance_function: expected a known function, got '${name}'`);
  }
}
