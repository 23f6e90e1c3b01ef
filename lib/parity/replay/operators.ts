/** Replays recorded calls of tensor methods, functions, indexing and printing. */
import { TorchError } from '../../base/errors.js';
import { any, listOf, optional, record, string } from '../../base/schema.js';
import { type CaseResult, CaseTensors, describeThrown } from '../sides/calls.js';
import { readRecordedCases } from './files.js';
import { find, FormRun, type OperatorCase } from './operator_run.js';
import { openTensors, type Stored } from './operator_values.js';

/** The result of replaying a folder of operators: its cases, and the names that torchloss does not have. */
export interface OperatorReplay {
  readonly results: CaseResult[];
  readonly left_out: string[];
}

/** Whether the cases of a folder are calls of operators. */
export function isOperatorFolder(folder: string): boolean {
  const [first] = readRecordedCases<Partial<OperatorCase>>(folder, 'cases.json');
  return typeof first?.operator === 'string' && typeof first.source === 'string';
}

/** Replays the recorded calls of a folder through the public API, under every name with the same result. */
export function replayOperators(folder: string, wanted?: (recorded: OperatorCase) => boolean): OperatorReplay {
  const lookUp = openTensors(folder);
  const cases = readRecordedCases<OperatorCase>(folder, 'cases.json', {
    source: string,
    operator: string,
    name: string,
    args: optional(listOf(any)),
    kwargs: optional(record(any)),
    forms: optional(listOf(string)),
    in_place: optional(listOf(string)),
    in_place_other: optional(record(any)),
  });
  const leftOut = new Set<string>();
  const results = (wanted === undefined ? cases : cases.filter(wanted)).map((recorded) => {
    const problems: string[] = [];
    const forms = formsOf(recorded);
    const known = forms.filter((form) => {
      const has = find(form) !== undefined;
      if (!has) leftOut.add(form);
      return has;
    });
    for (const form of known) for (const problem of replayForm(recorded, form, lookUp)) problems.push(problem);
    const result = { id: recorded.id, loss: recorded.operator };
    if (problems.length > 0) return { ...result, passed: false, error: problems.join('; ') };
    return known.length === 0 ? undefined : { ...result, passed: true };
  });
  return { results: results.filter((result) => result !== undefined), left_out: [...leftOut].sort() };
}

/** The names under which a case is replayed. */
function formsOf({ source, name, forms = [], in_place = [], in_place_other = {} }: OperatorCase): string[] {
  if (source === 'getitem' || source === 'setitem' || source === 'print') return [name];
  return [...new Set([...forms, name, ...in_place, ...Object.keys(in_place_other)])];
}

function replayForm(recorded: OperatorCase, form: string, lookUp: (key: string) => Stored): string[] {
  const scope = new CaseTensors();
  const run = new FormRun(recorded, form, lookUp, scope);
  try {
    return run.problems().map((problem) => `${form}: ${problem}`);
  } catch (error) {
    if (error instanceof TorchError && error.code === 'ERR_FILE_FORMAT') throw error;
    return [`${form}: ${describeThrown(error)}`];
  } finally {
    scope.dispose();
  }
}
