/** The types that describe tensors. They have no cost at run time. */
/** The sizes of a tensor, outermost first. A size known only at run time is `number`. */
export type Shape = readonly number[];

/** The dtypes that torchloss supports. */
export type DType =
  | 'float16'
  | 'bfloat16'
  | 'float32'
  | 'float64'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'bool';

/** The floating dtypes, in which losses are computed and which have gradients. */
export type Float = 'float16' | 'bfloat16' | 'float32' | 'float64';

/** The integer dtypes. */
export type Integer = 'int8' | 'uint8' | 'int16' | 'int32' | 'int64';

/** A device: `'cpu'`, `'cuda'` (the current one) or `'cuda:1'`. */
export type Device = 'cpu' | 'cuda' | `cuda:${number}`;
