import { oneLine } from '../base/printable.js';
import { printDocument } from './document.js';
import { print } from '../terminal/print.js';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LOSS_NAMES, type Options } from './options.js';
import { checkPlace, Outputs } from './outputs.js';
import { findLoss, listLosses, suggestion } from '../losses/catalogue.js';
import { TorchError } from '../base/errors.js';
import type { AnyLossRow } from '../loss/row.js';
import { libtorch } from '../addon/native.js';
import {
  compareFiles,
  compareOperators,
  compareTraining,
  defaultFixtures,
  isOperatorFolder,
  replay,
  replayOperators,
  type Summary,
} from '../parity/index.js';
import { CASES, compareAndRecord, FLOATS, formatSummary, type Framework } from '../parity/internal.js';
import { renderParity, writeWhole } from '../report/index.js';
import type { Device, Float } from '../base/types.js';

/** What `torchloss parity --help` prints. */
export const help = `torchloss parity [options]
torchloss parity --operators [--python PATH] [--cases N] [--seed N] [--json]
torchloss parity --training [--python PATH] [--cases N] [--seed N] [--json]
torchloss parity record FOLDER [options]
torchloss parity replay [FOLDER] [--json]
torchloss parity compare ACTUAL EXPECTED [--rtol N] [--atol N] [--json]

Checks that the losses agree with PyTorch or MindSpore.

Without a word, calls every loss here and in a Python process, over generated
cases, and compares values and gradients. The last line of the output is
\`N passed, N failed\`.

  torchloss parity
  torchloss parity --against mindspore --python ~/ms/bin/python
  torchloss parity compare mine.npy theirs.npy --rtol 1e-5 --atol 1e-8

Forms
  --operators      compare operators, methods and functions instead: the bits of
                   their results and gradients
  --training       compare layers, optimizers and schedules on one thread; the
                   cases come with a clone of torchloss, not the npm package
  record           also write the calls made in Python to FOLDER
  replay           check such a folder without Python (default: the recorded
                   PyTorch calls of the project)
  compare          check your own values, tensor by tensor: .npy or .safetensors
                   files, or training logs (.json, .jsonl, .csv)

Options
  --against NAME   pytorch (default), mindspore or both
  --python PATH    a Python interpreter; can be repeated, and the first that has
                   the framework is used (default: for PyTorch the one with the
                   LibTorch in use, then python3)
  --losses LIST    names of losses, separated by commas (default: all)
  --dtypes LIST    dtypes, separated by commas
                   (default: ${FLOATS.join(',')})
  --device NAME    cpu (default), cuda or cuda:N
  --cases N        the number of cases (default: ${CASES} for losses, all for
                   --operators and --training)
  --seed N         the seed of the cases (default 0)
  --timeout N      seconds to wait for an answer from Python (default 120)
  --report FILE    write an HTML report: losses by dtype, histograms and the
                   worst cases
  --rtol N         the relative tolerance of compare; needs --atol
  --atol N         the absolute tolerance of compare; needs --rtol
  --json           print one JSON document

Exit codes
  0  every case is bit-identical or has a known explanation
  1  a case differs, or Python, a file or LibTorch failed; with the same
     LibTorch in Python, a rounding difference counts
  2  wrong usage`;

export const options = {
  operators: { type: 'boolean', default: false },
  training: { type: 'boolean', default: false },
  against: { type: 'string', default: 'pytorch', values: ['pytorch', 'mindspore', 'both'] },
  python: { type: 'string', multiple: true },
  losses: { type: 'string', values: LOSS_NAMES },
  dtypes: { type: 'string', values: FLOATS },
  device: { type: 'string', default: 'cpu', values: ['cpu', 'cuda'] },
  cases: { type: 'string', default: `${CASES}` },
  seed: { type: 'string', default: '0' },
  timeout: { type: 'string', default: '120' },
  report: { type: 'string' },
  json: { type: 'boolean', default: false },
  rtol: { type: 'string' },
  atol: { type: 'string' },
} as const satisfies Options;
export const words = ['record', 'replay', 'compare'];

/** The options of each form of the command. */
const FORMS: Readonly<Record<string, readonly string[]>> = {
  replay: ['json'],
  compare: ['rtol', 'atol', 'json'],
};

/** Compares and prints. Exits with 0 if everything agrees, and with 1 if not. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals, tokens } = parseArgs({ args, allowPositionals: true, options, tokens: true });
  const [form, ...rest] = positionals;
  const taken = FORMS[form ?? ''] ?? Object.keys(options).filter((name) => name !== 'rtol' && name !== 'atol');
  for (const token of tokens) {
    if (token.kind === 'option' && !taken.includes(token.name)) {
      const command = ['torchloss parity', form].filter((word) => word !== undefined).join(' ');
      throw new TorchError('ERR_USAGE', `unknown option --${token.name}: \`${command}\` does not have it`);
    }
  }
  switch (form) {
    case undefined:
      if (values.operators && values.training)
        throw new TorchError('ERR_USAGE', 'parity: expected --operators or --training, got both');
      if (values.operators) return bits('operators', values, tokens);
      return values.training ? bits('training', values, tokens) : live(values);
    case 'record':
      if (rest.length !== 1) throw new TorchError('ERR_USAGE', 'parity record: expected one folder');
      return live(values, resolve(rest[0] as string));
    case 'replay':
      if (rest.length > 1) throw new TorchError('ERR_USAGE', 'parity replay: expected one folder');
      return replayFolder(rest[0], values.json);
    case 'compare':
      return compareValues(rest, values);
    default:
      throw new TorchError('ERR_USAGE', `parity: expected record, replay, compare or only options, got '${form}'`);
  }
}

type Values = { readonly [Name in Exclude<keyof typeof options, 'python'>]?: string | boolean | undefined } & {
  readonly python?: string[] | undefined;
};

async function live(values: Values, record?: string): Promise<number> {
  const frameworks = readFrameworks(String(values.against));
  if (record !== undefined && frameworks.length > 1) {
    throw new TorchError('ERR_USAGE', 'parity record: expected --against pytorch or mindspore');
  }
  const settings = {
    python: values.python,
    losses: readLosses(values.losses as string | undefined),
    dtypes: readDTypes(values.dtypes as string | undefined),
    device: readDevice(String(values.device)),
    cases: readCount('cases', values.cases, 1),
    seed: readCount('seed', values.seed, 0),
    timeout: readCount('timeout', values.timeout, 1) * 1000,
    record,
  };
  const report = values.report as string | undefined;
  checkPlace(report, 'report');
  // The cases have unusual inputs on purpose; warnings about them are noise.
  process.removeAllListeners('warning');
  const summaries: Summary[] = [];
  const outputs = new Outputs();
  for (const framework of frameworks) {
    try {
      const { summary, recordError } = await compareAndRecord({ framework, ...settings });
      summaries.push(summary);
      if (recordError !== undefined) outputs.add(recordError);
    } catch (error) {
      // The comparison with one framework is worth having even if that with the other fails.
      if (summaries.length === 0) throw error;
      outputs.add(error);
    }
  }
  let code = 1;
  outputs.write(() => {
    if (values.json === true) printDocument({ summaries });
    else print(summaries.map(formatSummary).join('\n\n'));
    code = finish(
      sum(summaries.map(({ passed }) => passed)),
      sum(summaries.map(({ failed }) => failed)),
      values.json === true,
    );
  });
  if (report !== undefined) outputs.write(() => writeWhole(report, renderParity(summaries)));
  outputs.finish();
  return code;
}

/** Compares the bits of operators, or of layers, optimizers and schedules. */
function bits(
  form: 'operators' | 'training',
  values: Values,
  tokens: readonly { readonly kind: string; readonly name?: string }[],
): number {
  const given = tokens.filter(({ kind }) => kind === 'option').map(({ name }) => name);
  const others = given.filter((name) => ![form, 'python', 'cases', 'seed', 'json'].includes(name ?? ''));
  if (others.length > 0)
    throw new TorchError('ERR_USAGE', `unknown option --${others[0]}: \`torchloss parity --${form}\` does not have it`);
  process.removeAllListeners('warning');
  const compare = form === 'operators' ? compareOperators : compareTraining;
  const results = compare({
    python: values.python,
    cases: given.includes('cases') ? readCount('cases', values.cases, 1) : undefined,
    seed: readCount('seed', values.seed, 0),
  });
  const failures = results.filter(({ passed }) => !passed);
  if (values.json === true) printDocument({ results });
  else for (const { id, error } of failures) print(`${oneLine(id)}: ${error}`);
  return finish(results.length - failures.length, failures.length, values.json === true);
}

function replayFolder(folder: string | undefined, json: boolean | undefined): number {
  const chosen = folder === undefined ? defaultFixtures(libtorch().version) : resolve(folder);
  process.removeAllListeners('warning');
  const results = isOperatorFolder(chosen) ? replayOperators(chosen).results : replay(chosen);
  const failures = results.filter(({ passed }) => !passed);
  if (json === true) printDocument({ results });
  else for (const { id, error } of failures) print(`${oneLine(id)}: ${error}`);
  return finish(results.length - failures.length, failures.length, json === true);
}

async function compareValues(files: readonly string[], { rtol, atol, json }: Values): Promise<number> {
  const [actual, expected] = files;
  if (actual === undefined || expected === undefined || files.length > 2) {
    throw new TorchError('ERR_USAGE', 'parity compare: expected two files, ACTUAL and EXPECTED');
  }
  if ((rtol === undefined) !== (atol === undefined)) {
    throw new TorchError('ERR_USAGE', 'parity compare: expected --rtol and --atol together');
  }
  const tolerance =
    rtol === undefined ? undefined : { rtol: readTolerance('rtol', rtol), atol: readTolerance('atol', atol) };
  const found = await compareFiles(actual, expected, tolerance);
  if (json === true) printDocument({ results: found });
  else {
    for (const { name, comparison } of found) {
      const { equal, reason, max_abs_error, max_ulp_error } = comparison;
      const numbers = `largest error ${max_abs_error.toPrecision(3)}, ${max_ulp_error} ULP`;
      print(`${equal ? 'agrees ' : 'DIFFERS'}  ${oneLine(name)}: ${reason ?? numbers}`);
    }
  }
  const failed = found.filter(({ comparison }) => !comparison.equal).length;
  return finish(found.length - failed, failed, json === true);
}

/** Prints the counts, unless JSON was printed, and returns the exit code. */
function finish(passed: number, failed: number, json: boolean): number {
  if (!json) print(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

function readFrameworks(name: string): Framework[] {
  if (name === 'both') return ['pytorch', 'mindspore'];
  if (name === 'pytorch' || name === 'mindspore') return [name];
  throw new TorchError('ERR_USAGE', `--against: expected pytorch, mindspore or both, got '${name}'`);
}

function readLosses(list: string | undefined): AnyLossRow[] {
  if (list === undefined) return listLosses();
  return list.split(',').map((name) => {
    const row = findLoss(name);
    if (row !== undefined) return row;
    throw new TorchError('ERR_USAGE', `--losses: unknown loss '${name}'${suggestion(name)}`);
  });
}

function readDTypes(list: string | undefined): readonly Float[] {
  if (list === undefined) return FLOATS;
  const dtypes = list.split(',');
  const wrong = dtypes.find((dtype) => !FLOATS.includes(dtype as Float));
  if (wrong !== undefined) throw new TorchError('ERR_USAGE', `--dtypes: expected ${FLOATS.join(', ')}, got '${wrong}'`);
  return dtypes as Float[];
}

function readDevice(name: string): Device {
  if (/^(cpu|cuda(:\d+)?)$/.test(name)) return name as Device;
  throw new TorchError('ERR_USAGE', `--device: expected cpu or cuda, got '${name}'`);
}

function readCount(name: string, value: string | boolean | undefined, least: number): number {
  const count = Number(value);
  if (Number.isSafeInteger(count) && count >= least && value !== '') return count;
  throw new TorchError('ERR_USAGE', `--${name}: expected an integer of ${least} or more, got '${value}'`);
}

function readTolerance(name: string, value: string | boolean | undefined): number {
  const number = Number(value);
  if (value !== '' && number >= 0) return number;
  throw new TorchError('ERR_USAGE', `--${name}: expected a number of 0 or more, got '${value}'`);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
