/** Compares torchloss with a Python process, case by case. */
import { type LiveResult, judgeCase } from './judge/judge.js';
import { TorchError } from '../base/errors.js';
import { findLoss } from '../losses/catalogue.js';
import type { AnyLossRow } from '../loss/row.js';
import type { Device } from '../base/types.js';
import { decode } from './wire/bits.js';
import { type CaseTensor, type CaseValue, isCaseTensor, isCaseTensors, type ParityCase } from './cases/cases.js';
import type { PlainTensor } from './wire/plain_tensor.js';
import { runCase, type SideError, type SideResult } from './sides/own.js';
import type { Peer } from './sides/peer.js';
import type { Frame, FrameTensor, Framework } from './wire/protocol.js';

/** Options of a live comparison. */
export interface LiveOptions {
  readonly framework: Framework;
  /** Starts a child process; called again if a call crashed the previous one, or cost it its device. */
  readonly start: () => Promise<Peer>;
  readonly device?: Device;
  /** The folder in which the child records the calls. */
  readonly record?: string;
  /** Called if the calls cannot be recorded. */
  readonly onRecordError: (error: TorchError) => void;
}

/** The number of cases sent ahead, so that neither side waits. */
const AHEAD = 16;

/**
 * Makes the calls on both sides and judges each case, in order. If a call crashes the child, for example by a division
 * by zero in a kernel, the crash is its result. If it costs the child its CUDA device, as a class index out of range does,
 * that is its result, and the next calls are made by a new child.
 *
 * @throws TorchError with code `ERR_PEER` if the child fails in any other way
 */
export async function* compareLive(cases: Iterable<ParityCase>, options: LiveOptions): AsyncGenerator<LiveResult> {
  const { framework, start, device, record, onRecordError } = options;
  let peer = await start();
  const waiting: { given: ParityCase; answer: Promise<Frame> }[] = [];
  try {
    for (const given of cases) {
      waiting.push({ given, answer: ask(given) });
      if (waiting.length > AHEAD) yield await next();
    }
    while (waiting.length > 0) yield await next();
    if (record !== undefined) {
      const { head } = await peer.ask({ head: { type: 'save', folder: record }, tensors: [] });
      if (head['type'] === 'unsaved') onRecordError(new TorchError('ERR_FILE_WRITE', `${record}: ${head['reason']}`));
    }
  } finally {
    await peer.stop();
  }

  function ask(given: ParityCase): Promise<Frame> {
    const answer = peer.ask(frameOf(given, record !== undefined));
    // Awaited later; until then a failure must not count as an unhandled rejection.
    answer.catch(() => {});
    return answer;
  }

  async function replacePeer(): Promise<void> {
    await peer.stop();
    peer = await start();
    for (const item of waiting) item.answer = ask(item.given);
  }

  async function next(): Promise<LiveResult> {
    const { given, answer } = waiting.shift() as (typeof waiting)[number];
    const ours = runCase(given, device);
    let theirs: SideResult;
    try {
      theirs = readResult(await answer);
    } catch (error) {
      const signal = peer.crash;
      // Its recordings are lost with it.
      if (signal === undefined || record !== undefined) throw error;
      theirs = {
        error: { type: signal, message: `the call crashed the process with ${signal}` },
        gradients: new Map(),
      };
      await replacePeer();
    }
    if (hasLostDevice(theirs)) {
      if (record !== undefined)
        throw new TorchError(
          'ERR_PEER',
          `${given.id} cost Python its CUDA device, and the recorded calls are lost with it`,
        );
      await replacePeer();
    }
    const row = findLoss(given.loss) as AnyLossRow;
    return { given, ours, theirs, ...judgeCase(given, row, framework, ours, theirs) };
  }
}

/** Whether every later CUDA call of the process fails, too. */
function hasLostDevice({ error, gradError }: SideResult): boolean {
  return [error, gradError].some((failure) => /CUDA error: device-side assert/.test(failure?.message ?? ''));
}

/** A case as a message that refers to its tensors by number. */
function frameOf({ args, kwargs, ...rest }: ParityCase, record: boolean): Frame {
  const tensors: FrameTensor[] = [];
  const encodeValue = (value: CaseValue): unknown => {
    if (isCaseTensors(value)) return value.map(encodeTensor);
    return isCaseTensor(value) ? encodeTensor(value) : value;
  };
  const encodeTensor = ({ dtype, shape, data, requires_grad, strided }: CaseTensor): object => {
    const tensor = tensors.push({ dtype, shape, data }) - 1;
    if (strided === undefined) return { tensor, requires_grad };
    const { storage, strides, offset } = strided;
    const at = tensors.push({ dtype, shape: [storage.length], data: storage }) - 1;
    return { tensor, requires_grad, strided: { storage: at, strides, offset } };
  };
  const lowered = {
    ...rest,
    args: args.map(({ name, value }) => ({ name, value: encodeValue(value) })),
    kwargs: Object.fromEntries(Object.entries(kwargs).map(([name, value]) => [name, encodeValue(value)])),
  };
  return { head: { type: 'run', case: lowered, record }, tensors };
}

function readResult({ head, tensors }: Frame): SideResult {
  const {
    error,
    grad_error,
    gradients: numbers = {},
  } = head as {
    error?: SideError;
    grad_error?: SideError;
    gradients?: Readonly<Record<string, number | null>>;
  };
  const gradients = new Map(
    Object.entries(numbers).map(([name, number]) => [
      name,
      number === null ? null : plain(tensors[number] as FrameTensor),
    ]),
  );
  if (error !== undefined) return { error, gradients };
  return { output: plain(tensors[0] as FrameTensor), gradients, gradError: grad_error };
}

function plain({ dtype, shape, data }: FrameTensor): PlainTensor {
  return { dtype, shape, data: decode({ dtype, shape, data }) };
}
