/** Compares saved values: arrays, named tensors, and the numbers of training logs. */
import { isArray, isPlainObject } from '../base/plain_object.js';
import { any, either, listOf, record } from '../base/schema.js';
import { parseJson } from '../files/json.js';
import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { elementsOf } from '../data/entry.js';
import { open } from '../data/open.js';
import { readSafetensors } from '../data/safetensors.js';
import { TorchError, invalidType } from '../base/errors.js';
import { readTensor } from '../data/to_tensor.js';
import { type Comparison, compareTensors } from './judge/compare.js';
import { type PlainTensor } from './wire/plain_tensor.js';
import { type Tolerance } from './judge/plain.js';

/** A tensor of two files. */
export interface ValueComparison {
  /** The name of the tensor; for a `.npy` file the file's name. */
  readonly name: string;
  readonly comparison: Comparison;
}

/**
 * Compares two files tensor by tensor: `.npy`, `.safetensors`, or a training log. A log is `.json` (an array of
 * objects, or an object of arrays), `.jsonl` (an object a line) or `.csv` (names in the first line); each column of
 * numbers is a tensor, compared to float32 precision unless a tolerance is given.
 *
 * @param actual - the file to check
 * @param expected - the file with the expected values
 * @param tolerance - overrides the tolerance of each tensor's dtype
 * @throws TorchError with code `ERR_FILE_FORMAT` for a file that cannot be read
 */
export async function compareFiles(
  actual: string,
  expected: string,
  tolerance?: Tolerance,
): Promise<ValueComparison[]> {
  for (const [parameter, file] of Object.entries({ actual, expected })) {
    if (typeof file !== 'string') throw invalidType(parameter, 'the path of a file', file);
  }
  const [given, wanted] = [await readValues(actual), await readValues(expected)];
  // A single array has no name of its own.
  if (extname(actual) === '.npy' && extname(expected) === '.npy') {
    const [[, first], [, second]] = [...given, ...wanted] as [[string, PlainTensor], [string, PlainTensor]];
    return [{ name: basename(expected), comparison: compareTensors(first, second, tolerance) }];
  }
  const names = [...new Set([...wanted.keys(), ...given.keys()])];
  return names.map((name) => ({ name, comparison: compareNamed(given.get(name), wanted.get(name), tolerance) }));
}

function compareNamed(actual?: PlainTensor, expected?: PlainTensor, tolerance?: Tolerance): Comparison {
  if (actual !== undefined && expected !== undefined) return compareTensors(actual, expected, tolerance);
  const present = (actual ?? expected) as PlainTensor;
  // Lengths that differ anyway determine the rest of a comparison.
  const missing = compareTensors({ ...present, shape: [...present.shape, 0] }, present);
  return { ...missing, reason: expected === undefined ? 'missing in the expected file' : 'missing in the actual file' };
}

/** The tensors of a file by their names. */
async function readValues(file: string): Promise<ReadonlyMap<string, PlainTensor>> {
  if (extname(file) === '.npy') return new Map([[basename(file), await readArray(file)]]);
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (cause) {
    throw new TorchError('ERR_FILE_FORMAT', (cause as Error).message, { cause });
  }
  switch (extname(file)) {
    case '.safetensors': {
      const { tensors } = readSafetensors(content, file);
      return new Map(
        Array.from(tensors, ([name, entry]) => [
          name,
          { dtype: entry.dtype, shape: entry.shape, data: elementsOf(entry) },
        ]),
      );
    }
    case '.json':
    case '.jsonl':
    case '.csv':
      return readLog(content.toString(), file);
    default:
      throw new TorchError('ERR_FILE_FORMAT', `${file}: expected .npy, .safetensors, .json, .jsonl or .csv`);
  }
}

async function readArray(file: string): Promise<PlainTensor> {
  const source = await open(file);
  try {
    const tensor = await readTensor(source);
    const { dtype, shape } = tensor;
    const data = tensor.toTypedArray();
    tensor.dispose();
    return { dtype, shape, data };
  } finally {
    await source.close();
  }
}

/** The numeric columns of a log. */
function readLog(text: string, file: string): ReadonlyMap<string, PlainTensor> {
  const columns = new Map<string, number[]>();
  const add = (name: string, value: unknown): void => {
    const number = readNumber(value);
    if (number === undefined) return;
    const column = columns.get(name) ?? [];
    columns.set(name, column);
    column.push(number);
  };
  for (const row of readRows(text, file)) for (const [name, value] of row) add(name, value);
  if (columns.size === 0) throw new TorchError('ERR_FILE_FORMAT', `${file}: expected numbers, got none`);
  return new Map(Array.from(columns, ([name, data]) => [name, { dtype: 'float32', shape: [data.length], data }]));
}

/** Numbers, or strings for NaN and infinities, which JSON cannot represent. */
function readNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const word = /^([+-]?)(inf(?:inity)?|nan)$/i.exec(value.trim());
  if (word !== null) return word[2]?.toLowerCase() === 'nan' ? Number.NaN : Number(`${word[1]}Infinity`);
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
}

function readRows(text: string, file: string): [string, unknown][][] {
  try {
    if (extname(file) === '.csv') {
      const [head = '', ...lines] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
      const names = head.split(',').map((name) => name.trim());
      return lines.map((line) => line.split(',').map((value, index) => [names[index] ?? `${index}`, value]));
    }
    if (extname(file) === '.jsonl') {
      return text
        .split('\n')
        .map((line, at) => [line, `${file}: line ${at + 1}`] as const)
        .filter(([line]) => line.trim() !== '')
        .map(([line, name]) => Object.entries(parseJson(line, name, record(any))));
    }
    const parsed = parseJson(text, file, either(listOf(any), record(any)));
    if (isArray(parsed)) {
      return parsed.map((item) => (isPlainObject(item) ? Object.entries(item) : [['value', item]]));
    }
    const entries = Object.entries(parsed);
    return entries.flatMap(([name, list]) => [list].flat().map((value): [string, unknown][] => [[name, value]]));
  } catch (cause) {
    if (cause instanceof TorchError) throw cause;
    throw new TorchError('ERR_FILE_FORMAT', `${file}: ${(cause as Error).message}`, { cause });
  }
}
