// Memory that JavaScript and LibTorch share, in a separate process, since a mistake ends it: prints one line of JSON per case.
// The argument is the package.
import { setImmediate } from 'node:timers/promises';

const { torch } = await import(process.argv[2]);
const { aten } = torch.ops;
const { functional: F } = torch.nn;
process.removeAllListeners('warning');
process.on('warning', () => {});

const LARGE = 2 ** 20;

/** The code of what `call` throws, or 'no error'. */
function refused(call) {
  try {
    call();
    return 'no error';
  } catch (error) {
    return `${error.code}: ${error.message.split('\n')[0].slice(0, 60)}`;
  }
}

/** Whether all elements of a view are still those of its tensor, after other memory was returned to the system. */
function holds(view, value) {
  torch.empty_cache();
  const others = Array.from({ length: 4 }, () => torch.full([LARGE], 7));
  const same = view.every((element) => element === value);
  for (const other of others) other.dispose();
  return same;
}

const exported = (change) => () => {
  const x = torch.ones([LARGE]);
  const view = x.toTypedArray({ copy: false });
  const error = refused(() => change(x, view));
  return { error, holds: holds(view, 1), shape: x.shape, sum: x.numel() === LARGE ? x.sum().item() : x.numel() };
};

/** The gradients of a loss with labels that are overwritten before the backward pass, and with unchanged labels. */
async function gradients(call, input, labels, isAsync) {
  const values = torch.randn(input);
  const count = labels.reduce((product, size) => product * size, 1);
  const array = BigInt64Array.from({ length: count }, (_, index) => BigInt((index % 2) + 1));
  const gradient = async (targets, between) => {
    const leaf = values.clone().requires_grad_();
    const loss = await call(leaf, targets);
    between();
    if (isAsync) await loss.backwardAsync();
    else loss.backward();
    return [...leaf.grad.toTypedArray()].join();
  };
  const right = await gradient(torch.tensor(array, { shape: labels }), () => {});
  const shared = torch.frombuffer(array).reshape(labels);
  const fixed = await gradient(shared, () => array.fill(10n ** 12n));
  array.set(Array.from({ length: count }, (_, index) => BigInt((index % 2) + 1)));
  // Memory that becomes shared only after the loss was computed.
  const later = torch.tensor(array, { shape: labels });
  const exposed = await gradient(later, () => later.toTypedArray({ copy: false }).fill(10n ** 12n));
  const resized = torch.tensor(array, { shape: labels });
  const replaced = await gradient(resized, () => aten.set_(resized, torch.tensor([10n ** 12n])));
  return [fixed === right, exposed === right, replaced === right];
}

const lengths = (length) => torch.tensor([length, length], { dtype: 'int64' });
const ctc = (call) => (input, labels) => call(aten.log_softmax(input, -1), labels, lengths(5), lengths(2));
const LABELLED = {
  ctc_loss: [[5, 2, 4], [2, 2], ctc(F.ctc_loss), ctc(F.ctc_loss.async)],
  cross_entropy: [[3, 4], [3], F.cross_entropy, F.cross_entropy.async],
  nll_loss: [[3, 4], [3], F.nll_loss, F.nll_loss.async],
  nll_loss2d: [[2, 4, 2, 2], [2, 2, 2], F.nll_loss, F.nll_loss.async],
  'nll_loss without reduction': [
    [3, 4],
    [3],
    (...args) => F.nll_loss(...args, { reduction: 'none' }).sum(),
    async (...args) => (await F.nll_loss.async(...args, { reduction: 'none' })).sum(),
  ],
  'cross_entropy, smoothed': [
    [3, 4],
    [3],
    (...args) => F.cross_entropy(...args, { label_smoothing: 0.1 }),
    (...args) => F.cross_entropy.async(...args, { label_smoothing: 0.1 }),
  ],
  multi_margin_loss: [[3, 4], [3], F.multi_margin_loss, F.multi_margin_loss.async],
  multilabel_margin_loss: [[3, 4], [3, 4], F.multilabel_margin_loss, F.multilabel_margin_loss.async],
  'aten.ctc_loss': [[5, 2, 4], [2, 2], ctc(aten.ctc_loss)],
  'aten.ctc_loss of lists': [
    [5, 2, 4],
    [2, 2],
    (input, labels) => aten.ctc_loss.IntList(aten.log_softmax(input, -1), labels, [5, 5], [2, 2]),
  ],
  'aten.nll_loss_nd': [[3, 4], [3], aten.nll_loss_nd],
  'aten.nll_loss without reduction': [[3, 4], [3], (...args) => aten.nll_loss(...args, { reduction: 0 }).sum()],
  'aten.nll_loss2d': [[2, 4, 2, 2], [2, 2, 2], aten.nll_loss2d],
  'aten.cross_entropy_loss': [[3, 4], [3], aten.cross_entropy_loss],
  'aten.multi_margin_loss': [[3, 4], [3], aten.multi_margin_loss],
  'aten.multilabel_margin_loss': [[3, 4], [3, 4], aten.multilabel_margin_loss],
};

const CASES = {
  'resize_ of a tensor with a view': exported((x) => aten.resize_(x, [4 * LARGE])),
  'resize_ of its detached tensor': exported((x) => aten.resize_(x.detach(), [4 * LARGE])),
  'resize_ of a part of it': exported((x) => aten.resize_(aten.narrow(x, 0, 1, 5), [4 * LARGE])),
  'resize_ to less': exported((x) => aten.resize_(x, [5])),
  'out= with more': exported((x) => aten.add(torch.ones([4 * LARGE]), 1, { out: x })),
  'set_ to another tensor': exported((x) => aten.set_(x, torch.zeros([5]))),
  'set_ to nothing': exported((x) => aten.set_(x)),
  'disposing of it': () => {
    const x = torch.ones([LARGE]);
    const view = x.toTypedArray({ copy: false });
    const other = x.detach();
    x.dispose();
    aten.set_(other);
    return { holds: holds(view, 1), shape: other.shape };
  },
  'writing to a lazy clone': () => {
    const x = torch.ones([LARGE]);
    const view = x.toTypedArray({ copy: false });
    const error = refused(() => {
      const clone = aten._lazy_clone(x);
      aten.add_(x, 1);
      clone.dispose();
    });
    // LibTorch before 2.1 does not have it.
    return { failed: error !== 'no error', holds: holds(view, 1) };
  },
  'out= larger than the memory of frombuffer': () => {
    const data = new Float32Array(10);
    const tensor = torch.frombuffer(data);
    const error = refused(() => aten.add(torch.ones([1000]), 1, { out: tensor }));
    aten.fill_(tensor, 1);
    return { error, shape: tensor.shape, sum: data.reduce((sum, value) => sum + value, 0) };
  },
  'out= of two results': () => {
    const [values, indices] = [torch.frombuffer(new Float32Array(2)), torch.frombuffer(new BigInt64Array(2))];
    const error = refused(() => aten.sort(torch.rand([50]), { values, indices }));
    return { failed: error !== 'no error', shapes: [values.shape, indices.shape] };
  },
  'resize_ to more memory than there is': () => {
    const x = torch.ones([2, 2]);
    const error = refused(() => aten.resize_(x, [2 ** 36]));
    return { error: error.slice(0, 17), shape: x.shape, sum: x.sum().item() };
  },
  'set_ to more memory than there is': () => {
    const x = torch.ones([2, 2]);
    const error = refused(() => aten.set_(x, torch.frombuffer(new Float32Array(3)), 1, [5], [1]));
    return { failed: error !== 'no error', shape: x.shape, sum: x.sum().item() };
  },
  'a list of results': () => {
    const [first, second] = [torch.ones([1]), torch.frombuffer(new Float32Array(1))];
    const error = refused(() => aten.unbind_copy(torch.rand([2, 5]), 0, { out: [first, second] }));
    return { failed: error !== 'no error', shapes: [first.shape, second.shape] };
  },
  'sizes beyond the memory': () => {
    const x = torch.ones([4]);
    return [refused(() => aten._reshape_alias(x, [1000], [1])).slice(0, 29), x.sum().item()];
  },
};
for (const [name, [input, labels, call, later]] of Object.entries(LABELLED)) {
  CASES[`labels of ${name}`] = () => gradients(call, input, labels, false);
  if (later !== undefined) CASES[`labels of ${name} on a lane`] = () => gradients(later, input, labels, true);
}

for (const [name, run] of Object.entries(CASES)) {
  const result = await (async () => run())();
  console.log(JSON.stringify({ [name]: result }));
}

// Labels that change repeatedly while a lane reads them; any result is fine.
const array = new BigInt64Array(64 * 8);
const targets = torch.frombuffer(array).reshape([64, 8]);
const input = torch.randn([64, 8], { requires_grad: true });
const probabilities = torch.randn([16, 64, 8], { requires_grad: true });
const perSample = (length) => torch.full([64], length, { dtype: 'int64' });
for (let round = 0; round < 60; round++) {
  array.fill(1n);
  const losses = [
    F.multilabel_margin_loss.async(input, targets),
    F.ctc_loss.async(probabilities, targets, perSample(16), perSample(8)),
  ];
  for (let turn = 0; turn < 50; turn++) array.fill(turn % 2 === 0 ? 10n ** 12n : 1n);
  for (const { status, value } of await Promise.allSettled(losses)) {
    if (status === 'fulfilled') await value.sum().backwardAsync();
  }
  if (round % 10 === 0) await setImmediate();
}
console.log('done');
