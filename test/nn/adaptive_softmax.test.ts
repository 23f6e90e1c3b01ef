/** AdaptiveLogSoftmaxWithLoss: against recorded values of PyTorch 2.13 and, bit for bit, a Python that runs beside us. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ArgumentRangeError, type Tensor, torch } from '../../lib/index.js';
import { thrownBy } from '../helpers/errors.js';
import { findPython } from '../helpers/python.js';

interface Recorded {
  readonly seed: number;
  readonly in_features: number;
  readonly n_classes: number;
  readonly cutoffs: readonly number[];
  readonly div_value: number;
  readonly head_bias: boolean;
  readonly rows: number;
  readonly state: Readonly<Record<string, { shape: number[]; sum: number; first: number[] }>>;
  readonly target: readonly number[];
  readonly output: readonly number[];
  readonly loss: number;
  readonly grad: readonly number[];
  readonly log_prob: readonly number[];
  readonly predict: readonly number[];
}

const file = new URL('../fixtures/adaptive_softmax.json', import.meta.url);
const cases = JSON.parse(readFileSync(file, 'utf8')) as readonly Recorded[];

/** The module and the input of a recorded case, drawn from the seed. */
function build({ seed, in_features, n_classes, cutoffs, div_value, head_bias, rows }: Recorded) {
  torch.manual_seed(seed);
  const module = new torch.nn.AdaptiveLogSoftmaxWithLoss(in_features, n_classes, cutoffs, { div_value, head_bias });
  const input = torch.randn([rows, in_features], { requires_grad: true });
  const target = torch.randint(0, n_classes, [rows]);
  return { module, input, target };
}

const numbers = (value: Tensor) => Array.from(value.detach().contiguous().toTypedArray(), Number);

function expectNear(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [at, value] of expected.entries())
    expect(Math.abs((actual[at] as number) - value)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(value)));
}

describe.each(cases)('AdaptiveLogSoftmaxWithLoss($in_features, $n_classes, $cutoffs)', (recorded) => {
  it('has the names and first values of its parameters', () => {
    const state = build(recorded).module.state_dict() as Readonly<Record<string, Tensor>>;
    expect(Object.keys(state)).toEqual(Object.keys(recorded.state));
    for (const [name, { shape, sum, first }] of Object.entries(recorded.state)) {
      const values = state[name] as Tensor;
      expect(values.shape).toEqual(shape);
      expectNear(numbers(values).slice(0, first.length), first);
      expectNear([numbers(values).reduce((total, value) => total + value, 0)], [sum]);
    }
  });

  it('gives the output, the loss, the gradient, log_prob and predict', () => {
    const { module, input, target } = build(recorded);
    expect(numbers(target)).toEqual(recorded.target);
    const { output, loss } = module(input, target);
    expectNear(numbers(output), recorded.output);
    expectNear([loss.item()], [recorded.loss]);
    loss.backward();
    expectNear(numbers(input.grad as Tensor).slice(0, recorded.grad.length), recorded.grad);
    expectNear(numbers(module.log_prob(input)), recorded.log_prob);
    expect(numbers(module.predict(input))).toEqual(recorded.predict);
  });
});

const python = findPython();

it.runIf(python !== undefined)('has the bits of the Python beside us', () => {
  const program = `
import json, sys, torch
torch.set_num_threads(1)
found = []
for case in json.load(sys.stdin):
    torch.manual_seed(case["seed"])
    module = torch.nn.AdaptiveLogSoftmaxWithLoss(case["in_features"], case["n_classes"], case["cutoffs"],
                                                 div_value=case["div_value"], head_bias=case["head_bias"])
    x = torch.randn(case["rows"], case["in_features"], requires_grad=True)
    y = torch.randint(0, case["n_classes"], (case["rows"],))
    output, loss = module(x, y)
    loss.backward()
    results = [*module.state_dict().values(), output, loss, x.grad, module.log_prob(x), module.predict(x)]
    found.append([t.detach().flatten().tolist() for t in results])
print(json.dumps(found))
`;
  const { status, stdout } = spawnSync(python as string, ['-c', program], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  const threads = torch.get_num_threads();
  torch.set_num_threads(1);
  try {
    for (const [at, recorded] of cases.entries()) {
      const { module, input, target } = build(recorded);
      const { output, loss } = module(input, target);
      loss.backward();
      const state = Object.values(module.state_dict() as Readonly<Record<string, Tensor>>);
      const results = [...state, output, loss, input.grad as Tensor, module.log_prob(input), module.predict(input)];
      expect(results.map(numbers)).toEqual((JSON.parse(stdout) as number[][][])[at]);
    }
  } finally {
    torch.set_num_threads(threads);
  }
});

it('names the classes that a target may have', () => {
  const { module, input } = build(cases[1] as Recorded);
  const wrong = thrownBy(() => module(input, torch.tensor([0n, 1n, 2n, 3n, 12n])));
  expect(wrong).toBeInstanceOf(ArgumentRangeError);
  expect(wrong).toMatchObject({ parameter: 'target_', expected: 'classes from 0 to 11', got: '0 to 12' });
});
