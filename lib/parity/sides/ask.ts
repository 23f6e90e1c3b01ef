/** A single request to Python, answered by a program that then ends: for comparisons without a dialogue. */
import { any, having, string } from '../../base/schema.js';
import { check, parseJson } from '../../files/json.js';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { libtorch } from '../../addon/native.js';
import { checkOptions, listOf } from '../../addon/arguments.js';
import { invalidType, invalidValue, TorchError } from '../../base/errors.js';
import { PACKAGE_ROOT } from '../../libtorch/places.js';
import { interpreters } from './peer.js';

const MOST_OUTPUT = 2 ** 30;
const MOST_CASES = 2 ** 20;

/** How calls are compared by {@link askPython}. */
export interface AskOptions {
  readonly python?: readonly string[] | undefined;
  /** How many cases. */
  readonly cases?: number | undefined;
  /** Another seed gives other cases. */
  readonly seed?: number | undefined;
}

/** Checks the options, each read once. */
export function readAskOptions(options: AskOptions): AskOptions {
  checkOptions(options, ['python', 'cases', 'seed']);
  const { python, cases, seed } = options;
  if (cases !== undefined && !(Number.isInteger(cases) && cases >= 0 && cases <= MOST_CASES))
    throw invalidValue('cases', `an integer from 0 to ${MOST_CASES}`, cases);
  if (seed !== undefined && !Number.isSafeInteger(seed)) throw invalidValue('seed', 'an integer', seed);
  if (python === undefined) return { cases, seed };
  const list = listOf(python, 'python', 'an array of paths');
  const wrong = list.findIndex((item) => typeof item !== 'string' || item === '' || item.includes('\0'));
  if (wrong >= 0) throw invalidType(`python[${wrong}]`, 'a path', list[wrong]);
  return { python: list as string[], cases, seed };
}

/**
 * Runs a Python program of this folder with the first interpreter that has the PyTorch of the LibTorch in use.
 *
 * @param program - the name of its file
 * @param request - its input, as JSON; `threads` is the number of threads it may use
 * @param python - the interpreters to try. Default: those found on the system
 * @returns its output after the greeting, one JSON value per line
 * @throws TorchError with code `ERR_PEER` if no interpreter has that PyTorch
 */
export function askPython(
  program: 'operators.py' | 'training.py',
  request: { readonly threads: number },
  python: readonly string[] = interpreters('pytorch', libtorch().root),
): unknown[] {
  const { minor, version: own } = libtorch();
  const threads = `${request.threads}`;
  const problems: string[] = [];
  for (const interpreter of python) {
    const { stdout, stderr, status, error } = spawnSync(
      interpreter,
      [join(PACKAGE_ROOT, 'lib', 'parity', 'sides', program)],
      {
        input: JSON.stringify(request),
        maxBuffer: MOST_OUTPUT,
        encoding: 'utf8',
        env: { ...process.env, OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads },
      },
    );
    if (status !== 0) {
      problems.push(`${interpreter}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
      continue;
    }
    const lines = stdout.trim().split('\n');
    const [greeting, ...answers] = lines.map((line, at) => parseJson(line, `${interpreter}: line ${at + 1}`, any));
    const { version } = check(greeting, interpreter, having({ version: string }, 'a greeting'));
    if (version.split('.', 2).join('.') === minor) return answers;
    problems.push(`${interpreter}: it has PyTorch ${version}, and the LibTorch in use is ${own}`);
  }
  throw new TorchError('ERR_PEER', `no Python with PyTorch ${minor} was found.\n${problems.join('\n')}`);
}
