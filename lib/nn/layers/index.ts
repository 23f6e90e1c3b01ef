/** The layers of `torch.nn`. */
export * from './activation.js';
export * from './adaptive_softmax.js';
export * from './adaptive_pool.js';
export { type AttentionOptions, MultiheadAttention, type MultiheadAttentionOptions } from './attention.js';
export * from './batch_norm.js';
export * from './conv.js';
export * from './dropout.js';
export type { InplaceOptions } from './elementwise.js';
export * from './embedding.js';
export * from './fractional_pool.js';
export * from './lazy.js';
export * from './linear.js';
export * from './norm.js';
export * from './over_dim.js';
export * from './padding.js';
export * from './pool.js';
export * from './rectifier.js';
export * from './rnn.js';
export * from './rnn_cell.js';
export * from './shape.js';
export * from './transformer.js';
export {
  type DecoderLayerCall,
  type EncoderLayerCall,
  type TransformerActivation,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type TransformerLayerOptions,
} from './transformer_layer.js';
export * from './unpool.js';
