/** The known deviations, compared with MindSpore's recorded results and with LibTorch. */
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { behaviour } from '../../lib/addon/versions.js';
import { readSafetensors } from '../../lib/data/safetensors.js';
import { elementsOf } from '../../lib/data/entry.js';
import { entryOf, listLosses } from '../../lib/losses/catalogue.js';
import { readRecorded, readRecordedList } from '../../lib/parity/replay/files.js';
import { type KnownCase, knownCases } from '../../lib/parity/cases/known.js';
import { runCase } from '../../lib/parity/sides/own.js';
import { replay } from '../../lib/parity/replay/replay.js';
import type { RecordedCase } from '../../lib/parity/replay/recorded_case.js';

const folder = fileURLToPath(new URL('../fixtures/conformance/mindspore-2.10.0', import.meta.url));
const recorded = readRecordedList(folder, 'cases.json') as RecordedCase[];
const file = 'tensors.safetensors';
const { tensors } = readSafetensors(readRecorded(folder, file), join(folder, file));
const known = knownCases(listLosses()).map((item) => ({ name: item.given.id, ...item }));

/** MindSpore's numbers for a call of a deviation; none if it refused the call. */
function recordedNumbers({ given, example }: KnownCase): number[] | undefined {
  const found = recorded.find(({ id }) => id === given.id);
  if (found === undefined) throw new Error(`${given.id} is not recorded`);
  if ('error' in found.expect) return undefined;
  const { output, grads } = found.expect;
  const entry = tensors.get((example.gradient === undefined ? output : grads?.[example.gradient])?.key ?? '');
  return entry && Array.from(elementsOf(entry), Number);
}

/** torchloss's numbers; none if it refuses the call. */
function ownNumbers({ given, example }: KnownCase): number[] | undefined {
  const { error, output, gradients } = runCase(given);
  if (error !== undefined) return undefined;
  return Array.from((example.gradient === undefined ? output : gradients.get(example.gradient))?.data ?? [], Number);
}

/** Whether numbers equal the given ones, to the digits shown in a text. */
function same(actual: readonly number[] | undefined, expected: readonly number[], digits: number): boolean {
  return (
    actual?.length === expected.length && actual.every((value, at) => isNear(value, expected[at] as number, digits))
  );
}

function isNear(actual: number, expected: number, digits: number): boolean {
  if (Object.is(actual, expected) || actual === expected) return true;
  return Math.abs(actual - expected) <= Math.abs(expected) * 10 ** -digits;
}

/** The numbers in a text. */
function numbersIn(text: string): number[] {
  const words = text.match(/-?\d+(\.\d+)?(e-?\d+)?|\bnan\b|\binf\b/g) ?? [];
  return words.map((word) => Number(word.replace('nan', 'NaN').replace('inf', 'Infinity')));
}

describe('recorded MindSpore calls', () => {
  const losses = [...new Set(recorded.map(({ loss }) => loss))];

  it('cover every loss', () => {
    expect(losses.length).toBe(listLosses().filter((row) => entryOf(row, 'mindspore.nn') !== undefined).length);
  });

  it.each(losses)('%s agree or differ as documented', (loss) => {
    const results = replay(folder, { filter: (call) => call.loss === loss });
    expect(results.length).toBeGreaterThanOrEqual(12);
    expect(results.filter(({ passed }) => !passed).map(({ id, error }) => `${id}: ${error}`)).toEqual([]);
  });
});

describe('a known deviation', () => {
  it.each(known)('$name gives what its row says', (item) => {
    const { example, deviation } = item;
    const digits = example.dtype === 'float64' ? 14 : 6;
    const sides = [
      ['torch', ownNumbers(item)],
      ['mindspore', recordedNumbers(item)],
    ] as const;
    for (const [side, actual] of sides) {
      const { changed } = example;
      const isChanged = side === 'torch' && changed !== undefined && behaviour()[changed.by];
      const expected = isChanged ? changed.torch : example[side];
      if (expected === undefined) continue;
      expect(same(actual, expected, digits), `${side}: expected ${expected}, got ${actual}`).toBe(true);
      const named = numbersIn(deviation[side]);
      for (const value of expected) {
        expect(
          named.some((number) => isNear(number, value, digits)),
          `${value} in '${deviation[side]}'`,
        ).toBe(true);
      }
    }
    if (example.torch === undefined) expect(ownNumbers(item)).toBe(undefined);
  });
});
