import { callShape, readCall } from '../../base/positional.js';
import { invalidValue } from '../../base/errors.js';
import { behaviour } from '../../addon/versions.js';
import { native } from '../../addon/native.js';
import { isFloat } from '../../tensor/dtypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { op, ops } from '../../tensor/call.js';
import { constant_, xavier_normal_, xavier_uniform_ } from '../init.js';
import { Module } from '../module.js';
import type { Parameter } from '../parameter.js';
import { checkInput, type FactoryOptions, parameter } from './layer.js';
import { Linear } from './linear.js';
import { type AttentionOptions, attend, checkAttentionShapes } from './attention_forward.js';
import { additiveMask } from './masks.js';

export type { AttentionOptions } from './attention_forward.js';

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
    checkAttentionShapes({ ...given, num_heads: this.num_heads });
    const isBatched = query.dim() === 3;
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
    const [output, weights] = attend({
      ...this.parts(),
      query,
      key,
      value,
      key_padding_mask: padding,
      attn_mask: mask,
      need_weights,
      average_attn_weights,
      is_causal,
    });
    return [this.batch_first && isBatched ? op('transpose', output, 1, 0) : output, weights];
  }

  /** What belongs to the layer, under the names of `multi_head_attention_forward`. */
  private parts() {
    const { embed_dim, out_proj, dropout, in_proj_weight } = this;
    const { num_heads, in_proj_bias, bias_k, bias_v, add_zero_attn, training } = this;
    const { q_proj_weight, k_proj_weight, v_proj_weight } = this;
    return {
      embed_dim_to_check: embed_dim,
      num_heads,
      in_proj_weight,
      in_proj_bias,
      bias_k,
      bias_v,
      add_zero_attn,
      dropout_p: dropout,
      out_proj_weight: out_proj.weight,
      out_proj_bias: out_proj.bias ?? null,
      training,
      use_separate_proj_weight: in_proj_weight === null,
      q_proj_weight,
      k_proj_weight,
      v_proj_weight,
    };
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
}

/** The output projection, under the name that Python prints. */
export class NonDynamicallyQuantizableLinear extends Linear {}
