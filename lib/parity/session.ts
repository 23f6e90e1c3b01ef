/** Runs a comparison: finds a suitable Python, runs the cases, summarizes the results. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { listLosses } from '../losses/catalogue.js';
import { TorchError, invalidType, invalidValue } from '../base/errors.js';
import { type LibTorch, PACKAGE_VERSION } from '../libtorch/places.js';
import { checkDevice, checkOptions, itemsOf } from '../addon/arguments.js';
import { isArray, isFunction } from '../base/plain_object.js';
import { libraryFile } from '../libtorch/locate.js';
import type { AnyLossRow } from '../loss/row.js';
import { libtorch, native } from '../addon/native.js';
import type { Device, Float } from '../base/types.js';
import { generateCases } from './cases/generate.js';
import { knownCases } from './cases/known.js';
import { compareLive } from './live.js';
import type { LiveResult } from './judge/judge.js';
import { interpreters, Peer } from './sides/peer.js';
import type { Framework } from './wire/protocol.js';
import { type Summary, Summariser } from './judge/summary.js';

/** Options of {@link compareWithPython}. */
export interface CompareOptions {
  readonly framework: Framework;
  /** The interpreters to try, in order. Default: those found on the system. */
  readonly python?: string | readonly string[];
  readonly losses?: readonly AnyLossRow[];
  readonly dtypes?: readonly Float[];
  /** The number of cases. Default 840: ten per loss and dtype. */
  readonly cases?: number;
  /** The same seed gives the same cases. Default 0. */
  readonly seed?: number;
  readonly device?: Device;
  /** The number of milliseconds to wait for an answer. */
  readonly timeout?: number;
  /** A folder in which to record the calls; for MindSpore also those of the known deviations. */
  readonly record?: string;
  /** Called with each result as it arrives. */
  readonly onResult?: (result: LiveResult) => void;
}

/** The dtypes that losses are compared in. */
export const FLOATS: readonly Float[] = ['float32', 'float64', 'float16', 'bfloat16'];

/** The chunk size for comparing two files. */
const PART_BYTES = 2 ** 22;

/** The default number of cases. */
export const CASES = 840;

/**
 * Compares torchloss with PyTorch or MindSpore in a Python process, over generated cases.
 *
 * @throws TorchError with code `ERR_PEER` if there is no such Python, or if it fails, and with code `ERR_FILE_WRITE` if
 *   the calls cannot be recorded
 * @throws TypeError or RangeError for a wrong option
 */
export async function compareWithPython(options: CompareOptions): Promise<Summary> {
  const { summary, recordError } = await compareAndRecord(options);
  if (recordError !== undefined) throw recordError;
  return summary;
}

/** A comparison that is complete even if its calls could not be recorded. */
export interface RecordedComparison {
  readonly summary: Summary;
  /** Why the calls could not be recorded. */
  readonly recordError: TorchError | undefined;
}

/** {@link compareWithPython}, whose result survives a folder that cannot be written. */
export async function compareAndRecord(options: CompareOptions): Promise<RecordedComparison> {
  const {
    framework,
    python: interpreter,
    losses,
    dtypes,
    cases,
    seed,
    device,
    timeout,
    record,
    onResult,
  } = readOptions(options);
  const own = libtorch();
  const threads = native().info().num_threads;
  const settings = { threads, device, timeout };
  const first = await findPeer(framework, own, interpreter, settings);
  const { greeting, python } = first;
  const { version, executable, library } = greeting;
  const summariser = new Summariser({
    framework,
    versions: { torchloss: PACKAGE_VERSION, libtorch: own.version, version, python: greeting.python, executable },
    same_library: library !== undefined && (await isSameFile(library, join(own.libDir, libraryFile('torch_cpu')))),
    seed,
    device,
    threads,
  });
  let ready: Peer | undefined = first.peer;
  const start = async (): Promise<Peer> => {
    const peer = ready ?? (await Peer.start(python, framework, settings));
    ready = undefined;
    return peer;
  };
  const generated = generateCases({ framework, losses, dtypes, count: cases, seed });
  // A record of MindSpore's calls also has those of the known deviations.
  const known = framework === 'mindspore' && record !== undefined ? knownCases(losses) : [];
  const all = [...known.map((item) => item.given), ...generated];
  let recordError: TorchError | undefined;
  const onRecordError = (error: TorchError) => {
    recordError = error;
  };
  for await (const result of compareLive(all, { framework, start, device, record, onRecordError })) {
    summariser.add(result);
    onResult?.(result);
  }
  return { summary: summariser.finish(), recordError };
}

const OPTIONS = ['framework', 'python', 'losses', 'dtypes', 'cases', 'seed', 'device', 'timeout', 'record', 'onResult'];

/** The options with their defaults, each read once. */
function readOptions(given: CompareOptions) {
  checkOptions(given, OPTIONS);
  const { framework, python, device = 'cpu', cases = CASES, seed = 0, timeout, record, onResult, ...rest } = given;
  if (framework !== 'pytorch' && framework !== 'mindspore')
    throw invalidValue('framework', "'pytorch' or 'mindspore'", framework);
  checkDevice(device);
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!isCount(cases)) throw invalidValue('cases', 'an integer of at least 0', cases);
  if (!Number.isSafeInteger(seed)) throw invalidValue('seed', 'an integer', seed);
  if (timeout !== undefined && !isCount(timeout)) throw invalidValue('timeout', 'milliseconds', timeout);
  if (record !== undefined && typeof record !== 'string') throw invalidType('record', 'the path of a folder', record);
  if (onResult !== undefined && !isFunction(onResult)) throw invalidType('onResult', 'a function', onResult);
  const isPath = (value: unknown): value is string => typeof value === 'string' && value !== '';
  return {
    framework,
    python: python === undefined ? undefined : readList(isPath(python) ? [python] : python, 'python', isPath, 'a path'),
    losses: readList(rest.losses ?? listLosses(), 'losses', isRow, 'the row of a loss'),
    dtypes: readList(rest.dtypes ?? FLOATS, 'dtypes', (value) => FLOATS.includes(value as Float), FLOATS.join(', ')),
    cases,
    seed,
    device,
    timeout,
    record,
    onResult,
  };
}

function isRow(value: unknown): value is AnyLossRow {
  return listLosses().includes(value as AnyLossRow);
}

function readList<T>(
  list: readonly T[],
  parameter: string,
  holds: (value: unknown) => boolean,
  expected: string,
): readonly T[] {
  if (!isArray(list)) throw invalidType(parameter, 'an array', list);
  const items = itemsOf(list, parameter) as T[];
  const wrong = items.findIndex((item) => !holds(item));
  if (wrong >= 0) throw invalidType(`${parameter}[${wrong}]`, expected, items[wrong]);
  return items;
}

/** A child that is ready, and its interpreter. */
interface Found {
  readonly peer: Peer;
  readonly greeting: Peer['greeting'];
  readonly python: string;
}

/**
 * Starts the first interpreter that has the framework, of the given ones or of the usual ones.
 *
 * @throws TorchError with code `ERR_PEER` that says what each of them lacks
 */
async function findPeer(
  framework: Framework,
  own: LibTorch,
  given: readonly string[] | undefined,
  settings: Parameters<typeof Peer.start>[2],
): Promise<Found> {
  const problems: string[] = [];
  for (const python of given ?? interpreters(framework, own.root)) {
    try {
      const peer = await Peer.start(python, framework, settings);
      const { version } = peer.greeting;
      const minor = version.split('.', 2).join('.');
      if (framework === 'mindspore' || minor === own.minor) return { peer, greeting: peer.greeting, python };
      await peer.stop();
      problems.push(`${python}: has PyTorch ${version}, but the LibTorch in use is ${own.version}`);
    } catch (error) {
      // The system refuses some paths at once, such as one that is too long.
      const isSystems = (error as NodeJS.ErrnoException).syscall !== undefined;
      if (!(error instanceof TorchError) && !isSystems) throw error;
      problems.push((error as Error).message);
    }
  }
  const name = framework === 'pytorch' ? `PyTorch ${own.minor}` : 'MindSpore';
  const tried = problems.join('\n');
  throw new TorchError('ERR_PEER', `found no Python with ${name}. Choose one with --python PATH.\n${tried}`);
}

/** Whether two paths are the same file, or files with the same contents. */
async function isSameFile(first: string, second: string): Promise<boolean> {
  if (!existsSync(first) || !existsSync(second)) return false;
  if (realpathSync(first) === realpathSync(second)) return true;
  if (statSync(first).size !== statSync(second).size) return false;
  const handles = [await open(first), await open(second)] as const;
  const parts = [Buffer.alloc(PART_BYTES), Buffer.alloc(PART_BYTES)] as const;
  try {
    for (;;) {
      const [{ bytesRead }] = await Promise.all([handles[0].read(parts[0]), handles[1].read(parts[1])]);
      if (bytesRead === 0) return true;
      if (!parts[0].subarray(0, bytesRead).equals(parts[1].subarray(0, bytesRead))) return false;
    }
  } finally {
    for (const handle of handles) await handle.close();
  }
}
