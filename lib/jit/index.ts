/** `torch.jit`: modules as TorchScript, traced, loaded, saved, and run without JavaScript. */
export { type LoadScript, type LoadScriptOptions, load, type SaveScript, save } from './files.js';
export { ScriptModule } from './script_module.js';
export { type TraceOptions, trace } from './trace.js';
