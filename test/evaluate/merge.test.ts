/** mergeResults on results from untrusted files. */
import { describe, expect, it } from 'vitest';
import { evaluate, mergeResults, type PartialEvaluation } from '../../lib/evaluate/index.js';
import { torch } from '../../lib/index.js';
import { thrownBy } from '../helpers/errors.js';

const input = torch.tensor([
  [1, 2],
  [3, 4],
  [Number.NaN, 6],
  [0.25, 0],
]);
const batch = [input, torch.tensor([0n, 1n, 0n, 1n])];
const options = { partial: true, group_by: 'target', accuracy: true, worst: 2 } as const;
const whole = await evaluate(torch.nn.functional.cross_entropy, batch, options);
const shard = whole.partial as PartialEvaluation;
/** A partial result, written and read, with some fields changed. */
const changed = (change: object): PartialEvaluation => ({ ...JSON.parse(JSON.stringify(shard)), ...change });

describe('mergeResults', () => {
  it('takes partial results from JSON, and results of its own', () => {
    const { partial, ...merged } = mergeResults([changed({})]);
    // Seconds are summed, so they need not be equal.
    const rates = {
      seconds: expect.any(Number),
      samplesPerSecond: expect.any(Number),
      bytesPerSecond: expect.any(Number),
    };
    expect({ ...merged, partial }).toMatchObject({ ...whole, ...rates });
    expect(mergeResults([mergeResults([shard, changed({})])]).samples).toBe(8);
  });

  it('does not change its arguments', () => {
    const given = changed({});
    const before = structuredClone(given);
    mergeResults([given, given]);
    expect(given).toEqual(before);
  });

  it.each<[string, object, RegExp]>([
    [
      'only a version',
      Object.fromEntries(Object.keys(shard).map((key) => [key, key === 'version' ? 1 : undefined])),
      /^results\[0\]\.\w+: expected/,
    ],
    ['another version', { version: 2 }, /^results\[0\]: expected a result of evaluate with the option partial/],
    ['a loss without a name', { loss: 7 }, /\.loss: expected a string, got 7$/],
    ['an unknown reduction', { reduction: 'none' }, /\.reduction: expected one of mean, sum, batchmean, got 'none'$/],
    ['an unknown weighing', { weighing: 9 }, /\.weighing: expected one of 0, 1, 2, 3, 4, got 9$/],
    ['a sum of null, as JSON writes an infinity', { sum: [null] }, /\.sum\[0\]: expected a number, got null$/],
    ['a sum that is not a list', { sum: 3 }, /\.sum: expected an array, got 3$/],
    ['a sum that is not a number', { weight: [Number.NaN] }, /\.weight\[0\]: expected a number, got NaN$/],
    ['a negative number of samples', { samples: -4 }, /\.samples: expected an integer of at least 0, got -4$/],
    ['half a sample', { samples: 3.5 }, /\.samples: expected an integer/],
    [
      'fewer samples than in its buckets',
      { samples: 3 },
      /\.buckets: expected the 2 samples with a finite loss, got 3$/,
    ],
    ['more NaN than samples', { nan: 9 }, /\.nan: expected with the infinite ones at most the 4 samples, got 9$/],
    ['more correct than counted', { right: 5 }, /\.right: expected at most the 4 that count, got 5$/],
    ['a minimum without a maximum', { greatest: null }, /\.least: expected a number/],
    ['a maximum below the minimum', { greatest: -1 }, /\.greatest: expected at least/],
    ['more worst samples than were named', { named: 1 }, /\.worst: expected at most 1, got an array of length 2$/],
    [
      'a worst sample without a number',
      { worst: [{ loss: 1 }] },
      /\.worst\[0\]\.index: expected a number, got undefined$/,
    ],
    [
      'an invalid special loss',
      { special: [{ index: 2, loss: 'nan' }] },
      /\.special\[0\]\.loss: expected one of NaN, Infinity, -Infinity/,
    ],
    [
      'a bucket that does not exist',
      { buckets: [[2 ** 20, 3]] },
      /\.buckets\[0\]\[0\]: expected a bucket up to \d+, got 1048576$/,
    ],
    ['a bucket without a count', { buckets: [[3]] }, /\.buckets\[0\]: expected a bucket and a count/],
    ['a missing value', { values: [1] }, /\.values: expected 3 losses, got an array of length 1$/],
    ['a value that is not a number', { values: ['1', 2, 3] }, /\.values\[0\]: expected a number, got '1'$/],
    ['a group without a name', { groups: [{}] }, /\.groups\[0\]\.group: expected a string or a number, got undefined$/],
    [
      'more samples in groups than in total',
      { groups: [...(shard.groups ?? []), ...(shard.groups ?? [])] },
      /\.groups: expected groups of at most 4 samples, got 8$/,
    ],
    ['negative seconds', { seconds: -1 }, /\.seconds: expected a number of at least 0, got -1$/],
  ])('refuses %s', (_, change, message) => {
    const { code, message: text } = thrownBy(() => mergeResults([changed(change)]));
    expect(code).toMatch(/^ERR_INVALID_ARG_(TYPE|VALUE)$/);
    expect(text).toMatch(message);
    expect(text).toMatch(/^results\[0\]/);
  });

  it('names the place within a whole result', () => {
    const given = { ...whole, partial: changed({ bytes: '8' }) };
    expect(() => mergeResults([whole, given])).toThrow("results[1].partial.bytes: expected a number, got '8'");
  });
});
