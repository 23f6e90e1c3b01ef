/** Checkpoints: all that a run needs to go on with the same bits, in a file that Python's `torch.load` opens. */
import { readdirSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isTensor } from '../addon/handle.js';
import { libtorch } from '../addon/native.js';
import { outsideScopes, scope } from '../addon/scope.js';
import { fileProblem, formatError, TorchError } from '../base/errors.js';
import { isArray, isPlainObject } from '../base/plain_object.js';
import { object } from '../base/schema.js';
import { check } from '../files/json.js';
import type { StateDict } from '../nn/state.js';
import { load, save } from '../serialization/index.js';
import type { GeneratorState } from '../tensor/generator.js';
import type { Progress } from './progress.js';
import { progress as readProgress } from './records.js';
import { randomStates, type RandomStates, setRandomStates } from './random.js';
import type { RankStates } from './ranks.js';
import type { Session } from './session.js';

/** What a checkpoint holds beside the states, so that a file of another kind is told. */
const FORMAT = 1;

/** The contents of a checkpoint; in Python `torch.load(file)` gives a dict with these keys. */
interface Contents {
  readonly format: number;
  readonly libtorch: string;
  readonly model: StateDict;
  readonly optimizer: { state: object; param_groups: readonly object[] };
  readonly scheduler: Record<string, unknown> | null;
  readonly rng: RandomStates;
  /** Of the beginning of the epoch, for a checkpoint within one. */
  readonly epoch_start: RandomStates | null;
  readonly progress: Progress;
  /** Where the streams of each rank stand, if there are several. Files of older versions have none. */
  readonly ranks?: readonly RankStates[] | null;
}

async function contentsOf(session: Session): Promise<Contents> {
  const { model, optimizer, scheduler } = session.parts;
  const rng = session.resumed?.now ?? randomStates(session.generators());
  const epoch_start =
    session.resumed?.start ?? (session.progress.batch > 0 ? (session.running?.epochStart ?? null) : null);
  return {
    format: FORMAT,
    libtorch: libtorch().version,
    model: model.state_dict(),
    optimizer: optimizer.state_dict(),
    scheduler: scheduler?.state_dict() ?? null,
    rng,
    epoch_start,
    progress: session.progress,
    ranks: (await session.ranks?.gather({ rng, epoch_start })) ?? null,
  };
}

/**
 * Writes a checkpoint; the file is the old one or the new one, whole, whenever the process ends. Of several ranks all
 * call it, and the first writes.
 */
export async function saveTo(session: Session, file: string | URL): Promise<void> {
  const contents = await outsideScopes(() => contentsOf(session));
  if (session.leads) await scope(() => save.async(contents, file));
}

/** Takes a checkpoint over. One that does not fit changes nothing. */
export async function restoreFrom(session: Session, file: string | URL): Promise<void> {
  const name = String(file);
  const contents = await outsideScopes(() => load.async<unknown>(file, { map_location: 'cpu' }));
  if (!isCheckpoint(contents)) throw formatError(name, 'it is no checkpoint of a Trainer');
  const { progress } = check(contents, name, object({ progress: readProgress }));
  const { model, optimizer, scheduler, generator } = session.parts;
  if ((scheduler === null) !== (contents.scheduler === null))
    throw formatError(name, `it was saved ${contents.scheduler === null ? 'without' : 'with'} a scheduler`);
  if ((generator === null) !== (contents.rng.own === null))
    throw formatError(name, `it was saved ${contents.rng.own === null ? 'without' : 'with'} a generator`);
  const own = statesOf(contents, session, name);
  const before = optimizer.state_dict();
  optimizer.load_state_dict(contents.optimizer);
  try {
    model.load_state_dict(contents.model);
  } catch (error) {
    optimizer.load_state_dict(before);
    throw error;
  }
  if (contents.scheduler !== null) scheduler?.load_state_dict(contents.scheduler);
  session.progress = progress;
  session.clearGradients();
  setRandomStates(own.rng, session.generators());
  // Where the loader's stream stands is set when a loader comes.
  session.resumed = { start: own.epoch_start ?? own.rng, now: own.rng };
}

/** The states of this rank. A process by itself takes those of the first. */
function statesOf(contents: Contents, { ranks }: Session, name: string): RankStates {
  const saved = contents.ranks ?? [contents];
  if (ranks !== null && saved.length !== ranks.world_size)
    throw formatError(name, `it was saved by ${saved.length} processes, and these are ${ranks.world_size}`);
  return saved[ranks?.rank ?? 0] as RankStates;
}

function isCheckpoint(value: unknown): value is Contents {
  if (!isPlainObject(value) || value.format !== FORMAT) return false;
  const { model, optimizer, scheduler, rng, epoch_start, ranks } = value;
  return (
    isPlainObject(model) &&
    Object.values(model).every(isTensor) &&
    isPlainObject(optimizer) &&
    isArray(optimizer.param_groups) &&
    (scheduler === null || isPlainObject(scheduler)) &&
    isRankStates({ rng, epoch_start }) &&
    (ranks == null || (isArray(ranks) && ranks.length > 0 && ranks.every(isRankStates)))
  );
}

function isRankStates(value: unknown): value is RankStates {
  return isPlainObject(value) && isStates(value.rng) && (value.epoch_start === null || isStates(value.epoch_start));
}

function isStates(value: unknown): value is RandomStates {
  const isState = (state: unknown): state is GeneratorState => isTensor(state);
  return (
    isPlainObject(value) &&
    isState(value.default) &&
    isPlainObject(value.devices) &&
    Object.values(value.devices).every(isState) &&
    (value.loader === null || isState(value.loader)) &&
    (value.own === null || isState(value.own))
  );
}

/** The name of the checkpoint after so many steps: the names of later ones come later in any listing. */
function nameOf(step: number): string {
  return `step-${String(step).padStart(9, '0')}.pt`;
}

const NAME = /^step-\d{9,}\.pt$/;
/** The model alone, as it was after the best epoch. */
const BEST = 'best.pt';

/** A folder of checkpoints, of which the last ones are kept. */
export class CheckpointFolder {
  readonly path: string;
  readonly #keep: number;

  constructor(path: string, keep: number) {
    this.path = path;
    this.#keep = keep;
  }

  /** Writes a checkpoint, and removes those that are too old. Gives its path. */
  async save(session: Session): Promise<string> {
    const file = join(this.path, nameOf(session.progress.step));
    if (!session.leads) {
      await saveTo(session, file);
      return file;
    }
    await makeFolder(this.path);
    await saveTo(session, file);
    const old = namesIn(await readdir(this.path)).slice(0, -this.#keep);
    for (const name of old) await rm(join(this.path, name), { force: true });
    return file;
  }

  /** Writes the model's state alone, as the best one so far. */
  async saveBest(session: Session): Promise<void> {
    if (!session.leads) return;
    await makeFolder(this.path);
    await scope(() => save.async(session.parts.model.state_dict(), join(this.path, BEST)));
  }
}

function namesIn(names: readonly string[]): string[] {
  return names.filter((name) => NAME.test(name)).sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw new TorchError('ERR_FILE_WRITE', `${path}: ${fileProblem(cause)}`, { cause });
  }
}

/** The last checkpoint in a folder; `undefined` where there is none. */
export function lastCheckpoint(folder: string): string | undefined {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new TorchError('ERR_FILE_READ', `${folder}: ${fileProblem(cause)}`, { cause });
  }
  const last = namesIn(names).at(-1);
  return last === undefined ? undefined : join(folder, last);
}

/** The file of a checkpoint: itself, or the last one in a folder. */
export async function fileOf(path: string): Promise<string> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new TorchError('ERR_FILE_READ', `${path}: ${fileProblem(cause)}`, { cause });
  });
  if (!found.isDirectory()) return path;
  const last = lastCheckpoint(path);
  if (last === undefined) throw new TorchError('ERR_FILE_READ', `${path}: there is no checkpoint in this folder`);
  return last;
}
