// Names written by hand in lib/: those that are not a single operator with Python's arguments, and members of the class
// `Tensor` itself.
export const HAND_WRITTEN = {
  Tensor:
    words(`backward bfloat16 bool byte cdouble cfloat chalf char copy_ cpu cuda data detach device dim double dtype
    element_size float get_device grad grad_fn half index index_put_ int is_contiguous is_leaf is_pinned is_quantized is_sparse item long ndim
    ndimension nelement new_tensor nonzero numel pin_memory requires_grad requires_grad_ shape short size storage_offset stride to
    tolist type`),
  torch:
    words(`arange as_tensor asarray can_cast empty eye from_file from_numpy frombuffer full get_device linspace nonzero normal
    numel ones rand randint randn randperm sparse_coo_tensor tensor zeros`),
  'torch.nn.functional': words('elu_'),
};

/** Operators that Python tries before those it documents: a call without `rounding_mode` has its own overload. */
export const FIRST = {
  div: 'div.Tensor',
  div_: 'div_.Tensor',
  divide: 'divide.Tensor',
  divide_: 'divide_.Tensor',
};

/** Names that are composed of several operators or choose between them; their bodies are in lib/tensor/composed. */
export const COMPOSED = {
  Tensor: words('split unflatten unique unique_consecutive lu norm stft istft'),
  torch: words(`split einsum meshgrid stft unique unique_consecutive tensordot cartesian_prod block_diag cdist
    atleast_1d atleast_2d atleast_3d norm unravel_index chain_matmul lu broadcast_tensors broadcast_shapes svd_lowrank
    pca_lowrank`),
  'torch.nn.functional': words(`relu relu6 elu selu celu leaky_relu rrelu hardsigmoid silu mish hardswish threshold tanh
    sigmoid softmax log_softmax hardtanh glu softmin tanhshrink softsign gumbel_softmax dropout alpha_dropout
    feature_alpha_dropout dropout1d dropout2d dropout3d unfold fold max_pool1d max_pool2d max_pool3d
    max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices adaptive_max_pool1d adaptive_max_pool2d
    adaptive_max_pool3d adaptive_max_pool1d_with_indices adaptive_max_pool2d_with_indices
    adaptive_max_pool3d_with_indices max_unpool1d max_unpool2d max_unpool3d lp_pool1d lp_pool2d lp_pool3d
    adaptive_avg_pool2d adaptive_avg_pool3d fractional_max_pool2d fractional_max_pool3d
    fractional_max_pool2d_with_indices fractional_max_pool3d_with_indices batch_norm instance_norm layer_norm rms_norm
    group_norm local_response_norm normalize interpolate upsample upsample_nearest upsample_bilinear pad grid_sample
    affine_grid embedding embedding_bag one_hot`),
};

/** Signatures that Python hides behind `*args`. */
export const SIGNATURES = {
  'torch.nn.functional.one_hot': 'tensor, num_classes=-1',
  'torch.lu': 'A, pivot=True, get_infos=False, out=None',
  'torch.unique': 'input, sorted=True, return_inverse=False, return_counts=False, dim=None',
  'torch.unique_consecutive': 'input, return_inverse=False, return_counts=False, dim=None',
};

function words(text) {
  return new Set(text.trim().split(/\s+/));
}
