/** The layers of `torch.nn`. */
export * from './activation.js';
export { type AttentionOptions, MultiheadAttention, type MultiheadAttentionOptions } from './attention.js';
export * from './conv.js';
export * from './dropout.js';
export * from './embedding.js';
export * from './linear.js';
export * from './norm.js';
export * from './padding.js';
export * from './pool.js';
export * from './rnn.js';
export * from './shape.js';
export * from './transformer.js';
