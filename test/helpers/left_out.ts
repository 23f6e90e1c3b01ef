/** Why torchloss has not some names of Python's. */

interface Argument {
  readonly name: string;
  readonly kind: string;
  readonly default?: unknown;
}

/** One way to call a name of Python's. */
export interface Overload {
  readonly args: readonly Argument[];
  readonly aten?: readonly string[];
  readonly fields?: readonly string[];
  readonly deprecated?: boolean;
}

/** A name of Python's. */
export interface SpecName {
  readonly name: string;
  readonly namespace: string;
  readonly kind: string;
  readonly group: string;
  readonly python_only?: string;
  readonly overloads?: readonly Overload[];
}

const OTHER_PROCESSORS = 'torchloss runs on the CPU and on CUDA';
const ADDRESS = 'an address, which a program in JavaScript can do nothing with';
const LIBRARY = 'an entry of one backend library: the operator without the prefix chooses it';
const LOW_PRECISION = 'matrices of 8 bits and less, which no dtype of torchloss holds';

/** By name, where no rule tells it. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  'Tensor.data_ptr': ADDRESS,
  'Tensor.chalf': 'complex numbers of 32 bits, which LibTorch computes little with',
  'Tensor.dim_order': 'the order of dimensions in memory, for exporting; stride() tells it',
  'Tensor.grad_dtype': 'a setting of the graph that no program recorded uses',
  'Tensor.output_nr': 'the place among the results of a node of the graph, which is not handed out',
  'Tensor.retains_grad': 'retain_grad() is there; whether it was called is not told',
  'Tensor.is_pinned': 'pinned memory is made for copies to CUDA where it helps, not handed out',
  'Tensor.pin_memory': 'likewise',
  'Tensor.is_nested': 'nested tensors cannot be made here',
  'Tensor.is_ipu': OTHER_PROCESSORS,
  'Tensor.is_maia': OTHER_PROCESSORS,
  'Tensor.is_meta': OTHER_PROCESSORS,
  'Tensor.is_mps': OTHER_PROCESSORS,
  'Tensor.is_mtia': OTHER_PROCESSORS,
  'Tensor.is_vulkan': OTHER_PROCESSORS,
  'Tensor.is_xla': OTHER_PROCESSORS,
  'Tensor.is_xpu': OTHER_PROCESSORS,
  'Tensor.xpu': OTHER_PROCESSORS,
  'Tensor.is_mkldnn': 'tensors in that library’s own layout cannot be made here',
  'torch.from_file': 'maps a file into memory; torchloss/data reads files',
  'torch.lobpcg': 'an iteration in Python with callbacks of its own; torch.linalg.eigh gives all eigenvalues',
  'torch.nn.functional.linear_cross_entropy': 'newer than the operators it is made of are in any LibTorch but 2.13',
  'torch.nn.functional.multi_head_attention_forward':
    'what nn.MultiheadAttention calls, with 25 arguments; the layer has it',
  'torch.nn.functional.grouped_mm': LOW_PRECISION,
  'torch.nn.functional.scaled_grouped_mm': LOW_PRECISION,
  'torch.nn.functional.scaled_mm': LOW_PRECISION,
};

/** By what the specification says a name is. */
const BY_GROUP: Readonly<Record<string, string>> = {
  sparse: 'sparse tensors cannot be made here',
  quantized: 'quantized tensors cannot be made here',
  configuration: 'a setting of the process, of which torchloss has those that its calls need',
};

/** Why a name is not there. */
export function reasonFor({ namespace, name, group, python_only }: SpecName): string | undefined {
  if (python_only !== undefined) return python_only;
  if (/^(cudnn|miopen|fbgemm|mkldnn)_|^choose_qparams/.test(name)) return LIBRARY;
  return LEFT_OUT[`${namespace}.${name}`] ?? BY_GROUP[group];
}
