// The TypeScript declarations of the names, from Python's overloads.

const ORDINARY = {
  Tensor: 'Tensor',
  int: 'Integer',
  float: 'number',
  bool: 'boolean',
  str: 'string',
  Number: 'Scalar',
  complex: 'Scalar',
  dtype: 'DTypeName',
  device: 'Device',
  layout: 'string',
  memory_format: 'MemoryFormat',
  Generator: 'GeneratorLike',
  None: 'null',
  Any: 'unknown',
  'Literal[True]': 'true',
  'Literal[False]': 'false',
  'Sequence[int]': 'readonly Integer[]',
  'list[int]': 'readonly Integer[]',
  'tuple[int, ...]': 'readonly Integer[]',
  Size: 'readonly Integer[]',
  'Sequence[float]': 'readonly number[]',
  'Sequence[Number | complex]': 'readonly Scalar[]',
  'Sequence[Tensor]': 'readonly Tensor[]',
  'list[Tensor]': 'readonly Tensor[]',
  'tuple[Tensor, ...]': 'readonly Tensor[]',
  'tuple[Tensor | None, ...]': 'readonly (Tensor | null)[]',
  'list[Tensor | None]': 'readonly (Tensor | null)[]',
  _ratio_any_t: 'number | readonly number[]',
};

/** Splits a Python union at its top level: what is in brackets stays together. */
function members(type) {
  const parts = [];
  let depth = 0;
  let part = '';
  for (const letter of type) {
    if (letter === '[') depth++;
    if (letter === ']') depth--;
    if (letter === '|' && depth === 0) {
      parts.push(part.trim());
      part = '';
    } else part += letter;
  }
  return [...parts, part.trim()];
}

/** The types of parameters that Python's code leaves untyped, by name. */
const UNTYPED = {
  input: 'Tensor',
  a: 'Tensor',
  b: 'Tensor',
  x1: 'Tensor',
  x2: 'Tensor',
  p: 'number | string | null',
  dim: 'number | readonly number[] | null',
  keepdim: 'boolean',
  out: 'Tensor | null',
  dtype: 'DTypeName | null',
  size: 'number | readonly number[] | null',
  scale_factor: 'number | readonly number[] | null',
  align_corners: 'boolean | null',
  mode: 'string',
  split_size: 'Integer | readonly number[]',
  dims: 'number | Tensor | readonly (readonly number[])[]',
  sizes: 'readonly number[]',
  pivot: 'boolean',
  get_infos: 'boolean',
  sorted: 'boolean',
  return_inverse: 'boolean',
  return_counts: 'boolean',
  indexing: "'ij' | 'xy' | null",
  compute_mode: 'string',
  tensor: 'Tensor',
  num_classes: 'number',
};

function typeOf(type, name) {
  if (type === null || type === undefined) return UNTYPED[name] ?? 'unknown';
  const parts = members(type);
  const numbers = parts.includes('Number');
  const known = parts.filter((part) => !(numbers && (part === 'int' || part === 'float')));
  return [...new Set(known.map((part) => ORDINARY[part] ?? 'unknown'))].join(' | ');
}

const isSizes = (type) => type === 'readonly Integer[]' || type === 'Integer | readonly Integer[]';

/** Words that cannot name a parameter in TypeScript. */
const parameterName = (name) =>
  ['in', 'var', 'default', 'from', 'function', 'this', 'new'].includes(name) ? `${name}_` : name;

/** One Python overload as TypeScript overloads: positional parameters as far as given, then one object of options. */
function callsOf(overload, result, self) {
  const variadic = overload.args.find(({ kind }) => kind === 'var_positional');
  const places = overload.args.filter(({ kind }) => kind === 'positional_or_keyword' || kind === 'positional_only');
  const words = overload.args.filter(({ kind }) => kind === 'keyword_only');
  const option = (argument) =>
    `${argument.name}${'default' in argument ? '?' : ''}: ${typeOf(argument.type, argument.name)}${'default' in argument ? ' | undefined' : ''}`;
  const options = (all) => {
    if (all.length === 0) return [];
    const optional = all.every((argument) => 'default' in argument);
    return [`options${optional ? '?' : ''}: { ${all.map(option).join('; ')} }`];
  };
  if (variadic && overload.aten === undefined) {
    const items = /shapes/.test(variadic.name)
      ? '(number | readonly number[])[]'
      : variadic.name === 'args'
        ? 'unknown[]'
        : '(Tensor | readonly Tensor[])[]';
    const named = words.length > 0 ? [`(...args: [...${items}, { ${words.map(option).join('; ')} }]): ${result}`] : [];
    return [`(...${variadic.name}: ${items}): ${result}`, ...named];
  }
  if (variadic)
    return words.length > 0 && places.length === 0
      ? [`(...${variadic.name}: Integer[]): ${result}`]
      : [`(...${variadic.name}: Integer[]): ${result}`];
  const calls = [];
  const position = (argument, optional) =>
    `${parameterName(argument.name)}${optional ? '?' : ''}: ${typeOf(argument.type, argument.name)}`;
  let firstOptional = places.findIndex((argument) => 'default' in argument);
  if (firstOptional < 0) firstOptional = places.length;
  const needed = words.some((argument) => !('default' in argument));
  const all = places.map((argument, index) => position(argument, !needed && index >= firstOptional));
  calls.push([...all, ...options(words)]);
  const least = self ? 0 : Math.min(1, places.length);
  for (let given = places.length - 1; given >= least; given--) {
    const named = [...places.slice(given), ...words];
    calls.push([...places.slice(0, given).map((argument) => position(argument, false)), ...options(named)]);
  }
  return calls.map((parameters) => `(${parameters.join(', ')}): ${result}`);
}

/** The results of composed functions, where Python does not declare them. */
const RESULTS = {
  split: 'Tensor[]',
  meshgrid: 'Tensor[]',
  broadcast_tensors: 'Tensor[]',
  broadcast_shapes: 'number[]',
  atleast_1d: 'Tensor | Tensor[]',
  atleast_2d: 'Tensor | Tensor[]',
  atleast_3d: 'Tensor | Tensor[]',
  unique: 'Tensor | Tensor[]',
  unique_consecutive: 'Tensor | Tensor[]',
  unravel_index: 'Tensor[]',
  lu: 'Tensor[]',
};

/** The result of an overload. */
function resultOf(entry, overload, method) {
  if (entry.in_place && method) return 'this';
  if (overload.fields) return `Results<[${overload.fields.map((field) => `'${field}'`).join(', ')}]>`;
  if (RESULTS[entry.name] && entry.signature !== undefined) return RESULTS[entry.name];
  const returns = overload.returns ?? '';
  if (returns.startsWith('tuple[Tensor, ...]') || returns.startsWith('list[Tensor]')) return 'Tensor[]';
  const pair = /^tuple\[(Tensor(, Tensor)*)\]$/.exec(returns);
  if (pair) return `[${pair[1]}]`;
  const plain = { bool: 'boolean', int: 'number', float: 'number', Tensor: 'Tensor', None: 'void', dtype: 'DTypeName' }[
    returns
  ];
  if (plain) return plain;
  if (returns.startsWith('torch.return_types')) return 'Tensor[]';
  return returns.startsWith('tuple[')
    ? 'Tensor[]'
    : returns.startsWith('Number')
      ? 'number | bigint | boolean'
      : 'Tensor';
}

/** The call signatures of a name, each `(parameters): result`, and the union of the results. */
export function signaturesOf(entry, method) {
  const calls = [];
  const results = [];
  for (const overload of entry.overloads) {
    if (overload.deprecated || overload.args.some(({ kind }) => kind === 'positional_only')) continue;
    const result = resultOf(entry, overload, method);
    results.push(result);
    calls.push(...callsOf(overload, result, method));
  }
  return { calls: [...new Set(calls)], results: [...new Set(results)] };
}

export { isSizes };
