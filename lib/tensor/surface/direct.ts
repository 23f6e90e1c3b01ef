/** The most frequently called methods, called directly in the addon if the call has one of the simple forms. */
import { TorchError } from '../../base/errors.js';
import { isArray } from '../../base/plain_object.js';
import { FROM_ADDON, handleOf, isTensor, knownHandle } from '../../addon/handle.js';
import { type DirectFunction, type Handle, native, type OperatorValue } from '../../addon/native.js';
import { callWith } from '../calls.js';
import type { BoundOperator } from '../dispatch.js';
import { Tensor } from '../tensor.js';

/** The addon's functions for a name, by what is given besides the tensor. */
interface Forms {
  readonly none: DirectFunction | undefined;
  readonly tensor: DirectFunction | undefined;
  readonly number: DirectFunction | undefined;
  readonly integer: DirectFunction | undefined;
  readonly integers: DirectFunction | undefined;
  readonly sizes: DirectFunction | undefined;
}

function formsOf(name: string): Forms {
  const { direct } = native();
  const form = (kind: string) => direct[`${name}/${kind}`];
  return {
    none: form('none'),
    tensor: form('tensor'),
    number: form('number'),
    integer: form('integer'),
    integers: form('integers'),
    sizes: form('sizes'),
  };
}

/** The names that have such a form: `binding/tensor/direct.cpp` lists them, and a test compares both. */
export const DIRECT = new Set(
  `abs add add_ all any argmax argmin atan2 bmm ceil clamp_max clamp_min clone contiguous cos cosh cumsum div div_ dot eq
  erf exp exp2 exp_ expand expand_as expm1 fill_ flatten floor frac ge gt isfinite isnan le log log10 log1p log2
  log_softmax logical_and logical_not logical_or lt matmul max maximum mean min minimum mm mul mul_ mv ne neg neg_
  permute pow prod reciprocal relu relu_ remainder repeat reshape reshape_as round rsqrt select sigmoid sign sin sinh
  softmax sqrt sqrt_ square squeeze std sub sub_ sum t tan tanh transpose trunc unsqueeze var view view_as zero_`.split(
    /\s+/,
  ),
);

/** The method of a name. */
export function directMethod(name: string, operator: BoundOperator): (this: Tensor, ...args: unknown[]) => unknown {
  let forms: Forms | undefined;
  const writes = name.endsWith('_');
  return function (this: Tensor, first?: unknown, second?: unknown, ...more: unknown[]) {
    forms ??= formsOf(name);
    if (more.length === 0) {
      try {
        // The most frequent calls, with as few steps as there can be.
        const known = second === undefined ? knownHandle(this) : undefined;
        if (known !== undefined) {
          const other = knownHandle(first);
          const form = other !== undefined ? forms.tensor : first === undefined ? forms.none : undefined;
          if (form !== undefined) {
            const result = other === undefined ? form(known) : form(known, other);
            return writes ? this : new Tensor(result, FROM_ADDON);
          }
        }
        const form = formFor(forms, first, second);
        if (form !== undefined) {
          const self = handleOf(this, 'tensor');
          const result = call(form, self, first, second);
          return writes ? this : new Tensor(result, FROM_ADDON);
        }
      } catch (error) {
        if (!isExplained(error)) throw error;
      }
    }
    const args = [this, first, second, ...more];
    while (args.length > 1 && args.at(-1) === undefined) args.pop();
    return callWith(operator, args);
  };
}

/**
 * The function of an operator with such a name. Tensors, dimensions and sizes take the method's way; all other calls
 * take `operator`, numbers included: which overload they fit is up to the operator's schemas.
 */
export function directFunction(name: string, operator: BoundOperator): (...args: unknown[]) => unknown {
  let forms: Forms | undefined;
  const writes = name.endsWith('_');
  return (first?: unknown, second?: unknown, third?: unknown, ...more: unknown[]) => {
    const self = more.length === 0 ? knownHandle(first) : undefined;
    if (self !== undefined) {
      forms ??= formsOf(name);
      const form = functionFormFor(forms, second, third);
      if (form !== undefined) {
        try {
          const result = call(form, self, second, third);
          return writes ? first : new Tensor(result, FROM_ADDON);
        } catch (error) {
          if (!isExplained(error)) throw error;
        }
      }
    }
    const args = [first, second, third, ...more];
    while (args.length > 0 && args.at(-1) === undefined) args.pop();
    return callWith(operator, args);
  };
}

/** Words of LibTorch's errors about dtypes: `add_tensors` in `binding/tensor/operators.cpp` goes by the same. */
const ABOUT_DTYPES = / not implemented for '|dtype|scalar type|desired output type|bool tensor|type \(/;

/** Whether the operator, called again by its boxed form, says more: its errors about dtypes name the tensors. */
function isExplained(error: unknown): boolean {
  return error instanceof TorchError && ABOUT_DTYPES.test(error.message);
}

/** The form of a call, if it has one. */
function formFor(forms: Forms, first: unknown, second: unknown): DirectFunction | undefined {
  if (second !== undefined) {
    return Number.isInteger(first) && Number.isInteger(second) ? forms.integers : undefined;
  }
  if (first === undefined) return forms.none;
  if (typeof first === 'number') return Number.isInteger(first) ? (forms.number ?? forms.integer) : forms.number;
  if (typeof first !== 'object' || first === null) return undefined;
  if (forms.tensor !== undefined && isTensor(first)) return forms.tensor;
  return forms.sizes !== undefined && isArray(first) && isShort(first) && first.every(Number.isInteger)
    ? forms.sizes
    : undefined;
}

/** Whether an array may be gone through: longer ones are refused where all arguments are read, as is one of 2^32 holes. */
function isShort(list: readonly unknown[]): boolean {
  return list.length < 2 ** 16;
}

/** The form of a call by name, if it has one. */
function functionFormFor(forms: Forms, first: unknown, second: unknown): DirectFunction | undefined {
  if (typeof first === 'number') {
    if (!isDimension(first)) return undefined;
    if (second === undefined) return forms.integer;
    return isDimension(second) ? forms.integers : undefined;
  }
  if (second !== undefined) return undefined;
  if (first === undefined) return forms.none;
  if (knownHandle(first) !== undefined) return forms.tensor;
  return isArray(first) && isShort(first) && first.every(isDimension) ? formFor(forms, first, undefined) : undefined;
}

/** Whether a value is an integer that every type of the addon holds. */
function isDimension(value: unknown): boolean {
  return typeof value === 'number' && (value | 0) === value;
}

function call(form: DirectFunction, self: Handle, first: unknown, second: unknown): Handle {
  if (first === undefined) return form(self);
  if (second !== undefined) return form(self, first as OperatorValue, second as OperatorValue);
  if (typeof first === 'number') return form(self, first);
  return form(self, isTensor(first) ? handleOf(first, 'argument 0') : ([...(first as number[])] as OperatorValue));
}
