import { largestOf } from '../../base/extremes.js';
import { DTYPES } from '../../tensor/dtypes.js';
import type { Namespace } from '../../loss/call_types.js';
import * as torch from '../../torch/index.js';
import type { DType, Shape } from '../../base/types.js';
import {
  type CaseResult,
  describeThrown,
  type ExpectedError,
  findCallable,
  flatValues,
  isTensor,
  judgeError,
  type LossCall,
  MODULES,
  plain,
  readValues,
  CaseTensors,
} from '../sides/calls.js';
import { compareTensors } from '../judge/compare.js';
import type { Tolerance } from '../judge/plain.js';
import type { PlainTensor } from '../wire/plain_tensor.js';
import { readRecordedList, specFixtures } from './files.js';
import { CHANGES } from '../../addon/versions.js';
import { compareVersions } from '../../base/compare_versions.js';

/** A tensor, or a plain number, as in the documents. */
interface RecordedInput {
  readonly name: string;
  readonly dtype?: DType;
  readonly values?: unknown;
  readonly shape?: Shape;
  readonly scalar?: number;
}

type Arguments = Readonly<Record<string, unknown>>;

/** PyTorch's result for a documented example. */
interface Observation {
  readonly status: 'yes' | 'close' | 'no' | 'not-applicable';
  readonly observed?: unknown;
  readonly observed_shape?: Shape;
  readonly observed_error?: string;
  readonly max_abs_diff?: number | string;
}

interface DocumentedExample {
  readonly id: string;
  readonly loss: string;
  readonly callable: string;
  readonly args: { readonly constructor: Arguments; readonly call: Arguments };
  readonly inputs: readonly RecordedInput[];
  readonly expected: unknown;
  readonly printed_decimals: number | null;
  readonly reproduces_on_torch_1_13_1: Observation;
}

interface ExpectedVector {
  readonly shape?: Shape;
  readonly dtype?: DType;
  readonly value?: unknown;
  readonly error?: string;
}

interface Vector {
  readonly id: string;
  readonly torch_function: string;
  readonly inputs: readonly RecordedInput[];
  readonly args: Arguments;
  readonly undefined_behaviour_in_libtorch?: boolean;
  readonly expect: Readonly<Record<string, ExpectedVector>>;
}

const FUNCTIONAL = 'torch.nn.functional';
const OPERATOR_CLASS = / \(operator class/;
const LEGACY = / \(legacy /;

/** The `mindspore.ops` functions for MindSpore's operator classes, for which the API has no classes. */
const OPERATOR_FUNCTIONS: Readonly<Record<string, string>> = {
  BCEWithLogitsLoss: 'binary_cross_entropy_with_logits',
  CTCLossV2: 'ctc_loss',
  KLDivLoss: 'kl_div',
  MultiMarginLoss: 'multi_margin_loss',
  MultilabelMarginLoss: 'multilabel_margin_loss',
  NLLLoss: 'nll_loss',
  SoftMarginLoss: 'soft_margin_loss',
};

/** Results that LibTorch first left undefined and has defined since: from which version on, and with which value. */
const DEFINED_SINCE: Readonly<Record<string, ExpectedVector & { readonly version: string }>> = {
  'ctc_loss.input-length-0': { version: CHANGES.ctcTakesEmptyInput, shape: [3], value: ['inf', 6.91787338, 6.9305191] },
};

/** The rounding error of a float32 and of a number printed with nine digits. */
const FLOAT32_ROUNDING = 3e-7;

/**
 * The rounding error that remains if the parts of a loss, which are about 1, cancel, as in one minus a cosine near 1:
 * two units in their last place. It depends on the processor.
 */
const PART_ROUNDING = 2 ** -22;

/**
 * Replays the examples of PyTorch's and MindSpore's documents under the names they use. An example must return the
 * printed number to its printed digits, and the number or error of PyTorch to float32 precision. If the document shows
 * something else than PyTorch returns, PyTorch's result counts.
 *
 * Examples without inputs, and one of an interface with other inputs, cannot be replayed and are left out.
 *
 * @param folder - with `documented-examples.json`, compressed or plain; the project's own by default.
 * @throws TorchError with code `ERR_FILE_FORMAT` if the file cannot be read.
 */
export function replayExamples(folder: string = specFixtures()): CaseResult[] {
  const examples = readRecordedList(folder, 'documented-examples.json') as readonly DocumentedExample[];
  return examples
    .filter((example) => example.inputs.length > 0 && !LEGACY.test(example.callable))
    .map((example) => judge(example.id, example.loss, (scope) => replayExample(example, scope)));
}

/**
 * Replays the test vectors of the losses: values, shapes, dtypes and types of errors. Calls that LibTorch leaves
 * undefined must be refused with an error.
 *
 * @param version - of the LibTorch in use; for results that changed, those of the recorded version with the same major version count.
 * @param folder - with `losses.json`, compressed or plain; the project's own by default.
 * @throws TorchError with code `ERR_FILE_FORMAT` if the file cannot be read.
 */
export function replayVectors(version: string, folder: string = specFixtures()): CaseResult[] {
  const losses = readRecordedList(folder, 'losses.json') as readonly { name: string; vectors: readonly Vector[] }[];
  return losses.flatMap(({ name, vectors }) =>
    vectors.map((vector) =>
      judge(vector.id, name, (scope) => replayVector(vector, expectedOf(vector, version), scope)),
    ),
  );
}

/** What went wrong, with the largest errors of the comparisons. */
type Verdict = Pick<CaseResult, 'error' | 'max_abs_error' | 'max_rel_error'>;

function judge(id: string, loss: string, run: (scope: CaseTensors) => Verdict): CaseResult {
  const scope = new CaseTensors();
  try {
    const verdict = run(scope);
    return { id, loss, passed: verdict.error === undefined, ...verdict };
  } catch (error) {
    return { id, loss, passed: false, error: describeThrown(error) };
  } finally {
    scope.dispose();
  }
}

function verdictOf(error: string | null): Verdict {
  return error === null ? {} : { error };
}

function replayExample(example: DocumentedExample, scope: CaseTensors): Verdict {
  const call = findExampleLoss(example);
  const inputs = example.inputs.map((input) => makeInput(input, scope));
  const options = makeOptions({ ...example.args.constructor, ...example.args.call }, scope);
  const run = (): unknown => keepFirst(call(inputs, options), scope);
  const found = example.reproduces_on_torch_1_13_1;
  // Not run in PyTorch despite its inputs: these index beyond the classes.
  if (found.status === 'not-applicable') return verdictOf(judgeError(run, 'any'));
  if (found.observed_error !== undefined) return verdictOf(judgeError(run, { type: found.observed_error }));
  const output = run();
  if (!isTensor(output)) return { error: 'expected a tensor as the output' };
  const actual = plain(output);
  // A shape is recorded unless it is a scalar; some pages print the only element of a result as one.
  const shape = found.observed_shape ?? (actual.data.length === 1 ? actual.shape : []);
  const checks = [compareValues(actual, found.observed, shape)];
  if (found.status !== 'no') checks.push(compareValues(actual, example.expected, shape, printedTolerance(example)));
  return mergeChecks(checks);
}

/** Half a unit of the last printed digit, the known difference of PyTorch's own result, or the cancellation error. */
function printedTolerance({ printed_decimals, reproduces_on_torch_1_13_1 }: DocumentedExample): Tolerance {
  const printed = printed_decimals === null ? 0 : 0.5 * 10 ** -printed_decimals;
  const known = Number(reproduces_on_torch_1_13_1.max_abs_diff ?? 0);
  return { rtol: FLOAT32_ROUNDING, atol: Math.max(printed, known, PART_ROUNDING) };
}

function findExampleLoss({ callable }: DocumentedExample): LossCall {
  const [path] = callable.split(' ') as [string];
  const cut = path.lastIndexOf('.');
  const name = path.slice(cut + 1);
  const namespace = path.slice(0, cut);
  const given = OPERATOR_CLASS.test(callable) ? (OPERATOR_FUNCTIONS[name] ?? name) : name;
  return findCallable(namespaceOf(namespace), namespace, given);
}

function namespaceOf(path: string): object {
  if (Object.hasOwn(MODULES, path)) return MODULES[path as Namespace];
  throw new RangeError(`expected a namespace of losses, got ${path}`);
}

/** Frees all results with the scope; returns the loss, the first of several results. */
function keepFirst(result: unknown, scope: CaseTensors): unknown {
  if (!Array.isArray(result)) return scope.keep(result);
  for (const item of result) scope.keep(item);
  return result[0];
}

/** The expected result of a vector for this version of LibTorch; `undefined` if it is undefined there. */
function expectedOf(vector: Vector, version: string): ExpectedVector | undefined {
  if (vector.undefined_behaviour_in_libtorch === true) {
    const defined = DEFINED_SINCE[vector.id];
    return defined !== undefined && compareVersions(version, defined.version) >= 0 ? defined : undefined;
  }
  const recorded = compareVersions(version, '2.0') < 0 ? 'torch_1_13_1' : 'torch_2_13_0';
  return vector.expect.torch ?? vector.expect[recorded];
}

function replayVector(vector: Vector, expected: ExpectedVector | undefined, scope: CaseTensors): Verdict {
  const loss = findCallable(torch.nn.functional, FUNCTIONAL, vector.torch_function.slice(FUNCTIONAL.length + 1));
  const call = (): unknown => {
    const inputs = vector.inputs.map((input) => makeInput(input, scope));
    return scope.keep(loss(inputs, makeOptions(vector.args, scope)));
  };
  if (expected === undefined) return verdictOf(judgeError(call, 'any'));
  const error = expectedError(vector, expected);
  if (error !== null) return verdictOf(judgeError(call, error));
  const output = call();
  if (!isTensor(output)) return { error: 'expected a tensor as the output' };
  const { shape = [], dtype = output.dtype, value } = expected;
  if (output.dtype !== dtype) return { error: `expected dtype ${dtype}, got ${output.dtype}` };
  return mergeChecks([compareValues(plain(output), value, shape)]);
}

/** The expected error of a vector, if any. */
function expectedError({ inputs }: Vector, { error }: ExpectedVector): ExpectedError | null {
  // A complex input cannot be created at all.
  const unknown = inputs.some(({ dtype }) => dtype !== undefined && !Object.hasOwn(DTYPES, dtype));
  if (unknown) return { type: 'ValueError' };
  return error === undefined ? null : { type: error };
}

function makeInput({ dtype, values, shape, scalar }: RecordedInput, scope: CaseTensors): unknown {
  if (dtype === undefined) return scalar;
  if (shape === undefined) return scope.tensor(readValues(values, dtype), { dtype });
  const { array: ArrayType } = DTYPES[dtype];
  // A shape is given if nesting cannot express it: the tensor has no elements.
  return scope.tensor(new ArrayType(0), { dtype, shape });
}

function makeOptions(options: Arguments, scope: CaseTensors): Arguments {
  const made = Object.entries(options).map(([key, value]) => [key, isInput(value) ? makeInput(value, scope) : value]);
  return Object.fromEntries(made);
}

function isInput(value: unknown): value is RecordedInput {
  return typeof value === 'object' && value !== null && 'dtype' in value;
}

/** Compares with values printed as decimals, in the dtype of the result. */
function compareValues(actual: PlainTensor, values: unknown, shape: Shape, tolerance?: Tolerance) {
  return compareTensors(actual, { dtype: actual.dtype, shape, data: flatValues(values, actual.dtype) }, tolerance);
}

function mergeChecks(checks: readonly ReturnType<typeof compareTensors>[]): Verdict {
  const max_abs_error = largestOf(checks.map((check) => check.max_abs_error));
  const max_rel_error = largestOf(checks.map((check) => check.max_rel_error));
  const reasons = checks.flatMap(({ reason }) => reason ?? []);
  return { ...(reasons.length > 0 ? { error: reasons.join('; ') } : {}), max_abs_error, max_rel_error };
}
