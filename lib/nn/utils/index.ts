/** `torch.nn.utils`. */
export {
  type ClipNormOptions,
  clip_grad_norm_,
  clip_grad_value_,
  clip_grads_with_norm_,
  get_total_norm,
  parameters_to_vector,
  vector_to_parameters,
} from './clip.js';
export * as rnn from './rnn.js';
export { fuse_conv_bn_eval, fuse_conv_bn_weights, fuse_linear_bn_eval, fuse_linear_bn_weights } from './fusion.js';
export * as parametrizations from './parametrizations.js';
export * as parametrize from './parametrize.js';
export {
  remove_spectral_norm,
  remove_weight_norm,
  type SpectralNormOptions,
  spectral_norm,
  type WeightNormOptions,
  weight_norm,
} from './reparametrize.js';
