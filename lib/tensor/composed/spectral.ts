/** Short-time Fourier transforms. */
import { TorchError } from '../../base/errors.js';
import type { Tensor } from '../tensor.js';
import { type Body, checkTensorArgument, op, step, type Steps } from './steps.js';

type Optional<T> = T | null;

export const spectral: Record<string, Body> = {
  *stft(
    input: Tensor,
    n_fft: number,
    hop_length: Optional<number>,
    win_length: Optional<number>,
    window: Optional<Tensor>,
    center: boolean,
    pad_mode: string,
    normalized: boolean,
    onesided: Optional<boolean>,
    return_complex: Optional<boolean>,
    align_to_window: Optional<boolean> = null,
  ): Steps {
    checkTensorArgument(input, 'input');
    if (center && align_to_window !== null) {
      throw new TorchError('ERR_TORCH', 'stft align_to_window should only be set when center = false');
    }
    let signal = input;
    if (center) {
      const shape = input.shape as number[];
      const wide = yield* op('view', input, [...Array<number>(Math.max(0, 3 - shape.length)).fill(1), ...shape]);
      const around = Math.floor(n_fft / 2);
      const padded = yield* op('pad', wide, [around, around], pad_mode);
      signal = yield* op('view', padded, (padded.shape as number[]).slice(-shape.length));
    }
    const rest = [n_fft, hop_length, win_length, window, normalized, onesided, return_complex];
    return yield* op('stft', signal, ...rest, ...(align_to_window === null ? [] : [align_to_window]));
  },
  istft: (input, ...rest) => step('istft', input, ...rest),
};
