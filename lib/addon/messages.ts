/** LibTorch's messages, with torchloss's dtype names. */

/** LibTorch's names of its scalar types. */
const NAMES: Readonly<Record<string, string>> = {
  Byte: 'uint8',
  Char: 'int8',
  Short: 'int16',
  Int: 'int32',
  Long: 'int64',
  Half: 'float16',
  Float: 'float32',
  Double: 'float64',
  ComplexHalf: 'complex32',
  ComplexFloat: 'complex64',
  ComplexDouble: 'complex128',
  Bool: 'bool',
  BFloat16: 'bfloat16',
  UInt16: 'uint16',
  UInt32: 'uint32',
  UInt64: 'uint64',
};
/** Their C++ names. */
const CPP_NAMES: Readonly<Record<string, string>> = {
  'unsigned char': 'uint8',
  'signed char': 'int8',
  'short int': 'int16',
  short: 'int16',
  int: 'int32',
  'long int': 'int64',
  long: 'int64',
  'c10::Half': 'float16',
  float: 'float32',
  double: 'float64',
  'c10::complex<float>': 'complex64',
  'c10::complex<double>': 'complex128',
  bool: 'bool',
  'c10::BFloat16': 'bfloat16',
};

const words = Object.keys(NAMES).join('|');
const WORD = new RegExp(`\\b(${words})\\b(?! backward)`, 'g');
const TENSOR = new RegExp(`\\btorch\\.(cuda\\.)?(${words})Tensor\\b`, 'g');
const cppWords = Object.keys(CPP_NAMES)
  .map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  .join('|');
const CPP = new RegExp(`(?<=\\btype \\(|: |!= )(${cppWords})(?=[),]| !=| \\(|$)`, 'gm');
const CPU_TENSOR = new RegExp(`\\b(CPU|CUDA)(${words})Type\\b`, 'g');

/** A message of LibTorch with `Long` as `int64`, `torch.FloatTensor` as a tensor of float32, and so on. */
export function withOwnDTypes(message: string): string {
  return message
    .replace(TENSOR, (_, cuda: string | undefined, word: string) => `a ${cuda ? 'CUDA ' : ''}tensor of ${NAMES[word]}`)
    .replace(CPU_TENSOR, (_, device: string, word: string) => `${device === 'CUDA' ? 'CUDA ' : ''}${NAMES[word]}`)
    .replace(CPP, (name) => CPP_NAMES[name] as string)
    .replace(WORD, (word) => NAMES[word] as string);
}
