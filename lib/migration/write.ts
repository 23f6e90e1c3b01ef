/** Writes values and calls as Python and as TypeScript. */
import type { LossEntry } from '../loss/row.js';
import type { Namespace } from '../loss/call_types.js';
import type { Param } from '../loss/params.js';
import { isForeign } from './imports.js';
import type { Literal, PythonValue } from './python.js';

/** What an argument is in both languages. */
export interface Written {
  readonly python: string;
  readonly typescript: string;
}

/** A parameter's value: what a literal means, or an expression as it was written. */
export interface Value {
  readonly text: string;
  readonly value: PythonValue;
}

/** Expressions that are the same in both languages besides names, their attributes and methods: tensors and numbers. */
const SHARED = [/^torch\.tensor\([[\]\d\s.,eE+-]*\)$/, /^(?!.*(?:\*\*|\/\/))[\d.][\d.\s+\-*/()]*$/];

/** Methods without arguments that tensors have in both languages. */
const METHODS: ReadonlySet<string> = new Set(
  (
    'abs bfloat16 bool clone contiguous cpu cuda detach double exp flatten float half int log long mean neg ' +
    'requires_grad_ sigmoid sign softmax sqrt square squeeze std sum t tanh type var view_as_real'
  ).split(' '),
);

/** Words that are names in Python and none in TypeScript. */
const RESERVED =
  /^(case|catch|const|debugger|default|delete|do|enum|export|extends|function|instanceof|let|new|null|super|switch|this|throw|typeof|var|void|yield)$/;

/** Whether the namespace has classes, which are built with the options and called with the tensors. */
export function hasClasses(namespace: Namespace): boolean {
  return namespace.endsWith('.nn');
}

/** A value that is not written as it was: a literal's. */
export function literal(value: Literal): Value {
  return { text: pythonLiteral(value), value: { kind: 'literal', value } };
}

/** The value of a literal; `undefined` for what is none. */
export function literalOf({ value }: Value): Literal | undefined {
  return value.kind === 'literal' ? value.value : undefined;
}

/**
 * An argument of a tensor, which has a name to be called by in TypeScript where its own means nothing there.
 *
 * @param like - the tensor whose shape a number stands for
 */
export function writeTensor({ text, value }: Value, name: string, namespace: Namespace, like?: Written): Written {
  if (value.kind === 'literal' && like !== undefined) {
    const python = namespace.startsWith('torch') ? text : `mindspore.ops.full_like(${like.python}, ${text})`;
    return { python, typescript: `torch.full_like(${like.typescript}, ${String(value.value)})` };
  }
  if (value.kind !== 'integers') return { python: text, typescript: expression(text, name) };
  const list = `[${value.values.join(', ')}]`;
  // MindSpore takes no list, and wants a tensor for the mean.
  const python = namespace.startsWith('torch') ? text : `mindspore.Tensor(${list}, mindspore.int32)`;
  return { python, typescript: list };
}

/** The value of an option. A number for MindSpore is of the kind, integer or not, that it checks. */
export function writeOption(given: Value, name: string, param: Param, entry: LossEntry, namespace: Namespace): Written {
  const value = literalOf(given);
  if (value === undefined) return { python: given.text, typescript: expression(given.text, name) };
  const typescript = typeof value === 'string' ? `'${value}'` : String(value);
  if (namespace.startsWith('torch') || param.kind !== 'real' || !Number.isFinite(value)) {
    return { python: typeof value === 'string' ? pythonLiteral(value) : given.text, typescript };
  }
  const whole = entry.limits?.[name]?.kind === Number.isInteger;
  const { whole: isWhole } = given.value as { whole?: boolean };
  const python =
    whole === isWhole
      ? given.text
      : whole
        ? String(value)
        : String(value).replace(/^-?\d+$/, (digits) => `${digits}.0`);
  return { python, typescript };
}

/** What an expression is in TypeScript: itself, or the parameter's name where it is Python alone. */
function expression(text: string, name: string): string {
  const written = isShared(text) ? text : name;
  return RESERVED.test(written) ? `${written}_` : written;
}

/** Whether an expression means the same in TypeScript. */
function isShared(text: string): boolean {
  if (SHARED.some((pattern) => pattern.test(text))) return true;
  const [root = '', ...rest] = text.split('.');
  if (!/^[A-Za-z_]\w*$/.test(root)) return false;
  if (rest.length > 0 && isForeign(root)) return false;
  return rest.every((part) => /^[A-Za-z_]\w*$/.test(part) || (part.endsWith('()') && METHODS.has(part.slice(0, -2))));
}

/** A literal in Python. */
export function pythonLiteral(value: Literal): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return `'${value}'`;
  return Number.isFinite(value) ? String(value) : `float('${String(value).replace('Infinity', 'inf').toLowerCase()}')`;
}

/** A call with its tensors and its options; a class is only built where there are none. */
export function writeCall(
  path: string,
  namespace: Namespace,
  inputs: readonly Written[],
  options: readonly (Written & { readonly name: string })[],
): Written {
  const named = options.map(({ name, python }) => `${name}=${python}`);
  const fields = options.map(({ name, typescript }) => (typescript === name ? name : `${name}: ${typescript}`));
  const object = fields.length === 0 ? [] : [`{ ${fields.join(', ')} }`];
  const tensors = {
    python: inputs.map(({ python }) => python),
    typescript: inputs.map(({ typescript }) => typescript),
  };
  if (!hasClasses(namespace)) {
    return {
      python: `${path}(${[...tensors.python, ...named].join(', ')})`,
      typescript: `${path}(${[...tensors.typescript, ...object].join(', ')})`,
    };
  }
  const call = (list: readonly string[]) => (list.length === 0 ? '' : `(${list.join(', ')})`);
  return {
    python: `${path}(${named.join(', ')})${call(tensors.python)}`,
    typescript: `new ${path}(${object.join('')})${call(tensors.typescript)}`,
  };
}
