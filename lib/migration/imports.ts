/** What names of a Python program stand for: its own import statements, and the usual abbreviations. */
import type { Namespace } from '../loss/call_types.js';

/** The dotted paths by the names that a program uses for them. */
export interface Imports {
  readonly names: ReadonlyMap<string, string>;
  /** Modules whose names were all imported, `from torch.nn import *`. */
  readonly stars: readonly string[];
}

/** A module whose losses are known. */
export interface Module {
  readonly namespace: Namespace;
  /** Whether it is `mindspore.mint`, which has the names, orders and defaults of PyTorch. */
  readonly mint?: boolean;
}

/** What programs usually import the modules as. */
const USUAL: Readonly<Record<string, string>> = {
  torch: 'torch',
  th: 'torch',
  nn: 'torch.nn',
  tnn: 'torch.nn',
  functional: 'torch.nn.functional',
  F: 'torch.nn.functional',
  tF: 'torch.nn.functional',
  nnf: 'torch.nn.functional',
  mindspore: 'mindspore',
  ms: 'mindspore',
  msnn: 'mindspore.nn',
  ops: 'mindspore.ops',
  P: 'mindspore.ops.operations',
  mint: 'mindspore.mint',
};

/** Abbreviations that MindSpore's programs use, too. */
export const SHARED_NAMES: ReadonlyMap<string, string> = new Map([
  ['nn', 'mindspore.nn'],
  ['F', 'mindspore.ops'],
  ['functional', 'mindspore.ops'],
]);

const MODULES: ReadonlyMap<string, Module> = new Map([
  ...each(['torch.nn', 'torch.nn.modules', 'torch.nn.modules.loss'], { namespace: 'torch.nn' }),
  ...each(['torch.nn.functional'], { namespace: 'torch.nn.functional' }),
  ...each(['mindspore.nn', 'mindspore.nn.loss', 'mindspore.nn.loss.loss'], { namespace: 'mindspore.nn' }),
  ...each(
    ['', '.functional', '.function', '.function.nn_func', '.operations', '.operations.nn_ops', '.auto_generate'].map(
      (tail) => `mindspore.ops${tail}`,
    ),
    { namespace: 'mindspore.ops' },
  ),
  ...each(['mindspore.mint.nn', 'mindspore.mint.nn.layer'], { namespace: 'torch.nn', mint: true }),
  ...each(['mindspore.mint.nn.functional'], { namespace: 'torch.nn.functional', mint: true }),
]);

function each(paths: readonly string[], module: Module): [string, Module][] {
  return paths.map((path) => [path, module]);
}

export function moduleOf(path: string): Module | undefined {
  return MODULES.get(path);
}

/** A dotted name as Python would see it after the imports. */
export interface Resolved {
  /** The whole path, such as `torch.nn.functional.l1_loss`. */
  readonly path: string;
  /** The abbreviation that was taken as usual, because no import says what it is. */
  readonly assumed?: string;
}

/** What a dotted name stands for; `undefined` if no import and no custom says so. */
export function resolve(name: string, imports: Imports): Resolved | undefined {
  const [root = '', ...rest] = name.split('.');
  const tail = rest.map((part) => `.${part}`).join('');
  const imported = imports.names.get(root);
  if (imported !== undefined) return { path: imported + tail };
  if (rest.length > 0 && Object.hasOwn(USUAL, root)) {
    return { path: USUAL[root] + tail, ...(SHARED_NAMES.has(root) && { assumed: root }) };
  }
  return undefined;
}

/** Whether a name is usually that of one of a framework's modules. */
export function isModuleOf(framework: string, name: string): boolean {
  const paths = [Object.hasOwn(USUAL, name) ? USUAL[name] : undefined, SHARED_NAMES.get(name)];
  return paths.some((path) => path?.split('.')[0] === framework);
}

/** Whether a name means nothing in TypeScript: a module of Python, or the object or class of a method. */
export function isForeign(name: string): boolean {
  return Object.hasOwn(USUAL, name) || ['np', 'numpy', 'math', 'self', 'cls'].includes(name);
}

/** Reads one import statement; `false` for any other line. */
export function readImport(line: string, names: Map<string, string>, stars: string[]): boolean {
  const words = line
    .replaceAll(/#.*/g, '')
    .replaceAll(/\\\r?\n|[()]/g, ' ')
    .trim();
  const plain = /^import\s(.*)$/s.exec(words);
  if (plain !== null) {
    for (const [path, alias] of items(plain[1] as string)) {
      if (alias !== undefined) names.set(alias, path);
      else names.set(path.split('.')[0] as string, path.split('.')[0] as string);
    }
    return true;
  }
  const from = /^from\s+([\w.]+)\s+import\s(.*)$/s.exec(words);
  if (from === null) return false;
  const module = from[1] as string;
  for (const [name, alias] of items(from[2] as string)) {
    if (name === '*') stars.push(module);
    else names.set(alias ?? name, `${module}.${name}`);
  }
  return true;
}

/** The items of an import list, each with the name after `as`. */
function items(list: string): [path: string, alias: string | undefined][] {
  return list
    .split(',')
    .map((item) => item.split(/\s+/).filter((word) => word !== ''))
    .flatMap(([path, as, alias]) => (path === undefined ? [] : [[path, as === 'as' ? alias : undefined]]));
}
