import { callShape, readCall } from '../../base/positional.js';
import { ArgumentTypeError, invalidValue } from '../../base/errors.js';
import { behaviour } from '../../addon/versions.js';
import { native } from '../../addon/native.js';
import { isFloat } from '../../tensor/dtypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { op, ops } from '../../tensor/call.js';
import { constant_, xavier_normal_, xavier_uniform_ } from '../init.js';
import { Module } from '../module.js';
import type { Parameter } from '../parameter.js';
import { checkInput, type FactoryOptions, make, parameter } from './layer.js';
import { Linear } from './linear.js';
import { additiveMask, expectShape } from './masks.js';

/** Options of {@link MultiheadAttention}. */
export interface MultiheadAttentionOptions extends FactoryOptions {
  /** Dropout of the attention weights. Default 0. */
  dropout?: number | undefined;
  /** Learn biases of the projections. Default true. */
  bias?: boolean | undefined;
  /** Learn an additional key and value. Default false. */
  add_bias_kv?: boolean | undefined;
  /** Add a key and a value of zeros. Default false. */
  add_zero_attn?: boolean | undefined;
  /** Features of the keys. Default `embed_dim`. */
  kdim?: number | null | undefined;
  /** Features of the values. Default `embed_dim`. */
  vdim?: number | null | undefined;
  /** The batch comes first. Default false. */
  batch_first?: boolean | undefined;
}

/** Options of a call of {@link MultiheadAttention}. */
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

const ATTENTION = callShape(
  'MultiheadAttention',
  'embed_dim, num_heads, dropout?, bias?, add_bias_kv?, add_zero_attn?, kdim?, vdim?, batch_first?, device?, dtype?',
);
const CALL = callShape(
  'MultiheadAttention',
  'query, key, value, key_padding_mask?, need_weights?, attn_mask?, average_attn_weights?, is_causal?',
);

/** Multi-head attention: averages the values, weighted by scaled dot products of queries and keys. */
export class MultiheadAttention extends Module {
  declare embed_dim: number;
  declare kdim: number;
  declare vdim: number;
  declare num_heads: number;
  declare dropout: number;
  declare batch_first: boolean;
  declare head_dim: number;
  declare in_proj_weight: Parameter | null;
  declare q_proj_weight: Parameter | null;
  declare k_proj_weight: Parameter | null;
  declare v_proj_weight: Parameter | null;
  declare in_proj_bias: Parameter | null;
  declare out_proj: Linear;
  declare bias_k: Parameter | null;
  declare bias_v: Parameter | null;
  declare add_zero_attn: boolean;

  constructor(
    embed_dim: number,
    num_heads: number,
    dropout?: number | MultiheadAttentionOptions,
    bias?: boolean | MultiheadAttentionOptions,
    options?: MultiheadAttentionOptions,
  );
  /** All by name. */
  constructor(options: MultiheadAttentionOptions & { embed_dim: number; num_heads: number });
  constructor(...args: unknown[]) {
    super();
    const given = readCall<MultiheadAttentionOptions & { embed_dim: number; num_heads: number }>(ATTENTION, args);
    const { embed_dim, num_heads, dropout = 0, bias = true, add_bias_kv = false, batch_first = false } = given;
    for (const [name, size] of Object.entries({ embed_dim, num_heads })) {
      if (!Number.isSafeInteger(size) || size <= 0) throw invalidValue(name, 'a positive integer', size);
    }
    if (embed_dim % num_heads !== 0)
      throw invalidValue('embed_dim', `a multiple of num_heads, ${num_heads}`, embed_dim);
    const kdim = given.kdim ?? embed_dim;
    const vdim = given.vdim ?? embed_dim;
    Object.assign(this, { embed_dim, kdim, vdim, num_heads, dropout, batch_first, head_dim: embed_dim / num_heads });
    const apart = kdim !== embed_dim || vdim !== embed_dim;
    this.q_proj_weight = apart ? parameter([embed_dim, embed_dim], given) : null;
    this.k_proj_weight = apart ? parameter([embed_dim, kdim], given) : null;
    this.v_proj_weight = apart ? parameter([embed_dim, vdim], given) : null;
    this.in_proj_weight = apart ? null : parameter([3 * embed_dim, embed_dim], given);
    this.in_proj_bias = bias ? parameter([3 * embed_dim], given) : null;
    this.out_proj = new NonDynamicallyQuantizableLinear(embed_dim, embed_dim, {
      bias,
      device: given.device,
      dtype: given.dtype,
    });
    this.bias_k = add_bias_kv ? parameter([1, 1, embed_dim], given) : null;
    this.bias_v = add_bias_kv ? parameter([1, 1, embed_dim], given) : null;
    this.add_zero_attn = given.add_zero_attn ?? false;
    this.reset();
  }

  private reset(): void {
    for (const weight of [this.in_proj_weight, this.q_proj_weight, this.k_proj_weight, this.v_proj_weight]) {
      if (weight !== null) xavier_uniform_(weight);
    }
    if (this.in_proj_bias !== null) {
      constant_(this.in_proj_bias, 0);
      constant_(this.out_proj.bias as Parameter, 0);
    }
    if (this.bias_k !== null) xavier_normal_(this.bias_k);
    if (this.bias_v !== null) xavier_normal_(this.bias_v);
  }

  /** Returns the output, and the attention weights or `null`. */
  override forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_padding_mask?: Tensor | null | AttentionOptions,
    need_weights?: boolean | AttentionOptions,
    attn_mask?: Tensor | null | AttentionOptions,
    average_attn_weights?: boolean | AttentionOptions,
    is_causal?: boolean | AttentionOptions,
  ): [Tensor, Tensor | null];
  override forward(...args: unknown[]): [Tensor, Tensor | null] {
    const given = readCall<{ query: Tensor; key: Tensor; value: Tensor } & AttentionOptions>(CALL, args);
    const { need_weights = true, average_attn_weights = true, is_causal = false } = given;
    let { query, key, value } = given;
    checkInput(query, 'query');
    const dims = query.dim();
    const isBatched = dims === 3;
    this.checkDims(given, isBatched);
    const padding = additiveMask(given.key_padding_mask, 'key_padding_mask', query);
    const mask = additiveMask(given.attn_mask, 'attn_mask', query);
    const fast = this.fast(given, padding, mask, need_weights, average_attn_weights);
    if (fast !== undefined) return fast;
    if (this.batch_first && isBatched) {
      const turned = new Map<Tensor, Tensor>();
      const turn = (tensor: Tensor) => {
        const known = turned.get(tensor) ?? op('transpose', tensor, 1, 0);
        turned.set(tensor, known);
        return known;
      };
      [query, key, value] = [turn(query), turn(key), turn(value)];
    }
    const [output, weights] = this.attend(query, key, value, padding, mask, {
      need_weights,
      average_attn_weights,
      is_causal,
      isBatched,
    });
    return [this.batch_first && isBatched ? op('transpose', output, 1, 0) : output, weights];
  }

  private checkDims(
    {
      query,
      key,
      value,
      key_padding_mask,
      attn_mask,
    }: { query: Tensor; key: Tensor; value: Tensor } & AttentionOptions,
    isBatched: boolean,
  ): void {
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
    if (!isBatched && attn_mask.dim() === 3)
      expectShape(attn_mask, [this.num_heads, query.size(0), key.size(0)], 'attn_mask');
  }

  /** LibTorch's fused operator for evaluation without gradients, in the cases where Python uses it. */
  private fast(
    {
      query,
      key,
      value,
      key_padding_mask,
      attn_mask,
    }: { query: Tensor; key: Tensor; value: Tensor } & AttentionOptions,
    padding: Tensor | null,
    mask: Tensor | null,
    need_weights: boolean,
    average: boolean,
  ): [Tensor, Tensor | null] | undefined {
    const { in_proj_weight, in_proj_bias, out_proj } = this;
    checkInput(query, 'query');
    if (this.training || query !== key || key !== value || query.dim() !== 3 || !this.batch_first) return undefined;
    if (in_proj_weight === null || in_proj_bias === null || this.num_heads % 2 !== 0) return undefined;
    if (this.bias_k !== null || this.add_zero_attn || query.dtype !== in_proj_weight.dtype) return undefined;
    if (
      (attn_mask != null && isFloat(attn_mask.dtype)) ||
      (key_padding_mask != null && isFloat(key_padding_mask.dtype))
    )
      return undefined;
    if (!behaviour().attentionMergesMasks && key_padding_mask != null && attn_mask != null) return undefined;
    const tensors = [query, in_proj_weight, in_proj_bias, out_proj.weight, out_proj.bias as Tensor];
    if (native().is_grad_enabled() && tensors.some((tensor) => tensor.requires_grad)) return undefined;
    const [merged, kind] = this.mergeMasks(query, padding, mask);
    const values = [
      query,
      key,
      value,
      this.embed_dim,
      this.num_heads,
      in_proj_weight,
      in_proj_bias,
      out_proj.weight,
      out_proj.bias,
    ] as const;
    const [output, weights] = ops('_native_multi_head_attention', ...values, merged, need_weights, average, kind) as [
      Tensor,
      Tensor,
    ];
    return [output, need_weights ? weights : null];
  }

  /** Merges two masks into one for LibTorch's operator, and returns the kind of the result. */
  mergeMasks(query: Tensor, padding: Tensor | null, mask: Tensor | null): [Tensor | null, number | null] {
    checkInput(query, 'query');
    if (padding != null) checkInput(padding, 'padding');
    if (mask != null) checkInput(mask, 'mask');
    if (mask == null) return padding == null ? [null, null] : [padding, 1];
    if (!behaviour().attentionMergesMasks) return [mask, 0];
    const [batch, length] = [query.size(0), query.size(1)];
    const heads = this.num_heads;
    const wide =
      mask.dim() === 3
        ? op('view', mask, [batch, -1, length, length])
        : op('expand', op('view', mask, [1, 1, length, length]), [batch, heads, -1, -1]);
    if (padding == null) return [wide, 2];
    const keys = op('expand', op('view', padding, [batch, 1, 1, length]), [-1, heads, -1, -1]);
    return [op('add', wide, keys), 2];
  }

  private attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    padding: Tensor | null,
    mask: Tensor | null,
    options: { need_weights: boolean; average_attn_weights: boolean; is_causal: boolean; isBatched: boolean },
  ): [Tensor, Tensor | null] {
    const { need_weights, isBatched } = options;
    let { is_causal } = options;
    const { num_heads: heads, head_dim } = this;
    let [q, k, v] = [query, key, value];
    let keyMask = padding;
    let scores: Tensor | null = mask;
    if (!isBatched) {
      q = op('unsqueeze', query, 1);
      k = op('unsqueeze', key, 1);
      v = op('unsqueeze', value, 1);
      if (keyMask !== null) keyMask = op('unsqueeze', keyMask, 0);
    }
    const [length, batch, embed] = q.shape as [number, number, number];
    if (is_causal && scores === null)
      throw new ArgumentTypeError('attn_mask', 'a mask together with is_causal', 'none');
    if (is_causal && keyMask === null && !need_weights) scores = null;
    else if (keyMask !== null) is_causal = false;
    if (embed !== this.embed_dim) throw invalidValue('query', `embed_dim, ${this.embed_dim}, features`, embed);
    if (this.in_proj_weight === null) {
      expectShape(op('detach', v), [...(k.shape as readonly number[]).slice(0, 2), v.size(2)], 'value');
    } else expectShape(v, k.shape, 'value');
    // Without a batch dimension Python makes three tensors of the inputs, even if they are the same.
    [q, k, v] = this.project(q, k, v, isBatched && query === key, isBatched && key === value);
    const sources = k.size(0);
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
    if (this.bias_k !== null && this.bias_v !== null) {
      k = op('cat', [k, op('repeat', this.bias_k, [1, batch, 1])]);
      v = op('cat', [v, op('repeat', this.bias_v, [1, batch, 1])]);
      widen();
    }
    // The parts of a `chunk` are not contiguous, so they are copied to be viewed.
    const lying = behaviour().attentionSplitsByTurning
      ? (tensor: Tensor) => tensor
      : (tensor: Tensor) => op('contiguous', tensor);
    const split = (tensor: Tensor) =>
      op('transpose', op('view', lying(tensor), [tensor.size(0), batch * heads, head_dim]), 0, 1);
    [q, k, v] = [split(q), split(k), split(v)];
    if (this.add_zero_attn) {
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
    const dropout = this.training ? this.dropout : 0;
    const { weight, bias } = this.out_proj;
    if (need_weights || !behaviour().hasScaledDotProductAttention) {
      return this.weighed(q, k, v, scores, dropout, { ...options, length, batch });
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
    const output = op('view', op('linear', rows, weight, bias), [length, batch, -1]);
    return [isBatched ? output : op('squeeze', output, 1), null];
  }

  private weighed(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    scores: Tensor | null,
    dropout: number,
    {
      need_weights,
      average_attn_weights,
      isBatched,
      length,
      batch,
    }: { need_weights: boolean; average_attn_weights: boolean; isBatched: boolean; length: number; batch: number },
  ): [Tensor, Tensor | null] {
    const size = q.size(2);
    // PyTorch before 2.1 divides by the square root of the size.
    const scaled = behaviour().attentionMultiplies ? op('mul', q, Math.sqrt(1 / size)) : op('div', q, Math.sqrt(size));
    const keys = op('transpose', k, -2, -1);
    const products = scores === null ? op('bmm', scaled, keys) : op('baddbmm', scores, scaled, keys);
    let weights = op('softmax', products, -1);
    if (dropout > 0) weights = op('dropout', weights, dropout, true);
    const rows = op('reshape', op('transpose', op('bmm', weights, v), 0, 1), [length * batch, this.embed_dim]);
    let output = op('view', op('linear', rows, this.out_proj.weight, this.out_proj.bias), [length, batch, -1]);
    if (!isBatched) output = op('squeeze', output, 1);
    if (!need_weights) return [output, null];
    weights = op('view', weights, [batch, this.num_heads, length, k.size(1)]);
    if (average_attn_weights) {
      weights = behaviour().attentionMultiplies
        ? op('mean', weights, [1])
        : op('div', op('sum', weights, [1]), this.num_heads);
    }
    return [output, isBatched ? weights : op('squeeze', weights, 0)];
  }

  private project(q: Tensor, k: Tensor, v: Tensor, sameQuery: boolean, sameValue: boolean): [Tensor, Tensor, Tensor] {
    const { in_proj_weight: all, in_proj_bias: bias, embed_dim: embed } = this;
    const parts = (tensor: Tensor | null) => (tensor === null ? [null, null, null] : ops('chunk', tensor, 3));
    const linear = (x: Tensor, weight: Tensor, b: Tensor | null | undefined) => op('linear', x, weight, b);
    if (all === null) {
      const [bq, bk, bv] = parts(bias);
      const { q_proj_weight, k_proj_weight, v_proj_weight } = this;
      return [
        linear(q, q_proj_weight as Tensor, bq),
        linear(k, k_proj_weight as Tensor, bk),
        linear(v, v_proj_weight as Tensor, bv),
      ];
    }
    if (!sameValue) {
      const [wq, wk, wv] = ops('chunk', all, 3) as [Tensor, Tensor, Tensor];
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
    if (sameQuery) return apart(linear(q, all, bias), 3) as [Tensor, Tensor, Tensor];
    const [wq, wkv] = ops('split_with_sizes', all, [embed, 2 * embed]) as [Tensor, Tensor];
    const [bq, bkv] =
      bias === null ? [null, null] : (ops('split_with_sizes', bias, [embed, 2 * embed]) as [Tensor, Tensor]);
    const query = linear(q, wq, bq);
    return [query, ...(apart(linear(k, wkv, bkv), 2) as [Tensor, Tensor])];
  }
}

/** The output projection, under the name that Python prints. */
export class NonDynamicallyQuantizableLinear extends Linear {}
