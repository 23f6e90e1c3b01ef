// Which of Python's names are bound directly to operators, and to which overloads.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ROOT } from '../root.mjs';
import { COMPOSED, FIRST, HAND_WRITTEN, SIGNATURES } from './by_hand.mjs';

const SPEC = JSON.parse(gunzipSync(readFileSync(join(ROOT, 'test/fixtures/spec/operators.json.gz'))));

/** The namespaces, and the file that each is in. */
export const NAMESPACES = {
  Tensor: 'methods',
  torch: 'torch',
  'torch.nn.functional': 'functional',
  'torch.linalg': 'linalg',
  'torch.special': 'special',
  'torch.fft': 'fft',
};

const GROUPS = ['core', 'random', 'internal'];
/** Names about tensors in coordinates, such as the gradients of sparse embeddings. */
const SPARSE = new Set(['coalesce', 'indices', 'is_coalesced', 'sparse_dim', 'sparse_mask', 'to_sparse', 'values']);
/** Operators of backends with their own libraries. */
const BACKENDS = /^(cudnn|miopen|fbgemm|mkldnn)_|^choose_qparams/;

/** Whether an overload takes named dimensions, which torchloss does not support. */
function hasNamedDimensions(overload) {
  return (
    overload.args.some(({ type }) => /\bstr\b.*ellipsis|list\[str/.test(type ?? '')) ||
    (overload.aten ?? []).some((name) => /imname|\.names|_names|names_/.test(name))
  );
}

/** The name of an operator without its namespace. */
const bare = (operator) => operator.replace(/^aten::/, '');

/** Overloads of a name in Python's order: `add.Tensor`, or `add.Tensor(self,alpha,other)` for a deprecated order. */
function operatorsOf({ namespace, name, overloads }) {
  const names = FIRST[name] === undefined ? [] : [FIRST[name]];
  const deprecated = [];
  for (const overload of overloads) {
    if (!overload.aten || hasNamedDimensions(overload)) continue;
    for (const operator of overload.aten) {
      if (/imname|\.names|Storage/.test(operator)) continue;
      if (!overload.deprecated) names.push(bare(operator));
      else if (!overload.args.some(({ name }) => name === 'out')) {
        const order = overload.args.map(({ name }) => (name === 'input' ? 'self' : name));
        deprecated.push(`${bare(operator)}(${(namespace === 'Tensor' ? ['self', ...order] : order).join(',')})`);
      }
    }
  }
  return [...new Set([...names, ...deprecated])];
}

/** What is generated: for each namespace the names, with their operators and Python's overloads. */
export function generatedNames() {
  const found = [];
  for (const entry of SPEC.names) {
    const { namespace, name, kind, written_in, group, python_only } = entry;
    if (!(namespace in NAMESPACES) || !['method', 'function', 'property'].includes(kind)) continue;
    const isKnown = GROUPS.includes(group) || (namespace === 'Tensor' && SPARSE.has(name));
    if (python_only || !isKnown || BACKENDS.test(name)) continue;
    if (HAND_WRITTEN[namespace]?.has(name) || written_in !== 'native') continue;
    const operators = kind === 'property' ? entry.aten.map(bare) : operatorsOf(entry);
    if (operators.length === 0) continue;
    found.push({
      ...entry,
      operators,
      overloads: entry.overloads.filter(
        (overload) => kind === 'property' || (overload.aten && !hasNamedDimensions(overload)),
      ),
    });
  }
  return found;
}

/** Arguments that only make sense in Python. */
const HIDDEN = ['_stacklevel'];

/** What is composed: for each namespace the names, with their signatures as Python has them. */
export function composedNames() {
  return SPEC.names
    .filter(({ namespace, name, kind }) => kind !== 'property' && COMPOSED[namespace]?.has(name))
    .map((entry) => {
      const overloads = entry.overloads.map((overload) => ({
        ...overload,
        args: overload.args.filter(({ name }) => !HIDDEN.includes(name)),
      }));
      const written = SIGNATURES[`${entry.namespace}.${entry.name}`];
      if (written !== undefined) overloads[0].args = written.split(', ').map(argumentOf);
      const signature = written ?? signatureOf(entry.namespace, overloads[0].args);
      return { ...entry, overloads, signature };
    });
}

function argumentOf(text) {
  const [name, value] = text.split('=');
  const kind = 'positional_or_keyword';
  if (value === undefined) return { name, type: 'Tensor', kind };
  return {
    name,
    type: value === 'None' ? 'int | None' : 'bool',
    kind,
    default: value === 'None' ? null : value === 'True',
  };
}

/** `input, p=2.0, *, out=None`. */
function signatureOf(namespace, args) {
  const parts = namespace === 'Tensor' ? ['self'] : [];
  let keyword = false;
  for (const argument of args) {
    if (argument.kind === 'var_positional') {
      parts.push(`*${argument.name}`);
      keyword = true;
      continue;
    }
    if (argument.kind === 'keyword_only' && !keyword) {
      parts.push('*');
      keyword = true;
    }
    parts.push('default' in argument ? `${argument.name}=${python(argument.default)}` : argument.name);
  }
  return parts.join(', ');
}

const python = (value) =>
  value?.python ??
  value?.float ??
  { null: 'None', true: 'True', false: 'False' }[String(value)] ??
  JSON.stringify(value);

export const SCHEMAS = SPEC.schemas;
export const ALL_NAMES = SPEC.names;
