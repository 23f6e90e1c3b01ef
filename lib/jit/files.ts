/** TorchScript files: `torch.jit.load` and `torch.jit.save`. */
import { types } from 'node:util';
import { checkBoolean, checkDevice, checkOptions } from '../addon/arguments.js';
import { attempt, onLane } from '../addon/lane.js';
import { type Handle, native, type ScriptHandle } from '../addon/native.js';
import { formatError, invalidType, TorchError } from '../base/errors.js';
import { isURL } from '../base/plain_object.js';
import type { Device } from '../base/types.js';
import { pathOf } from '../files/path.js';
import type { ReadFile, Reading } from '../files/reading.js';
import { readLater, readNow } from '../files/reading.js';
import { newStorage } from '../serialization/storage.js';
import { regionOf } from '../tensor/elements.js';
import { checkScriptFile } from './check_file.js';
import { isScriptModule, type ScriptModule, scriptOf, wrapScript } from './script_module.js';
import { scriptBytes, writeScript, writeScriptAsync } from './write.js';

/** Options of {@link load}. */
export interface LoadScriptOptions {
  /** Where the parameters and buffers go. Default: where they were. */
  map_location?: Device | undefined;
  /**
   * Whether LibTorch may rewrite the graphs before it runs them, as it does in Python unless
   * `torch.jit.optimized_execution(False)` forbids it. The numbers are then Python's, and may differ in their last bits
   * from those of the operators one by one. Default true.
   */
  optimized_execution?: boolean | undefined;
}

/** The type of {@link load}. */
export interface LoadScript {
  (file: string | URL | Uint8Array, options?: LoadScriptOptions): ScriptModule;
  /** Loads without blocking. */
  async(file: string | URL | Uint8Array, options?: LoadScriptOptions): Promise<ScriptModule>;
}

/** The type of {@link save}. */
export interface SaveScript {
  /** Saves to a file. */
  (module: ScriptModule, file: string | URL): void;
  /** Gives what the file would hold. */
  (module: ScriptModule): Buffer;
  /** Saves without blocking. The module must not be trained meanwhile. */
  async(module: ScriptModule, file: string | URL): Promise<void>;
}

/**
 * Loads a TorchScript file: what {@link save}, Python's `torch.jit.save` or `ScriptModule.save` wrote. Its modules, parameters
 * and buffers have their names of Python; a module that was scripted there trains here with the same bits.
 *
 * **A TorchScript file is a program.** LibTorch interprets it: it cannot call Python, JavaScript or the system, but it
 * can compute without end, take all memory, and it meets all of LibTorch's operators. Load files that you trust. A file
 * that is damaged or cut off is refused: each entry's checksum is compared before LibTorch sees any of it.
 *
 * Python deprecates TorchScript since PyTorch 2.5. Files are read by all releases so far, up to 2.13.
 *
 * @param file - a path, a `file:` URL, or the bytes of a file
 * @throws TorchError `ERR_FILE_READ` if the system cannot read the file, `ERR_FILE_FORMAT` with what is wrong with it
 * @example
 * ```ts
 * const traced = torch.jit.trace(new torch.nn.Linear(2, 1), torch.ones([1, 2]));
 * const model = torch.jit.load(torch.jit.save(traced));
 * model.named_parameters().map(([name]) => name);   // ['weight', 'bias']
 * ```
 */
export const load: LoadScript = Object.assign(
  function load(file: string | URL | Uint8Array, options: LoadScriptOptions = {}): ScriptModule {
    const { device, optimized } = readOptions(options);
    const source = sourceOf(file);
    const name = nameOf(source);
    const { memory, handle } = readNow(source, readWhole);
    try {
      readNow(memory, (read) => checkScriptFile({ ...read, name }));
      return wrapScript(named(name, () => native().load_script(handle, device, optimized)));
    } finally {
      native().dispose(handle);
    }
  },
  {
    async: async (file: string | URL | Uint8Array, options: LoadScriptOptions = {}): Promise<ScriptModule> => {
      const { device, optimized } = readOptions(options);
      const source = sourceOf(file);
      const name = nameOf(source);
      const { memory, handle } = await readLater(source, readWhole);
      try {
        await readLater(memory, (read) => checkScriptFile({ ...read, name }));
        return await attempt(() =>
          onLane(
            (lane, job) => native().deferred.load_script(lane, job, handle, device, optimized),
            (script: ScriptHandle) => wrapScript(script),
            {},
          ),
        ).catch((error: unknown) => {
          throw withName(name, error);
        });
      } finally {
        native().dispose(handle);
      }
    },
  },
);

/**
 * Saves a module as a TorchScript file, which Python's `torch.jit.load` and C++'s `torch::jit::load` open.
 *
 * The file is written beside the old one, synced and renamed: whenever the process ends, there is the old file or the
 * new one, whole.
 *
 * @throws TypeError if `module` is no ScriptModule: trace it first; TorchError `ERR_FILE_WRITE` if the system refuses it
 */
export const save: SaveScript = Object.assign(
  function save(module: ScriptModule, file?: string | URL) {
    checkScript(module);
    if (arguments.length < 2) return Buffer.from(scriptBytes(scriptOf(module)));
    writeScript(scriptOf(module), file);
    return undefined;
  } as (module: ScriptModule, file?: string | URL) => never,
  {
    async: async (module: ScriptModule, file: string | URL): Promise<void> => {
      checkScript(module);
      return writeScriptAsync(scriptOf(module), file);
    },
  },
);

function checkScript(module: unknown): void {
  if (isScriptModule(module)) return;
  throw invalidType('module', 'a ScriptModule: torch.jit.trace(module, inputs) makes one', module);
}

function* readWhole(file: ReadFile): Reading<{ memory: Uint8Array; handle: Handle }> {
  if (file.size === 0) throw formatError(file.name, 'the file is empty');
  const storage = newStorage(file.size, 'cpu');
  yield { kind: 'read', into: storage.memory, position: 0 };
  return { memory: storage.memory, handle: storage.place() };
}

function readOptions(options: LoadScriptOptions): { device: string; optimized: boolean } {
  checkOptions(options, ['map_location', 'optimized_execution']);
  const { map_location, optimized_execution = true } = options;
  if (map_location !== undefined && map_location !== null) checkDevice(map_location, 'map_location');
  checkBoolean(optimized_execution, 'optimized_execution');
  return { device: map_location ?? '', optimized: optimized_execution };
}

function sourceOf(file: unknown): string | Uint8Array {
  if (typeof file === 'string' || isURL(file)) return pathOf(file, 'file');
  if (!types.isUint8Array(file)) throw invalidType('file', 'a path, a file: URL or a Uint8Array', file);
  const { memory, start, length } = regionOf(file);
  return new Uint8Array(memory, start, length);
}

function nameOf(source: string | Uint8Array): string {
  return typeof source === 'string' ? source : 'buffer';
}

/** Puts the file's name before what LibTorch says of it. */
function named<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw withName(name, error);
  }
}

function withName(name: string, error: unknown): unknown {
  if (!(error instanceof TorchError) || error.code !== 'ERR_FILE_FORMAT') return error;
  return formatError(name, error.message, error);
}
