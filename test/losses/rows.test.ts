import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../lib/index.js';
import { Loss } from '../../lib/loss/call.js';
import type { AnyLossRow, LossEntry } from '../../lib/loss/row.js';
import { nameIn } from '../../lib/losses/catalogue.js';
import { LOSSES } from '../../lib/losses/index.js';
import type { Namespace } from '../../lib/loss/call_types.js';
import type { Param } from '../../lib/loss/params.js';
import { type Operator, ops } from '../../lib/tensor/operators.js';
import { callLoss, ENTRIES, hasClasses, inputsOf, MODULES, paramOf } from '../helpers/losses.js';
import { SPEC, type SpecChange, type SpecLoss } from '../helpers/spec.js';

const COMPOSED_HEADER = ['composed.h', 'linear_cross_entropy.h']
  .map((file) => readFileSync(join(import.meta.dirname, '..', '..', 'binding', 'losses', file), 'utf8'))
  .join('');
/** Losses without an operator in LibTorch: PyTorch composes them in Python, the addon in C++. */
const COMPOSED = LOSSES.map(({ op }) => op).filter((op) => COMPOSED_HEADER.includes(`at::Tensor ${op}(`));
const LEGACY = ['size_average', 'reduce'];

interface SchemaParameter {
  readonly type: string;
  readonly name: string;
  readonly default: unknown;
}

/** The parameters of the schema `aten::name(Type name=default, ...) -> Tensor`. */
function parametersOf(schema: string): SchemaParameter[] {
  const [, list = ''] = /\((.*)\) -> /.exec(schema) ?? [];
  return list
    .split(', ')
    .filter((part) => part !== '*')
    .map((part) => {
      const [, type = '', name = '', , value] = /^(\S+) (\w+)(=(.*))?$/.exec(part) ?? [];
      return { type, name, default: value === undefined ? undefined : readDefault(value) };
    });
}

function readDefault(value: string): unknown {
  if (value === 'None') return undefined;
  if (value === 'True' || value === 'False') return value === 'True';
  return Number(value);
}

/** The schemas of an operator's overloads. */
function schemasOf(op: string): string[] {
  const operator = ops.aten?.[op] as Operator;
  return operator.schema.split('\n');
}

const KIND_OF_TYPE: Readonly<Record<string, Param['kind']>> = {
  'Tensor?': 'tensor',
  Scalar: 'real',
  int: 'integer',
  SymInt: 'integer',
  float: 'real',
  bool: 'boolean',
};

describe("rows and LibTorch's operators", () => {
  it.each(LOSSES.filter(({ op }) => !COMPOSED.includes(op)))('$op', (row) => {
    // Parameters that the operator lacks are the addon's own.
    const params = Object.entries(row.params).filter(([, param]) => !param.foreign && param.since === undefined);
    const names = params.map(([name]) => name);
    for (const schema of schemasOf(row.op)) {
      const parameters = parametersOf(schema);
      const inputs = parameters.slice(0, parameters.length - names.length);
      const options = parameters.slice(inputs.length);
      expect(options.map(({ name }) => name)).toEqual(names);
      expect(inputs.every(({ type }) => type === 'Tensor' || type === 'int[]')).toBe(true);
      for (const entry of Object.values(row.namespaces)) expect(entry.inputs).toHaveLength(inputs.length);
      for (const [index, [name, param]] of params.entries()) {
        const option = options[index] as SchemaParameter;
        expect(param.kind).toBe(name === 'reduction' ? 'reduction' : KIND_OF_TYPE[option.type]);
        // The schema of poisson_nll_loss has no defaults.
        if (option.default !== undefined) expect({ [name]: param.default }).toEqual({ [name]: option.default });
        if (param.kind === 'tensor') expect(param.default).toBeUndefined();
      }
    }
  });

  it('have an operator unless they are composed', () => {
    expect(COMPOSED).toContain('gaussian_nll_loss');
    for (const op of COMPOSED) {
      expect(() => schemasOf(op)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_OPERATOR' }));
    }
  });
});

/** The loss in the specification, which uses the class names of torch.nn. */
function specOf(row: AnyLossRow): SpecLoss {
  const name = nameIn(row, 'torch.nn');
  const found = SPEC.find((loss) => loss.name === name);
  if (found === undefined) throw new Error(`no loss ${name} in the specification`);
  return found;
}

describe("entries and the frameworks' documents", () => {
  it.each(ENTRIES)('$path', ({ namespace, entry, row, path }) => {
    const spec = specOf(row);
    const parameters = spec.namespaces[namespace]?.parameters ?? [];
    expect(spec.namespaces[namespace]?.name).toBe(path);
    expect(entry.inputs).toEqual(parameters.filter(({ required }) => required).map(({ name }) => name));

    // An option that the call takes too is listed twice.
    const options = parameters.filter(({ required }) => !required);
    const names = [...new Set(options.map(({ name }) => name))];
    const recent = entry.options.filter((name) => paramOf(row, name)?.since !== undefined);
    expect(entry.options).toEqual([...names, ...recent]);
    expect(entry.atCall).toBe(options.length > names.length ? options.at(-1)?.name : undefined);
    const byName = options.filter(({ kind }) => kind === 'keyword-only');
    expect(byName).toHaveLength(entry.keywordOnly ? options.length : 0);
    for (const option of options) {
      expect(option.deprecated ?? false).toBe(LEGACY.includes(option.name));
      expect(option.deprecated ?? false).toBe(!Object.hasOwn(row.params, option.name));
      const shown = entry.defaults?.[option.name] ?? paramOf(row, option.name)?.shownDefault ?? null;
      expect({ [option.name]: shown }).toEqual({ [option.name]: option.default });
    }
    const framework = namespace.startsWith('torch') ? 'torch' : namespace;
    const words = spec.reduction[framework];
    expect(entry.defaults?.reduction ?? row.params.reduction?.shownDefault).toBe(words?.default);
    for (const reduction of ['none', 'mean', 'sum', 'batchmean']) {
      const call = () => callLoss({ namespace, entry, row, path }, inputsOf(row), { reduction });
      if (words?.allowed.includes(reduction)) {
        const [loss] = [call()].flat() as [Tensor];
        if (reduction !== 'none') expect(loss.shape).toEqual([]);
        expect(loss.tolist()).not.toContain(Number.NaN);
      } else expect(call).toThrow(RangeError);
    }
  });

  it.each(LOSSES)('$op is absent from a namespace if the documents lack it', (row) => {
    const spec = specOf(row);
    for (const [namespace, documented] of Object.entries(spec.namespaces)) {
      expect(nameIn(row, namespace as Namespace) !== undefined).toBe(documented !== null);
    }
  });

  it.each(ENTRIES)('$path gives the same with each default written out', (loss) => {
    const { entry, row } = loss;
    const written = Object.entries(row.params)
      .filter(([name]) => entry.options.includes(name))
      .map(([name, param]) => [name, entry.defaults?.[name] ?? param.shownDefault]);
    const inputs = inputsOf(row);
    // In a pair the loss comes first.
    const [without, withAll] = [callLoss(loss, inputs), callLoss(loss, inputs, Object.fromEntries(written))].map(
      (result) => ([result].flat()[0] as Tensor).tolist(),
    );
    expect(withAll).toEqual(without);
  });
});

/** Known differences of MindSpore's numbers, by operator: words of each deviation's `about`. */
const DEVIATIONS: Readonly<Record<string, readonly string[]>> = {
  l1_loss: ['float64', 'integers'],
  mse_loss: ['float64', 'integers'],
  cross_entropy_loss: ['float64 probabilities', 'ignore_index'],
  linear_cross_entropy: [],
  ctc_loss: ['zero_infinity'],
  nll_loss_nd: ['reduction', 'a weight whose length'],
  poisson_nll_loss: ['float64'],
  gaussian_nll_loss: ['negative variance', 'gradient of a variance below eps', 'variances that broadcast'],
  kl_div: ['negative target', 'NaN in the input', 'where the input is -inf', 'logarithm on a GPU', 'batchmean'],
  binary_cross_entropy: ['probability of 0 where the target is 1', 'NaN in the input'],
  binary_cross_entropy_with_logits: ['float16'],
  margin_ranking_loss: ['float64'],
  hinge_embedding_loss: ['neither 1 nor -1'],
  multilabel_margin_loss: ['label below -1 or beyond the classes', 'empty batch'],
  huber_loss: ['float64'],
  smooth_l1_loss: ['beta'],
  soft_margin_loss: ['CPU'],
  multilabel_soft_margin_loss: ['88 in float32', 'float64'],
  cosine_embedding_loss: ['zeros with a target of 1', 'norm 1e-7', 'three dimensions', 'float64'],
  multi_margin_loss: ['out of range', 'a weight whose length', 'empty batch'],
  triplet_margin_loss: ['dimension of the distance', 'numbers of dimensions', 'float64'],
  triplet_margin_with_distance_loss: ['default distance', 'float64'],
};

describe('deviations', () => {
  it.each(LOSSES)('of $op', ({ op, deviations }) => {
    for (const words of DEVIATIONS[op] as readonly string[]) {
      expect(deviations.map(({ about }) => about)).toContainEqual(expect.stringContaining(words));
    }
    expect(new Set(deviations.map(({ about }) => about)).size).toBe(deviations.length);
    for (const { about, torch, mindspore } of deviations) {
      expect([about, torch, mindspore]).not.toContain('');
      expect(torch).not.toBe(mindspore);
    }
  });
});

/** The framework and the first release that a text names: all but one of PyTorch's are after 1.13. */
function releaseOf(text: string): string {
  const [first = ''] = /\d+\.\d+/.exec(text) ?? [];
  if (!text.startsWith('PyTorch')) return `MindSpore ${first}`;
  return first === '1.8' ? 'PyTorch 1.8' : 'PyTorch after 1.13';
}

/** The namespaces that a change in the specification concerns. */
function namespacesOf({ api, version }: SpecChange): string[] {
  const framework = version.startsWith('PyTorch') ? 'torch' : 'mindspore';
  const [named] = /^(torch|mindspore)\.(nn\.functional|nn|ops)(?=$|\.\w+$)/.exec(api) ?? [];
  return named === undefined ? Object.keys(MODULES).filter((name) => name.startsWith(framework)) : [named];
}

/** The words of a change that its note must contain: parameters, dtypes, errors and releases. */
function wordsOf({ change }: SpecChange, names: readonly string[]): string[] {
  const words = change.match(/\d+\.\d+|\w+/g) ?? [];
  const known = /^(b?float\d+|int\d+|\w+Error|\d+\.\d+|\w+_loss|[A-Z]\w+Loss)$/;
  return words.filter((word) => (known.test(word) || names.includes(word)) && !/^(2\.3|1\.13)$/.test(word));
}

describe("versions and the frameworks' documents", () => {
  const unchanged = /^(same signatures?( and defaults)?( as 2\.3\.0)?|signature and defaults unchanged)$/;

  it.each(LOSSES)('$op has a note about each change', (row) => {
    const changes = specOf(row).changed_in.filter(({ change }) => !unchanged.test(change));
    const entries = Object.values(row.namespaces) as readonly LossEntry[];
    const names = ['pos_weight', ...entries.flatMap(({ inputs, options }) => [...inputs, ...options])];
    expect(row.versions.length).toBeGreaterThan(0);
    for (const change of changes) {
      const notes = row.versions.filter(({ releases }) => releaseOf(releases) === releaseOf(change.version));
      expect(notes.flatMap(({ namespaces }) => namespaces)).toEqual(expect.arrayContaining(namespacesOf(change)));
      const text = notes.map(({ note }) => note).join('; ');
      expect(wordsOf(change, names).filter((word) => !text.includes(word))).toEqual([]);
    }
  });

  it.each(LOSSES)('$op has no note about a release that the documents do not mention', (row) => {
    const { changed_in: changes } = specOf(row);
    const releases = changes.map(({ version }) => releaseOf(version));
    for (const note of row.versions) {
      expect(releases).toContain(releaseOf(note.releases));
      expect(note.namespaces.filter((namespace) => !Object.hasOwn(MODULES, namespace))).toEqual([]);
      expect(note.releases).toMatch(/^(MindSpore|PyTorch) /);
    }
  });
});

describe('namespaces', () => {
  it.each(ENTRIES)('$path is exported', ({ namespace, entry }) => {
    const exported = MODULES[namespace][entry.name] as { name: string; prototype: unknown };
    expect(exported.name).toBe(entry.name);
    expect(exported.prototype instanceof Loss).toBe(hasClasses(namespace));
  });

  it.each(Object.entries(MODULES))('%s exports no loss without a row', (namespace, module) => {
    const documented = SPEC.map((loss) => loss.namespaces[namespace as keyof typeof loss.namespaces]?.name);
    const lossLike = Object.keys(module).filter(
      (name) => /loss$|entropy|kl_div/i.test(name) || documented.includes(`${namespace}.${name}`),
    );
    // Two names of one class count once.
    const distinct = lossLike.filter((name) => (module[name] as { name: string }).name === name);
    expect(new Set(lossLike.map((name) => module[name])).size).toBe(distinct.length);
    const rows = ENTRIES.filter((loss) => loss.namespace === namespace).map(({ entry }) => entry.name);
    // Modules with their own parameters, and the options object of one of them.
    const layers =
      namespace === 'torch.nn'
        ? ['AdaptiveLogSoftmaxWithLoss', 'LinearCrossEntropyLoss', 'LinearCrossEntropyOptions']
        : [];
    expect(distinct.toSorted()).toEqual([...rows, ...layers].toSorted());
  });

  it.each(ENTRIES)('$path lists each option once', ({ entry, row }) => {
    expect(new Set(entry.options).size).toBe(entry.options.length);
    expect(entry.options.every((name) => LEGACY.includes(name) || Object.hasOwn(row.params, name))).toBe(true);
  });
});
