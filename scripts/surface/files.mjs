// The text of each generated file.
import { composedNames, generatedNames, NAMESPACES, SCHEMAS } from './names.mjs';
import { signaturesOf } from './types.mjs';
import { TYPED, typedCall } from './typed.mjs';

const HEAD = '// Written by `node scripts/surface.mjs`, never by hand.\n';
const IMPORTS = `import type { Device } from '../../base/types.js';
import type { Tensor } from '../tensor.js';
`;
const RESULTS = ['Compared', 'Elementwise', 'Operand', 'Quotient'];
const SHAPES =
  `Conv Dims Embedding Expand Linear Matmul Permute Reduce Reversed Squeeze Summed Transpose Unsqueeze View`.split(' ');
const word = (name) => new RegExp(`\\b${name}\\b`);
const HELPERS = ['DTypeName', 'GeneratorLike', 'Integer', 'MemoryFormat', 'OperatorFunction', 'Results', 'Scalar'];

/** All files, by their paths. */
export function surfaceFiles() {
  const names = [...generatedNames(), ...composedNames()].toSorted((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : 0,
  );
  const files = { 'lib/tensor/surface/rows.ts': rows(names), 'lib/tensor/surface/methods.ts': methods(names) };
  for (const [namespace, file] of Object.entries(NAMESPACES)) {
    if (namespace !== 'Tensor') files[`lib/tensor/surface/${file}.ts`] = functions(names, namespace);
  }
  return files;
}

const of = (names, namespace) => names.filter((entry) => entry.namespace === namespace);
const key = (name) => (/^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`);

/** The operators behind each name. */
function rows(names) {
  const parts = Object.keys(NAMESPACES).map((namespace) => {
    const callable = of(names, namespace).filter(({ kind, operators }) => kind !== 'property' && operators);
    const lines = callable.map(({ name, operators }) => `    ${key(name)}: '${operators.join(' ')}',`);
    return `  ${key(namespace)}: {\n${lines.join('\n')}\n  },`;
  });
  const properties = of(names, 'Tensor')
    .filter(({ kind }) => kind === 'property')
    .map(({ name, operators }) => `  ${name}: '${operators.join(' ')}',`);
  const signatures = ['Tensor', 'torch', 'torch.nn.functional'].map((namespace) => {
    const lines = of(names, namespace)
      .filter(({ signature }) => signature !== undefined)
      .map(({ name, signature }) => `    ${name}: ${JSON.stringify(signature)},`);
    return `  ${key(namespace)}: {\n${lines.join('\n')}\n  },`;
  });
  return `${HEAD}
/** The overloads that each name stands for, in the order in which Python tries them. */
export const ROWS = {\n${parts.join('\n')}\n} as const satisfies Record<string, Record<string, string>>;

/** The signatures of the functions that lib/tensor/composed computes in several steps. */
export const SIGNATURES = {\n${signatures.join('\n')}\n} as const satisfies Record<string, Record<string, string>>;

/** The properties of a tensor, likewise. */
export const PROPERTIES = {\n${properties.join('\n')}\n} as const satisfies Record<string, string>;\n`;
}

/** What an editor shows: the schema, and whether the result is a view. */
function comment(entry, indent) {
  if (entry.signature !== undefined)
    return `${indent}/** \`${entry.name}(${entry.signature})\`, as PyTorch writes it in Python. */`;
  const schema = SCHEMAS[`aten::${entry.operators[0].replace(/\(.*/, '')}`];
  const text = (schema?.['2.13.0'] ?? entry.operators[0]).replaceAll('*/', '* /');
  const view = entry.view ? ' A view of the same memory.' : '';
  return `${indent}/** \`${text}\`.${view} */`;
}

function imports(text) {
  const used = HELPERS.filter((name) => new RegExp(`\\b${name}\\b`).test(text));
  const shapes = SHAPES.filter((name) => word(name).test(text));
  return [
    ...(shapes.length === 0 ? [] : [`import type { ${shapes.join(', ')} } from '../shapes.js';\n`]),
    ...(/\bPythonNumber\b/.test(text) ? ["import type { PythonNumber } from '../scalar.js';\n"] : []),
    ...(used.length === 0 ? [] : [`import type { ${used.join(', ')} } from './types.js';\n`]),
  ].join('');
}

function methods(names) {
  const members = [];
  for (const entry of of(names, 'Tensor')) {
    if (TYPED.Tensor[entry.name]) {
      members.push(...TYPED.Tensor[entry.name].map((line) => `    ${line}`));
      continue;
    }
    members.push(comment(entry, '    '));
    if (entry.kind === 'property') {
      members.push(`    readonly ${entry.name}: Tensor;`);
      continue;
    }
    for (const call of signaturesOf(entry, true).calls) members.push(`    ${entry.name}${call};`);
  }
  const body = members.join('\n');
  const results = RESULTS.filter((name) => new RegExp(`\\b${name}\\b`).test(body));
  const own = IMPORTS.replace('{ Device }', '{ Device, DType, Shape }').replace(
    "{ Tensor } from '../tensor.js'",
    `{ ${results.join(', ')} } from '../operands.js'`,
  );
  return `${HEAD}${own}${imports(body)}
declare module '../tensor.js' {
  // biome-ignore lint/suspicious/noExplicitAny: as in the class
  interface Tensor<out S extends Shape = any, out D extends DType = any> {
${body}
  }
}
`;
}

/** Words that cannot name a constant. */
const RESERVED = new Set(['var', 'delete', 'in', 'new', 'typeof']);

function functions(names, namespace) {
  const lines = [];
  const renamed = [];
  for (const entry of of(names, namespace)) {
    const { calls, results } = signaturesOf(entry, false);
    const own = RESERVED.has(entry.name) ? `${entry.name}_of` : entry.name;
    if (own !== entry.name) renamed.push(`export { ${own} as ${entry.name} };`);
    const typed = calls.map((call) => typedCall(entry.name, call));
    lines.push(
      comment(entry, ''),
      `export const ${own}: OperatorFunction<{ ${typed.join('; ')} }, ${results.join(' | ')}> = ${entry.signature === undefined ? 'bound' : 'composed'}('${namespace}', '${entry.name}');`,
    );
  }
  const body = [...lines, ...renamed].join('\n');
  const base = ['Device', 'DType', 'Shape'].filter((name) => new RegExp(`\\b${name}\\b`).test(body));
  const device = IMPORTS.replace(
    /^.*\n/,
    base.length === 0 ? '' : `import type { ${base.join(', ')} } from '../../base/types.js';\n`,
  );
  return `${HEAD}${device}import { ${['bound', 'composed'].filter((name) => body.includes(`= ${name}(`)).join(', ')} } from './bound.js';
${imports(body)}
${body}
`;
}
