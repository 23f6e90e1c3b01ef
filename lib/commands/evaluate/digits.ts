import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../libtorch/places.js';

const folder = join(PACKAGE_ROOT, 'examples', 'digits');

/** The files of the example that comes with torchloss, for `--example`. */
export const DIGITS = {
  logits: join(folder, 'logits.npy'),
  labels: join(folder, 'labels.npy'),
  images: join(folder, 'images.npy'),
} as const;
