import { describe, expect, it } from 'vitest';
import { torch } from '../../lib/index.js';
import { libtorch } from '../../lib/addon/native.js';
import { defaultFixtures, readRecordedList } from '../../lib/parity/replay/files.js';
import { replay } from '../../lib/parity/replay/replay.js';
import type { RecordedCase } from '../../lib/parity/replay/recorded_case.js';
import { exceptions } from '../helpers/exceptions.js';

const folder = defaultFixtures(libtorch().version);
const cases = readRecordedList(folder, 'cases.json') as RecordedCase[];
const losses = [...new Set(cases.map(({ loss }) => loss))].filter((loss) => Object.hasOwn(torch.nn.functional, loss));

describe('recorded PyTorch calls', () => {
  it.each(losses)('%s', (loss) => {
    const results = replay(folder, { filter: (recorded) => recorded.loss === loss });
    expect(results.length).toBe(cases.filter((recorded) => recorded.loss === loss).length);
    const failures = results.filter(({ id, passed }) => !passed && !Object.hasOwn(exceptions, id));
    expect(failures.map(({ id, error }) => `${id}: ${error}`)).toEqual([]);
  });

  it('have no exception for a case that passes or does not exist', () => {
    const excepted = replay(folder, { filter: ({ id }) => Object.hasOwn(exceptions, id) });
    expect(excepted.filter(({ passed }) => passed).map(({ id }) => id)).toEqual([]);
  });

  it('covers losses', () => {
    expect(losses).toContain('cross_entropy');
  });
});
