// Why torchloss leaves out some of Python's names. Tests check every name against this list, and a guide prints it.
const DEPRECATED = 'deprecated in PyTorch';
const INTERNAL = 'part of how PyTorch is written in Python';
const ONE_PROCESS = 'training runs in one process';
const OTHER_PROCESSORS = 'torchloss runs on the CPU and on CUDA';
const ADDRESS = 'an address, which is of no use in JavaScript';
const LIBRARY = 'an entry point of one backend library; the operator without the prefix selects it';
const LOW_PRECISION = 'matrices of 8 bits or less, for which torchloss has no dtype';

// By name, where no rule covers it.
export const LEFT_OUT = {
  'Tensor.data_ptr': ADDRESS,
  'Tensor.chalf': 'complex numbers of 32 bits, which few operators of LibTorch support',
  'Tensor.dim_order': 'the order of dimensions in memory, for export; stride() shows it',
  'Tensor.grad_dtype': 'a setting of the graph that no program recorded uses',
  'Tensor.output_nr': 'the index among the outputs of a graph node; nodes are not exposed',
  'Tensor.retains_grad': 'retain_grad() exists, but not the query whether it was called',
  'Tensor.is_pinned': 'pinned memory is used for copies to CUDA where it helps, not exposed',
  'Tensor.pin_memory': 'likewise',
  'Tensor.is_nested': 'nested tensors are not supported',
  'Tensor.is_ipu': OTHER_PROCESSORS,
  'Tensor.is_maia': OTHER_PROCESSORS,
  'Tensor.is_meta': OTHER_PROCESSORS,
  'Tensor.is_mps': OTHER_PROCESSORS,
  'Tensor.is_mtia': OTHER_PROCESSORS,
  'Tensor.is_vulkan': OTHER_PROCESSORS,
  'Tensor.is_xla': OTHER_PROCESSORS,
  'Tensor.is_xpu': OTHER_PROCESSORS,
  'Tensor.xpu': OTHER_PROCESSORS,
  'Tensor.is_mkldnn': 'tensors in that library’s own layout are not supported',
  'torch.set_flush_denormal': 'JavaScript’s own denormal numbers would become zero',
  'torch.from_file': 'maps a file into memory; torchloss/data reads files',
  'torch.lobpcg': 'an iteration written in Python with its own callbacks; torch.linalg.eigh gives all eigenvalues',
  'torch.nn.functional.grouped_mm': LOW_PRECISION,
  'torch.nn.functional.scaled_grouped_mm': LOW_PRECISION,
  'torch.nn.functional.scaled_mm': LOW_PRECISION,
  'torch.nn.Buffer': 'register_buffer does it',
  'torch.nn.Container': DEPRECATED,
  'torch.nn.CrossMapLRN2d': 'LocalResponseNorm computes it with operators',
  'torch.nn.NLLLoss2d': DEPRECATED,
  'torch.nn.RNNBase': 'a base class; RNN, LSTM and GRU exist',
  'torch.nn.RNNCellBase': 'a base class; RNNCell, LSTMCell and GRUCell exist',
  'torch.nn.SyncBatchNorm': ONE_PROCESS,
  'torch.nn.UninitializedBuffer': 'buffers of lazy layers are empty tensors until their shape is known',
  'torch.nn.factory_kwargs': INTERNAL,
  'torch.nn.Module.T_destination': INTERNAL,
  'torch.nn.Module.call_super_init': INTERNAL,
  'torch.nn.Module.compile': 'torch.compile compiles Python',
  'torch.nn.Module.dump_patches': INTERNAL,
  'torch.nn.Module.get_extra_state': 'states contain tensors only',
  'torch.nn.Module.set_extra_state': 'states contain tensors only',
  'torch.nn.Module.ipu': OTHER_PROCESSORS,
  'torch.nn.Module.mtia': OTHER_PROCESSORS,
  'torch.nn.Module.xpu': OTHER_PROCESSORS,
  'torch.nn.Module.register_backward_hook': 'deprecated in favour of register_full_backward_hook',
  'torch.nn.Module.set_submodule': 'modules are fields: assign one',
  'torch.nn.Module.share_memory': ONE_PROCESS,
  'torch.nn.Module.to_empty': 'for tensors without memory, which torchloss does not have',
  'torch.nn.Module.type': 'to(dtype) does it',
  'torch.nn.utils.clip_grad_norm': DEPRECATED,
  'torch.nn.utils.convert_conv2d_weight_memory_format': 'to({ memory_format }) of the weight does it',
  'torch.nn.utils.convert_conv3d_weight_memory_format': 'likewise',
  'torch.nn.utils.skip_init': 'for tensors without memory, which torchloss does not have',
  'torch.nn.utils.rnn.PackedSequence_': INTERNAL,
  'torch.nn.utils.rnn.bind': INTERNAL,
  'torch.nn.utils.parametrize.cached': 'a parameter is computed on each access',
  'torch.nn.utils.parametrize.transfer_parametrizations_and_params': INTERNAL,
  'torch.nn.utils.parametrize.type_before_parametrizations': INTERNAL,
  'torch.optim.swap_in_optimizer_params_and_state': INTERNAL,
  'torch.optim.Optimizer.OptimizerPostHook': INTERNAL,
  'torch.optim.Optimizer.OptimizerPreHook': INTERNAL,
  'torch.optim.Optimizer.profile_hook_step': INTERNAL,
  'torch.optim.Optimizer.register_load_state_dict_post_hook': 'a state is an object that can be changed',
  'torch.optim.Optimizer.register_load_state_dict_pre_hook': 'likewise',
  'torch.optim.Optimizer.register_state_dict_post_hook': 'likewise',
  'torch.optim.Optimizer.register_state_dict_pre_hook': 'likewise',
  'torch.autograd.NestedIOFunction': INTERNAL,
  'torch.autograd.Variable': DEPRECATED,
  'torch.autograd.variable': DEPRECATED,
  'torch.autograd.detect_anomaly': 'reports stack traces of Python',
  'torch.autograd.set_detect_anomaly': 'likewise',
  'torch.autograd.enforce_grad_layout_policy': INTERNAL,
  'torch.autograd.gradcheck': 'for tests of operators written in C++',
  'torch.autograd.gradgradcheck': 'likewise',
  'torch.autograd.set_multithreading_enabled': 'torch.set_num_threads(1) does it',
  'torch.Generator.get_offset': 'for generators on CUDA; get_state() and set_state() do it',
  'torch.Generator.set_offset': 'likewise',
  'torch.Generator.graphsafe_get_state': 'for CUDA graphs',
  'torch.Generator.graphsafe_set_state': 'for CUDA graphs',
};

// By namespace, where many names share one reason.
const BY_NAMESPACE = {
  'torch.distributions':
    'rarely used to train models; your own class can extend Distribution, and a transform is a function',
  'torch.utils.data': 'part of the DataPipes, which PyTorch no longer develops',
  'torch.nn.init': 'deprecated in favour of the name that ends in _',
};

// By the kind that the specification gives.
const BY_GROUP = {
  sparse: 'sparse tensors are supported in coordinates only',
  quantized: 'quantized tensors are not supported',
  configuration: 'a setting of the process; torchloss has those that its calls need',
};

/** Why a name is left out. */
export function reasonFor({ namespace, name, group, python_only }) {
  if (python_only !== undefined) return python_only;
  if (/^(cudnn|miopen|fbgemm|mkldnn)_|^choose_qparams/.test(name)) return LIBRARY;
  return LEFT_OUT[`${namespace}.${name}`] ?? BY_GROUP[group] ?? BY_NAMESPACE[namespace];
}
