/** `torch.utils.data`: datasets, samplers and the DataLoader. */
export { type Collated, default_collate, default_convert } from './collate.js';
export { ChainDataset, get_worker_info } from './chain_dataset.js';
export { DataLoader } from './data_loader.js';
export {
  ConcatDataset,
  Dataset,
  type Indexed,
  IterableDataset,
  type MapDataset,
  random_split,
  type SampleOf,
  StackDataset,
  Subset,
  TensorDataset,
  type TensorsOf,
} from './dataset.js';
export type { DataLoaderOptions } from './options.js';
export {
  BatchSampler,
  DistributedSampler,
  type DistributedSamplerOptions,
  RandomSampler,
  type RandomSamplerOptions,
  Sampler,
  SequentialSampler,
  SubsetRandomSampler,
  WeightedRandomSampler,
} from './sampler.js';
