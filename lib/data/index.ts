/** Reading arrays from files, by ranges of their rows. */

export { FileDataset, type FileDatasetOptions } from './dataset.js';
export { type Format, type OpenOptions, open } from './open.js';
export { bytesPerRow, type Source } from './source.js';
export { readTensor } from './to_tensor.js';
