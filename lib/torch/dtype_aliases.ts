/** PyTorch's other names of dtypes: `torch.long` is `torch.int64`. */
export const half = 'float16';
export const float = 'float32';
export const double = 'float64';
export const short = 'int16';
export const int = 'int32';
export const long = 'int64';
