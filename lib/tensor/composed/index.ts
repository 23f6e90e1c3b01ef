/** The bodies of all composed functions, by their names in Python. */
import { activations } from './activations.js';
import { arranging } from './arranging.js';
import { dropout } from './dropout.js';
import { embedding } from './embedding.js';
import { normalization } from './normalization.js';
import { pooling } from './pooling.js';
import { products } from './products.js';
import { resampling } from './resampling.js';
import { spectral } from './spectral.js';
import type { Body } from './steps.js';

const functional = { ...activations, ...dropout, ...embedding, ...normalization, ...pooling, ...resampling };
const torch = { ...arranging, ...products, ...spectral };

export const BODIES: Readonly<Record<string, Readonly<Record<string, Body>>>> = {
  Tensor: {
    split: arranging.split as Body,
    unflatten: arranging.unflatten as Body,
    unique: arranging.unique as Body,
    unique_consecutive: arranging.unique_consecutive as Body,
    lu: products.lu as Body,
    norm: (self, p, dim, keepdim, dtype) => (products.norm as Body)(self, p, dim, keepdim, null, dtype),
    stft: spectral.stft as Body,
    istft: spectral.istft as Body,
  },
  torch,
  'torch.nn.functional': functional,
};
