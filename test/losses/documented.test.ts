import { describe, expect, it } from 'vitest';
import { torch } from '../../lib/index.js';
import { libtorch } from '../../lib/addon/native.js';
import type { CaseResult } from '../../lib/parity/sides/calls.js';
import { replayExamples, replayVectors } from '../../lib/parity/replay/examples.js';
import { readRecordedList, specFixtures } from '../../lib/parity/replay/files.js';
import { exceptions } from '../helpers/exceptions.js';

const examples = replayExamples();
const vectors = replayVectors(libtorch().version);
/** The losses that exist, by class name. */
const losses = [...new Set(vectors.map(({ loss }) => loss))].filter((loss) => Object.hasOwn(torch.nn, loss));

function failuresOf(loss: string, results: readonly CaseResult[]): string[] {
  return results
    .filter((result) => result.loss === loss && !result.passed && !Object.hasOwn(exceptions, result.id))
    .map(({ id, error }) => `${id}: ${error}`);
}

describe('documented examples', () => {
  it.each(losses)('%s', (loss) => expect(failuresOf(loss, examples)).toEqual([]));

  it('omit only those that show no inputs or have another interface', () => {
    const all = readRecordedList(specFixtures(), 'documented-examples.json') as { id: string }[];
    const replayed = new Set(examples.map(({ id }) => id));
    const left = all.filter(({ id }) => !replayed.has(id)).map(({ id }) => id);
    expect(left).toEqual(['cmp-nll-old-torch', 'cmp-nll-old-ms', 'api-prim-ctcv1']);
  });
});

describe('test vectors of the losses', () => {
  it.each(losses)('%s', (loss) => expect(failuresOf(loss, vectors)).toEqual([]));

  it('are all replayed', () => expect(vectors.length).toBe(523));
});
