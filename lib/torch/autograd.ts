/** `torch.autograd`: gradients, and operations with gradients of one's own. */
export {
  backward,
  type BackwardAllOptions,
  enable_grad,
  grad,
  type GradOptions,
  inference_mode,
  is_grad_enabled,
  no_grad,
  set_grad_enabled,
} from '../tensor/autograd.js';
export { AutogradFunction as Function, type FunctionContext } from '../tensor/function.js';
