/** Modules, layers, initialization and utilities: `torch.nn` apart from the losses. */
export type {
  BackwardHook,
  BackwardPreHook,
  ForwardHook,
  ForwardPreHook,
  LoadHook,
  LoadPreHook,
  LocalMetadata,
  StateHook,
  StatePreHook,
} from './callable.js';
export { ModuleDict, ModuleList, Sequential } from './containers.js';
export { DataParallel } from './data_parallel.js';
export type { RemovableHandle } from './hooks.js';
export * as init from './init.js';
export * from './layers/index.js';
export { Module, type NamedOptions } from './module.js';
export { Parameter } from './parameter.js';
export { ParameterDict, ParameterList } from './parameter_containers.js';
export type { LoadResult, StateDict } from './state.js';
export { UninitializedParameter } from './uninitialized.js';
export * as utils from './utils/index.js';
