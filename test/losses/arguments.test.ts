import { describe, expect, it } from 'vitest';
import { ArgumentRangeError, ArgumentTypeError, type Tensor, TorchError, torch } from '../../lib/index.js';
import type { Param } from '../../lib/loss/params.js';
import { behaviour } from '../../lib/addon/versions.js';
import { expectWrong, thrownBy } from '../helpers/errors.js';
import {
  callLoss,
  ENTRIES,
  type Entry,
  hasClasses,
  inputsOf,
  MINDSPORE_ENTRIES,
  MODULES,
  paramOf,
  requiredOf,
} from '../helpers/losses.js';

const { tensor } = torch;

/** One value of every kind that JavaScript has, and how errors name it. */
const VALUES: Readonly<Record<string, readonly [value: unknown, named: string]>> = {
  null: [null, 'null'],
  boolean: [true, 'true'],
  number: [3, '3'],
  fraction: [1.5, '1.5'],
  NaN: [Number.NaN, 'NaN'],
  bigint: [1n, '1n'],
  string: ['x', "'x'"],
  'long string': ['x'.repeat(50), `'${'x'.repeat(40)}…'`],
  symbol: [Symbol('s'), 'Symbol(s)'],
  object: [{}, 'an object'],
  array: [[1.5], 'an array of length 1'],
  'typed array': [new Float32Array(2), 'a Float32Array'],
  function: [() => 1, 'a function'],
};
const one = tensor(1);

/** The kinds of values that a parameter takes or leaves to LibTorch to check. */
const ALLOWED: Readonly<Record<Param['kind'], readonly string[]>> = {
  tensor: ['null', 'tensor'],
  tensors: ['null', 'array'],
  reduction: [],
  integer: ['number'],
  real: ['number', 'fraction', 'NaN'],
  boolean: ['boolean'],
  function: ['null', 'function'],
  object: ['null'],
  word: ['null', 'function', 'string', 'long string'],
};
const EXPECTED: Readonly<Record<Exclude<Param['kind'], 'reduction'>, string>> = {
  tensor: 'a Tensor or null',
  tensors: 'an array of three tensors or null',
  integer: 'an integer',
  real: 'a number',
  boolean: 'a boolean',
  function: 'a function or null',
  object: 'a torch.nn.LinearCrossEntropyOptions or null',
  word: "'softmax', 'logsoftmax', 'relu', 'relu6', 'tanh', 'sigmoid', a function or null",
};

/** Parameters that take more than one kind. */
const WIDER: Readonly<Record<string, { readonly expected: string; readonly allowed: readonly string[] }>> = {
  'linear_cross_entropy.ignore_index': { expected: 'an integer or null', allowed: [...ALLOWED.integer, 'null'] },
  'multilabel_soft_margin_loss.weight': {
    expected: 'a Tensor, a number or null',
    allowed: [...ALLOWED.tensor, ...ALLOWED.real],
  },
  'triplet_margin_loss.margin': {
    expected: 'a number or a 0-dimensional Tensor',
    allowed: [...ALLOWED.real, 'tensor'],
  },
};
/** Losses for which PyTorch throws a TypeError if the reduction is not a string. */
const EXACT = ['multilabel_soft_margin_loss', 'poisson_nll_loss', 'gaussian_nll_loss'];

/** Makes an instance of a class, or calls a function: both must check the options. */
function judgeOptions(loss: Entry, options: unknown): void {
  const { namespace, entry, row } = loss;
  if (hasClasses(namespace)) Reflect.construct(MODULES[namespace][entry.name] as () => unknown, [options]);
  else callLoss(loss, inputsOf(row), options);
}

describe.each([...ENTRIES, ...MINDSPORE_ENTRIES])('tensors of $path', (loss) => {
  const { entry, row } = loss;

  it.each(entry.inputs)('%s is a Tensor', (parameter) => {
    const position = entry.inputs.indexOf(parameter);
    const mayBeArray = parameter.endsWith('_lengths');
    const mayBeNumber = parameter === 'var' && loss.namespace.startsWith('torch');
    for (const [kind, [value, got]] of [...Object.entries(VALUES), ['nothing', [undefined, 'undefined']] as const]) {
      if (mayBeNumber && ALLOWED.real.includes(kind)) continue;
      const expected = mayBeArray && kind === 'array' ? 'a Tensor or an array of integers' : 'a Tensor';
      const call = () => callLoss(loss, (inputsOf(row) as unknown[]).with(position, value));
      expectWrong(call, ArgumentTypeError, { parameter, expected, got });
    }
  });

  it.each(entry.inputs)('%s is alive', (parameter) => {
    const inputs = inputsOf(row);
    inputs[entry.inputs.indexOf(parameter)]?.dispose();
    const details = { parameter, expected: 'a live Tensor', got: 'one that has been disposed', code: 'ERR_DISPOSED' };
    expectWrong(() => callLoss(loss, inputs), TorchError, details);
  });
});

/** Whether the LibTorch in use has a parameter. */
function isKnown(param: Param | undefined): param is Param {
  return param !== undefined && (param.since === undefined || behaviour().elementWeights);
}

/** Those whose tensors among the options may have one dimension. */
const WITH_OPTIONS = [...ENTRIES, ...MINDSPORE_ENTRIES].filter(
  ({ entry }) => entry.options.length > 0 && !entry.options.includes('weights'),
);

describe.each(WITH_OPTIONS)('options of $path', (loss) => {
  const { namespace, entry, row } = loss;
  const params = entry.options.filter((name) => isKnown(paramOf(row, name)));

  it.each(params)('%s', (parameter) => {
    const { kind } = paramOf(row, parameter) as Param;
    const { expected = kind === 'reduction' ? '' : EXPECTED[kind], allowed = ALLOWED[kind] } =
      WIDER[`${row.op}.${parameter}`] ?? {};
    for (const [name, [value, got]] of [...Object.entries(VALUES), ['tensor', [one, 'a Tensor']] as const]) {
      if (allowed.includes(name)) continue;
      const judge = () => judgeOptions(loss, { [parameter]: value });
      if (kind !== 'reduction') {
        expectWrong(judge, ArgumentTypeError, { parameter, expected, got });
        continue;
      }
      const words = row.op === 'kl_div' ? "'none', 'mean', 'sum' or 'batchmean'" : "'none', 'mean' or 'sum'";
      const isType = EXACT.includes(row.op) && namespace.startsWith('torch') && typeof value !== 'string';
      expectWrong(judge, isType ? ArgumentTypeError : ArgumentRangeError, { parameter, expected: words, got });
    }
  });

  it('are live tensors, at the call too', () => {
    for (const parameter of params.filter((name) => paramOf(row, name)?.kind === 'tensor')) {
      const weight = torch.ones([inputsOf(row)[0]?.size(-1) ?? 1]);
      const details = { parameter, expected: 'a live Tensor', got: 'one that has been disposed', code: 'ERR_DISPOSED' };
      const callable = MODULES[namespace][entry.name] as (...args: unknown[]) => unknown;
      const instance = hasClasses(namespace) && Reflect.construct(callable, [{ [parameter]: weight }]);
      weight.dispose();
      expectWrong(() => judgeOptions(loss, { [parameter]: weight }), TorchError, details);
      if (instance) expectWrong(() => instance(...inputsOf(row)), TorchError, details);
    }
  });

  it('are an object', () => {
    const expected = `an object with options of ${entry.name} (${entry.options.join(', ')})`;
    for (const [name, [value, got]] of [...Object.entries(VALUES), ['tensor', [one, 'a Tensor']] as const]) {
      if (name === 'object') continue;
      expectWrong(() => judgeOptions(loss, value), ArgumentTypeError, { parameter: 'options', expected, got });
    }
    expect(() => judgeOptions(loss, new Map())).toThrow(ArgumentTypeError);
    const inheriting = Object.create({ reduction: 'nonsense' });
    expect(() => judgeOptions(loss, inheriting)).toThrow(ArgumentTypeError);
    expect(() => judgeOptions(loss, requiredOf(row))).not.toThrow();
  });

  it('have known names', () => {
    const expected = `one of the options of ${entry.name} (${entry.options.join(', ')})`;
    const inherited = ['toString', 'constructor', '__proto__', 'hasOwnProperty'];
    const foreign = ['size_average', 'reduce', 'log_target', 'p', 'weight'].filter(
      (name) => !entry.options.includes(name),
    );
    for (const parameter of [`${entry.options[0]}s`, 'Reduction', '', ...inherited, ...foreign]) {
      const options = Object.fromEntries([[parameter, undefined]]);
      const details = { parameter, expected, got: `'${parameter}'`, code: 'ERR_UNKNOWN_OPTION' };
      const error = thrownBy(() => judgeOptions(loss, options));
      expect(error).toBeInstanceOf(ArgumentTypeError);
      expect(error).toMatchObject(details);
      const { message } = error as Error;
      const [form, fix] = message.split('; did you mean ');
      expect(form).toBe(`${parameter}: expected ${expected}, got '${parameter}'`);
      if (parameter === `${entry.options[0]}s`) expect(fix).toBe(`'${entry.options[0]}'?`);
      if (inherited.includes(parameter)) expect(fix).toBeUndefined();
    }
  });

  it('come last', () => {
    const call = () => callLoss(loss, [...inputsOf(row), {}, one]);
    expect(thrownBy(call)).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE', parameter: entry.name });
    expect(thrownBy(call)).toBeInstanceOf(TypeError);
  });
});

const WITH_LEGACY = ENTRIES.filter(({ entry }) => entry.options.includes('size_average'));

describe.each(WITH_LEGACY)('old options of $path', (loss) => {
  const { row } = loss;

  it('size_average and reduce are booleans or null', () => {
    for (const parameter of ['size_average', 'reduce']) {
      for (const [name, [value, got]] of Object.entries(VALUES)) {
        if (name === 'null' || name === 'boolean') continue;
        const details = { parameter, expected: 'a boolean or null', got };
        expectWrong(() => judgeOptions(loss, { [parameter]: value }), ArgumentTypeError, details);
      }
    }
  });

  it('size_average and reduce override reduction', () => {
    const lossOf = (options: object) => (callLoss(loss, inputsOf(row), options) as Tensor).tolist();
    const reduced = (reduction: string) => lossOf({ reduction });
    expect(lossOf({ reduction: 'sum', size_average: true })).toEqual(reduced('mean'));
    expect(lossOf({ reduction: 'none', size_average: false })).toEqual(reduced('sum'));
    expect(lossOf({ reduction: 'sum', reduce: false, size_average: true })).toEqual(reduced('none'));
    expect(lossOf({ reduction: 'sum', reduce: null, size_average: null })).toEqual(reduced('sum'));
  });
});

describe('options of newer versions', () => {
  const recent = ENTRIES.flatMap((loss) =>
    loss.entry.options
      .filter((name) => paramOf(loss.row, name)?.since !== undefined)
      .map((parameter) => ({ loss, parameter, path: loss.path })),
  );

  it.each(recent)('$parameter of $path', ({ loss, parameter }) => {
    const inputs = inputsOf(loss.row);
    const call = () => callLoss(loss, inputs, { [parameter]: torch.ones(inputs[0]?.shape as readonly number[]) });
    if (isKnown(paramOf(loss.row, parameter))) expect(call).not.toThrow();
    else expect(thrownBy(call)).toMatchObject({ code: 'ERR_UNKNOWN_OPTION', parameter });
    expect(() => callLoss(loss, inputs, { [parameter]: null })).not.toThrow();
  });
});
