import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { evaluate, valueAndGrad } from '../../lib/evaluate/index.js';
import { type Tensor, torch } from '../../lib/index.js';
import type { AccPolicy, LinearCrossEntropyFields } from '../../lib/losses/linear_cross_entropy_options.js';
import {
  type LinearCrossEntropyCase,
  repeatLinearCrossEntropy,
  replayLinearCrossEntropy,
} from '../../lib/parity/replay/linear_cross_entropy.js';
import { compareVersions } from '../../lib/base/compare_versions.js';
import { thrownBy } from '../helpers/errors.js';
import { findPython } from '../helpers/python.js';
import { warningsOf } from '../helpers/warnings.js';

const { linear_cross_entropy, cross_entropy, linear } = torch.nn.functional;
const { LinearCrossEntropyLoss, LinearCrossEntropyOptions } = torch.nn;
const { version } = libtorch();
const chunked = (fields: LinearCrossEntropyFields = {}) => new LinearCrossEntropyOptions(fields);

const isNewest = compareVersions(version, '2.13.0') >= 0;

describe("linear_cross_entropy gives PyTorch's results", () => {
  test.each(replayLinearCrossEntropy())('$id', ({ passed, error }) => {
    expect({ passed, error }).toEqual({ passed: true, error: undefined });
  });

  const python = findPython();
  if (isNewest && python !== undefined) {
    it('to the last bit, against a live PyTorch', { timeout: 120_000 }, () => {
      const script = join(import.meta.dirname, '..', '..', 'scripts', 'linear_cross_entropy_fixtures.py');
      const { stdout, status } = spawnSync(python, [script, '11', '120'], { encoding: 'utf8', maxBuffer: 2 ** 28 });
      expect(status).toBe(0);
      for (const [at, given] of (JSON.parse(stdout) as LinearCrossEntropyCase[]).entries()) {
        for (const { what, got, expected } of repeatLinearCrossEntropy(given)) {
          expect({ at, options: given.options, [what]: got }).toEqual({ at, options: given.options, [what]: expected });
        }
      }
    });
  }
});

/** A batch in float64, whose tensors require grad. */
function drawn(samples = 13, features = 5, classes = 7) {
  torch.manual_seed(4);
  const randn = (...shape: number[]) => torch.randn(shape).to('float64').requires_grad_() as Tensor;
  const [input, linear_weight, linear_bias] = [randn(samples, features), randn(classes, features), randn(classes)];
  const weight = torch.rand([classes]).to('float64').add(0.1) as Tensor;
  const target = torch.randint(0, classes, [samples]) as Tensor;
  return { input, linear_weight, linear_bias, weight, target };
}

const POLICIES: readonly AccPolicy[] = ['auto', 'accurate', 'balanced', 'compact'];
const close = (got: Tensor, expected: Tensor) => {
  const difference: number = got.sub(expected).abs().max().item();
  expect(difference).toBeLessThanOrEqual(1e-13);
};

describe('in chunks', () => {
  const sizes = [1, 4, 13, 100];
  const cases = POLICIES.flatMap((acc_policy) =>
    sizes.flatMap((batch_chunk_size) =>
      (['mean', 'sum', 'none'] as const).map((reduction) => [acc_policy, batch_chunk_size, reduction] as const),
    ),
  );
  test.each(cases)(
    '%s, %i rows, %s: the same as linear and cross_entropy',
    (acc_policy, batch_chunk_size, reduction) => {
      const results = [null, chunked({ acc_policy, batch_chunk_size })].map((options) => {
        const { input, linear_weight, linear_bias, weight, target } = drawn();
        const loss = linear_cross_entropy(input, linear_weight, target, {
          linear_bias,
          weight,
          reduction,
          ignore_index: 2,
          options,
        }) as Tensor;
        loss.pow(2).sum().backward();
        return [loss, input.grad, linear_weight.grad, linear_bias.grad] as Tensor[];
      });
      const [whole, parts] = results as [Tensor[], Tensor[]];
      for (const [at, expected] of whole.entries()) close(parts[at] as Tensor, expected);
    },
  );

  it('the reference loss is the composition of its two parts', () => {
    const { input, linear_weight, linear_bias, weight, target } = drawn();
    const options = { weight, label_smoothing: 0.1 };
    const expected = cross_entropy(linear(input, linear_weight, linear_bias), target, options);
    const got = linear_cross_entropy(input, linear_weight, target, { linear_bias, ...options });
    expect(got.item()).toBe(expected.item());
  });

  it('a second backward pass needs allow_retain_graph', () => {
    const { input, linear_weight, target } = drawn();
    const lossOf = (options: LinearCrossEntropyFields, reduction: 'mean' | 'none' = 'mean') =>
      linear_cross_entropy(input, linear_weight, target, { reduction, options: chunked(options) }).sum();
    const once = lossOf({});
    once.backward({ retain_graph: true });
    const first = input.grad.clone();
    expect(thrownBy(() => once.backward())).toMatchObject({
      code: 'ERR_TORCH',
      message: expect.stringContaining('allow_retain_graph: true'),
    });
    expect(input.grad.tolist()).toEqual(first.tolist());
    for (const often of [lossOf({ allow_retain_graph: true }), lossOf({}, 'none')]) {
      input.grad = null;
      often.backward({ retain_graph: true });
      const once = input.grad.clone();
      often.backward();
      close(input.grad.div(2), once);
    }
    const twice = lossOf({ allow_retain_graph: true });
    expect(() => torch.autograd.grad(twice, [input], { create_graph: true })).toThrow(/create_graph/);
  });

  it('falls back with a warning if it is impossible', async () => {
    const { input, linear_weight, linear_bias, target } = drawn();
    const options = chunked();
    const images = linear_weight.reshape([7, 1, 5]);
    const probabilities = torch.rand([13, 7]).to('float64') as Tensor;
    const texts = await warningsOf(() => {
      linear_cross_entropy(input, linear_weight, target, { options, label_smoothing: 0.1 });
      linear_cross_entropy(input, linear_weight, probabilities, { options });
      linear_cross_entropy(input, images, target.reshape([13, 1]), {
        options,
        linear_bias: linear_bias.reshape([7, 1]),
      });
    });
    const reasons = ['label_smoothing is not 0', 'target is not int64', 'linear_weight has more than two dimensions'];
    expect(texts).toEqual(
      reasons.map((reason) =>
        expect.stringContaining(`options are ignored, and all logits are in memory at once, since ${reason}.`),
      ),
    );
  });

  it('computes on a lane', async () => {
    const { input, linear_weight, target } = drawn();
    for (const options of [null, chunked({ batch_chunk_size: 3 })]) {
      const loss = await linear_cross_entropy.async(input, linear_weight, target, { options });
      expect(loss.item()).toBe(linear_cross_entropy(input, linear_weight, target, { options }).item());
      input.grad = null;
      loss.backward();
      expect(input.grad).not.toBe(null);
    }
  });

  it('keeps the checked labels for the backward pass', () => {
    const { input, linear_weight, target } = drawn();
    const loss = linear_cross_entropy(input, linear_weight, target, { reduction: 'none', options: chunked() });
    torch.no_grad(() => target.fill_(1000));
    loss.sum().backward();
    expect(input.grad.isfinite().all().item()).toBe(true);
  });
});

describe('errors name the mistake', () => {
  const { input, linear_weight, linear_bias, weight, target } = drawn();
  const other = (...shape: number[]) => torch.zeros(shape).to('float64') as Tensor;
  const cases: [what: string, call: () => unknown, parameter: string][] = [
    ['dimensions', () => linear_cross_entropy(other(2, 2, 5), linear_weight, target), 'input'],
    ['a weight without classes', () => linear_cross_entropy(input, other(5), target), 'linear_weight'],
    ['other features', () => linear_cross_entropy(input, other(7, 4), target), 'linear_weight'],
    [
      'a bias for another number of classes',
      () => linear_cross_entropy(input, linear_weight, target, { linear_bias: other(6) }),
      'linear_bias',
    ],
    ['one sample of images', () => linear_cross_entropy(other(5), other(7, 2, 5), target), 'input'],
    [
      'an ignored class of probabilities',
      () => linear_cross_entropy(input, linear_weight, other(13, 7), { ignore_index: 1 }),
      'ignore_index',
    ],
    [
      'too few labels',
      () => linear_cross_entropy(input, linear_weight, target.narrow(0, 0, 3), { options: chunked() }),
      'target',
    ],
    ['an extra label', () => linear_cross_entropy(other(5), linear_weight, target, { options: chunked() }), 'target'],
    [
      'a class out of range',
      () => linear_cross_entropy(input, linear_weight, target.add(7), { options: chunked() }),
      'target',
    ],
    [
      'too few weights',
      () => linear_cross_entropy(input, linear_weight, target, { weight: weight.narrow(0, 0, 3), options: chunked() }),
      'weight',
    ],
    [
      'sizes that disagree',
      () =>
        linear_cross_entropy(input, linear_weight, target, {
          options: chunked({ batch_chunk_size: 3, chunking_method: 'aspect_ratio' }),
        }),
      'options.batch_chunk_size',
    ],
    [
      'sums in another dtype',
      () => linear_cross_entropy(input, linear_weight, target, { options: chunked({ acc_dtype: 'float32' }) }),
      'options.acc_dtype',
    ],
    ['a policy', () => chunked({ acc_policy: 'fast' as never }), 'acc_policy'],
    ['a method', () => chunked({ chunking_method: 'aspect_ratio:0' }), 'chunking_method'],
    ['a size', () => chunked({ batch_chunk_size: 0 }), 'batch_chunk_size'],
    ['a dtype', () => chunked({ acc_dtype: 'int64' as never }), 'acc_dtype'],
    ['the weights of a module', () => new LinearCrossEntropyLoss(5, 7, { weight: other(6) }), 'weight'],
    ['the smoothing of a module', () => new LinearCrossEntropyLoss(5, 7, { label_smoothing: 2 }), 'label_smoothing'],
  ];
  test.each(cases)('%s', (_, call, parameter) => {
    expect(thrownBy(call)).toMatchObject({ name: 'RangeError', parameter });
  });

  it('show a shape without quotes', () => {
    const { message } = thrownBy(() => new LinearCrossEntropyLoss(5, 7, { weight: other(6) }));
    expect(message).toBe('weight: expected the shape [7], got [6]');
  });

  it('a plain object for options', () => {
    const call = () => linear_cross_entropy(input, linear_weight, target, { linear_bias, options: {} as never });
    expect(thrownBy(call)).toMatchObject({ name: 'TypeError', parameter: 'options' });
  });
});

describe('LinearCrossEntropyOptions', () => {
  it('takes fields by name and by position, and is immutable', () => {
    const options = new LinearCrossEntropyOptions(true, null, 'aspect_ratio:4', 'balanced', torch.float32);
    expect(Object.fromEntries(Object.entries(options))).toEqual({
      allow_retain_graph: true,
      batch_chunk_size: null,
      chunking_method: 'aspect_ratio:4',
      acc_policy: 'balanced',
      acc_dtype: 'float32',
    });
    expect(Object.isFrozen(options)).toBe(true);
    expect(String(options)).toBe(
      "LinearCrossEntropyOptions(allow_retain_graph=True, batch_chunk_size=None, chunking_method='aspect_ratio:4', acc_policy='balanced', acc_dtype=torch.float32)",
    );
  });
});

describe('LinearCrossEntropyLoss', () => {
  it('is a module with a linear layer', () => {
    torch.manual_seed(1);
    const loss = new LinearCrossEntropyLoss(5, 7, { bias: true, weight: torch.rand([7]) as Tensor });
    expect(Object.keys(loss.state_dict())).toEqual(['weight', 'linear.weight', 'linear.bias']);
    expect(String(loss)).toBe(
      'LinearCrossEntropyLoss(\n  (linear): Linear(in_features=5, out_features=7, bias=True)\n)',
    );
    torch.manual_seed(1);
    torch.rand([7]);
    const { weight, bias } = new torch.nn.Linear(5, 7);
    expect(loss.linear.weight.tolist()).toEqual(weight.tolist());
    expect(loss.linear.bias?.tolist()).toEqual(bias?.tolist());
    const [input, target] = [torch.randn([3, 5]), torch.tensor([1n, 6n, 0n])];
    const expected = linear_cross_entropy(input, weight, target, { linear_bias: bias, weight: loss.weight });
    expect(loss(input, target).item()).toBe(expected.item());
    expect(loss.clone()(input, target).item()).toBe(expected.item());
  });

  it('takes images', async () => {
    const loss = new LinearCrossEntropyLoss(5, 10, { out_features: [4, 3], reduction: 'none', bias: true });
    const [input, target] = [torch.randn([2, 5]), torch.randint(0, 10, [2, 4, 3])];
    const output = loss(input, target);
    expect(output.shape).toEqual([2, 4, 3]);
    const logits = loss.linear(input).reshape([2, 10, 4, 3]);
    expect(output.tolist()).toEqual(cross_entropy(logits as Tensor, target as Tensor, { reduction: 'none' }).tolist());
    expect((await loss.async(input, target)).tolist()).toEqual(output.tolist());
    output.sum().backward();
    expect(loss.linear.weight.grad?.shape).toEqual([120, 5]);
  });

  it('takes two arguments by position', () => {
    const Loss = LinearCrossEntropyLoss as unknown as new (...args: unknown[]) => unknown;
    expect(() => new Loss(5, 7, [2])).toThrow(/at most 2 arguments/);
  });

  it('learns', () => {
    torch.manual_seed(2);
    const loss = new LinearCrossEntropyLoss(8, 30, { options: chunked({ batch_chunk_size: 16 }) });
    const optimizer = new torch.optim.SGD(loss.parameters(), { lr: 5 });
    const [input, target] = [torch.randn([64, 8]), torch.randint(0, 30, [64])];
    const losses = Array.from({ length: 30 }, () => {
      optimizer.zero_grad();
      const output = loss(input, target);
      output.backward();
      optimizer.step();
      return output.item();
    });
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 2);
  });
});

describe('evaluate', () => {
  it('evaluates the module in parts, and the function with a weight shared by all samples', async () => {
    torch.manual_seed(3);
    const loss = new LinearCrossEntropyLoss(6, 11, { bias: true, weight: torch.rand([11]) as Tensor, ignore_index: 4 });
    const [input, target] = [torch.randn([37, 6]), torch.randint(0, 11, [37])] as [Tensor, Tensor];
    const whole: number = loss(input, target).item();
    const batches = [0, 10, 25].map((from, at) => ({
      input: input.narrow(0, from, [10, 15, 12][at] as number),
      target: target.narrow(0, from, [10, 15, 12][at] as number),
    }));
    const found = await evaluate(loss, batches);
    expect(found.samples).toBe(37);
    expect(Math.abs(found.loss - whole)).toBeLessThanOrEqual(1e-6 * whole);
    const linear_weight = loss.linear.weight.detach();
    const options = { linear_bias: loss.linear.bias?.detach() as Tensor, weight: loss.weight, ignore_index: 4 };
    const shared = await evaluate(
      [linear_cross_entropy, options],
      batches.map((batch) => ({ ...batch, linear_weight })),
    );
    expect(shared.loss).toBe(found.loss);
    const small = await evaluate([linear_cross_entropy, options], { input, linear_weight, target }, { batch_size: 5 });
    expect(small.loss).toBe(found.loss);
  });

  it('is right when there are as many samples as classes', async () => {
    const { input, linear_weight, target } = drawn(7, 5, 7);
    const found = await evaluate(linear_cross_entropy, { input, linear_weight, target }, { batch_size: 2 });
    const whole: number = linear_cross_entropy(input, linear_weight, target).item();
    expect(Math.abs(found.loss - whole)).toBeLessThanOrEqual(1e-14);
  });

  it('counts no hits, since it has no scores', async () => {
    const { input, linear_weight, target } = drawn();
    const call = evaluate(linear_cross_entropy, { input, linear_weight, target }, { accuracy: true });
    await expect(call).rejects.toMatchObject({ parameter: 'accuracy' });
  });

  it('differentiates with respect to the input', async () => {
    const { input, linear_weight, weight, target } = drawn();
    linear_cross_entropy(input, linear_weight, target, { weight }).backward();
    const own = valueAndGrad([linear_cross_entropy, { weight }], input, linear_weight.detach(), target);
    close((await own).grad, input.grad);
    const call = valueAndGrad(linear_cross_entropy, input, linear_weight, target);
    await expect(call).rejects.toMatchObject({ parameter: 'linear_weight' });
  });
});
