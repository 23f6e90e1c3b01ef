/**
 * Sizes in traces. `x.shape` is an array of plain numbers, which no tracer can follow: what is computed from them becomes
 * constants. So a module is traced again on inputs that are longer in one dimension, and each constant that grows along
 * is taken for what it is: a function of that size.
 */
import { isTensor } from '../addon/handle.js';
import { native, type ScriptHandle } from '../addon/native.js';
import { warnOnce } from '../base/warnings.js';
import type { Tensor } from '../tensor/tensor.js';
import { op } from '../tensor/call.js';

/** Records a module. */
interface Recorder {
  record(inputs: readonly unknown[]): ScriptHandle;
}

/** One dimension of some inputs, which have to be as long as each other. */
interface Axis {
  readonly inputs: readonly number[];
  readonly dim: number;
  readonly size: number;
}

/** By how much an axis is made longer: two points beside the first tell a line from a curve. */
const STEPS = [1, 2] as const;

/** What the addon says of an axis. */
const FOLLOWED = 0;
const BRANCHES = 2;

/** Has the trace `base`, which was made on `inputs`, compute the constants that come from sizes. */
export function followSizes(recorder: Recorder, base: ScriptHandle, inputs: readonly unknown[]): void {
  const axes: Axis[] = [];
  const variants: ScriptHandle[] = [];
  const covered = new Set<string>();
  for (const axis of candidates(inputs)) {
    if (axis.inputs.every((input) => covered.has(`${input}.${axis.dim}`))) continue;
    const traces = retrace(recorder, inputs, axis);
    if (traces === undefined) continue;
    for (const input of axis.inputs) covered.add(`${input}.${axis.dim}`);
    axes.push(axis);
    for (const trace of traces) variants.push(trace);
  }
  const results = native().follow_sizes(
    base,
    variants,
    axes.map(({ inputs: [input = 0], dim, size }) => [input, dim, size]),
  );
  for (const variant of variants) native().dispose_script(variant);
  for (const [index, result] of results.entries()) if (result !== FOLLOWED) warn(axes[index] as Axis, result, inputs);
}

/** Single dimensions first, then those of several inputs that are equally long. */
function candidates(inputs: readonly unknown[]): Axis[] {
  const single: Axis[] = [];
  for (const [input, value] of inputs.entries()) {
    if (!isTensor(value)) continue;
    for (const [dim, size] of ((value as Tensor).shape as readonly number[]).entries())
      if (size > 0) single.push({ inputs: [input], dim, size });
  }
  const groups = new Map<string, Axis>();
  for (const { inputs: own, dim, size } of single) {
    const before = groups.get(`${dim}.${size}`);
    groups.set(`${dim}.${size}`, { inputs: [...(before?.inputs ?? []), ...own], dim, size });
  }
  return [...single, ...[...groups.values()].filter((axis) => axis.inputs.length > 1)];
}

/** The traces on longer inputs, or `undefined` where the module does not take them. */
function retrace(recorder: Recorder, inputs: readonly unknown[], axis: Axis): ScriptHandle[] | undefined {
  try {
    return STEPS.map((step) => {
      const longer = inputs.map((input, index) =>
        axis.inputs.includes(index) ? lengthened(input as Tensor, axis, step) : input,
      );
      return recorder.record(longer);
    });
  } catch {
    return undefined;
  }
}

/** The tensor with its first elements along an axis once more at the end: values that the module surely takes. */
function lengthened(tensor: Tensor, { dim, size }: Axis, step: number): Tensor {
  const plain = tensor.detach();
  return op('cat', [plain, ...Array.from({ length: step }, (_, at) => op('narrow', plain, dim, at % size, 1))], dim);
}

function warn({ inputs: places, dim, size }: Axis, result: number, inputs: readonly unknown[]): void {
  const names = places.map((place) => (inputs.length === 1 ? 'input' : `input_${place}`)).join(' and ');
  const what =
    result === BRANCHES
      ? 'decides which operators are called'
      : 'is a constant in the trace, or in numbers computed from it';
  warnOnce(
    `TracerWarning: the size of dimension ${dim} of ${names}, ${size}, ${what}: the trace fits inputs of that size alone. Write the forward pass with sizes of -1, flatten and the like instead of shape.`,
  );
}
