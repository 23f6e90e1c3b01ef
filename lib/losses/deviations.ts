/** Points on which MindSpore differs in many losses, and what tells that a difference comes from one of them. */
import type { ComparedCall, ComparedTensor, SampleTest } from '../loss/compared_call.js';
import type { Deviation, DeviationExample } from '../loss/row.js';

/** The smallest normal numbers of the dtypes that MindSpore's CPU kernels compute in. */
const SMALLEST_NORMAL: Readonly<Record<string, number>> = {
  float16: 2 ** -14,
  bfloat16: 2 ** -126,
  float32: 2 ** -126,
  // Reduced in float32.
  float64: 2 ** -126,
};

/** Whether the other side is MindSpore and what differs is one number. */
export function inMindSpore({ framework, element }: ComparedCall): boolean {
  return framework === 'mindspore' && element !== undefined;
}

function tensorsOf(call: ComparedCall): ComparedTensor[] {
  return call.inputs.filter((input) => input !== undefined);
}

/** Whether any tensor among the inputs has an element like this. */
export function someElement(call: ComparedCall, test: (value: number) => boolean): boolean {
  return tensorsOf(call).some((input) => input.values().some(test));
}

/** Whether what differs in MindSpore is made of an element like this, of input `index` or of any. */
export function madeOf(call: ComparedCall, test: (value: number) => boolean, index?: number): boolean {
  return (
    inMindSpore(call) &&
    call.madeOf((...inputs) => (index === undefined ? inputs.flat() : (inputs[index] ?? [])).some(test))
  );
}

/** Whether MindSpore refuses, in these words, what torchloss computes. */
export function theyRefuse({ framework, ours, theirs }: ComparedCall, words: RegExp): boolean {
  return framework === 'mindspore' && ours === undefined && theirs !== undefined && words.test(theirs);
}

/** Whether torchloss refuses, in these words, what MindSpore computes. */
export function weRefuse({ framework, ours, theirs }: ComparedCall, words: RegExp): boolean {
  return framework === 'mindspore' && ours !== undefined && theirs === undefined && words.test(ours);
}

/** Whether a tensor given as an option has another shape than the first input. */
export function broadcastOption(call: ComparedCall, name: string): boolean {
  const option = call.options[name] as ComparedTensor | undefined;
  return option !== undefined && String(option.shape) !== String(call.inputs[0]?.shape);
}

/** Whether what differs is the gradient of an input. */
export function ofGradient({ differs }: ComparedCall, name = ''): boolean {
  return differs?.startsWith(`gradient of ${name}`) === true;
}

/** Explains a float64 that agrees to the precision of float32. */
export function inFloat32(call: ComparedCall): boolean {
  return inMindSpore(call) && call.dtype === 'float64' && call.within('float32');
}

/** What MindSpore says where it has no kernel. */
export const NO_KERNEL =
  /Kernel select failed|Unsupported data type|unregistered|must be a type of|not support this kernel data type/;

/** bfloat16, which MindSpore's CPU kernels lack. */
export const noBfloat16: Deviation = {
  about: 'bfloat16 on the CPU',
  torch: 'computed',
  mindspore: 'no kernel in 2.10',
  explains: (call) => theyRefuse(call, NO_KERNEL) && tensorsOf(call).some(({ dtype }) => dtype === 'bfloat16'),
};

/** float16, which LibTorch 1.13 has few kernels for. */
const noFloat16: Deviation = {
  about: 'float16 on the CPU in older LibTorchs',
  torch: 'a TorchError where LibTorch 1.13 has no kernel',
  mindspore: 'computed',
  explains: (call) => weRefuse(call, /not implemented for 'float16'/),
};

/** The 16-bit floats, in which MindSpore composes what LibTorch computes at once. */
export const float16Steps: Deviation = {
  about: 'the rounding of float16 and bfloat16 on the CPU',
  torch:
    'rounded after each of the operations of LibTorch that the loss is made of, some of which it fuses; in float32 by evaluate',
  mindspore: 'rounded after each of its own: further off, and inf or nan where a part exceeds 65504',
  explains: (call) => {
    if (!inMindSpore(call)) return false;
    if (call.dtype === 'bfloat16') return call.within('bfloat16', { times: 2, ofInputs: true });
    // Parts of about 1 cancel; a mean makes them smaller.
    const absolute = call.options.reduction === 'none' || call.options.reduction === 'sum' ? 2e-3 : 0;
    return (
      call.dtype === 'float16' &&
      (call.within('float16', { times: 4, ofInputs: true, absolute }) ||
        (!Number.isFinite(call.element?.theirs) && (call.samples() > 1000 || madeOf(call, overflowsHalf))))
    );
  },
};

/** Whether the exponential, the square or the logarithm of a number, or of what it lacks to 1, may be no float16. */
function overflowsHalf(value: number): boolean {
  return Math.abs(value) > 8 || Math.abs(value) < 1e-3 || Math.abs(1 - value) < 1e-3;
}

/** Tensors without elements. */
export const emptyTensor: Deviation = {
  about: 'a tensor without elements',
  torch: '0 for the sum, nan for the mean',
  mindspore: 'memory that was never written, an error or the end of the process by SIGFPE in 2.10 on the CPU',
  explains: (call) =>
    call.framework === 'mindspore' &&
    (call.ours === undefined || /empty/.test(call.ours)) &&
    tensorsOf(call).some(({ shape }) => shape.includes(0)) &&
    (call.element === undefined || call.element.ours === 0 || Number.isNaN(call.element.ours)),
};

/** Numbers below the smallest normal one. */
export const subnormals: Deviation = {
  about: 'numbers below the smallest normal one, 1.2e-38 in float32',
  torch: 'computed with',
  mindspore:
    'taken for 0 by the worker threads on the CPU, but not by the main one: in long tensors some elements are 0',
  explains: (call) => {
    const least = SMALLEST_NORMAL[call.dtype] as number;
    return madeOf(call, (value) => value !== 0 && Math.abs(value) < least);
  },
};

/** NaN and infinities among the inputs. */
export const nonfinite: Deviation = {
  about: 'NaN or an infinity in the inputs',
  torch: "what LibTorch's formula makes of it",
  mindspore: 'another NaN or number, since its formula has other steps',
  explains: (call) => madeOf(call, (value) => !Number.isFinite(value)),
};

/** Exponentials, which MindSpore's CPU kernels approximate. */
export const roughExponential: Deviation = {
  about: 'the exponential in float32 on the CPU',
  torch: 'to the last bit or two',
  mindspore: 'off by up to 2.3e-5 of its value',
  explains: (call) =>
    inMindSpore(call) &&
    ['float32', 'float64'].includes(call.dtype) &&
    call.within('float32', { times: 25, ofInputs: true }),
};

/** Numbers that overflow on the way, or next to which others vanish. */
const overflows: Deviation = {
  about: 'numbers beyond 1e15, in float16 beyond 50',
  torch: 'the rounding, inf or nan that the steps of LibTorch give',
  mindspore: 'another: its steps come in another order',
  explains: (call) => {
    const most = call.dtype === 'float16' ? 50 : 1e15;
    return (
      madeOf(call, (value) => Math.abs(value) > most) &&
      call.within(call.dtype === 'float64' ? 'float32' : call.dtype, {
        times: 4,
        ofLargest: true,
        ofInputs: true,
        overflow: true,
      })
    );
  },
};

/** Sums of many elements. */
const plainSums: Deviation = {
  about: 'sums of thousands of elements in float32',
  torch: 'added in pairs',
  mindspore: 'added one after the other on the CPU: off by some 2e-5 of the sum',
  explains: (call) => inMindSpore(call) && call.samples() > 2000 && call.within('float32', { times: 25 }),
};

/** What MindSpore's losses that are made of several operations have in common on the CPU. */
export const composed: readonly Deviation[] = [
  noBfloat16,
  noFloat16,
  emptyTensor,
  float16Steps,
  subnormals,
  nonfinite,
  overflows,
  plainSums,
];

/** The same for losses that LibTorch has no kernels of 16 bits for, and that refuse an empty batch. */
export const composedInKernel: readonly Deviation[] = [subnormals, nonfinite, overflows, plainSums];

/** An empty batch of which LibTorch would give memory that it has not written. */
export function emptyBatch({ inputs, ours }: ComparedCall): boolean {
  return ours !== undefined && inputs[0]?.shape[0] === 0;
}

/** The gradient where a maximum of two equal numbers is taken. `atTie` tells such samples. */
export function atTheMargin(
  where: string,
  example: DeviationExample,
  atTie: (call: ComparedCall) => SampleTest,
): Deviation {
  return {
    about: `the gradient at ${where}`,
    torch: `that of the part above 0: ${example.torch?.join(', ')}`,
    mindspore: `half of it: ${example.mindspore?.join(', ')}`,
    examples: [example],
    explains: (call) => inMindSpore(call) && ofGradient(call) && call.madeOf(atTie(call)) && isTimes(call, 0.5),
  };
}

/** Whether two numbers are the same but for the rounding of float16. */
export function isTie(first: number, second: number): boolean {
  return Math.abs(first - second) <= 1e-3 * Math.abs(second);
}

/** Whether the number is there `factor` times what it is here. */
export function isTimes({ element }: ComparedCall, factor: number): boolean {
  return element !== undefined && Math.abs(element.ours * factor - element.theirs) <= 1e-3 * Math.abs(element.theirs);
}
