import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { type OperatorReplay, replayOperators } from '../../lib/parity/replay/operators.js';
import { readRecordedList } from '../../lib/parity/replay/files.js';
import { exceptions } from '../helpers/exceptions.js';
import { LEFT_OUT } from '../helpers/left_out.js';

const { minor } = libtorch();
const recorded = minor === '1.13' ? '1.13.1' : '2.13.0';
const folder = fileURLToPath(new URL(`../fixtures/conformance/operators-pytorch-${recorded}`, import.meta.url));

// The numbers belong to one version; others may differ where PyTorch changed.
describe.runIf(recorded.startsWith(minor))('recorded calls of operators', () => {
  let replay: OperatorReplay | undefined;
  const all = (): OperatorReplay => (replay ??= replayOperators(folder));

  it('hold', { timeout: 600_000 }, () => {
    const failures = all().results.filter(({ id, passed }) => !passed && !Object.hasOwn(exceptions, id));
    expect(failures.map(({ id, error }) => `${id}: ${error}`)).toEqual([]);
  });

  it('all exist, except those of names that are left out', () => {
    const cases = readRecordedList(folder, 'cases.json');
    expect(all().results.length).toBeGreaterThan(0.97 * cases.length);
    expect(all().left_out.filter((name) => LEFT_OUT[name] === undefined)).toEqual([]);
  });

  it('have no exception that holds', () => {
    expect(all().results.filter(({ id, passed }) => passed && Object.hasOwn(exceptions, id))).toEqual([]);
  });
});
