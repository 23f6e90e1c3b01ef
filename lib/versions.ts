/** Where LibTorch's behaviour depends on its version and TypeScript has to know: beside `binding/compat.h`, the only place. */
import { libtorch } from './native.js';

/** What the LibTorch in use does. */
export interface Behaviour {
  /**
   * torch.nn.functional's triplet_margin_with_distance_loss wants a margin above 0 and tensors of equal numbers of
   * dimensions. 1.13 checks neither.
   */
  readonly strictTripletMargin: boolean;
}

let known: Behaviour | undefined;

/** What the LibTorch in use does; loads it if that has not happened yet. */
export function behaviour(): Behaviour {
  known ??= { strictTripletMargin: atLeast(2, 6) };
  return known;
}

function atLeast(major: number, minor: number): boolean {
  const [m = 0, n = 0] = libtorch().minor.split('.').map(Number);
  return m > major || (m === major && n >= minor);
}
