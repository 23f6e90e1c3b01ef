// The losses in each library, the usual way and the fastest way found. For a number of threads, a library returns a function
// from a case's data to its ways of computing the loss, or null if it cannot use that many threads in Node.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { encodeModel } from './onnx.mjs';

export const LIBRARIES = {
  async torchloss(threads) {
    const { torch } = await import('../../dist/index.js');
    const { evaluate } = await import('../../dist/evaluate/index.js');
    torch.set_num_threads(threads);
    return (data) => {
      const loss = torch.nn.functional[data.loss];
      const input = torch.tensor(data.input).reshape(data.shape);
      const target = isClasses(data)
        ? torch.tensor(BigInt64Array.from(data.target, BigInt))
        : torch.tensor(data.target).reshape(data.shape);
      const groups = Array.from({ length: data.shape[0] }, (_, row) => row % 16);
      const run = (options) => async () => (await evaluate([loss, data.options], [input, target], options)).loss;
      return {
        evaluate: run({}),
        ...(data.limit && {
          'evaluate with groups': run({ group_by: groups }),
          'evaluate without worst samples': run({ worst: 0 }),
        }),
        [data.loss]: () => loss(input, target, data.options).item(),
      };
    };
  },

  async 'onnxruntime-node'(threads) {
    const { InferenceSession, Tensor } = (await import('onnxruntime-node')).default;
    return async (data) => {
      const [rows] = data.shape;
      const feeds = { input: new Tensor('float32', data.input, data.shape) };
      feeds.target = isClasses(data)
        ? new Tensor('int64', BigInt64Array.from(data.target, BigInt), [rows])
        : new Tensor('float32', data.target, data.shape);
      for (const [name, value] of Object.entries(CONSTANTS)) feeds[name] = new Tensor('float32', [value], [1]);
      const ways = Object.entries(GRAPHS[data.loss]).map(async ([way, nodes]) => {
        const used = Object.entries(feeds).filter(([name]) => nodes.some(({ inputs }) => inputs.includes(name)));
        const inputs = used.map(([name, { type, dims }]) => ({ name, dtype: type, shape: dims }));
        const session = await InferenceSession.create(encodeModel(inputs, nodes), {
          executionProviders: ['cpu'],
          graphOptimizationLevel: 'all',
          intraOpNumThreads: threads,
          interOpNumThreads: 1,
        });
        const own = Object.fromEntries(used);
        const factor = data.options.reduction === 'sum' ? data.input.length : 1;
        return [way, async () => (await session.run(own)).loss.data[0] * factor];
      });
      return Object.fromEntries(await Promise.all(ways));
    };
  },

  async 'tfjs-wasm'(threads) {
    if (threads > 1) return null; // it does not look for workers in Node
    const require = createRequire(import.meta.url);
    const tf = require('@tensorflow/tfjs-core');
    const wasm = require('@tensorflow/tfjs-backend-wasm');
    wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
    await tf.setBackend('wasm');
    const bounded = (input, target) => {
      const size = tf.abs(tf.sub(input, target));
      const near = tf.minimum(size, 1);
      return tf.mul(near, tf.sub(size, tf.mul(near, 0.5)));
    };
    const each = {
      mse_loss: (input, target) => tf.squaredDifference(input, target),
      l1_loss: (input, target) => tf.abs(tf.sub(input, target)),
      smooth_l1_loss: bounded,
      huber_loss: bounded,
      binary_cross_entropy_with_logits: (input, target) => tf.sub(tf.softplus(input), tf.mul(input, target)),
      kl_div: (input, target) => tf.mul(target, tf.sub(tf.log(target), input)),
    };
    return (data) => {
      const [rows, columns] = data.shape;
      const chosen = (input, target) => {
        const starts = tf.range(0, rows * columns, columns, 'int32');
        return tf.gather(tf.reshape(input, [-1]), tf.add(starts, target));
      };
      const ofClasses = {
        nll_loss: { gather: (input, target) => tf.neg(tf.mean(chosen(input, target))) },
        cross_entropy: {
          logSumExp: (input, target) => tf.mean(tf.sub(tf.logSumExp(input, 1), chosen(input, target))),
          'log of softmax': (input, target) => tf.neg(tf.mean(tf.log(chosen(tf.softmax(input), target)))),
        },
      };
      const input = tf.tensor(data.input, data.shape);
      const target = isClasses(data) ? tf.tensor(data.target, [rows], 'int32') : tf.tensor(data.target, data.shape);
      const loss = each[data.loss];
      const ways = ofClasses[data.loss] ?? {
        mean: (input, target) => tf.mean(loss(input, target)),
        'mean of rows': (input, target) => tf.mean(tf.mean(loss(input, target), 1)),
      };
      const factor = data.options.reduction === 'sum' ? data.input.length : 1;
      return mapped(ways, (way) => () => tf.tidy(() => way(input, target).dataSync()[0] * factor));
    };
  },

  async 'jax-js'(threads) {
    if (threads > 1) return null; // its workers are web workers, which Node lacks
    const { init, defaultDevice, jit, numpy: np, nn } = await import('@jax-js/jax');
    await init('wasm');
    defaultDevice('wasm');
    const bounded = (input, target) => {
      const size = np.abs(input.sub(target));
      const near = np.minimum(size.ref, 1);
      return near.ref.mul(size.sub(near.mul(0.5)));
    };
    const each = {
      mse_loss: (input, target) => np.square(input.sub(target)),
      l1_loss: (input, target) => np.abs(input.sub(target)),
      smooth_l1_loss: bounded,
      huber_loss: bounded,
      binary_cross_entropy_with_logits: (input, target) => nn.softplus(input.ref).sub(input.mul(target)),
      kl_div: (input, target) => target.ref.mul(np.log(target).sub(input)),
    };
    return (data) => {
      const [rows] = data.shape;
      const chosen = (input, target) => np.takeAlongAxis(input, target.reshape([rows, 1]), 1).reshape([rows]);
      const ofClasses = {
        nll_loss: { takeAlongAxis: (input, target) => np.mean(chosen(input, target)).neg() },
        cross_entropy: {
          logsumexp: (input, target) => np.mean(nn.logsumexp(input.ref, 1).sub(chosen(input, target))),
          logSoftmax: (input, target) => np.mean(chosen(nn.logSoftmax(input, 1), target)).neg(),
        },
      };
      const loss = each[data.loss];
      const ways = ofClasses[data.loss] ?? {
        mean: (input, target) => np.mean(loss(input, target)),
        'mean of rows': (input, target) => np.mean(np.mean(loss(input, target), 1)),
      };
      const input = np.array(data.input).reshape(data.shape);
      const target = isClasses(data)
        ? np.array(data.target, { dtype: np.int32 })
        : np.array(data.target).reshape(data.shape);
      const factor = data.options.reduction === 'sum' ? data.input.length : 1;
      return mapped(ways, (way) => {
        const compiled = jit(way);
        return async () => (await compiled(input.ref, target.ref).data())[0] * factor;
      });
    };
  },
};

/** An operator of a graph for ONNX. */
const node = (op, inputs, output, attributes = {}) => ({ op, inputs, output, attributes });

/** The mean of the elements that some operators give, at once and by rows. */
function meansOf(...operators) {
  const { output } = operators.at(-1);
  return {
    mean: [...operators, node('ReduceMean', [output], 'loss', { keepdims: 0 })],
    'mean of rows': [
      ...operators,
      node('ReduceMean', [output], 'rows', { axes: [1], keepdims: 0 }),
      node('ReduceMean', ['rows'], 'loss', { keepdims: 0 }),
    ],
  };
}

const DIFFERENCE = node('Sub', ['input', 'target'], 'difference');
const SIZE = [DIFFERENCE, node('Abs', ['difference'], 'size')];
const BOUNDED = meansOf(
  ...SIZE,
  node('Min', ['size', 'one'], 'near'),
  node('Mul', ['near', 'half'], 'half_near'),
  node('Sub', ['size', 'half_near'], 'rest'),
  node('Mul', ['near', 'rest'], 'element'),
);

/** Further inputs of the graphs, of one element. */
const CONSTANTS = { one: 1, half: 0.5 };

/** The graphs for ONNX. */
const GRAPHS = {
  mse_loss: meansOf(DIFFERENCE, node('Mul', ['difference', 'difference'], 'square')),
  l1_loss: meansOf(...SIZE),
  smooth_l1_loss: BOUNDED,
  huber_loss: BOUNDED,
  binary_cross_entropy_with_logits: {
    Softplus: meansOf(
      node('Softplus', ['input'], 'plus'),
      node('Mul', ['input', 'target'], 'product'),
      node('Sub', ['plus', 'product'], 'element'),
    )['mean of rows'],
    'Log of Sigmoid': meansOf(
      node('Sigmoid', ['input'], 'probability'),
      node('Log', ['probability'], 'logarithm'),
      node('Sub', ['one', 'target'], 'rest'),
      node('Mul', ['input', 'rest'], 'product'),
      node('Sub', ['product', 'logarithm'], 'element'),
    )['mean of rows'],
  },
  kl_div: meansOf(
    node('Log', ['target'], 'logarithm'),
    node('Sub', ['logarithm', 'input'], 'difference'),
    node('Mul', ['target', 'difference'], 'element'),
  ),
  nll_loss: { NegativeLogLikelihoodLoss: [node('NegativeLogLikelihoodLoss', ['input', 'target'], 'loss')] },
  cross_entropy: {
    SoftmaxCrossEntropyLoss: [node('SoftmaxCrossEntropyLoss', ['input', 'target'], 'loss', { reduction: 'mean' })],
    LogSoftmax: [
      node('LogSoftmax', ['input'], 'logarithms', { axis: 1 }),
      node('NegativeLogLikelihoodLoss', ['logarithms', 'target'], 'loss'),
    ],
  },
};

function isClasses({ target }) {
  return target instanceof Int32Array;
}

function mapped(ways, change) {
  return Object.fromEntries(Object.entries(ways).map(([way, loss]) => [way, change(loss)]));
}
