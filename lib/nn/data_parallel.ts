import { invalidType } from '../base/errors.js';
import { isModule, Module } from './module.js';

/**
 * Calls a module, as Python's does where there is one device or none: torchloss uses one device for each process. Programs
 * written for it run, and their checkpoints have the same names, which begin with `module.`.
 */
export class DataParallel<M extends Module = Module> extends Module {
  declare module: M;

  constructor(module: M) {
    super();
    if (!isModule(module)) throw invalidType('module', 'a Module', module);
    this.module = module;
  }

  override forward(...args: Parameters<M['forward']>): ReturnType<M['forward']> {
    return (this.module as (...inputs: unknown[]) => ReturnType<M['forward']>)(...args);
  }
}
