import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Tensor, torch } from '../../lib/index.js';
import { libtorch, native } from '../../lib/addon/native.js';
import { dispatch, prepare } from '../../lib/tensor/dispatch.js';
import { wrap } from '../../lib/tensor/results.js';
import { DIRECT } from '../../lib/tensor/surface/direct.js';
import { PROPERTIES, ROWS } from '../../lib/tensor/surface/rows.js';
import { LEFT_OUT, type Overload, reasonFor, type SpecName } from '../helpers/left_out.js';
// @ts-expect-error: a script, which has no types
import { namesPage } from '../../scripts/names/page.mjs';
// @ts-expect-error: a script, which has no types
import { surfaceFiles } from '../../scripts/surface/files.mjs';

interface Spec {
  readonly names: readonly SpecName[];
  readonly schemas: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
}

const spec = JSON.parse(
  gunzipSync(readFileSync(new URL('../fixtures/spec/operators.json.gz', import.meta.url))).toString(),
) as Spec;
const { version } = libtorch();
const recorded = version.startsWith('2.13') ? '2.13.0' : version.startsWith('1.13') ? '1.13.1' : undefined;

/** The names that torchloss has in a namespace. */
function has({ namespace, name }: { readonly namespace: string; readonly name: string }): boolean {
  if (namespace === 'Tensor') return name in Tensor.prototype;
  let holder: unknown = torch;
  for (const part of namespace.split('.').slice(1)) holder = Reflect.get(holder as object, part);
  if (/\.(Module|Optimizer|Generator)$/.test(namespace)) return name in (holder as { prototype: object }).prototype;
  return Object.hasOwn(holder as object, name);
}

/** The operators of all rows, without deprecated argument orders. */
const operators = [...Object.values(ROWS), PROPERTIES]
  .flatMap((rows) => Object.values(rows) as string[])
  .flatMap((row) => row.split(' '))
  .map((operator) => operator.replace(/\(.*/, ''));

describe('the surface', () => {
  it('is what the generator writes', () => {
    for (const [file, text] of Object.entries(surfaceFiles() as Record<string, string>)) {
      expect(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'), file).toBe(text);
    }
  });

  it.runIf(recorded !== undefined)('matches the schemas of the specification', () => {
    for (const operator of new Set(operators)) {
      const wanted = spec.schemas[`aten::${operator}`]?.[recorded as string];
      if (wanted == null) continue;
      const [found] = native().operator_schemas(`aten::${operator.includes('.') ? operator : `${operator}.default`}`);
      expect(normal(found as string), operator).toBe(normal(wanted));
    }
  });

  it("has Python's argument names, in its order, and its fields", () => {
    for (const entry of spec.names) {
      for (const overload of entry.overloads ?? []) {
        for (const operator of overload.aten ?? []) checkOverload(entry, overload, operator);
      }
    }
  });

  it('has hundreds of names, and a reason for each missing one', () => {
    const callable = spec.names.filter(({ kind }) => ['method', 'function', 'property'].includes(kind));
    const missing = callable.filter((entry) => !has(entry));
    expect(callable.length - missing.length).toBeGreaterThan(1200);
    const unexplained = missing.filter((entry) => reasonFor(entry) === undefined);
    expect(unexplained.map(({ namespace, name }) => `${namespace}.${name}`)).toEqual([]);
  });

  it('matches the guide to the names, which has a reason for each missing one', () => {
    const page = namesPage(torch, Tensor) as string;
    expect(page).not.toContain('| no reason |');
    expect(readFileSync(new URL('../../docs/guides/pytorch_names.md', import.meta.url), 'utf8')).toBe(page);
  });

  it('lists nothing as left out that exists', () => {
    const there = Object.keys(LEFT_OUT).filter((path) => {
      const dot = path.lastIndexOf('.');
      return has({ namespace: path.slice(0, dot), name: path.slice(dot + 1) });
    });
    expect(there).toEqual([]);
  });

  it('binds directly what the addon binds directly', () => {
    const names = new Set(Object.keys(native().direct).map((form) => form.split('/')[0] as string));
    expect([...names].sort()).toEqual([...DIRECT].sort());
    expect([...names].filter((name) => !Object.hasOwn(ROWS.Tensor, name))).toEqual([]);
  });

  it('take dimensions and sizes by name as the operator does: bits, gradients, aliases, errors', () => {
    const SIZES: Record<string, readonly number[]> = { permute: [1, 0], repeat: [2, 3], expand: [3, 2, 3] };
    const forms = Object.keys(native().direct).filter((form) => /\/(integer|integers|sizes)$/.test(form));
    expect(forms.length).toBeGreaterThan(15);
    for (const form of forms) {
      const [name, kind] = form.split('/') as [string, string];
      const fitting = kind === 'integers' ? [1, 0] : kind === 'integer' ? [1] : [SIZES[name] ?? [3, 2]];
      const unfit =
        kind === 'integers'
          ? [
              [7, 0],
              [2 ** 40, 0],
              [0.5, 0],
            ]
          : kind === 'integer'
            ? [[7], [2 ** 40], [0.5]]
            : [[[5, 7, 11]], [[0.5]]];
      const calls = [torch.ops.aten[name], Reflect.get(torch, name)] as ((...args: unknown[]) => Tensor)[];
      const boxed = (...args: unknown[]) => wrap(dispatch(`aten::${name}`, prepare(args, undefined))) as Tensor;
      /** What a call gives: its values, its gradient function, and its tensor after a change to the result. */
      const outcome = (call: (...args: unknown[]) => Tensor, requiresGrad: boolean, values: readonly unknown[]) => {
        const leaf = torch.tensor(
          [
            [0.5, 2, -1],
            [3, 0.25, 7],
          ],
          { requires_grad: requiresGrad },
        );
        try {
          const result = call(leaf, ...values);
          const read = [result.detach().tolist(), result.shape, result.stride(), result.grad_fn, result.dtype];
          if (!requiresGrad) result.select(0, 0).zero_();
          return [form, ...read, leaf.detach().tolist()];
        } catch (error) {
          return [form, (error as Error).name, (error as Error).message];
        }
      };
      for (const call of calls.filter((one) => typeof one === 'function')) {
        for (const requiresGrad of [false, true]) {
          expect(outcome(call, requiresGrad, fitting)).toEqual(outcome(boxed, requiresGrad, fitting));
        }
        if (call === calls[0]) {
          for (const values of unfit) expect(outcome(call, false, values)).toEqual(outcome(boxed, false, values));
        }
      }
    }
  });

  it("are called by functions of their name, with the operator's bits", () => {
    const { direct } = native();
    const matrix = torch.tensor([
      [0.5, 2],
      [3, 0.25],
    ]);
    const forms = Object.keys(direct).filter((form) => /^[a-z0-9_]+\/(none|tensor)$/.test(form));
    for (const form of forms) {
      const [name, kind] = form.split('/') as [string, string];
      const given = ['dot', 'mv'].includes(name) ? matrix.select(0, 0) : name === 'bmm' ? matrix.unsqueeze(0) : matrix;
      const first = () => (name === 'mv' ? matrix : given).clone();
      const operands = (self: Tensor) => (kind === 'none' ? [self] : [self, given]);
      const written = first();
      const boxed = dispatch(`aten::${name}`, prepare(operands(written), undefined));
      const wanted = name.endsWith('_') ? written : (wrap(boxed) as Tensor);
      const functions = [torch.ops.aten[name], Reflect.get(torch, name)] as ((...args: Tensor[]) => Tensor)[];
      for (const call of functions.filter((one) => typeof one === 'function')) {
        const self = first();
        const result = call(...operands(self));
        if (name.endsWith('_')) expect(result).toBe(self);
        expect([form, torch.equal(result, wanted)]).toEqual([form, true]);
      }
    }
    expect(forms.length).toBeGreaterThan(60);
  });
});

/** A schema without differences in spelling. */
function normal(schema: string): string {
  return schema
    .replace(/SymInt/g, 'int')
    .replace(/\s+/g, ' ')
    .replace(/=([-\d.]+)\.(?=[,)\s])/g, '=$1');
}

/** Compares the arguments of a Python overload with those of its operator. */
function checkOverload(entry: SpecName, overload: Overload, operator: string): void {
  const schema = spec.schemas[operator]?.['2.13.0'];
  const rows: Readonly<Record<string, Readonly<Record<string, string>>>> = ROWS;
  if (schema == null || overload.deprecated || rows[entry.namespace]?.[entry.name] === undefined) return;
  const own = (/\((.*)\) ->/.exec(schema)?.[1] ?? '')
    .split(', ')
    .filter((part) => part !== '*')
    .map((part) => /(\w+)(=.*)?$/.exec(part)?.[1] as string);
  const places = overload.args.filter(({ kind }) => kind === 'positional_or_keyword');
  const names = places.map(({ name }) => (name === 'input' && !own.includes('input') ? 'self' : name));
  const shared = names.filter((name) => own.includes(name));
  const where = `${entry.namespace}.${entry.name} (${operator})`;
  expect(shared, where).toEqual(own.filter((name) => shared.includes(name)));
  if (overload.fields === undefined) return;
  const returns = /-> \((.*)\)$/
    .exec(schema)?.[1]
    ?.split(', ')
    .map((part) => part.split(' ')[1]);
  expect(returns, where).toEqual(overload.fields);
}
