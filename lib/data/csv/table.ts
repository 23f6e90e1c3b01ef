import { describe, formatError, invalidType, invalidValue } from '../../base/errors.js';
import type { DataFile } from '../file.js';
import { RecordTable } from '../table/records.js';
import { type CsvOptions, type Dialect, findDialect } from './dialect.js';
import { CsvScanner } from './scanner.js';

/** The dialect is detected from at most so many bytes. */
const SAMPLE = 2 ** 20;

const SEPARATOR_NAMES: Readonly<Record<string, string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'bars',
  ' ': 'spaces',
};

/**
 * Opens a file of separated values (RFC 4180): UTF-8, optional quotes, the same number of fields in every row. The separator
 * and the header are detected from the first rows.
 *
 * @throws TorchError `ERR_FILE_FORMAT`
 */
export async function openCsv(file: DataFile, name: string, options: CsvOptions): Promise<RecordTable> {
  checkOptions(options);
  const sample = await file.bytes(0, Math.min(file.size, SAMPLE));
  if ((sample[0] === 0xff && sample[1] === 0xfe) || (sample[0] === 0xfe && sample[1] === 0xff))
    throw formatError(name, 'the text is in UTF-16: save it as UTF-8');
  const mark = sample.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf)) ? 3 : 0;
  const isWhole = sample.length === file.size;
  const dialect = findDialect(sample.toString('utf8', mark), isWhole, options, name);
  const { names } = dialect;
  const end = dialect.hasHeader ? endOfHeader(sample.subarray(mark), isWhole, dialect, name) : { bytes: 0, lines: 0 };
  const separator = String.fromCharCode(dialect.separator);
  return new RecordTable(file, name, {
    names,
    offset: mark + end.bytes,
    line: 1 + end.lines,
    remark: `separated by ${SEPARATOR_NAMES[separator] ?? describe(separator)}, ${dialect.hasHeader ? 'with a header' : 'without a header'}`,
    dialect: { header: dialect.hasHeader, separator },
    scanner: (cells) => new CsvScanner(name, dialect, cells),
  });
}

function checkOptions({ header, separator, decimal }: CsvOptions): void {
  if (header !== undefined && typeof header !== 'boolean') throw invalidType('header', 'true or false', header);
  if (separator !== undefined && !/^[\t\u0020-\u007e]$/.test(separator))
    throw invalidValue('separator', 'one ASCII character', separator);
  if (separator !== undefined && /["0-9.+\-\n]/.test(separator))
    throw invalidValue('separator', 'a character that is not part of numbers or quotes', separator);
  if (decimal !== undefined && decimal !== '.' && decimal !== ',') throw invalidValue('decimal', "'.' or ','", decimal);
}

/** Where the first row ends. */
function endOfHeader(
  sample: Buffer,
  isWhole: boolean,
  dialect: Dialect,
  name: string,
): { bytes: number; lines: number } {
  const names = dialect.namesLackFirst ? dialect.names.slice(1) : dialect.names;
  const bytes = Buffer.concat([sample, Buffer.alloc(1)]);
  const end = new CsvScanner(name, { ...dialect, names }, []).endOfRow(bytes, sample.length, isWhole);
  if (end === undefined) throw formatError(name, `line 1 is longer than ${SAMPLE} bytes`);
  return end;
}
