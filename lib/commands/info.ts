import { printDocument } from './document.js';
import { print } from '../terminal/print.js';
import { parseArgs } from 'node:util';
import type { Options } from './options.js';
import { TorchError } from '../base/errors.js';
import { findArrayTasks, type FoundTask } from '../distributed/internal.js';
import { listBinaries, requireBinary } from '../libtorch/binary.js';
import { checkPlatform } from '../libtorch/guards.js';
import { candidates, locate } from '../libtorch/locate.js';
import { type LibTorch, cacheFolder, PACKAGE_VERSION } from '../libtorch/places.js';
import type { NativeInfo } from '../addon/native.js';

/** What `torchloss info --help` prints. */
export const help = `torchloss info [--json]

Lists every place that was searched for LibTorch, the LibTorch and binary in
use, and what they support on this machine.

  --json   print one JSON document

Exit codes
  0  torchloss can run
  1  it cannot; the last lines say why
  2  wrong usage`;

export const options = { json: { type: 'boolean' } } as const satisfies Options;

/** What LibTorch reports once it is loaded, and about CUDA. */
interface Runtime extends NativeInfo {
  readonly cuda_devices: number;
  /** Why CUDA is not used, if it is not. */
  readonly cuda_problem?: string;
}

interface Problem {
  readonly code: string;
  readonly message: string;
}

interface Place {
  readonly source: string;
  readonly path: string;
  readonly version?: string;
  readonly cuda?: boolean;
  readonly cxx11Abi?: boolean;
  readonly problem?: Problem;
}

interface Report {
  readonly torchloss: string;
  readonly node: string;
  readonly platform: string;
  readonly cache: string;
  readonly candidates: readonly Place[];
  readonly binaries: readonly { readonly file: string; readonly torch?: string; readonly cxx11?: boolean }[];
  /** The schedulers whose variables are set, with the shard that each says. */
  readonly schedulers: readonly FoundTask[];
  libtorch?: LibTorch;
  binary?: string;
  runtime?: Runtime;
  problem?: Problem;
}

/** Prints what was found and what is used. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options });
  const report = await examine();
  if (values.json) printDocument(report);
  else print(format(report));
  return report.problem ? 1 : 0;
}

async function examine(): Promise<Report> {
  const report: Report = {
    torchloss: PACKAGE_VERSION,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cache: cacheFolder(),
    candidates: candidates().map(({ source, path, libtorch, problem }) => ({
      source,
      path,
      ...(libtorch && { version: libtorch.version, cuda: libtorch.cuda, cxx11Abi: libtorch.cxx11Abi }),
      ...(problem && { problem: problemOf(problem) }),
    })),
    schedulers: findArrayTasks(),
    binaries: listBinaries().map(({ file, marker }) => ({ file, ...marker })),
  };
  try {
    checkPlatform();
    report.libtorch = locate();
    report.binary = requireBinary(report.libtorch);
    report.runtime = await examineRuntime();
  } catch (error) {
    report.problem = problemOf(error);
  }
  return report;
}

async function examineRuntime(): Promise<Runtime> {
  const { cudaProblem, native } = await import('../addon/native.js');
  const info = native().info();
  const problem = cudaProblem();
  return { ...info, cuda_devices: problem === undefined ? native().cuda_device_count() : 0, cuda_problem: problem };
}

function problemOf(error: unknown): Problem {
  const code = error instanceof TorchError ? error.code : 'ERR_UNEXPECTED';
  return { code, message: error instanceof Error ? error.message : String(error) };
}

function format(report: Report): string {
  const { libtorch, binary, runtime, problem } = report;
  const lines = [
    `torchloss ${report.torchloss}, Node ${report.node}, ${report.platform}`,
    `Cache: ${report.cache}`,
    '',
    'Searched for LibTorch:',
    ...report.candidates.map((place) => `  ${formatPlace(place, libtorch)}`),
    '',
    'Binaries:',
    ...report.binaries.map(
      ({ file, torch, cxx11 }) =>
        `  ${file}: ${torch ? `LibTorch ${torch}${formatAbi(cxx11)}` : 'not a torchloss binary'}`,
    ),
    ...(report.binaries.length === 0 ? ['  none'] : []),
  ];
  if (report.schedulers.length > 0) lines.push('', 'For --shard auto:');
  for (const task of report.schedulers) lines.push(formatTask(task));
  if (libtorch) {
    lines.push(
      '',
      `LibTorch ${libtorch.version}${formatAbi(libtorch.cxx11Abi)}, ${libtorch.cuda ? 'with' : 'without'} CUDA: ${libtorch.libDir}`,
    );
  }
  if (binary) lines.push(`Binary in use: ${binary}`);
  if (runtime) for (const line of formatRuntime(runtime)) lines.push(line);
  if (problem) lines.push('', `torchloss cannot run (${problem.code}):`, problem.message);
  return lines.join('\n');
}

function formatPlace(place: Place, inUse: LibTorch | undefined): string {
  if (place.problem) return `  ${place.problem.message}`;
  const chosen = inUse?.source === place.source && inUse.version === place.version && inUse.root.startsWith(place.path);
  const features = `${formatAbi(place.cxx11Abi)}${place.cuda ? ', CUDA' : ''}`;
  return `${chosen ? '* ' : '  '}${place.source} ${place.path}: LibTorch ${place.version}${features}`;
}

function formatTask(task: FoundTask): string {
  const { scheduler } = task;
  return `  ${scheduler}: ${'problem' in task ? task.problem : `shard ${task.index}/${task.count}`}`;
}

function formatAbi(cxx11: boolean | undefined): string {
  return cxx11 === false ? ' (without the C++11 ABI)' : '';
}

function formatRuntime({ cpu_capability, num_threads, cuda_devices, cuda_problem }: Runtime): string[] {
  const cuda =
    cuda_problem === undefined ? `${cuda_devices} device${cuda_devices === 1 ? '' : 's'}` : `not used: ${cuda_problem}`;
  return [`CPU capability: ${cpu_capability}`, `Threads: ${num_threads}`, `CUDA: ${cuda}`];
}
