/** The state of single parameters: zeros to begin with, step counts, copies of what is loaded. */
import { get_default_dtype } from '../tensor/default_dtype.js';
import { handleOf, isTensor } from '../addon/handle.js';
import type { Handle } from '../addon/native.js';
import { behaviour } from '../addon/versions.js';
import { isArray } from '../base/plain_object.js';
import { op } from '../tensor/call.js';
import { dispatchTensor } from '../tensor/dispatch.js';
import { isFloat } from '../tensor/dtypes.js';
import { Tensor } from '../tensor/tensor.js';
import { undoIfRefused } from './plan.js';

/** The optimizer's state for one parameter. */
export type ParamState = Record<string, unknown>;

/** Zeros in the shape, dtype and memory order of a parameter. */
export function zerosLike(param: Tensor): Tensor {
  return op('zeros_like', param);
}

/** A state with a single number, in the dtype of Python's: float32, or float64 if that is the default and not `single`. */
export function scalar(value: number, single = false): Tensor {
  const dtype = !single && get_default_dtype() === 'float64' ? 'float64' : 'float32';
  return new Tensor(dispatchTensor('scalar_tensor', [value], { dtype, device: 'cpu' }));
}

/** A step count: a tensor; before LibTorch 2, a number for some optimizers. */
export type Steps = Tensor | number;

/** The initial step count. */
export function stepsAtZero(): Steps {
  return behaviour().newerOptimizers ? scalar(0) : 0;
}

/** The handles of step counts that C++ increments, if they are tensors; numbers are incremented here. */
export function countUp(states: readonly { step: Steps }[]): Handle[] {
  const counted: Handle[] = [];
  for (const state of states) {
    if (typeof state.step === 'number') {
      state.step++;
      undoIfRefused(() => {
        (state.step as number)--;
      });
    } else counted.push(handleOf(state.step, 'step'));
  }
  return counted;
}

/** The handles of tensors. */
export function handles(tensors: readonly unknown[], name: string): Handle[] {
  return tensors.map((tensor) => handleOf(tensor, name));
}

/** The handles of the tensors that states have under a name. */
export function stateHandles<S>(states: readonly S[], name: keyof S & string): Handle[] {
  return handles(
    states.map((state) => state[name]),
    name,
  );
}

/** A copy of a loaded state, for a parameter. */
export function copyState(state: ParamState, param: Tensor): ParamState {
  const copy = (value: unknown, key: string): unknown => {
    if (isTensor(value)) return copyTensor(value as Tensor, param, key);
    if (isArray(value)) return value.map((item) => copy(item, key));
    return typeof value === 'bigint' ? Number(value) : value;
  };
  return Object.fromEntries(Object.entries(state).map(([key, value]) => [key, copy(value, key)]));
}

function copyTensor(value: Tensor, param: Tensor, key: string): Tensor {
  const own = value.detach().clone();
  if (key === 'step') return own;
  const { device, dtype } = param;
  return own.to(isFloat(dtype) ? { dtype, device: device as 'cpu' } : { device: device as 'cpu' });
}
