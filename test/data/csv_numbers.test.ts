/** Numbers in a CSV are parsed as by JavaScript and Python. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fourDigits, numberOf } from '../../lib/data/csv/number.js';
import { open } from '../../lib/data/index.js';
import { torch } from '../../lib/index.js';

const folder = mkdtempSync(join(tmpdir(), 'torchloss-numbers-'));
afterAll(() => rmSync(folder, { recursive: true }));

const generator = new torch.Generator().manual_seed(17);
const bits = torch.randint(0, 2 ** 31, [60_000], { generator }).toTypedArray();

/** Random float64 values in the range of typical files. */
function randomNumbers(): number[] {
  const exponents = torch.randint(-60, 60, [20_000], { generator }).toTypedArray();
  return Array.from({ length: 20_000 }, (_, index) => {
    const mantissa = Number(bits[2 * index]) * 2 ** 22 + Number(bits[2 * index + 1]);
    return mantissa * 2 ** (Number(exponents[index]) - 52);
  });
}

async function readColumn(texts: readonly string[], name: string): Promise<number[]> {
  const path = join(folder, name);
  writeFileSync(path, `x\n${texts.join('\n')}\n`);
  const source = await open(path);
  expect(source.dtype).toBe('float64');
  const numbers = Array.from(await source.rows(0, texts.length), Number);
  await source.close();
  return numbers;
}

describe('numbers', () => {
  it('of any float64 round-trip', async () => {
    const numbers = randomNumbers();
    expect(await readColumn(numbers.map(String), 'shortest.csv')).toEqual(numbers);
    expect(
      await readColumn(
        numbers.map((number) => `-${number.toExponential(16)}`),
        'exponents.csv',
      ),
    ).toEqual(numbers.map((number) => -number));
  });

  it('with any digits are rounded correctly', async () => {
    const texts = Array.from({ length: 20_000 }, (_, index) => {
      const digits = `${bits[index]}${bits[index + 20_000]}`;
      const point = index % (digits.length + 1);
      return `${digits.slice(0, point) || '0'}.${digits.slice(point)}`;
    });
    expect(await readColumn(texts, 'digits.csv')).toEqual(texts.map(Number));
  });

  it('halfway between two floats, or close to it, are rounded correctly', async () => {
    const texts = [
      '9007199254740993.0',
      '9007199254740992.99999999',
      '9007199254740993.00000001',
      '0.500000000000000055511151231257827',
      '1.00000000000000011102230246251565',
      '1.0000000000000001110223024625156',
      '900719925474099.25',
      '900719925474099.3125',
      '4503599627370497.5',
      '0.1',
      '5e-324',
      '2.2250738585072011e-308',
      '1.7976931348623157e308',
      '0.000000000000000000000000000000000000012345678901234567',
      '00000000000000000001.5',
      '0e-999',
      '.5',
      '7.',
      '+2.50E+01',
      '1e22',
      '1e23',
    ];
    expect(await readColumn(texts, 'middle.csv')).toEqual(texts.map(Number));
  });

  it('have at most one sign, and may have spaces around', async () => {
    expect(await readColumn(['-0.0', ' 1.5 ', '  -2.5', '+3.5'], 'signs.csv')).toEqual([-0, 1.5, -2.5, 3.5]);
  });

  it('are parsed four digits at a time', () => {
    const bytes = Buffer.from('1234');
    for (let number = 0; number < 10_000; number += 7) {
      bytes.write(String(number).padStart(4, '0'));
      expect(fourDigits(bytes.readInt32LE(0))).toBe(number);
    }
    for (let place = 0; place < 4; place++) {
      for (let byte = 0; byte < 256; byte++) {
        bytes.write('1234');
        bytes[place] = byte;
        expect(fourDigits(bytes.readInt32LE(0)) >= 0).toBe(byte >= 0x30 && byte <= 0x39);
      }
    }
  });

  it('are parsed without making a string, except for rare ones', () => {
    expect(numberOf(123456789, 12345678, 17, -16)).toBe(Number('1.2345678912345678'));
    expect(numberOf(1, 0, 1, -23)).toBeNaN();
    expect(numberOf(0, 0, 1, -99)).toBe(0);
    expect(numberOf(1, 0, 1, Number.NaN)).toBeNaN();
  });
});
