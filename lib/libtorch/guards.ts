import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { TorchError } from '../base/errors.js';
import { installCommand } from './advice.js';
import { isLoaded } from './loaded.js';
import { type LibTorch } from './places.js';
import { libraryFile } from './locate.js';

/** The machine to check: this one, except in tests. */
export interface Host {
  readonly platform: string;
  readonly arch: string;
  readonly musl: boolean;
}

/** What the workflow builds and tests; PyTorch 2.2 was the last for macOS on x64. */
const SUPPORTED: Readonly<Record<string, readonly string[]>> = {
  linux: ['x64', 'arm64'],
  darwin: ['arm64'],
  win32: ['x64'],
};

/**
 * Checks that a LibTorch exists for this platform at all.
 *
 * @throws TorchError `ERR_PLATFORM` for another platform or architecture, and for musl.
 */
export function checkPlatform(host: Host = thisHost()): void {
  const archs = SUPPORTED[host.platform];
  if (!archs?.includes(host.arch)) {
    const supported = Object.entries(SUPPORTED).map(([platform, names]) => `${platform} (${names.join(', ')})`);
    throw new TorchError(
      'ERR_PLATFORM',
      `There is no LibTorch for ${host.platform} ${host.arch}; torchloss runs on ${supported.join(', ')}.`,
    );
  }
  if (host.musl) {
    throw new TorchError(
      'ERR_PLATFORM',
      'This system uses musl, but LibTorch needs glibc. Use a glibc system, such as a Debian-based Node image.',
    );
  }
}

/**
 * Checks that LibTorch's files are for this process's architecture, by the header of libc10 (Linux; elsewhere the
 * loader's own message says so).
 *
 * @throws TorchError `ERR_PLATFORM`
 */
export function checkArchitecture(libtorch: LibTorch, arch: string = process.arch): void {
  if (process.platform !== 'linux') return;
  const file = join(libtorch.libDir, libraryFile('c10'));
  const found = elfArchitecture(file);
  if (found === arch) return;
  throw new TorchError(
    'ERR_PLATFORM',
    `${file} is ${found === undefined ? 'not a shared library' : `for ${found}`}, but this Node is for ${arch}. ` +
      'Set LIBTORCH to a LibTorch for this architecture, or run `npx torchloss setup --fetch`.',
  );
}

/**
 * Loads LibTorch's libraries into the process, from where they were found; the addon's references then resolve to them
 * by name. Loading twice has no effect.
 *
 * @param options - `cuda`: load the CUDA libraries instead (the CPU ones must be loaded before)
 * @throws TorchError `ERR_LIBTORCH_LOAD` with the loader's message and what to do about it
 */
export function preload(libtorch: LibTorch, options: { cuda?: boolean } = {}): void {
  for (const name of options.cuda ? ['c10_cuda', 'torch_cuda'] : ['c10', 'torch_cpu']) {
    const file = join(libtorch.libDir, libraryFile(name));
    try {
      process.dlopen({ exports: {} }, file, dlopenFlags());
    } catch (cause) {
      const message = (cause as Error).message;
      // A plain library is no addon, which every runtime says in its own words, once it has loaded it for good.
      if (message.includes('did not self-register') || isLoaded(file)) continue;
      throw explainLoad(libtorch, file, message, cause);
    }
  }
}

/** The flags to load LibTorch's libraries and the addon with: local symbols, and never unloaded. */
export function dlopenFlags(): number {
  const lazy = constants.dlopen.RTLD_LAZY ?? 0;
  if (process.platform === 'linux') return lazy | 0x1000; // RTLD_NODELETE of glibc
  if (process.platform === 'darwin') return lazy | 0x80; // RTLD_NODELETE of dyld
  return lazy;
}

/** The error for a library that the system's loader rejected, with the loader's `message`. */
export function explainLoad(libtorch: LibTorch, file: string, message: string, cause?: unknown): TorchError {
  return new TorchError(
    'ERR_LIBTORCH_LOAD',
    `${file} (LibTorch ${libtorch.version}) cannot be loaded: ${message}\n${loadAdvice(libtorch, file, message)}`,
    { cause },
  );
}

function loadAdvice(libtorch: LibTorch, file: string, message: string): string {
  const [before = '', after] = message.split(': cannot open shared object file');
  const last = before.split(/\s/).at(-1) ?? '';
  const missing = after !== undefined && /\.so[.\d]*$/.test(last) ? last : undefined;
  if (missing?.startsWith('libgomp')) return `Install OpenMP's runtime: ${installCommand(['openmp'])}`;
  if (missing && /^lib(cuda|nvidia-ml)\./.test(missing)) return `Install the NVIDIA driver: ${missing} comes with it.`;
  // A wheel of PyTorch loads CUDA's libraries from the packages that it depends on, which `--no-deps` leaves out.
  if (missing && isWheel(libtorch) && CUDA_LIBRARY.test(missing))
    return `Install what this PyTorch depends on: pip install torch==${libtorch.version}. Or download a LibTorch for the CPU: npx torchloss setup --fetch`;
  if (missing)
    return `Install the package that has ${missing}, or download a LibTorch that does not need it: npx torchloss setup --fetch`;
  if (/GLIBC(XX)?_[\d.]+' not found/.test(message)) {
    if (file.endsWith('.node'))
      return 'It was compiled on a newer system: run `npx torchloss build` to compile it here.';
    return 'This LibTorch needs a newer C or C++ library than the system has: use a newer system or an older LibTorch.';
  }
  if (message.includes('undefined symbol')) {
    return 'It was compiled for a different LibTorch: run `npx torchloss build --force` to recompile it.';
  }
  return 'It may be damaged or built for another system: download it again with `npx torchloss setup --force`, or set LIBTORCH to another.';
}

/** The libraries in the packages `nvidia-*` and others that PyTorch's wheels for CUDA depend on. */
const CUDA_LIBRARY =
  /^lib(cudart|cupti|cublas|cublasLt|cudnn\w*|cufft|cufile|curand|cusolver|cusparse|cusparseLt|nccl|nvrtc|nvJitLink|nvToolsExt|nvshmem\w*)\./;

/** Whether it is the `torch` folder of a Python environment. */
function isWheel({ root }: LibTorch): boolean {
  return existsSync(join(root, 'version.py')) && existsSync(join(root, '__init__.py'));
}

function thisHost(): Host {
  return { platform: process.platform, arch: process.arch, musl: isMusl() };
}

/** The process report is slow, so it is used only if musl's loader is installed. */
function isMusl(): boolean {
  const arch = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  if (process.platform !== 'linux' || !existsSync(`/lib/ld-musl-${arch}.so.1`)) return false;
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined;
}

const ELF_MACHINES: Readonly<Record<number, string>> = {
  3: 'ia32',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
};

function elfArchitecture(file: string): string | undefined {
  const header = Buffer.alloc(20);
  const handle = openSync(file, 'r');
  try {
    if (readSync(handle, header) < header.length || header.toString('latin1', 0, 4) !== '\x7fELF') return undefined;
  } finally {
    closeSync(handle);
  }
  const machine = header.readUInt16LE(18);
  return ELF_MACHINES[machine] ?? `machine ${machine}`;
}
