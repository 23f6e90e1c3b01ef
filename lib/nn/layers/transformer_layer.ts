import { isFunction } from '../../base/plain_object.js';
import { callShape, readCall } from '../../base/positional.js';
import { invalidValue } from '../../base/errors.js';
import { behaviour } from '../../addon/versions.js';
import { native } from '../../addon/native.js';
import { isFloat } from '../../tensor/dtypes.js';
import type { Tensor } from '../../tensor/tensor.js';
import { op } from '../../tensor/call.js';
import { Module } from '../module.js';
import { MultiheadAttention } from './attention.js';
import { Dropout } from './dropout.js';
import type { FactoryOptions } from './layer.js';
import { Linear } from './linear.js';
import { additiveMask } from './masks.js';
import { LayerNorm } from './norm.js';

/** An activation by name, or a function of a tensor. */
export type TransformerActivation = 'relu' | 'gelu' | ((input: Tensor) => Tensor);

/** Options of the transformer's layers. */
export interface TransformerLayerOptions extends FactoryOptions {
  /** Features between the two linear layers. Default 2048. */
  dim_feedforward?: number | undefined;
  /** Default 0.1. */
  dropout?: number | undefined;
  /** Default `'relu'`. */
  activation?: TransformerActivation | undefined;
  /** The eps of the layer norms. Default 1e-5. */
  layer_norm_eps?: number | undefined;
  /** The batch comes first. Default false. */
  batch_first?: boolean | undefined;
  /** Apply the norms before attention and the linear layers. Default false. */
  norm_first?: boolean | undefined;
  /** Learn biases. Default true. PyTorch 2.1 and newer. */
  bias?: boolean | undefined;
}

/** The arguments of a layer. */
export interface LayerGiven extends TransformerLayerOptions {
  d_model: number;
  nhead: number;
}

const LAYER =
  'd_model, nhead, dim_feedforward?, dropout?, activation?, layer_norm_eps?, batch_first?, norm_first?, bias?, device?, dtype?';
const ENCODER_LAYER = callShape('TransformerEncoderLayer', LAYER);
const DECODER_LAYER = callShape('TransformerDecoderLayer', LAYER);
const ENCODER_CALL = callShape('TransformerEncoderLayer', 'src, src_mask?, src_key_padding_mask?, is_causal?');
const DECODER_CALL = callShape(
  'TransformerDecoderLayer',
  'tgt, memory, tgt_mask?, memory_mask?, tgt_key_padding_mask?, memory_key_padding_mask?, tgt_is_causal?, memory_is_causal?',
);

/** The base class of both layers. */
abstract class TransformerLayer extends Module {
  declare self_attn: MultiheadAttention;
  declare linear1: Linear;
  declare dropout: Dropout;
  declare linear2: Linear;
  declare norm_first: boolean;
  declare norm1: LayerNorm;
  declare norm2: LayerNorm;
  declare dropout1: Dropout;
  declare dropout2: Dropout;
  protected readonly given: LayerGiven;

  protected constructor(given: LayerGiven) {
    super();
    const activation = given.activation ?? 'relu';
    if (!isFunction(activation) && activation !== 'relu' && activation !== 'gelu') {
      throw invalidValue('activation', "'relu', 'gelu' or a function", activation);
    }
    this.given = { ...given, activation };
    Object.defineProperty(this, 'given', { value: this.given, enumerable: false });
  }

  protected attention(): MultiheadAttention {
    const { d_model, nhead, dropout = 0.1, bias = true, batch_first = false, device, dtype } = this.given;
    return new MultiheadAttention(d_model, nhead, { dropout, bias, batch_first, device, dtype });
  }

  protected norm(): LayerNorm {
    const { d_model, layer_norm_eps = 1e-5, bias = true, device, dtype } = this.given;
    return new LayerNorm(d_model, { eps: layer_norm_eps, bias, device, dtype });
  }

  protected linears(): void {
    const { d_model, dim_feedforward = 2048, dropout = 0.1, bias = true, device, dtype } = this.given;
    this.linear1 = new Linear(d_model, dim_feedforward, { bias, device, dtype });
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dim_feedforward, d_model, { bias, device, dtype });
    this.norm_first = this.given.norm_first ?? false;
  }

  /** The two linear layers with the activation between them. */
  protected feedForward(x: Tensor, last: Dropout): Tensor {
    const { activation } = this.given;
    const hidden = this.linear1(x);
    const active = typeof activation === 'function' ? activation(hidden) : op(activation as string, hidden);
    return last(this.linear2(this.dropout(active)));
  }

  /** Adds a part's result to its input, and applies the norm before or after. */
  protected residual(x: Tensor, norm: LayerNorm, part: (x: Tensor) => Tensor): Tensor {
    return this.norm_first ? op('add', x, part(norm(x))) : norm(op('add', x, part(x)));
  }
}

/** An encoder layer of a transformer: self-attention, then two linear layers, each added to its input. */
export class TransformerEncoderLayer extends TransformerLayer {
  constructor(
    d_model: number,
    nhead: number,
    dim_feedforward?: number | TransformerLayerOptions,
    dropout?: number | TransformerLayerOptions,
    activation?: TransformerActivation | TransformerLayerOptions,
    options?: TransformerLayerOptions,
  );
  /** All by name. */
  constructor(options: TransformerLayerOptions & { d_model: number; nhead: number });
  constructor(...args: unknown[]) {
    super(readCall<LayerGiven>(ENCODER_LAYER, args));
    this.self_attn = this.attention();
    this.linears();
    this.norm1 = this.norm();
    this.norm2 = this.norm();
    this.dropout1 = new Dropout(this.given.dropout ?? 0.1);
    this.dropout2 = new Dropout(this.given.dropout ?? 0.1);
  }

  override forward(
    src: Tensor,
    src_mask?: Tensor | null | EncoderLayerCall,
    src_key_padding_mask?: Tensor | null | EncoderLayerCall,
    is_causal?: boolean | EncoderLayerCall,
  ): Tensor;
  override forward(...args: unknown[]): Tensor {
    const given = readCall<{ src: Tensor } & EncoderLayerCall>(ENCODER_CALL, args);
    const { src, is_causal = false } = given;
    const padding = additiveMask(given.src_key_padding_mask, 'src_key_padding_mask', src);
    const mask = additiveMask(given.src_mask, 'src_mask', src);
    const fast = this.fast(given, padding, mask);
    if (fast !== undefined) return fast;
    const attended = this.residual(src, this.norm1, (x) => {
      const options = { attn_mask: mask, key_padding_mask: padding, need_weights: false, is_causal };
      return this.dropout1(this.self_attn(x, x, x, options)[0]);
    });
    return this.residual(attended, this.norm2, (x) => this.feedForward(x, this.dropout2));
  }

  /** LibTorch's fused operator for evaluation without gradients, in the cases where Python uses it. */
  private fast(
    { src, src_mask, src_key_padding_mask }: { src: Tensor } & EncoderLayerCall,
    padding: Tensor | null,
    mask: Tensor | null,
  ): Tensor | undefined {
    const { self_attn: attn, linear1, linear2, norm1, norm2 } = this;
    const { activation } = this.given;
    if (this.training || src.dim() !== 3 || attn.training || !attn.batch_first || attn.in_proj_bias === null)
      return undefined;
    if (attn.in_proj_weight === null || attn.num_heads % 2 !== 0 || typeof activation === 'function') return undefined;
    if (norm1.eps !== norm2.eps) return undefined;
    const isFloating = (tensor: Tensor | null | undefined) => tensor != null && isFloat(tensor.dtype);
    if (isFloating(src_mask) || isFloating(src_key_padding_mask)) return undefined;
    if (!behaviour().attentionMergesMasks && src_mask != null && src_key_padding_mask != null) return undefined;
    const weights = [attn.in_proj_weight, attn.in_proj_bias, attn.out_proj.weight, attn.out_proj.bias];
    const norms = [norm1.weight, norm1.bias, norm2.weight, norm2.bias];
    const linears = [linear1.weight, linear1.bias, linear2.weight, linear2.bias];
    const tensors = [src, ...weights, ...norms, ...linears] as (Tensor | null)[];
    if (native().is_grad_enabled() && tensors.some((tensor) => tensor?.requires_grad)) return undefined;
    const [merged, kind] = attn.mergeMasks(src, padding, mask);
    const shape = [attn.embed_dim, attn.num_heads] as const;
    const flags = [activation === 'gelu', this.norm_first, norm1.eps] as const;
    const more = kind === null ? [merged] : [merged, kind];
    return op('_transformer_encoder_layer_fwd', src, ...shape, ...weights, ...flags, ...norms, ...linears, ...more);
  }
}

/** Options of a call of {@link TransformerEncoderLayer}. */
export interface EncoderLayerCall {
  src_mask?: Tensor | null | undefined;
  src_key_padding_mask?: Tensor | null | undefined;
  /** Whether `src_mask` is the causal mask. Default false. */
  is_causal?: boolean | undefined;
}

/** Options of a call of {@link TransformerDecoderLayer}. */
export interface DecoderLayerCall {
  tgt_mask?: Tensor | null | undefined;
  memory_mask?: Tensor | null | undefined;
  tgt_key_padding_mask?: Tensor | null | undefined;
  memory_key_padding_mask?: Tensor | null | undefined;
  /** Whether `tgt_mask` is the causal mask. */
  tgt_is_causal?: boolean | undefined;
  /** Whether `memory_mask` is the causal mask. */
  memory_is_causal?: boolean | undefined;
}

/** A decoder layer of a transformer: self-attention, attention to the encoder's output, then two linear layers. */
export class TransformerDecoderLayer extends TransformerLayer {
  declare multihead_attn: MultiheadAttention;
  declare norm3: LayerNorm;
  declare dropout3: Dropout;

  constructor(
    d_model: number,
    nhead: number,
    dim_feedforward?: number | TransformerLayerOptions,
    dropout?: number | TransformerLayerOptions,
    activation?: TransformerActivation | TransformerLayerOptions,
    options?: TransformerLayerOptions,
  );
  /** All by name. */
  constructor(options: TransformerLayerOptions & { d_model: number; nhead: number });
  constructor(...args: unknown[]) {
    super(readCall<LayerGiven>(DECODER_LAYER, args));
    this.self_attn = this.attention();
    this.multihead_attn = this.attention();
    this.linears();
    this.norm1 = this.norm();
    this.norm2 = this.norm();
    this.norm3 = this.norm();
    const dropout = this.given.dropout ?? 0.1;
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.dropout3 = new Dropout(dropout);
  }

  override forward(
    tgt: Tensor,
    memory: Tensor,
    tgt_mask?: Tensor | null | DecoderLayerCall,
    memory_mask?: Tensor | null | DecoderLayerCall,
    tgt_key_padding_mask?: Tensor | null | DecoderLayerCall,
    memory_key_padding_mask?: Tensor | null | DecoderLayerCall,
    options?: DecoderLayerCall,
  ): Tensor;
  override forward(...args: unknown[]): Tensor {
    const given = readCall<{ tgt: Tensor; memory: Tensor } & DecoderLayerCall>(DECODER_CALL, args);
    const { tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask } = given;
    const { tgt_is_causal = false, memory_is_causal = false } = given;
    const own = this.residual(tgt, this.norm1, (x) => {
      const options = {
        attn_mask: tgt_mask,
        key_padding_mask: tgt_key_padding_mask,
        need_weights: false,
        is_causal: tgt_is_causal,
      };
      return this.dropout1(this.self_attn(x, x, x, options)[0]);
    });
    const other = this.residual(own, this.norm2, (x) => {
      const options = {
        attn_mask: memory_mask,
        key_padding_mask: memory_key_padding_mask,
        need_weights: false,
        is_causal: memory_is_causal,
      };
      return this.dropout2(this.multihead_attn(x, memory, memory, options)[0]);
    });
    return this.residual(other, this.norm3, (x) => this.feedForward(x, this.dropout3));
  }
}
