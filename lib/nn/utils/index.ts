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
