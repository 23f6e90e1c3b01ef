/** Numbers and names of `torch` that are no functions. */
export const pi: number = Math.PI;
export const e: number = Math.E;
export const inf: number = Number.POSITIVE_INFINITY;
export const nan: number = Number.NaN;
/** A new dimension of size 1 in {@link Tensor.index}, as `null` is. */
export const newaxis = null;
/** How elements lie in memory, for `memory_format`. */
export const contiguous_format = 'contiguous_format';
export const preserve_format = 'preserve_format';
export const channels_last = 'channels_last';
export const channels_last_3d = 'channels_last_3d';
/** The layout of all tensors here. */
export const strided = 'strided';
