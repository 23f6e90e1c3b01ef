/** Reading arrays from files, by ranges of their rows. */

export { FileDataset, type FileDatasetOptions } from './dataset.js';
export type { Format, OpenOptions } from './format.js';
export { type FileName, open } from './open.js';
export { bytesPerRow, type RowPlace, type Source } from './source.js';
export type { SourceFile } from './source_file.js';
export { readTensor } from './to_tensor.js';
