/** Losses of whole data sets on a device, and their gradients. */
import { describe, expect, it } from 'vitest';
import { evaluate, type Evaluation, type LossChoice, valueAndGrad } from '../../lib/evaluate/index.js';
import type { Tensor } from '../../lib/tensor/tensor.js';
import * as torch from '../../lib/torch/index.js';
import { rejected } from '../helpers/recorded.js';
import { expectAlive, expectClose, gpu, KERNELS } from './machine.js';

const F = torch.nn.functional;

const ROWS = 1000;
const scores = () => torch.randn([ROWS, 7]).log_softmax({ dim: 1 });
const classes = () => torch.randint(0, 7, [ROWS]);
const shares = () => torch.rand([ROWS, 7]).softmax({ dim: 1 });

/** Losses with a batch of each. */
const BATCHES: Readonly<Record<string, () => [LossChoice, Tensor[]]>> = {
  cross_entropy: () => [F.cross_entropy, [scores(), classes()]],
  'cross_entropy with weights, smoothing and an ignored class': () => [
    [F.cross_entropy, { weight: torch.rand([7]), label_smoothing: 0.1, ignore_index: 3 }],
    [scores(), classes()],
  ],
  'an instance with weights': () => [new torch.nn.NLLLoss({ weight: torch.rand([7]) }), [scores(), classes()]],
  'an instance with the weights of positives': () => [
    new torch.nn.BCEWithLogitsLoss({ pos_weight: torch.rand([7]) }),
    [scores(), shares()],
  ],
  mse_loss: () => [F.mse_loss, [scores(), shares()]],
  'mse_loss of wide samples': () => [F.mse_loss, [torch.randn([3, 2 ** 17]), torch.randn([3, 2 ** 17])]],
  kl_div: () => [
    [F.kl_div, { reduction: 'batchmean' }],
    [scores(), shares()],
  ],
  binary_cross_entropy_with_logits: () => [F.binary_cross_entropy_with_logits, [scores(), shares()]],
  gaussian_nll_loss: () => [F.gaussian_nll_loss, [scores(), shares(), torch.rand([ROWS, 1]).add(0.1)]],
  cosine_embedding_loss: () => [F.cosine_embedding_loss, [scores(), shares(), torch.ones([ROWS])]],
  triplet_margin_loss: () => [F.triplet_margin_loss, [scores(), shares(), scores()]],
  multi_margin_loss: () => [F.multi_margin_loss, [scores(), classes()]],
  ctc_loss: () => [
    F.ctc_loss,
    [
      torch.randn([9, 4, 5]).log_softmax({ dim: 2 }),
      torch.randint(1, 5, [4, 3]),
      torch.tensor([9n, 8n, 9n, 7n]),
      torch.tensor([3n, 2n, 1n, 3n]),
    ],
  ],
};

describe('whole data sets', () => {
  it.each(Object.keys(BATCHES))('%s: from either place', async (name) => {
    const [loss, inputs] = (BATCHES[name] as (typeof BATCHES)[string])();
    const expected = await evaluate(loss, inputs);
    const expectSame = (actual: Evaluation) => {
      expect(actual.samples).toBe(expected.samples);
      if (KERNELS) expect(Math.abs(actual.loss - expected.loss)).toBeLessThanOrEqual(1e-5 * Math.abs(expected.loss));
    };
    const { tensors } = torch.memory();
    expectSame(await evaluate(loss, inputs, { device: 'cuda', batch_size: name === 'ctc_loss' ? undefined : 64 }));
    expectSame(await evaluate(loss, inputs, { device: 'cuda' }));
    expect(torch.memory().tensors).toBeLessThanOrEqual(tensors);
    expectAlive();
  });

  it.each(Object.keys(BATCHES).filter((name) => !name.includes('weight')))('%s: with its gradient', async (name) => {
    const [loss, inputs] = (BATCHES[name] as (typeof BATCHES)[string])();
    const expected = await valueAndGrad(loss, ...inputs);
    const actual = await valueAndGrad(loss, ...inputs.map((input) => gpu(input)));
    expectClose(actual.grad, expected.grad);
    if (KERNELS) expect(actual.value).toBeCloseTo(expected.value, 4);
    expectAlive();
  });

  it('name what is elsewhere', async () => {
    const [input, target] = [gpu(scores()), classes()];
    const error = await rejected(() => evaluate(F.cross_entropy, [input, target]));
    expect(error).toMatchObject({ kind: 'TorchError', code: 'ERR_TORCH' });
    expect(error.message).toBe('batches[0]: target: expected a Tensor on cuda:0, the device of input, got one on cpu');
    expect(await rejected(() => valueAndGrad(F.cross_entropy, input, target))).toMatchObject({
      kind: 'TorchError',
      parameter: 'target',
    });
    const loss = new torch.nn.CrossEntropyLoss({ weight: torch.ones([7]) });
    expect((await rejected(() => evaluate(loss, [input, gpu(target)]))).message).toBe(
      'batches[0]: weight: expected a Tensor on cuda:0, the device of input, got one on cpu',
    );
    expectAlive();
  });

  it('leave an instance as it is when its weights are brought along', async () => {
    const weight = torch.ones([7]);
    const loss = new torch.nn.CrossEntropyLoss({ weight });
    await evaluate(loss, [scores(), classes()], { device: 'cuda' });
    expect([weight.device, weight.disposed, loss(scores(), classes()).device]).toEqual(['cpu', false, 'cpu']);
  });
});
