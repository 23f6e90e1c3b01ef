/** `torch.utils`. */
export * as data from '../loader/index.js';
