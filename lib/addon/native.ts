/**
 * Finds, loads and types the addon. No other file touches it.
 *
 * Loading is lazy: LibTorch takes over half a second and 150 MB, which a program that only imports torchloss should not
 * pay.
 */
import { cacheCap } from './cache_settings.js';
import type { Addon, ErrorFactory, GrowthListener } from './interface.js';
import { initialThreads } from './thread_count.js';
import { ArgumentRangeError, ArgumentTypeError, TorchError } from '../base/errors.js';
import { requireBinary } from '../libtorch/binary.js';
import { checkArchitecture, checkPlatform, dlopenFlags, explainLoad, preload } from '../libtorch/guards.js';
import { didYouMean } from '../base/nearest.js';
import { withOwnDTypes } from './messages.js';
import type { LibTorch } from '../libtorch/places.js';
import { checkProcess, choose } from '../libtorch/process.js';
import { warnOnce } from '../base/warnings.js';

export type * from './interface.js';
export type * from './opaque.js';
export type * from './script_functions.js';

let addon: Addon | undefined;
let loaded: LibTorch | undefined;
let cudaAsked = false;
let cudaFailure: Error | undefined;

/**
 * The addon, loaded at the first call.
 *
 * @throws TorchError `ERR_LIBTORCH_NOT_FOUND`, `ERR_LIBTORCH_BAD`, `ERR_LIBTORCH_VERSION`, `ERR_LIBTORCH_CONFLICT`,
 *   `ERR_LIBTORCH_LOAD`, `ERR_NO_BINARY` or `ERR_PLATFORM`; the message says what was tried and how to fix it.
 */
export function native(): Addon {
  return addon ?? load();
}

/** The LibTorch in use; loads it if that has not happened yet. */
export function libtorch(): LibTorch {
  native();
  return loaded as LibTorch;
}

/**
 * Notes the first use of a CUDA device.
 *
 * @param parameter - the name of the device's argument, for the error
 * @throws TorchError if this LibTorch has no CUDA or no device is usable
 */
export function requireCuda(parameter: string): void {
  if (cudaAsked) return;
  const problem = cudaProblem();
  if (problem !== undefined) {
    throw new TorchError(
      cudaFailure === undefined ? 'ERR_NO_CUDA' : 'ERR_LIBTORCH_LOAD',
      `${parameter}: expected an available device, got a CUDA device: ${problem}`,
      {
        parameter,
      },
    );
  }
}

/** Whether tensors may be on a CUDA device: whether one has ever been asked for. */
export function usesCuda(): boolean {
  return cudaAsked;
}

/**
 * Why CUDA cannot be used here, or `undefined` if it can. Callers are about to use it, so that counts as asking for a
 * device.
 */
export function cudaProblem(): string | undefined {
  const found = libtorch();
  if (!found.cuda) return `LibTorch ${found.version} in ${found.root} was built without CUDA`;
  const { cuda_device_count, cuda_problem } = native();
  if (cudaFailure !== undefined) return cudaFailure.message;
  cudaAsked = cuda_device_count() > 0;
  return cudaAsked ? undefined : `no CUDA device was found: ${cuda_problem()}`;
}

function load(): Addon {
  checkPlatform();
  const cap = cacheCap();
  const found = choose();
  checkArchitecture(found);
  const file = requireBinary(found);
  checkProcess(found);
  preload(found);
  if (found.cuda) preloadCuda(found);
  const module = { exports: {} };
  try {
    process.dlopen(module, file, dlopenFlags());
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_LIBTORCH_VERSION')
      throw new TorchError(code, `${found.root}: ${message}. Run \`npx torchloss build\`.`);
    throw explainLoad(found, file, message, error);
  }
  const exports = module.exports as Addon;
  exports.set_error_factory(makeError);
  exports.on_warning(warnOnce);
  if (growth !== undefined) exports.watch_growth(...growth);
  if (cap !== undefined) exports.use_cache(cap);
  const threads = initialThreads(exports.get_num_threads());
  if (threads !== undefined) exports.settle_num_threads(threads);
  loaded = found;
  addon = exports;
  return exports;
}

/**
 * Loads LibTorch's CUDA libraries, 275 MB, before LibTorch first looks for them, which a backward pass on the CPU does
 * too: what it does not find then counts as missing for good. If they cannot be loaded, only the CPU is used.
 */
function preloadCuda(found: LibTorch): void {
  try {
    preload(found, { cuda: true });
  } catch (error) {
    cudaFailure = error as Error;
  }
}

/** Calls `listener` once, when more tensors than these are alive in this thread, or more bytes on the CPU. */
export function onGrowth(listener: GrowthListener, tensors: number, bytes: number): void {
  growth = [listener, tensors, bytes];
  addon?.watch_growth(...growth);
}

let growth: [GrowthListener, number, number] | undefined;

/** The name of an operator's argument that was probably meant by a misspelt one. */
function nearestOf(parameter: string, expected: string | undefined): string | undefined {
  const lists = (expected ?? '').matchAll(/an argument of \S+ \(([^()]*)\)/g);
  return didYouMean(
    parameter,
    [...lists].flatMap(([, names]) => (names as string).split(', ')),
  );
}

/** Makes the JavaScript error for a C++ one. Called by the addon only. */
const makeError: ErrorFactory = (kind, code, message, parameter, expected, got) => {
  if (kind === 'TorchError') {
    const text = withOwnDTypes(message);
    if (parameter === undefined) return new TorchError(code, text);
    const details = { parameter, expected: expected as string, got: withOwnDTypes(got as string) };
    const label = "class indices must be int64: pass bigints or { dtype: 'int64' }";
    return new TorchError(code, `${parameter}: ${label}, got ${details.got} (${text})`, details);
  }
  if (parameter !== undefined) {
    if (kind === 'RangeError') return new ArgumentRangeError(parameter, expected as string, got as string, code);
    return new ArgumentTypeError(parameter, expected as string, got as string, code, nearestOf(parameter, expected));
  }
  const text = withOwnDTypes(message);
  const error = kind === 'TypeError' ? new TypeError(text) : new RangeError(text);
  return Object.assign(error, { code });
};
