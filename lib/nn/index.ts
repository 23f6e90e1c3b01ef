/** Modules, layers, first values and utilities, as `torch.nn` has them beside the losses. */
export { ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential } from './containers.js';
export type { RemovableHandle } from './hooks.js';
export * as init from './init.js';
export * from './layers/index.js';
export { type ForwardHook, type ForwardPreHook, Module, type NamedOptions } from './module.js';
export { Parameter } from './parameter.js';
export type { LoadResult, StateDict } from './state.js';
export * as utils from './utils/index.js';
