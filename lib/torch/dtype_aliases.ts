/** PyTorch's other names of dtypes: `torch.long` is `torch.int64`. */
export const half = 'float16';
export const float = 'float32';
export const double = 'float64';
export const short = 'int16';
export const int = 'int32';
export const long = 'int64';
/** The complex dtypes, which {@link Tensor.to} takes. */
export const complex64 = 'complex64';
export const complex128 = 'complex128';
export const cfloat = 'complex64';
export const cdouble = 'complex128';
