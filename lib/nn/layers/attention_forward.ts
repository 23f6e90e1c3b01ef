/** `torch.nn.functional.multi_head_attention_forward`, which `MultiheadAttention` calls. */
import { behaviour } from '../../addon/versions.js';
import { ArgumentTypeError, invalidType, invalidValue } from '../../base/errors.js';
import { callShape, readCall } from '../../base/positional.js';
import { op, ops } from '../../tensor/call.js';
import type { Tensor } from '../../tensor/tensor.js';
import { checkInput, make } from './layer.js';
import { additiveMask, expectShape } from './masks.js';

/** Options of a call of attention: of the layer and of the function. */
export interface AttentionOptions {
  /** The keys to ignore, marked true; or values added to their scores. `[N, S]`. */
  key_padding_mask?: Tensor | null | undefined;
  /** Return the attention weights, too. Default true. */
  need_weights?: boolean | undefined;
  /** The pairs to ignore, marked true; or values added to their scores. `[L, S]` or `[N · num_heads, L, S]`. */
  attn_mask?: Tensor | null | undefined;
  /** Average the weights over the heads. Default true. */
  average_attn_weights?: boolean | undefined;
  /** Whether `attn_mask` is the causal mask. Default false. */
  is_causal?: boolean | undefined;
}

/** Options of {@link multi_head_attention_forward}. */
export interface MultiHeadAttentionForwardOptions extends AttentionOptions {
  /** Whether dropout is applied. Default true. */
  training?: boolean | undefined;
  /** Project with the three weights below, not with `in_proj_weight`. Default false. */
  use_separate_proj_weight?: boolean | undefined;
  q_proj_weight?: Tensor | null | undefined;
  k_proj_weight?: Tensor | null | undefined;
  v_proj_weight?: Tensor | null | undefined;
  /** Projected keys instead of `key`, `[N · num_heads, S, embed_dim / num_heads]`. */
  static_k?: Tensor | null | undefined;
  /** Projected values instead of `value`, likewise. */
  static_v?: Tensor | null | undefined;
}

/** What attention needs of the inputs to check their shapes. */
interface Inputs {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
  readonly num_heads: number;
  readonly key_padding_mask?: Tensor | null | undefined;
  readonly attn_mask?: Tensor | null | undefined;
}

/** All arguments of attention; the masks are added to the scores. */
export interface Attention extends Inputs {
  readonly embed_dim_to_check: number;
  readonly in_proj_weight: Tensor | null;
  readonly in_proj_bias: Tensor | null;
  readonly bias_k: Tensor | null;
  readonly bias_v: Tensor | null;
  readonly add_zero_attn: boolean;
  readonly dropout_p: number;
  readonly out_proj_weight: Tensor;
  readonly out_proj_bias: Tensor | null;
  readonly training: boolean;
  readonly key_padding_mask: Tensor | null;
  readonly attn_mask: Tensor | null;
  readonly need_weights: boolean;
  readonly average_attn_weights: boolean;
  readonly is_causal: boolean;
  readonly use_separate_proj_weight: boolean;
  readonly q_proj_weight: Tensor | null;
  readonly k_proj_weight: Tensor | null;
  readonly v_proj_weight: Tensor | null;
  readonly static_k?: Tensor | null | undefined;
  readonly static_v?: Tensor | null | undefined;
}

/** Checks the numbers of dimensions, and the shape of a mask for inputs without a batch. */
export function checkAttentionShapes({ query, key, value, num_heads, key_padding_mask, attn_mask }: Inputs): void {
  checkInput(query, 'query');
  const dims = query.dim();
  if (dims !== 2 && dims !== 3) throw invalidValue('query', '2 or 3 dimensions', dims);
  for (const [name, tensor] of Object.entries({ key, value })) {
    checkInput(tensor, name);
    if (tensor.dim() !== dims) throw invalidValue(name, `${dims} dimensions, as query has`, tensor.dim());
  }
  if (key_padding_mask != null) checkInput(key_padding_mask, 'key_padding_mask');
  if (key_padding_mask != null && key_padding_mask.dim() !== dims - 1) {
    throw invalidValue('key_padding_mask', `${dims - 1} dimensions for this query`, key_padding_mask.dim());
  }
  if (attn_mask == null) return;
  checkInput(attn_mask, 'attn_mask');
  if (![2, 3].includes(attn_mask.dim())) throw invalidValue('attn_mask', '2 or 3 dimensions', attn_mask.dim());
  if (dims === 2 && attn_mask.dim() === 3) expectShape(attn_mask, [num_heads, query.size(0), key.size(0)], 'attn_mask');
}

/** Attention as PyTorch composes it. */
export function attend(given: Attention): [Tensor, Tensor | null] {
  const { query, key, value, num_heads: heads, need_weights, static_k, static_v } = given;
  let { is_causal } = given;
  const isBatched = query.dim() === 3;
  let [q, k, v] = [query, key, value];
  let keyMask = given.key_padding_mask;
  let scores = given.attn_mask;
  if (!isBatched) {
    q = op('unsqueeze', query, 1);
    k = op('unsqueeze', key, 1);
    v = op('unsqueeze', value, 1);
    if (keyMask !== null) keyMask = op('unsqueeze', keyMask, 0);
  }
  const [length, batch, embed] = q.shape as [number, number, number];
  const head_dim = embed / heads;
  if (is_causal && scores === null) throw new ArgumentTypeError('attn_mask', 'a mask together with is_causal', 'none');
  if (is_causal && keyMask === null && !need_weights) scores = null;
  else if (keyMask !== null) is_causal = false;
  if (embed !== given.embed_dim_to_check)
    throw invalidValue('query', `embed_dim, ${given.embed_dim_to_check}, features`, embed);
  if (given.use_separate_proj_weight) {
    expectShape(op('detach', v), [...(k.shape as readonly number[]).slice(0, 2), v.size(2)], 'value');
  } else expectShape(v, k.shape, 'value');
  const sources = k.size(0);
  // Without a batch dimension Python makes three tensors of the inputs, even if they are the same.
  [q, k, v] = project(given, q, k, v, isBatched && query === key, isBatched && key === value);
  if (scores !== null) {
    if (scores.dim() === 2) {
      expectShape(scores, [length, sources], 'attn_mask');
      scores = op('unsqueeze', scores, 0);
    } else expectShape(scores, [batch * heads, length, sources], 'attn_mask');
  }
  const widen = () => {
    if (scores !== null) scores = op('pad', scores, [0, 1]);
    if (keyMask !== null) keyMask = op('pad', keyMask, [0, 1]);
  };
  const { bias_k, bias_v } = given;
  if (bias_k !== null && bias_v !== null) {
    k = op('cat', [k, op('repeat', bias_k, [1, batch, 1])]);
    v = op('cat', [v, op('repeat', bias_v, [1, batch, 1])]);
    widen();
  }
  // The parts of a `chunk` are not contiguous, so they are copied to be viewed.
  const lying = behaviour().attentionSplitsByTurning
    ? (tensor: Tensor) => tensor
    : (tensor: Tensor) => op('contiguous', tensor);
  const split = (tensor: Tensor) =>
    op('transpose', op('view', lying(tensor), [tensor.size(0), batch * heads, head_dim]), 0, 1);
  [q, k, v] = [split(q), static_k ?? split(k), static_v ?? split(v)];
  if (given.add_zero_attn) {
    const zeros = (like: Tensor) =>
      make('zeros', [batch * heads, 1, head_dim], { dtype: like.dtype, device: like.device as 'cpu' });
    k = op('cat', [k, zeros(k)], 1);
    v = op('cat', [v, zeros(v)], 1);
    widen();
  }
  const width = k.size(1);
  if (keyMask !== null) {
    expectShape(keyMask, [batch, width], 'key_padding_mask');
    const each = op('expand', op('view', keyMask, [batch, 1, 1, width]), [-1, heads, -1, -1]);
    const flat = op('reshape', each, [batch * heads, 1, width]);
    scores = scores === null ? flat : op('add', scores, flat);
  }
  const dropout = given.training ? given.dropout_p : 0;
  if (need_weights || !behaviour().hasScaledDotProductAttention) {
    return weighed(given, q, k, v, scores, dropout, { isBatched, length, batch });
  }
  if (scores !== null) {
    scores =
      scores.size(0) === 1 && scores.dim() === 3
        ? op('unsqueeze', scores, 0)
        : op('view', scores, [batch, heads, -1, width]);
  }
  const apart = (tensor: Tensor, size: number) => op('view', tensor, [batch, heads, size, head_dim]);
  const joined = op(
    'scaled_dot_product_attention',
    apart(q, length),
    apart(k, width),
    apart(v, width),
    scores,
    dropout,
    is_causal,
  );
  const rows = op('reshape', op('permute', joined, [2, 0, 1, 3]), [batch * length, embed]);
  const output = op('view', op('linear', rows, given.out_proj_weight, given.out_proj_bias), [length, batch, -1]);
  return [isBatched ? output : op('squeeze', output, 1), null];
}

/** The output with the attention weights that it is computed of. */
function weighed(
  { need_weights, average_attn_weights, num_heads, embed_dim_to_check: embed, ...given }: Attention,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  scores: Tensor | null,
  dropout: number,
  { isBatched, length, batch }: { isBatched: boolean; length: number; batch: number },
): [Tensor, Tensor | null] {
  const size = q.size(2);
  // PyTorch before 2.1 divides by the square root of the size.
  const scaled = behaviour().attentionMultiplies ? op('mul', q, Math.sqrt(1 / size)) : op('div', q, Math.sqrt(size));
  const keys = op('transpose', k, -2, -1);
  const products = scores === null ? op('bmm', scaled, keys) : op('baddbmm', scores, scaled, keys);
  let weights = op('softmax', products, -1);
  if (dropout > 0) weights = op('dropout', weights, dropout, true);
  const rows = op('reshape', op('transpose', op('bmm', weights, v), 0, 1), [length * batch, embed]);
  let output = op('view', op('linear', rows, given.out_proj_weight, given.out_proj_bias), [length, batch, -1]);
  if (!isBatched) output = op('squeeze', output, 1);
  if (!need_weights) return [output, null];
  weights = op('view', weights, [batch, num_heads, length, k.size(1)]);
  if (average_attn_weights) {
    weights = behaviour().attentionMultiplies
      ? op('mean', weights, [1])
      : op('div', op('sum', weights, [1]), num_heads);
  }
  return [output, isBatched ? weights : op('squeeze', weights, 0)];
}

function project(
  given: Attention,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  sameQuery: boolean,
  sameValue: boolean,
): [Tensor, Tensor, Tensor] {
  const { in_proj_weight: all, in_proj_bias: bias, embed_dim_to_check: embed } = given;
  const parts = (tensor: Tensor | null) => (tensor === null ? [null, null, null] : ops('chunk', tensor, 3));
  const linear = (x: Tensor, weight: Tensor, b: Tensor | null | undefined) => op('linear', x, weight, b);
  if (given.use_separate_proj_weight) {
    const [bq, bk, bv] = parts(bias);
    const { q_proj_weight, k_proj_weight, v_proj_weight } = given;
    return [
      linear(q, q_proj_weight as Tensor, bq),
      linear(k, k_proj_weight as Tensor, bk),
      linear(v, v_proj_weight as Tensor, bv),
    ];
  }
  if (!sameValue) {
    const [wq, wk, wv] = ops('chunk', all as Tensor, 3) as [Tensor, Tensor, Tensor];
    const [bq, bk, bv] = parts(bias);
    return [linear(q, wq, bq), linear(k, wk, bk), linear(v, wv, bv)];
  }
  // Computes several projections in one product, then splits them: `[..., n E]` into n times `[..., E]`.
  const apart = (joined: Tensor, count: number): Tensor[] => {
    if (!behaviour().attentionSplitsByTurning) return ops('chunk', joined, count, -1);
    const wide = op('transpose', op('unsqueeze', op('unflatten', joined, -1, [count, embed]), 0), 0, -2);
    const lying = op('contiguous', op('squeeze', wide, -2));
    return Array.from({ length: count }, (_, at) => op('select', lying, 0, at));
  };
  if (sameQuery) return apart(linear(q, all as Tensor, bias), 3) as [Tensor, Tensor, Tensor];
  const [wq, wkv] = ops('split_with_sizes', all as Tensor, [embed, 2 * embed]) as [Tensor, Tensor];
  const [bq, bkv] =
    bias === null ? [null, null] : (ops('split_with_sizes', bias, [embed, 2 * embed]) as [Tensor, Tensor]);
  const query = linear(q, wq, bq);
  return [query, ...(apart(linear(k, wkv, bkv), 2) as [Tensor, Tensor])];
}

const FORWARD = callShape(
  'multi_head_attention_forward',
  'query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn, dropout_p, out_proj_weight, out_proj_bias, training?, key_padding_mask?, need_weights?, attn_mask?, use_separate_proj_weight?, q_proj_weight?, k_proj_weight?, v_proj_weight?, static_k?, static_v?, average_attn_weights?, is_causal?',
);

type Required = Inputs & Pick<Attention, 'embed_dim_to_check' | 'add_zero_attn' | 'dropout_p' | 'out_proj_weight'>;

/** Those that may be `null`, beside the options. */
const NULLABLE = ['in_proj_weight', 'in_proj_bias', 'bias_k', 'bias_v', 'out_proj_bias'] as const;
const SEPARATE = ['q_proj_weight', 'k_proj_weight', 'v_proj_weight'] as const;
const STATIC = ['static_k', 'static_v'] as const;

/**
 * Multi-head attention with weights of one's own; `MultiheadAttention` is the layer that has them.
 *
 * @param query - `[L, N, E]`, or `[L, E]` without a batch
 * @param key - `[S, N, E]`, or `[S, E]`
 * @param value - likewise
 * @param embed_dim_to_check - E
 * @param num_heads - a divisor of E
 * @param in_proj_weight - the projections of queries, keys and values together, `[3 E, E]`; `null` with separate ones
 * @param in_proj_bias - `[3 E]` or `null`
 * @param bias_k - an additional key, `[1, 1, E]`, or `null`
 * @param bias_v - an additional value, likewise
 * @param add_zero_attn - add a key and a value of zeros
 * @param dropout_p - dropout of the attention weights
 * @param out_proj_weight - `[E, E]`
 * @param out_proj_bias - `[E]` or `null`
 * @returns the output, in the shape of the query, and the attention weights or `null`
 * @throws TypeError or RangeError for arguments that do not fit together
 */
export function multi_head_attention_forward(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  embed_dim_to_check: number,
  num_heads: number,
  in_proj_weight: Tensor | null,
  in_proj_bias: Tensor | null,
  bias_k: Tensor | null,
  bias_v: Tensor | null,
  add_zero_attn: boolean,
  dropout_p: number,
  out_proj_weight: Tensor,
  out_proj_bias: Tensor | null,
  options?: MultiHeadAttentionForwardOptions,
): [Tensor, Tensor | null];
export function multi_head_attention_forward(...args: unknown[]): [Tensor, Tensor | null] {
  const given = readCall<Required & Partial<Attention>>(FORWARD, args);
  const { query, num_heads, embed_dim_to_check: embed, use_separate_proj_weight = false } = given;
  if (!Number.isSafeInteger(num_heads) || num_heads < 1)
    throw invalidValue('num_heads', 'a positive integer', num_heads);
  checkAttentionShapes(given);
  checkInput(given.out_proj_weight, 'out_proj_weight');
  for (const name of [...NULLABLE, ...SEPARATE, ...STATIC]) if (given[name] != null) checkInput(given[name], name);
  if (embed % num_heads !== 0) throw invalidValue('num_heads', `a divisor of ${embed}`, num_heads);
  for (const name of use_separate_proj_weight ? SEPARATE : (['in_proj_weight'] as const)) {
    if (given[name] == null) throw invalidType(name, 'a Tensor', given[name]);
  }
  if (use_separate_proj_weight) {
    const { q_proj_weight, k_proj_weight, v_proj_weight } = given as Record<(typeof SEPARATE)[number], Tensor>;
    expectShape(q_proj_weight, [embed, query.size(-1)], 'q_proj_weight');
    expectShape(k_proj_weight, [embed, given.key.size(-1)], 'k_proj_weight');
    expectShape(v_proj_weight, [embed, given.value.size(-1)], 'v_proj_weight');
  }
  if ((given.bias_k == null) !== (given.bias_v == null))
    throw invalidType('bias_v', 'given together with bias_k', given.bias_v);
  const batch = query.dim() === 3 ? query.size(1) : 1;
  for (const name of STATIC) {
    const tensor = given[name];
    if (tensor == null) continue;
    if (given.bias_k != null) throw invalidType(name, 'none together with bias_k', tensor);
    expectShape(tensor, [batch * num_heads, tensor.size(1), embed / num_heads], name);
  }
  const { training = true, need_weights = true, average_attn_weights = true, is_causal = false } = given;
  const tensors = Object.fromEntries([...NULLABLE, ...SEPARATE].map((name) => [name, given[name] ?? null]));
  return attend({
    ...given,
    ...(tensors as Record<(typeof NULLABLE)[number] | (typeof SEPARATE)[number], Tensor | null>),
    training,
    need_weights,
    average_attn_weights,
    is_causal,
    use_separate_proj_weight,
    key_padding_mask: additiveMask(given.key_padding_mask, 'key_padding_mask', query),
    attn_mask: additiveMask(given.attn_mask, 'attn_mask', query),
  });
}
