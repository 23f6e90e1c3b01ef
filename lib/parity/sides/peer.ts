/** The Python child process of a comparison: finding, starting, asking and ending it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { TorchError } from '../../base/errors.js';
import { PACKAGE_ROOT } from '../../libtorch/places.js';
import { encodeFrame, type Frame, FrameReader, type Framework, PROTOCOL } from '../wire/protocol.js';

/** The Python program that answers; it needs nothing but PyTorch or MindSpore. */
export const PEER_PROGRAM: string = join(PACKAGE_ROOT, 'lib', 'parity', 'sides', 'peer.py');

/** What a child reports when it has started. */
export interface Greeting {
  /** The framework's version. */
  readonly version: string;
  readonly python: string;
  /** The interpreter. */
  readonly executable: string;
  readonly threads: number;
  /** LibTorch's main library, for PyTorch. */
  readonly library?: string;
}

/** How to start a child. */
export interface PeerOptions {
  /** The number of LibTorch's threads in the child. */
  readonly threads?: number;
  readonly device?: string;
  /** The number of milliseconds to wait for the start, and for each answer. */
  readonly startTimeout?: number;
  readonly timeout?: number;
}

const START_TIMEOUT = 180_000;
const ANSWER_TIMEOUT = 120_000;
/** The maximum length kept of a child's standard error, from the end. */
const KEPT_CHARACTERS = 2000;

/** Signals with which a process ends itself, rather than being killed. */
const CRASHES: readonly string[] = ['SIGFPE', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGABRT'];

interface Waiting {
  resolve(frame: Frame): void;
  reject(error: TorchError): void;
}

/** A running child. Every failure ends in a TorchError `ERR_PEER`, and the process is gone. */
export class Peer implements AsyncDisposable {
  /** Set by {@link Peer.start}. */
  declare readonly greeting: Greeting;
  readonly #child: ChildProcess;
  readonly #reader = new FrameReader();
  readonly #waiting: Waiting[] = [];
  readonly #name: string;
  readonly #timeout: number;
  readonly #closed: Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #printed = '';
  #failure: TorchError | undefined;
  #crash: string | undefined;
  readonly #atExit = (): void => this.#kill();

  /**
   * Starts `python` and waits until it has loaded its framework.
   *
   * @throws TorchError with code `ERR_PEER` if it does not start, lacks the framework, or sends something else
   */
  static async start(python: string, framework: Framework, options: PeerOptions = {}): Promise<Peer> {
    const peer = new Peer(python, framework, options);
    const { head } = await peer.#answer(options.startTimeout ?? START_TIMEOUT);
    const { protocol, error } = head as { protocol?: number; error?: string };
    const problem =
      head.type !== 'hello' || protocol !== PROTOCOL
        ? `it speaks version ${protocol ?? 'none'} of the protocol, and torchloss version ${PROTOCOL}`
        : error;
    if (problem !== undefined) {
      await peer.stop();
      throw new TorchError('ERR_PEER', `${python}: ${problem}`);
    }
    return Object.assign(peer, { greeting: head as unknown as Greeting });
  }

  private constructor(python: string, framework: Framework, { threads, device = 'cpu', timeout }: PeerOptions) {
    this.#name = python;
    this.#timeout = timeout ?? ANSWER_TIMEOUT;
    const count = threads === undefined ? [] : ['--threads', `${threads}`];
    const env = { ...process.env, PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' };
    if (threads !== undefined) Object.assign(env, { OMP_NUM_THREADS: `${threads}`, MKL_NUM_THREADS: `${threads}` });
    this.#child = spawn(python, [PEER_PROGRAM, 'serve', framework, ...count, '--device', device], {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      // Its own process group, so that processes started by a wrapper script end with it.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    const { stdin, stdout, stderr } = this.#child;
    stdout?.on('data', (chunk: Buffer) => this.#read(chunk));
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#printed = (this.#printed + text).slice(-KEPT_CHARACTERS);
    });
    // A broken pipe is noticed as the end of the child.
    stdin?.on('error', () => {});
    this.#child.on('error', (error) => this.#fail(`it cannot be started: ${error.message}`));
    this.#closed = new Promise((resolve) => {
      this.#child.once('close', (code, ended) => {
        const signal = ended ?? signalOf(code);
        process.off('exit', this.#atExit);
        if (this.#failure === undefined && signal !== undefined && CRASHES.includes(signal)) this.#crash = signal;
        this.#fail(signal === undefined ? `it ended with code ${code}` : `it was ended by ${signal}`);
        resolve();
      });
    });
    process.on('exit', this.#atExit);
  }

  /**
   * Sends a message and returns its answer. Several may be pending; answers come in order.
   *
   * @throws TorchError with code `ERR_PEER` if the child ended, sends something else or takes too long
   */
  async ask(frame: Frame): Promise<Frame> {
    if (this.#failure !== undefined) throw this.#failure;
    for (const part of encodeFrame(frame)) this.#child.stdin?.write(part);
    return this.#answer(this.#timeout);
  }

  /** The signal with which the child ended itself during a call, if any. */
  get crash(): string | undefined {
    return this.#crash;
  }

  /** Ends the child and waits until it is gone. */
  async stop(): Promise<void> {
    this.#failure ??= new TorchError('ERR_PEER', `${this.#name}: it was stopped`);
    clearTimeout(this.#timer);
    this.#child.stdin?.end();
    const patience = setTimeout(() => this.#kill(), 2000);
    await this.#closed;
    clearTimeout(patience);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #answer(timeout: number): Promise<Frame> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#waiting.push({ resolve, reject });
      if (this.#waiting.length === 1) this.#watch(timeout);
    });
  }

  #watch(timeout: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fail(`no answer in ${timeout / 1000} seconds`), timeout);
  }

  #read(chunk: Buffer): void {
    if (this.#failure !== undefined) return;
    let frames: Frame[];
    try {
      frames = this.#reader.push(chunk);
    } catch (error) {
      this.#fail((error as Error).message);
      return;
    }
    for (const frame of frames) {
      clearTimeout(this.#timer);
      this.#waiting.shift()?.resolve(frame);
      if (this.#waiting.length > 0) this.#watch(this.#timeout);
    }
  }

  #fail(what: string): void {
    clearTimeout(this.#timer);
    if (this.#failure === undefined) {
      const printed = this.#printed.trim().split('\n').slice(-5).join('\n');
      const more = printed === '' ? '' : `; the last it printed:\n${printed}`;
      this.#failure = new TorchError('ERR_PEER', `${this.#name}: ${what}${more}`);
      this.#kill();
    }
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }

  /** Kills the child and all processes it started. */
  #kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      if (process.platform === 'win32') this.#child.kill('SIGKILL');
      else process.kill(-pid, 'SIGKILL');
    } catch {
      // It is already gone.
    }
  }
}

/** The signal that a shell reports as an exit code above 128. */
function signalOf(code: number | null): string | undefined {
  return Object.entries(constants.signals).find(([, number]) => number + 128 === code)?.[0];
}

/**
 * The interpreters to try for a framework; for PyTorch first the one whose LibTorch is in use.
 *
 * @param root - the LibTorch in use
 */
export function interpreters(framework: Framework, root: string): string[] {
  // Of a Python package, PREFIX/lib/python3.N/site-packages/torch, or of a system, PREFIX; never of a folder that only happens
  // to be above, where others may put programs.
  const prefix =
    /^(.+)[/\\]lib(?:64)?[/\\]python3(?:\.\d+)?[/\\](?:site|dist)-packages[/\\]torch$/.exec(root)?.[1] ?? root;
  const own = join(prefix, 'bin', 'python3');
  return framework === 'pytorch' && existsSync(own) ? [own, 'python3'] : ['python3'];
}
