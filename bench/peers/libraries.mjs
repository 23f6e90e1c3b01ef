// The losses in each library, the usual way and the fastest way found. For a number of threads, a library returns a function
// from a case's data to its ways of computing the loss, or null if it cannot use that many threads in Node.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { CLASSES, ROWS } from './data.mjs';
import { encodeModel } from './onnx.mjs';

const SHAPE = [ROWS, CLASSES];

export const LIBRARIES = {
  async torchloss(threads) {
    const { torch } = await import('../../dist/index.js');
    const { evaluate } = await import('../../dist/evaluate/index.js');
    torch.set_num_threads(threads);
    return (name, data) => {
      const loss = torch.nn.functional[name];
      const input = torch.tensor(data.input).reshape(SHAPE);
      const target = isClasses(data)
        ? torch.tensor(BigInt64Array.from(data.target, BigInt))
        : torch.tensor(data.target).reshape(SHAPE);
      return {
        evaluate: async () => (await evaluate(loss, [input, target])).loss,
        [name]: () => loss(input, target).item(),
      };
    };
  },

  async 'onnxruntime-node'(threads) {
    const { InferenceSession, Tensor } = (await import('onnxruntime-node')).default;
    return async (name, data) => {
      const feeds = { input: new Tensor('float32', data.input, SHAPE) };
      feeds.target = isClasses(data)
        ? new Tensor('int64', BigInt64Array.from(data.target, BigInt), [ROWS])
        : new Tensor('float32', data.target, SHAPE);
      const inputs = Object.entries(feeds).map(([name, { type, dims }]) => ({ name, dtype: type, shape: dims }));
      const ways = Object.entries(GRAPHS[name]).map(async ([way, nodes]) => {
        const session = await InferenceSession.create(encodeModel(inputs, nodes), {
          executionProviders: ['cpu'],
          graphOptimizationLevel: 'all',
          intraOpNumThreads: threads,
          interOpNumThreads: 1,
        });
        return [way, async () => (await session.run(feeds)).loss.data[0]];
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
    const chosen = (input, target) => {
      const starts = tf.range(0, ROWS * CLASSES, CLASSES, 'int32');
      return tf.gather(tf.reshape(input, [-1]), tf.add(starts, target));
    };
    const losses = {
      mse_loss: {
        mean: (input, target) => tf.mean(tf.squaredDifference(input, target)),
        'mean of rows': (input, target) => tf.mean(tf.mean(tf.squaredDifference(input, target), 1)),
      },
      cross_entropy: {
        logSumExp: (input, target) => tf.mean(tf.sub(tf.logSumExp(input, 1), chosen(input, target))),
        'log of softmax': (input, target) => tf.neg(tf.mean(tf.log(chosen(tf.softmax(input), target)))),
      },
    };
    return (name, data) => {
      const input = tf.tensor(data.input, SHAPE);
      const target = isClasses(data) ? tf.tensor(data.target, [ROWS], 'int32') : tf.tensor(data.target, SHAPE);
      return mapped(losses[name], (loss) => () => tf.tidy(() => loss(input, target).dataSync()[0]));
    };
  },

  async 'jax-js'(threads) {
    if (threads > 1) return null; // its workers are web workers, which Node lacks
    const { init, defaultDevice, jit, numpy: np, nn } = await import('@jax-js/jax');
    await init('wasm');
    defaultDevice('wasm');
    const square = (input, target) => np.square(input.sub(target));
    const chosen = (input, target) => np.takeAlongAxis(input, target.reshape([ROWS, 1]), 1).reshape([ROWS]);
    const losses = {
      mse_loss: {
        mean: jit((input, target) => np.mean(square(input, target))),
        'mean of rows': jit((input, target) => np.mean(np.mean(square(input, target), 1))),
      },
      cross_entropy: {
        logsumexp: jit((input, target) => np.mean(nn.logsumexp(input.ref, 1).sub(chosen(input, target)))),
        logSoftmax: jit((input, target) => np.mean(chosen(nn.logSoftmax(input, 1), target)).neg()),
      },
    };
    return (name, data) => {
      const input = np.array(data.input).reshape(SHAPE);
      const target = isClasses(data)
        ? np.array(data.target, { dtype: np.int32 })
        : np.array(data.target).reshape(SHAPE);
      return mapped(losses[name], (loss) => async () => (await loss(input.ref, target.ref).data())[0]);
    };
  },
};

const SQUARE = [
  { op: 'Sub', inputs: ['input', 'target'], output: 'difference' },
  { op: 'Mul', inputs: ['difference', 'difference'], output: 'square' },
];
const MEAN = { op: 'ReduceMean', output: 'loss', attributes: { keepdims: 0 } };

/** The graphs for ONNX. */
const GRAPHS = {
  mse_loss: {
    mean: [...SQUARE, { ...MEAN, inputs: ['square'] }],
    'mean of rows': [
      ...SQUARE,
      { ...MEAN, inputs: ['square'], output: 'rows', attributes: { axes: [1], keepdims: 0 } },
      { ...MEAN, inputs: ['rows'] },
    ],
  },
  cross_entropy: {
    SoftmaxCrossEntropyLoss: [
      { op: 'SoftmaxCrossEntropyLoss', inputs: ['input', 'target'], output: 'loss', attributes: { reduction: 'mean' } },
    ],
    LogSoftmax: [
      { op: 'LogSoftmax', inputs: ['input'], output: 'logarithms', attributes: { axis: 1 } },
      { op: 'NegativeLogLikelihoodLoss', inputs: ['logarithms', 'target'], output: 'loss' },
    ],
  },
};

function isClasses({ target }) {
  return target instanceof Int32Array;
}

function mapped(ways, change) {
  return Object.fromEntries(Object.entries(ways).map(([way, loss]) => [way, change(loss)]));
}
