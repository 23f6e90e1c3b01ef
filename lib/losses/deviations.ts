/** Differences of MindSpore that many losses share, and how to recognise that a mismatch comes from one of them. */
import { behaviour, CHANGES } from '../addon/versions.js';
import type { ComparedCall, ComparedTensor, Sample, SampleTest } from '../loss/compared_call.js';
import type { Deviation, DeviationExample } from '../loss/row.js';

/** The smallest normal numbers of the dtypes that MindSpore's CPU kernels compute in. */
const SMALLEST_NORMAL: Readonly<Record<string, number>> = {
  float16: 2 ** -14,
  bfloat16: 2 ** -126,
  float32: 2 ** -126,
  // Reduced in float32.
  float64: 2 ** -126,
};

/** Whether the other side is MindSpore and a single number differs. */
export function inMindSpore({ framework, element }: ComparedCall): boolean {
  return framework === 'mindspore' && element !== undefined;
}

function tensorsOf(call: ComparedCall): ComparedTensor[] {
  return call.inputs.filter((input) => input !== undefined);
}

/** Whether any input tensor has an element that passes the test. */
export function someElement(call: ComparedCall, test: (value: number) => boolean): boolean {
  return tensorsOf(call).some((input) => input.values().some(test));
}

/**
 * Whether the number that differs in MindSpore was computed from an element that passes the test, of input `index` or
 * of any input.
 */
export function madeOf(call: ComparedCall, test: (value: number) => boolean, index?: number): boolean {
  return (
    inMindSpore(call) &&
    call.madeOf((...inputs) => (index === undefined ? inputs.flat() : (inputs[index] ?? [])).some(test))
  );
}

/** Whether MindSpore refuses, with this message, a call that torchloss computes. */
export function theyRefuse({ framework, ours, theirs }: ComparedCall, words: RegExp): boolean {
  return framework === 'mindspore' && ours === undefined && theirs !== undefined && words.test(theirs);
}

/** Whether torchloss refuses, with this message, a call that MindSpore computes. */
export function weRefuse({ framework, ours, theirs }: ComparedCall, words: RegExp): boolean {
  return framework === 'mindspore' && ours !== undefined && theirs === undefined && words.test(ours);
}

/** Whether a tensor option and the first input differ in shape. */
export function broadcastOption(call: ComparedCall, name: string): boolean {
  const option = call.options[name] as ComparedTensor | undefined;
  return option !== undefined && String(option.shape) !== String(call.inputs[0]?.shape);
}

/** Whether the mismatch is in the gradient of an input. */
export function ofGradient({ differs }: ComparedCall, name = ''): boolean {
  return differs?.startsWith(`gradient of ${name}`) === true;
}

/** Explains a float64 result that agrees only to float32 precision. */
export function inFloat32(call: ComparedCall): boolean {
  return inMindSpore(call) && call.dtype === 'float64' && call.within('float32');
}

/** MindSpore's message when it has no kernel. */
export const NO_KERNEL =
  /Kernel select failed|Unsupported data type|unregistered|must be a type of|not support this kernel data type/;

/** bfloat16, for which MindSpore has no CPU kernels. */
export const noBfloat16: Deviation = {
  about: 'bfloat16 on the CPU',
  torch: 'computed',
  mindspore: 'no kernel in 2.10',
  explains: (call) => theyRefuse(call, NO_KERNEL) && tensorsOf(call).some(({ dtype }) => dtype === 'bfloat16'),
};

/** float16, for which LibTorch 1.13 has few CPU kernels. */
const noFloat16: Deviation = {
  about: 'float16 on the CPU in older LibTorch versions',
  torch: 'a TorchError where LibTorch 1.13 has no kernel',
  mindspore: 'computed',
  explains: (call) => weRefuse(call, /not implemented for 'float16'/),
};

/** The 16-bit floats: MindSpore rounds after each operation, LibTorch once. */
export const float16Steps: Deviation = {
  about: 'the rounding of float16 and bfloat16 on the CPU',
  torch:
    'rounded after each of the LibTorch operations that make up the loss, some of which are fused; in float32 by evaluate',
  mindspore:
    'rounded after each of its own operations: less accurate, and inf or nan where an intermediate value exceeds 65504',
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

/** Whether the exponential, square or logarithm of a number, or of 1 minus it, may not be representable in float16. */
function overflowsHalf(value: number): boolean {
  return Math.abs(value) > 8 || Math.abs(value) < 1e-3 || Math.abs(1 - value) < 1e-3;
}

/** Tensors without elements. */
export const emptyTensor: Deviation = {
  about: 'a tensor without elements',
  torch: '0 for the sum, nan for the mean',
  mindspore: 'uninitialized memory, an error or a crash (SIGFPE) in 2.10 on the CPU',
  explains: (call) =>
    call.framework === 'mindspore' &&
    (call.ours === undefined || /empty/.test(call.ours)) &&
    tensorsOf(call).some(({ shape }) => shape.includes(0)) &&
    (call.element === undefined || call.element.ours === 0 || Number.isNaN(call.element.ours)),
};

/** Numbers below the smallest normal one. */
export const subnormals: Deviation = {
  about: 'subnormal numbers, below 1.2e-38 in float32',
  torch: 'used as they are',
  mindspore:
    'flushed to 0 by the worker threads on the CPU but not by the main thread: in long tensors some elements are 0',
  explains: (call) => {
    const least = SMALLEST_NORMAL[call.dtype] as number;
    return madeOf(call, (value) => value !== 0 && Math.abs(value) < least);
  },
};

/** NaN and infinities among the inputs. */
export const nonfinite: Deviation = {
  about: 'NaN or an infinity in the inputs',
  torch: "the result of LibTorch's formula",
  mindspore: 'possibly another NaN or number, since it computes in other steps',
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

/** Numbers that overflow in an intermediate step, or that absorb smaller ones. */
const overflows: Deviation = {
  about: 'numbers above 1e15, or 50 in float16',
  torch: "the rounding, inf or nan of LibTorch's steps",
  mindspore: 'different ones: it computes in another order',
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
  torch: 'pairwise summation',
  mindspore: 'added one by one on the CPU: off by about 2e-5 of the sum',
  explains: (call) => inMindSpore(call) && call.samples() > 2000 && call.within('float32', { times: 25 }),
};

/** Differences common to the losses that MindSpore composes of several operations on the CPU. */
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

/** The same for losses without 16-bit kernels in LibTorch, which reject an empty batch. */
export const composedInKernel: readonly Deviation[] = [subnormals, nonfinite, overflows, plainSums];

/** An empty batch, for which LibTorch would return uninitialized memory. */
export function emptyBatch({ inputs, ours }: ComparedCall): boolean {
  return ours !== undefined && inputs[0]?.shape[0] === 0;
}

/**
 * The gradient of the maximum of two equal numbers.
 *
 * @param atTie - recognises such samples
 * @param slope - the largest gradient of a sample by an element
 */
export function atTheMargin(
  where: string,
  example: DeviationExample,
  atTie: (call: ComparedCall) => SampleTest,
  slope: (...sample: Sample) => number,
): Deviation {
  return {
    about: `the gradient at ${where}`,
    torch: `that of the part above 0: ${example.torch?.join(', ')}; 0 with LibTorch ${CHANGES.clampStopsAtBound} and newer`,
    mindspore: `half of it: ${example.mindspore?.join(', ')}`,
    examples: [{ ...example, changed: { by: 'clampStopsAtBound', torch: example.torch?.map(() => 0) } }],
    explains: (call) => {
      if (!inMindSpore(call) || !ofGradient(call)) return false;
      if (isTimes(call, 0.5)) return call.madeOf(atTie(call));
      return isStopped(call, (...sample) => (atTie(call)(...sample) ? slope(...sample) / 2 : 0));
    },
  };
}

/**
 * Whether our gradient is 0 at the bound of a clamp, as with newer LibTorch versions, and MindSpore's is not.
 *
 * @param slope - the largest gradient that MindSpore may have of a sample by an element; 0 where none is at the bound
 */
export function isStopped(call: ComparedCall, slope: (...sample: Sample) => number): boolean {
  if (!inMindSpore(call) || !ofGradient(call) || !behaviour().clampStopsAtBound) return false;
  const { ours, theirs } = call.element as { ours: number; theirs: number };
  return ours === 0 && call.madeOf((...sample) => Math.abs(theirs) <= LARGEST_COTANGENT * 1.001 * slope(...sample));
}

/** The largest number that the backward pass of a comparison starts from. */
const LARGEST_COTANGENT = 2;

/** Whether two numbers are equal up to float16 rounding. */
export function isTie(first: number, second: number): boolean {
  return Math.abs(first - second) <= 1e-3 * Math.abs(second);
}

/** Whether MindSpore's number is `factor` times ours. */
export function isTimes({ element }: ComparedCall, factor: number): boolean {
  return element !== undefined && Math.abs(element.ours * factor - element.theirs) <= 1e-3 * Math.abs(element.theirs);
}
