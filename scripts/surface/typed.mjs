// Handwritten declarations that replace those from Python's overloads, where shapes and dtypes can be derived.

const OUT = 'out?: Tensor | null | undefined';
const DTYPE = 'dtype?: DTypeName | null | undefined';
/** What keeps the shape, and a floating dtype. */
const LIKE = "Tensor<T['shape'], T['dtype']>";

/** Elementwise methods whose result has the dtype of a floating tensor. */
const SAME =
  `neg abs exp log sigmoid relu sqrt rsqrt tanh sin cos square floor ceil round erf log1p expm1 reciprocal`.split(' ');
const same = (name) => [`/** \`${name}\` of each element. */`, `${name}(options?: { ${OUT} }): Tensor<S, D>;`];
const copy = (name, text) => [
  `/** ${text} */`,
  `${name}(options?: { memory_format?: MemoryFormat | undefined }): Tensor<S, D>;`,
];

const MORE = {
  add: 'alpha?: Scalar | undefined; ',
  sub: 'alpha?: Scalar | undefined; ',
  div: "rounding_mode?: 'trunc' | 'floor' | null | undefined; ",
};
const binary = (name, result, parameter = 'other') => [
  `/** \`${name}\` of each element of this tensor and of another one, or a number. */`,
  `${name}<T extends Tensor, B extends Operand | PythonNumber>(this: T, ${parameter}: B, options?: { ${MORE[name] ?? ''}${OUT} }): ${result}<T, B>;`,
];

/** A reduction by position, or with options. */
function reduction(name, text, dims, dtype, more) {
  const typed = `<T extends Tensor, const D2 extends ${dims} | null | undefined = undefined, K extends boolean = false>`;
  const result = `Tensor<Reduce<T['shape'], D2, K>, ${dtype}>`;
  return [
    `/** ${text} */`,
    `${name}${typed}(this: T, options?: { dim?: D2; keepdim?: K | undefined${more} }): ${result};`,
    `${name}${typed}(this: T, dim: D2, keepdim?: K, options?: { keepdim?: K | undefined${more} }): ${result};`,
    `${name}${typed}(this: T, dim: D2, options: { keepdim?: K | undefined${more} }): ${result};`,
  ];
}

const along = (name, text) => [
  `/** ${text} */`,
  `${name}(dim: number, options?: { ${DTYPE} }): Tensor<S, D>;`,
  `${name}(options: { dim: number; ${DTYPE} }): Tensor<S, D>;`,
];

const sizes = (name, parameter, result, text) => [
  `/** ${text} */`,
  `${name}<T extends Tensor, const S2 extends Shape>(this: T, ${parameter}: S2): ${result};`,
  `${name}<T extends Tensor, const S2 extends Shape>(this: T, options: { ${parameter}: S2 }): ${result};`,
  ...(name === 'view' ? ['view<D2 extends DType>(dtype: D2): Tensor<Shape, D2>;'] : []),
  `${name}<T extends Tensor, const S2 extends Shape>(this: T, ...${parameter}: S2): ${result};`,
];

const comparisons = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'];

export const TYPED = {
  Tensor: {
    ...Object.fromEntries(SAME.map((name) => [name, same(name)])),
    ...Object.fromEntries(comparisons.map((name) => [name, binary(name, 'Compared')])),
    clone: copy('clone', 'A copy; gradients flow back through it.'),
    contiguous: copy('contiguous', 'The same elements in C order in memory.'),
    add: binary('add', 'Elementwise'),
    sub: binary('sub', 'Elementwise'),
    mul: binary('mul', 'Elementwise'),
    div: binary('div', 'Quotient'),
    pow: binary('pow', 'Elementwise', 'exponent'),
    softmax: along('softmax', 'Exponentials normalised to sum to 1 over `dim`.'),
    log_softmax: along('log_softmax', 'The logarithm of {@link softmax}, computed stably.'),
    matmul: [
      '/** The matrix product: `[n, k]` by `[k, m]` gives `[n, m]`; batches and vectors as in PyTorch. */',
      `matmul<T extends Tensor, S2 extends Shape>(this: T, other: Tensor<S2, D>, options?: { ${OUT} }): Tensor<Matmul<T['shape'], S2>, T['dtype']>;`,
    ],
    sum: reduction(
      'sum',
      'The sum of all elements, or over some dimensions.',
      'Dims',
      "Summed<T['dtype']>",
      `; ${DTYPE}`,
    ),
    mean: reduction('mean', 'The mean of all elements, or over some dimensions.', 'Dims', "T['dtype']", `; ${DTYPE}`),
    argmax: reduction(
      'argmax',
      'The index of the largest element, over one dimension or, without `dim`, of the flattened tensor.',
      'number',
      "'int64'",
      '',
    ),
    argmin: reduction('argmin', 'The index of the smallest element, likewise.', 'number', "'int64'", ''),
    reshape: sizes(
      'reshape',
      'shape',
      "Tensor<View<S2>, T['dtype']>",
      'The same elements in another shape; one size may be -1.',
    ),
    view: sizes(
      'view',
      'size',
      "Tensor<View<S2>, T['dtype']>",
      'The same elements in another shape, over the same memory; one size may be -1. Or the same bytes in another dtype.',
    ),
    expand: sizes(
      'expand',
      'size',
      "Tensor<Expand<T['shape'], S2>, T['dtype']>",
      'A view with dimensions of size 1 expanded to the given sizes; -1 keeps a size.',
    ),
    permute: sizes(
      'permute',
      'dims',
      "Tensor<Permute<T['shape'], S2>, T['dtype']>",
      'A view with the dimensions in another order.',
    ),
    transpose: [
      '/** A view with two dimensions swapped. */',
      "transpose<T extends Tensor, A extends number, B extends number>(this: T, dim0: A, dim1: B): Tensor<Transpose<T['shape'], A, B>, T['dtype']>;",
      "transpose<T extends Tensor, A extends number, B extends number>(this: T, options: { dim0: A; dim1: B }): Tensor<Transpose<T['shape'], A, B>, T['dtype']>;",
    ],
    t: [
      '/** The transposed matrix, as a view. */',
      "t<T extends Tensor>(this: T): Tensor<Reversed<T['shape']>, T['dtype']>;",
    ],
    unsqueeze: [
      '/** A view with a new dimension of size 1. */',
      "unsqueeze<T extends Tensor, A extends number>(this: T, dim: A): Tensor<Unsqueeze<T['shape'], A>, T['dtype']>;",
      "unsqueeze<T extends Tensor, A extends number>(this: T, options: { dim: A }): Tensor<Unsqueeze<T['shape'], A>, T['dtype']>;",
    ],
    squeeze: [
      '/** A view without dimensions of size 1: all of them, or those that are given. */',
      "squeeze<T extends Tensor, const A extends Dims | undefined = undefined>(this: T, dim?: A): Tensor<Squeeze<T['shape'], A>, T['dtype']>;",
      "squeeze<T extends Tensor, const A extends Dims>(this: T, options: { dim: A }): Tensor<Squeeze<T['shape'], A>, T['dtype']>;",
    ],
    as_strided: [
      "/** A view with the given sizes and strides (in elements) over this tensor's storage. */",
      'as_strided<const S2 extends Shape>(size: S2, stride: readonly number[], storage_offset?: number | null): Tensor<S2, D>;',
      'as_strided<const S2 extends Shape>(size: S2, options: { stride: readonly number[]; storage_offset?: number | null | undefined }): Tensor<S2, D>;',
    ],
  },
};

/** Functions whose result has the shape of their input, and its dtype if that is floating. */
const SAME_AS_INPUT = new Set(
  `relu relu6 elu selu celu leaky_relu rrelu hardsigmoid silu mish hardswish threshold tanh sigmoid hardtanh softmin
  tanhshrink softsign gelu logsigmoid softplus softshrink hardshrink dropout alpha_dropout feature_alpha_dropout dropout1d
  dropout2d dropout3d normalize layer_norm batch_norm group_norm instance_norm rms_norm local_response_norm softmax
  log_softmax neg abs exp log sqrt rsqrt sin cos square floor ceil round erf log1p expm1 reciprocal clone`.split(/\s+/),
);

/** Functions of an input and a weight, whose shapes determine that of the result. */
const WEIGHTED = { linear: 'Linear', conv1d: 'Conv', conv2d: 'Conv', conv3d: 'Conv' };

/** A call with type parameters if the shape of its result can be derived, else the call itself. */
export function typedCall(name, call) {
  if (SAME_AS_INPUT.has(name) && /^\(input: Tensor\b/.test(call)) {
    return call.replace('(input: Tensor', '<T extends Tensor>(input: T').replace(/\): Tensor$/, `): ${LIKE}`);
  }
  const { [name]: shape } = WEIGHTED;
  if (shape !== undefined && call.startsWith('(input: Tensor, weight: Tensor')) {
    return call
      .replace('(input: Tensor, weight: Tensor', '<T extends Tensor, W extends Tensor>(input: T, weight: W')
      .replace(/\): Tensor$/, `): Tensor<${shape}<T['shape'], W['shape']>, T['dtype']>`);
  }
  if (name === 'embedding' && call.startsWith('(input: Tensor, weight: Tensor')) {
    return call
      .replace('(input: Tensor, weight: Tensor', '<T extends Tensor, W extends Tensor>(input: T, weight: W')
      .replace(/\): Tensor$/, "): Tensor<Embedding<T['shape'], W['shape']>, W['dtype']>");
  }
  return call;
}
