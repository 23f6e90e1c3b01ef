/**
 * The Python that migrations write, run by the frameworks themselves if they are installed: source and target give the same
 * numbers as the TypeScript. `python3` is tried for both frameworks, and the Python of the LibTorch in use for PyTorch.
 */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import type { Tensor } from '../../lib/index.js';
import { explainMigration } from '../../lib/migration/index.js';
import { interpreters } from '../../lib/parity/sides/peer.js';
import { inputsFor, PAIRS, pythonCall, runWritten, tensorNames, writings } from '../helpers/migrated.js';

/** Evaluates calls in a framework; prints the numbers of each, or its error. */
const PROGRAM = `
import json, sys
jobs = json.load(sys.stdin)
framework = sys.argv[1]
if framework == 'torch':
    import torch
    def make(data, dtype):
        return torch.tensor(data, dtype=getattr(torch, dtype))
else:
    import mindspore
    def make(data, dtype):
        return mindspore.Tensor(data, getattr(mindspore, dtype))
names = {
    'weights': make([0.5, 2, 1.25], 'float32'),
    'elementWeights': make([[0.5, 2, 1.25], [1, 0.75, 3]], 'float32'),
    'weightOfTwo': make([0.5, 2], 'float32'),
    'positives': make([3, 0.25], 'float32'),
    'distance': lambda first, second: (first - second).abs().sum(1),
}
results = []
for job in jobs:
    scope = dict(names)
    scope[framework] = torch if framework == 'torch' else mindspore
    for index, (data, dtype) in enumerate(job['inputs']):
        scope['tensor_%d' % index] = make(data, dtype)
    try:
        result = eval(job['code'], scope)
        result = result[0] if isinstance(result, tuple) else result
        numbers = result.reshape(-1).tolist() if framework == 'torch' else result.asnumpy().reshape(-1).tolist()
        results.append({'numbers': numbers})
    except Exception as error:
        results.append({'error': type(error).__name__ + ': ' + str(error)[:200]})
print('\\n' + json.dumps(results))
`;

interface Job {
  readonly op: string;
  readonly code: string;
  readonly inputs: readonly [data: unknown, dtype: string][];
  readonly expected: readonly number[];
}

/** The distinct Python calls of sources and targets in a framework. */
function jobsFor(framework: 'torch' | 'mindspore'): Job[] {
  const jobs = new Map<string, Job>();
  for (const { op, row, from, to } of PAIRS) {
    const entry = row.namespaces[from] as NonNullable<(typeof row.namespaces)[typeof from]>;
    const inputs = inputsFor(row);
    for (const [options] of writings(row, entry)) {
      const call = pythonCall(`${from}.${entry.name}`, options, tensorNames(inputs));
      const { from: source, to: target } = explainMigration(call, to);
      const numbers = [...runWritten(source.typescript, inputs).to('float64').toTypedArray()] as number[];
      // A migration to the same namespace gives the source itself, rewritten.
      if (!target.namespace.startsWith(framework)) continue;
      const described = inputs.map((tensor) => describeTensor(tensor, framework, op));
      jobs.set(target.python, { op, code: target.python, inputs: described, expected: numbers });
    }
  }
  return [...jobs.values()];
}

/** A tensor's numbers, in the dtype that the framework takes: labels are int32 in MindSpore, except for one loss. */
function describeTensor(tensor: Tensor, framework: string, op: string): [unknown, string] {
  const narrow = framework === 'mindspore' && tensor.dtype === 'int64' && op !== 'multi_margin_loss';
  return [tensor.tolist(), narrow ? 'int32' : tensor.dtype];
}

/** The first interpreter with a framework. */
function findPython(framework: 'torch' | 'mindspore'): string | undefined {
  const candidates = interpreters(framework === 'torch' ? 'pytorch' : 'mindspore', libtorch().root);
  return candidates.find((python) => spawnSync(python, ['-c', `import ${framework}`]).status === 0);
}

describe.each(['torch', 'mindspore'] as const)('in %s', (framework) => {
  const python = findPython(framework);
  it.runIf(python !== undefined)(
    'calls give the numbers of their TypeScript, before and after migration',
    () => {
      const jobs = jobsFor(framework);
      const { stdout, stderr } = spawnSync(python as string, ['-c', PROGRAM, framework], {
        encoding: 'utf8',
        input: JSON.stringify(jobs),
        maxBuffer: 2 ** 26,
      });
      const results = JSON.parse(stdout.trim().split('\n').at(-1) ?? stderr) as {
        numbers?: number[];
        error?: string;
      }[];
      const different: unknown[] = [];
      const failed = new Map<string, Set<string>>();
      for (const [index, { op, code, expected }] of jobs.entries()) {
        const { numbers, error } = results[index] as (typeof results)[number];
        if (numbers === undefined) failed.set(op, (failed.get(op) ?? new Set()).add(error ?? ''));
        else if (numbers.length !== expected.length || numbers.some((value, at) => !isClose(value, expected[at]))) {
          different.push({ code, numbers, expected });
        }
      }
      expect(different).toEqual([]);
      // Calls without a kernel on the CPU, or only with one in newer releases, fail there in both forms.
      for (const errors of failed.values())
        for (const error of errors) expect(error).toMatch(EXPECTED_ERRORS[framework]);
      expect(jobs.length).toBeGreaterThan(130);
      expect(results.filter(({ numbers }) => numbers !== undefined).length / jobs.length).toBeGreaterThan(0.8);
    },
    300_000,
  );
});

const EXPECTED_ERRORS = {
  torch: /^TypeError: .*unexpected keyword argument 'weight'/,
  mindspore: /RuntimeError/,
};

/** Whether two results agree up to the rounding of float32 in another order. */
function isClose(actual: number, expected: number | undefined): boolean {
  if (expected === undefined) return false;
  return Object.is(actual, expected) || Math.abs(actual - expected) <= 2e-4 * Math.abs(expected) + 2e-6;
}
