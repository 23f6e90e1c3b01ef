/** The transformer and its stacks of layers. */
import { get_default_dtype } from '../../tensor/default_dtype.js';
import { callShape, readCall } from '../../base/positional.js';
import { invalidType } from '../../base/errors.js';
import type { Device, DType } from '../../base/types.js';
import { dispatchTensor } from '../../tensor/dispatch.js';
import { Tensor } from '../../tensor/tensor.js';
import { op } from '../../tensor/call.js';
import { ModuleList } from '../containers.js';
import { withoutDrawing } from '../drawing.js';
import { xavier_uniform_ } from '../init.js';
import { isModule, Module } from '../module.js';
import { checkCount, type FactoryOptions } from './layer.js';
import { LayerNorm } from './norm.js';
import {
  type DecoderLayerCall,
  type LayerGiven,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type TransformerLayerOptions,
} from './transformer_layer.js';

/** The layers of a stack, each with the values of the given one. */
function copies<T extends Module>(layer: T, count: number, make: () => T): ModuleList {
  checkCount(count, 'num_layers');
  if (!isModule(layer)) throw invalidType('layer', 'a Module', layer);
  const state = layer.state_dict();
  const made = Array.from({ length: count }, () => {
    const copy = make();
    copy.load_state_dict(state);
    return copy.train(layer.training);
  });
  return new ModuleList(made);
}

/** A new layer like another, made without random draws that Python would not make. */
function again<T extends TransformerEncoderLayer | TransformerDecoderLayer>(layer: T): T {
  const { given } = layer as unknown as { given: LayerGiven };
  const Kind = layer.constructor as new (d: number, n: number, options: TransformerLayerOptions) => T;
  const { d_model, nhead, ...options } = given;
  const { dtype, device } = layer.linear1.weight;
  return withoutDrawing(
    () => new Kind(d_model, nhead, { ...options, dtype: dtype as DType, device: device as Device }),
  );
}

/** A stack of encoder layers. */
export class TransformerEncoder extends Module {
  layers: ModuleList;
  num_layers: number;
  norm: Module | null;

  /** @param encoder_layer - is copied `num_layers` times */
  constructor(encoder_layer: TransformerEncoderLayer, num_layers: number, norm: Module | null = null) {
    super();
    this.layers = copies(encoder_layer, num_layers, () => again(encoder_layer));
    this.num_layers = num_layers;
    this.norm = norm;
  }

  override forward(
    src: Tensor,
    mask?: Tensor | null | EncoderCall,
    src_key_padding_mask?: Tensor | null | EncoderCall,
    is_causal?: boolean | EncoderCall,
  ): Tensor;
  override forward(...args: unknown[]): Tensor {
    const given = readCall<{ src: Tensor } & EncoderCall>(ENCODER_STACK_CALL, args);
    const { src, mask, src_key_padding_mask, is_causal = false } = given;
    let output = src;
    for (const layer of this.layers) output = layer(output, { src_mask: mask, src_key_padding_mask, is_causal });
    return this.norm === null ? output : this.norm(output);
  }
}

const ENCODER_STACK_CALL = callShape('TransformerEncoder', 'src, mask?, src_key_padding_mask?, is_causal?');
const DECODER_STACK_CALL = callShape(
  'TransformerDecoder',
  'tgt, memory, tgt_mask?, memory_mask?, tgt_key_padding_mask?, memory_key_padding_mask?, tgt_is_causal?, memory_is_causal?',
);

/** Options of a call of {@link TransformerEncoder}. */
export interface EncoderCall {
  mask?: Tensor | null | undefined;
  src_key_padding_mask?: Tensor | null | undefined;
  /** Whether `mask` is the causal mask. */
  is_causal?: boolean | undefined;
}

/** A stack of decoder layers. */
export class TransformerDecoder extends Module {
  layers: ModuleList;
  num_layers: number;
  norm: Module | null;

  /** @param decoder_layer - is copied `num_layers` times */
  constructor(decoder_layer: TransformerDecoderLayer, num_layers: number, norm: Module | null = null) {
    super();
    this.layers = copies(decoder_layer, num_layers, () => again(decoder_layer));
    this.num_layers = num_layers;
    this.norm = norm;
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
    const { tgt, memory, ...options } = readCall<{ tgt: Tensor; memory: Tensor } & DecoderLayerCall>(
      DECODER_STACK_CALL,
      args,
    );
    let output = tgt;
    for (const layer of this.layers) output = layer(output, memory, options);
    return this.norm === null ? output : this.norm(output);
  }
}

/** Options of {@link Transformer}. */
export interface TransformerOptions extends TransformerLayerOptions {
  /** Default 512. */
  d_model?: number | undefined;
  /** Default 8. */
  nhead?: number | undefined;
  /** Default 6. */
  num_encoder_layers?: number | undefined;
  /** Default 6. */
  num_decoder_layers?: number | undefined;
}

/** Options of a call of {@link Transformer}. */
export interface TransformerCall extends DecoderLayerCall {
  src_mask?: Tensor | null | undefined;
  src_key_padding_mask?: Tensor | null | undefined;
  src_is_causal?: boolean | undefined;
}

const TRANSFORMER = callShape(
  'Transformer',
  'd_model?, nhead?, num_encoder_layers?, num_decoder_layers?, dim_feedforward?, dropout?, activation?, layer_norm_eps?, batch_first?, norm_first?, bias?, device?, dtype?',
);
const TRANSFORMER_CALL = callShape(
  'Transformer',
  'src, tgt, src_mask?, tgt_mask?, memory_mask?, src_key_padding_mask?, tgt_key_padding_mask?, memory_key_padding_mask?, src_is_causal?, tgt_is_causal?, memory_is_causal?',
);

/** The transformer of Vaswani et al. (2017): an encoder, and a decoder that attends to its output. */
export class Transformer extends Module {
  declare encoder: TransformerEncoder;
  declare decoder: TransformerDecoder;
  declare d_model: number;
  declare nhead: number;
  declare batch_first: boolean;

  constructor(
    d_model?: number | TransformerOptions,
    nhead?: number | TransformerOptions,
    num_encoder_layers?: number | TransformerOptions,
    num_decoder_layers?: number | TransformerOptions,
    options?: TransformerOptions,
  );
  constructor(...args: unknown[]) {
    super();
    const given = readCall<TransformerOptions>(TRANSFORMER, args);
    const { d_model = 512, nhead = 8, num_encoder_layers = 6, num_decoder_layers = 6, ...options } = given;
    const { layer_norm_eps = 1e-5, bias = true, device, dtype } = options;
    const norm = () => new LayerNorm(d_model, { eps: layer_norm_eps, bias, device, dtype });
    this.encoder = new TransformerEncoder(
      new TransformerEncoderLayer(d_model, nhead, options),
      num_encoder_layers,
      norm(),
    );
    this.decoder = new TransformerDecoder(
      new TransformerDecoderLayer(d_model, nhead, options),
      num_decoder_layers,
      norm(),
    );
    for (const parameter of this.parameters()) if (parameter.dim() > 1) xavier_uniform_(parameter);
    this.d_model = d_model;
    this.nhead = nhead;
    this.batch_first = options.batch_first ?? false;
  }

  override forward(src: Tensor, tgt: Tensor, options?: TransformerCall): Tensor;
  override forward(...args: unknown[]): Tensor {
    const given = readCall<{ src: Tensor; tgt: Tensor } & TransformerCall>(TRANSFORMER_CALL, args);
    const { src, tgt, src_mask, src_key_padding_mask, src_is_causal = false, ...options } = given;
    const memory = this.encoder(src, { mask: src_mask, src_key_padding_mask, is_causal: src_is_causal });
    return this.decoder(tgt, memory, options);
  }

  /** The causal mask, which hides later positions: 0 up to the diagonal, -Infinity above. */
  static generate_square_subsequent_mask(sz: number, { device = 'cpu', dtype }: FactoryOptions = {}): Tensor {
    const full = new Tensor(
      dispatchTensor('full', [[sz, sz], Number.NEGATIVE_INFINITY], {
        device: device ?? 'cpu',
        dtype: dtype ?? get_default_dtype(),
      }),
    );
    return op('triu', full, 1);
  }
}
