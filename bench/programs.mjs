// The three programs that are compared: how each is prepared and started, and the commands it takes.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { libraryFile } from '../dist/libtorch/locate.js';
import { ROOT, Stop } from '../scripts/root.mjs';

const FOLDER = join(ROOT, 'bench');

/** The command of the C++ program, compiled for this LibTorch if it has changed. */
export function cppProgram({ libDir, includeDirs, version, cxx11Abi }) {
  if (includeDirs.length === 0) throw new Stop('this LibTorch has no headers to compile bench/bench.cpp against');
  const source = join(FOLDER, 'bench.cpp');
  const libraries = ['torch_cpu', 'c10'].map((name) => join(libDir, libraryFile(name)));
  const args = [
    '-O2',
    `-D_GLIBCXX_USE_CXX11_ABI=${cxx11Abi ? 1 : 0}`,
    ...includeDirs.flatMap((folder) => ['-I', folder]),
    ...(process.platform === 'linux' ? ['-Wl,--no-as-needed'] : []),
    ...libraries,
    `-Wl,-rpath,${libDir}`,
  ];
  return [compile(source, args, version)];
}

/** The program of a C++ source of the benchmark, compiled if it or the command has changed. */
export function compile(source, args, version = '') {
  const compiler = process.env.CXX || 'c++';
  const made = createHash('sha256')
    .update(JSON.stringify([compiler, version, args]))
    .update(readFileSync(source));
  const file = join(ROOT, 'build', 'bench', made.digest('hex').slice(0, 16));
  if (existsSync(file)) return file;
  const name = relative(ROOT, source);
  console.error(`Compiling ${name}`);
  mkdirSync(dirname(file), { recursive: true });
  const { status, error } = spawnSync(compiler, ['-std=c++20', source, ...args, '-o', file], { stdio: 'inherit' });
  if (error) throw new Stop(`${compiler} cannot be started (${error.message}); set CXX to a C++20 compiler`);
  if (status !== 0) throw new Stop(`${name} does not compile`);
  return file;
}

/** The command of the Python program: `python`, or the interpreter in a folder above the LibTorch, if any. */
export function pythonProgram({ root }, python) {
  const interpreter =
    python ??
    foldersFrom(root)
      .map((folder) => join(folder, 'bin', 'python3'))
      .find(existsSync);
  return interpreter === undefined ? undefined : [interpreter, join(FOLDER, 'bench.py')];
}

function foldersFrom(folder) {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...foldersFrom(parent)];
}

/** The command of the torchloss program. */
export function nodeProgram(flags = []) {
  return [process.execPath, '--expose-gc', ...flags, join(FOLDER, 'bench.mjs')];
}

/** One of the programs, running. */
export class Program {
  #child;
  #lines;

  /**
   * Starts a program and waits until it is ready.
   *
   * @param {string[]} command
   * @param {{ root: string }} libtorch - the LibTorch it has to run on
   * @param {number} threads - of LibTorch's own
   * @param {Record<string, string>} variables - of its environment, in addition to this process's
   */
  static async start(command, libtorch, threads, variables = {}) {
    const program = new Program(command, libtorch, threads, variables);
    program.greeting = (await program.#line()).split(' ');
    if (program.greeting[0] !== 'ready') throw new Stop(`${command.join(' ')} does not start`);
    return program;
  }

  constructor([file, ...args], { root }, threads, variables) {
    const numbers = { OMP_NUM_THREADS: `${threads}`, MKL_NUM_THREADS: `${threads}` };
    const env = { ...process.env, ...variables, LIBTORCH: root, ...numbers };
    this.#child = spawn(file, args, { cwd: ROOT, env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.on('error', () => {}); // seen as the end of its output
    this.#child.stdin.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.command = [file, ...args].join(' ');
  }

  get pid() {
    return this.#child.pid;
  }

  /** Has the program make a case's tensors in place of the previous ones; returns the loss. */
  async prepare({ name, loss, reduction, tensors }, pass, { rows, columns, steps, batch, length }) {
    const words = [name, loss, reduction, rows, columns, steps, batch, length, ...tensors];
    const line = await this.ask(`prepare ${pass} ${words.join(' ')}`);
    return Number(line);
  }

  /** The nanoseconds that `count` calls take: CPU time of all threads, and wall-clock time. Training also returns a loss. */
  async measure(pass, count) {
    const [cpu, elapsed, loss] = (await this.ask(`run ${pass} ${count}`)).split(' ').map(Number);
    return { cpu, elapsed, loss };
  }

  /** Ends the program. */
  async stop() {
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.stdin.end();
      await ended;
    }
  }

  /** The program's answer to a line. */
  async ask(question) {
    this.#child.stdin.write(`${question}\n`);
    const answer = await this.#line();
    if (answer === '') throw new Stop(`${this.command} failed at: ${question}`);
    return answer;
  }

  async #line() {
    const { value, done } = await this.#lines.next();
    return done ? '' : value;
  }
}

/**
 * Starts the Python program if there is one for this LibTorch.
 *
 * @param {string[] | undefined} command
 * @returns {Promise<{ program?: Program, note?: string }>} the program, or why there is none
 */
export async function startPython(command, libtorch, threads, prefix = []) {
  if (command === undefined) return { note: `no Python: no bin/python3 in or above ${libtorch.root}` };
  let program;
  try {
    program = await Program.start([...prefix, ...command], libtorch, threads);
  } catch (error) {
    if (error instanceof Stop) return { note: `no Python: ${error.message}` };
    throw error;
  }
  const library = program.greeting[1];
  const wanted = realpathSync(join(libtorch.libDir, libraryFile('torch_cpu')));
  if (!library || realpathSync(library) === wanted) return { program };
  await program.stop();
  return { note: `no Python: ${command[0]} has another LibTorch, ${library}` };
}
