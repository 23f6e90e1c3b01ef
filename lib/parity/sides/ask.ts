/** One request to Python, answered by a program that ends: for comparisons that need no dialogue. */
import { any, having, string } from '../../base/schema.js';
import { check, parseJson } from '../../files/json.js';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { libtorch } from '../../addon/native.js';
import { TorchError } from '../../base/errors.js';
import { PACKAGE_ROOT } from '../../libtorch/places.js';
import { interpreters } from './peer.js';

const MOST_OUTPUT = 2 ** 30;

/**
 * Runs one of the Python programs of this folder with the first interpreter that has the PyTorch of the LibTorch in use.
 *
 * @param program - the file's name
 * @param request - what it reads, as JSON; `threads` is how many threads it may use
 * @param python - the interpreters to try. Default: those that are found
 * @returns what it writes after its greeting, one JSON value a line
 * @throws TorchError with code `ERR_PEER` where no interpreter has that PyTorch
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
