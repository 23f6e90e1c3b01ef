/** Damaged or malicious files: each is read correctly or refused with a specific error. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { crc32, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { bytesPerRow, type OpenOptions, open } from '../../lib/data/index.js';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { fixture } from '../helpers/data.js';
import { makeZip } from '../helpers/zip.js';

const folder = mkdtempSync(join(tmpdir(), 'torchloss-hostile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CODES = ['ERR_FILE_FORMAT', 'ERR_FILE_CHANGED', 'ERR_OUT_OF_MEMORY'];
const FORMAT = { name: 'TorchError', code: 'ERR_FILE_FORMAT' };

/** Writes a file, opens it and reads up to 8 of its rows; an array without rows has no bytes. */
async function read(name: string, content: Uint8Array, options: OpenOptions = {}) {
  const path = join(folder, name);
  writeFileSync(path, content);
  const source = await open(path, options);
  try {
    const count = source.shape.length === 0 ? 1 : (source.shape[0] as number);
    expect(source.shape.every((size) => Number.isSafeInteger(size) && size >= 0)).toBe(true);
    // Unless it is compressed, a file cannot contain more than its own length.
    if (/\.(npy|safetensors)$/.test(name)) expect(bytesPerRow(source) * count).toBeLessThanOrEqual(content.length);
    const rows = await source.rows(0, Math.min(count, 8));
    return {
      shape: source.shape,
      dtype: source.dtype,
      bytes: Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength),
    };
  } finally {
    await source.close();
  }
}

/** A `.npy` file with any text for a header. */
function npy(header: string, data: Uint8Array = Buffer.alloc(24), version = 1): Buffer {
  const text = Buffer.from(header, 'latin1');
  const prefix = Buffer.from(`\u0093NUMPY${String.fromCharCode(version)}\0`, 'latin1');
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  return Buffer.concat([prefix, length, text, data]);
}

const fields = (descr: string, order: string, shape: string) =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;
const good = fields("'<f4'", 'False', '(2, 3)');

describe('.npy headers', () => {
  it.each<[title: string, content: Buffer, shape: number[]]>([
    ['in another order', npy("{'shape':(2,3),'descr':'<f4','fortran_order':False}"), [2, 3]],
    ['with double quotes', npy(`{"descr": "<f4", "fortran_order": False, "shape": (2, 3)}  \n`), [2, 3]],
    ['with the long integers of Python 2', npy(fields("'<f4'", 'False', '(2L, 3L)')), [2, 3]],
    ['with line breaks', npy(`\n{\n'descr':\n'<f4',\n'fortran_order':\nFalse,\n'shape':\n(2,\n3,\n)\n}\n`), [2, 3]],
    ['of version 2', npy(good, Buffer.alloc(24), 2), [2, 3]],
  ])('%s are read', async (_, content, shape) => {
    expect((await read('x.npy', content)).shape).toEqual(shape);
  });

  it.each<[title: string, content: Buffer, message: string]>([
    ['no bytes', Buffer.alloc(0), 'not a .npy file'],
    ['another file', Buffer.from('{"not": "an array"}'), 'not a .npy file'],
    ['only the magic', Buffer.from('\u0093NUMPY\u0001\0', 'latin1'), 'not a .npy file'],
    ['version 0', npy(good, Buffer.alloc(24), 0), 'unknown version 0 of the .npy format'],
    ['version 4', npy(good, Buffer.alloc(24), 4), 'unknown version 4 of the .npy format'],
    ['a cut header', npy(good).subarray(0, 40), 'the header is truncated'],
    [
      'a header of 4 GB',
      Buffer.concat([npy('', Buffer.alloc(0), 2).subarray(0, 8), Buffer.alloc(4, 0xff)]),
      'the header is truncated',
    ],
    ['a header of 2 MB', npy(good.padEnd(2 ** 21), Buffer.alloc(24), 2), 'header: expected at most 1048576 bytes'],
    ['missing data', npy(good, Buffer.alloc(23)), 'expected 24 bytes of data for shape [2, 3], got 23'],
    [
      'trailing bytes',
      npy(good, Buffer.alloc(25)),
      '1 bytes follow the array of shape [2, 3]: expected one array in the file',
    ],
    [
      'a second array',
      Buffer.concat([npy(good, Buffer.alloc(24)), npy(good, Buffer.alloc(24))]),
      'follow the array of shape [2, 3]',
    ],
    ['an empty header', npy(''), 'the header cannot be parsed'],
    ['an empty dictionary', npy('{}'), 'the header cannot be parsed'],
    ['no shape', npy("{'descr': '<f4', 'fortran_order': False}"), 'the header cannot be parsed'],
    [
      'a field twice',
      npy(`{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (3,), }`),
      'the header cannot be parsed',
    ],
    ['a field too many', npy(good.replace('}', "'a': 'b', }")), 'the header cannot be parsed'],
    ['a field from the prototype', npy(good.replace('descr', '__proto__')), 'the header cannot be parsed'],
    ['text after it', npy(`${good}, 1`), 'the header cannot be parsed'],
    ['NUL bytes after it', npy(`${good}\0\0`), 'the header cannot be parsed'],
    ['NUL bytes within', npy(good.replace('<f4', '<f4\0')), "dtype '<f4\\u0000' is not supported"],
    ['no comma', npy(good.replace("'<f4',", "'<f4'")), 'the header cannot be parsed'],
    ['code', npy(good.replace('(2, 3)', '(2, __import__("os"))')), 'the header cannot be parsed'],
    [
      'a dtype from the prototype',
      npy(fields("'constructor'", 'False', '(2, 3)')),
      "dtype 'constructor' is not supported",
    ],
    ['no byte order', npy(fields("'f4'", 'False', '(2, 3)')), "dtype 'f4' is not supported"],
    ['a byte order of neither', npy(fields("'|f4'", 'False', '(2, 3)')), "dtype '|f4' is not supported"],
    ['a number for fortran_order', npy(fields("'<f4'", '0', '(2, 3)')), 'the header cannot be parsed'],
    ['a negative size', npy(fields("'<f4'", 'False', '(-2, -3)')), 'the header cannot be parsed'],
    ['a fractional size', npy(fields("'<f4'", 'False', '(2.0, 3)')), 'the header cannot be parsed'],
    [
      'a number for the shape',
      npy(fields("'<f4'", 'False', '(6)')),
      'shape: expected a tuple of at most 64 sizes, got (6)',
    ],
    ['a lone comma', npy(fields("'<f4'", 'False', '(,)')), 'shape: expected a tuple'],
    ['two commas', npy(fields("'<f4'", 'False', '(2,,3)')), 'shape: expected a tuple'],
    ['two numbers without a comma', npy(fields("'<f4'", 'False', '(2 3,)')), 'shape: expected a tuple'],
    [
      '65 dimensions',
      npy(fields("'|u1'", 'False', `(${'1, '.repeat(65)})`), Buffer.alloc(1)),
      'shape: expected a tuple',
    ],
    ['a size beyond numbers', npy(fields("'<f4'", 'False', '(9999999999999999, )')), 'shape: expected a tuple'],
    [
      'sizes beyond all memory',
      npy(fields("'<f4'", 'False', '(999999999, 999999999)')),
      'expected an impossible number of bytes of data',
    ],
    [
      'sizes that wrap around to the right length',
      npy(fields("'<f8'", 'False', '(2305843009213693955,)')),
      'shape: expected a tuple',
    ],
    [
      'empty sizes whose strides overflow',
      npy(fields("'<f4'", 'False', '(0, 999999999, 999999999)'), Buffer.alloc(0)),
      'expected an impossible number of bytes',
    ],
    ['two bytes of type void, big-endian', npy(fields("'>V2'", 'False', '(12,)')), "dtype '>V2' is not supported"],
  ])('with %s are refused', async (_, content, message) => {
    const opened = read('x.npy', content);
    await expect(opened).rejects.toMatchObject(FORMAT);
    await expect(opened).rejects.toThrow(`${join(folder, 'x.npy')}: `);
    await expect(opened).rejects.toThrow(message);
  });

  it('of another dtype than requested are converted', async () => {
    const { dtype, bytes } = await read('x.npy', npy(good), { dtype: 'float64' });
    expect([dtype, bytes.length]).toEqual(['float64', 48]);
  });
});

/** A safetensors file. */
function safetensors(header: string, data: Uint8Array = Buffer.alloc(8)): Buffer {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

describe('safetensors headers', () => {
  const entry = '{"dtype":"F32","shape":[2],"data_offsets":[0,8]}';

  it.each<[title: string, content: Buffer, message: string]>([
    ['no bytes', Buffer.alloc(0), 'header: expected 8 bytes of length, got 0'],
    ['a length beyond the file', safetensors(`{"a":${entry}}`).subarray(0, 30), 'header: expected'],
    ['a length of 2 ** 63', Buffer.alloc(16, 0x80), 'header: expected at most 100000000 bytes'],
    ['a tensor twice', safetensors(`{"a":${entry},"a":${entry}}`), 'the name "a" occurs twice'],
    ['a tensor twice, escaped', safetensors(`{"a":${entry},"\\u0061":${entry}}`), 'the name "a" occurs twice'],
    [
      'a field twice',
      safetensors(`{"a":{"dtype":"F64","dtype":"F32","shape":[2],"data_offsets":[0,8]}}`),
      'the name "dtype" occurs twice',
    ],
    ['arrays in arrays', safetensors(`{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}`), 'it is nested more than 3 deep'],
    ['objects in objects', safetensors('{"a":'.repeat(1e5)), 'it is nested more than 3 deep'],
    ['brackets that do not match', safetensors('}}]]{'), 'header: expected JSON in UTF-8'],
    ['a string without an end', safetensors('{"a'), 'a string has no end'],
    ['a string of backslashes', safetensors(`{"${'\\'.repeat(1e6)}`), 'header: expected JSON in UTF-8'],
    ['a million quotes', safetensors('"'.repeat(1e6)), 'header: expected JSON in UTF-8'],
    ['NUL bytes', safetensors(`{"a":${entry}}\0\0`), 'header: expected JSON in UTF-8'],
    ['a comment', safetensors(`{"a":${entry}}//`), 'header: expected JSON in UTF-8'],
    ['a byte order mark', safetensors(`\ufeff\ufeff{"a":${entry}}`), 'header: expected JSON in UTF-8'],
    [
      '65 dimensions',
      safetensors(`{"a":{"dtype":"F32","shape":[${Array(65).fill(1)}],"data_offsets":[0,4]}}`),
      'shape: expected at most 64 sizes',
    ],
    [
      'sizes beyond all memory',
      safetensors('{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}', Buffer.alloc(0)),
      'expected an impossible number of bytes',
    ],
    [
      'empty sizes whose strides overflow',
      safetensors('{"a":{"dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}}', Buffer.alloc(0)),
      'expected an impossible number of bytes',
    ],
    [
      'offsets in text',
      safetensors('{"a":{"dtype":"F32","shape":[2],"data_offsets":["0","8"]}}'),
      'data_offsets: expected two offsets',
    ],
    [
      'an offset beyond numbers',
      safetensors('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,1e400]}}'),
      'data_offsets: expected two offsets',
    ],
    [
      'a dtype from the prototype',
      safetensors('{"a":{"dtype":"__proto__","shape":[2],"data_offsets":[0,8]}}'),
      'dtype: expected one of',
    ],
    ['its fields in a __proto__', safetensors('{"a":{"__proto__":["F32"]}}'), 'dtype: expected one of'],
    ['no tensor at all', safetensors('{}', Buffer.alloc(0)), 'the file has no tensors'],
  ])('with %s are refused', async (_, content, message) => {
    const opened = read('x.safetensors', content);
    await expect(opened).rejects.toMatchObject(FORMAT);
    await expect(opened).rejects.toThrow(message);
  });

  it.each(['null', '{}'])('may have metadata of %s, like in the reference implementation', async (metadata) => {
    const content = safetensors(`{"__metadata__":${metadata},"a":${entry}}`);
    expect(await read('x.safetensors', content)).toMatchObject({ shape: [2], dtype: 'float32' });
  });

  it('may name a tensor like an inherited property', async () => {
    const data = Buffer.from(Float32Array.of(1.5, -2).buffer);
    for (const name of ['__proto__', 'constructor', 'toString', '', '__metadata__ ', '\u0000']) {
      const content = safetensors(`{${JSON.stringify(name)}:${entry}}`, data);
      expect(await read('x.safetensors', content, { key: name })).toEqual({
        shape: [2],
        dtype: 'float32',
        bytes: data,
      });
    }
  });
});

/** What is done to a file: bytes changed, cut off, repeated, inserted and removed. */
const damage = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('set' as const),
      at: fc.nat(),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
    }),
    fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), bytes: fc.uint8Array({ maxLength: 64 }) }),
    fc.record({
      kind: fc.constant('text' as const),
      at: fc.nat(),
      text: fc.constantFrom(
        '0',
        '9',
        '-',
        ',',
        '"',
        "'",
        '(',
        '[',
        '{',
        '}',
        '\0',
        '\\',
        'L',
        '>',
        '__proto__',
        '1e9',
        '99999999999',
      ),
    }),
    fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), length: fc.nat(64) }),
    fc.record({ kind: fc.constant('end' as const), at: fc.nat() }),
    fc.record({
      kind: fc.constant('huge' as const),
      at: fc.nat(),
      bytes: fc.constantFrom(Buffer.alloc(4, 0xff), Buffer.alloc(8, 0xff), Buffer.of(255, 255, 255, 127)),
    }),
  ),
  { minLength: 1, maxLength: 4 },
);

type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

function damaged(content: Buffer, changes: Damage, reach: number): Buffer {
  let bytes = content;
  for (const change of changes) {
    const at = change.at % Math.max(1, Math.min(bytes.length, reach));
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    if (change.kind === 'set' || change.kind === 'huge')
      bytes = Buffer.concat([before, change.bytes, after.subarray(change.bytes.length)]);
    else if (change.kind === 'insert') bytes = Buffer.concat([before, change.bytes, after]);
    else if (change.kind === 'text')
      bytes = Buffer.concat([before, Buffer.from(change.text), after.subarray(change.text.length)]);
    else if (change.kind === 'cut') bytes = Buffer.concat([before, after.subarray(change.length)]);
    else bytes = bytes.subarray(0, change.at % (bytes.length + 1));
  }
  return bytes;
}

describe('damage', () => {
  it.each<[name: string, key: string | undefined, reach: number, runs: number]>([
    ['f4.npy', undefined, 140, 1500],
    ['fortran_3d.npy', undefined, 140, 700],
    ['version_2.npy', undefined, 140, 700],
    ['stored.npz', 'logits', 1e9, 1000],
    ['deflated.npz', 'logits', 1e9, 1000],
    ['several.safetensors', 't_f4', 1100, 1500],
    ['only.safetensors', undefined, 1e9, 700],
    ['cube.arrow', undefined, 1e9, 1500],
    ['table.arrows', 'logits', 1e9, 700],
    ['pages.parquet', 'label', 1e9, 400],
    ['zstd.parquet', 'logits', 1e9, 400],
    ['table.csv', 'label', 1e9, 700],
  ])('to %s is a specific error, or none', async (name, key, reach, runs) => {
    const content = readFileSync(fixture(name));
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        try {
          await read(name, damaged(content, changes, reach), { key });
        } catch (error) {
          expect(error).toMatchObject({ name: 'TorchError' });
          expect(CODES).toContain((error as { code: string }).code);
        }
      }),
      { numRuns: runs },
    );
  });

  it('to the data changes only the elements', async () => {
    const content = readFileSync(fixture('f4.npy'));
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 60, maxLength: 60 }), async (data) => {
        const { shape, bytes } = await read('x.npy', Buffer.concat([content.subarray(0, -60), data]));
        expect(shape).toEqual([5, 3]);
        expect(bytes).toEqual(Buffer.from(data));
      }),
      { numRuns: 200 },
    );
  });
});

describe('archives', () => {
  const array = readFileSync(fixture('f4.npy'));
  const numbers = array.subarray(-60);

  it('are read if stored', async () => {
    const { bytes } = await read('x.npz', makeZip({ 'a.npy': array, 'b.npy': 'no array' }), { key: 'a' });
    expect(bytes).toEqual(numbers);
    await expect(read('x.npz', makeZip({ 'a.npy': array, 'b.npy': 'no array' }), { key: 'b' })).rejects.toThrow(
      'x.npz#b: not a .npy file',
    );
    await expect(read('x.npz', Buffer.from('no archive'))).rejects.toMatchObject(FORMAT);
    await expect(read('x.npz', makeZip({}))).rejects.toThrow('the file has no arrays');
  });

  /** An archive of one deflated entry with the given header fields. */
  const deflated = (content: Buffer, size: number, checksum: number) => {
    const body = deflateRawSync(content);
    const zip = makeZip({ 'a.npy': body });
    const central = zip.indexOf('PK\x01\x02');
    zip.writeUInt16LE(8, central + 10);
    zip.writeUInt32LE(checksum, central + 16);
    zip.writeUInt32LE(size, central + 24);
    return zip;
  };

  it('that do not inflate to what their headers say are refused', async () => {
    const checksum = crc32(array);
    expect((await read('x.npz', deflated(array, array.length, checksum))).bytes).toEqual(numbers);
    await expect(read('x.npz', deflated(array, array.length, 1))).rejects.toThrow(
      `expected the checksum 1, got ${checksum}`,
    );
    await expect(read('x.npz', deflated(array.subarray(0, -1), array.length, checksum))).rejects.toThrow(
      'expected 188 bytes, got 187',
    );
    const longer = Buffer.concat([array, Buffer.alloc(1e6)]);
    await expect(read('x.npz', deflated(longer, array.length, checksum))).rejects.toThrow(
      'expected 188 bytes, got more',
    );
    await expect(read('x.npz', deflated(array, 2 ** 31, checksum))).rejects.toThrow('follow the array of shape [5, 3]');
    const broken = deflated(array, array.length, checksum);
    broken.fill(0xff, 35, 45);
    await expect(read('x.npz', broken)).rejects.toThrow('the compressed data are damaged');
  });

  it('that inflate to far more than their headers say take no memory for it', () => {
    const bomb = deflated(Buffer.concat([array, Buffer.alloc(2 ** 28)]), array.length, crc32(array));
    const path = join(folder, 'bomb.npz');
    writeFileSync(path, bomb);
    // In its own process: other tests use memory in this one.
    const program = `import { open } from ${JSON.stringify(pathToFileURL(join(PACKAGE_ROOT, 'dist/data/index.js')))};
      const before = process.memoryUsage.rss();
      const source = await open(${JSON.stringify(path)});
      const error = await source.rows(0, 5).catch((thrown) => thrown);
      console.log(JSON.stringify([error.message, process.memoryUsage.rss() - before]));`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    const [message, grown] = JSON.parse(stdout);
    expect(message).toContain('expected 188 bytes, got more');
    // Half of the inflated size.
    expect(grown).toBeLessThan(2 ** 27);
  });

  it('with two arrays of one name, or another compression, are refused', async () => {
    await expect(read('x.npz', makeZip({ 'a.npy': array, a: array }))).rejects.toThrow(
      "the archive has two arrays 'a'",
    );
    const zip = makeZip({ 'a.npy': array });
    zip.writeUInt16LE(14, zip.indexOf('PK\x01\x02') + 10);
    await expect(read('x.npz', zip)).rejects.toThrow('expected a stored or deflated entry, got compression method 14');
  });
});

describe('CSV', () => {
  const csv = (text: string, options: OpenOptions = {}) => read('x.csv', Buffer.from(text), options);

  it.each<[text: string, key: string | undefined, values: number[]]>([
    ['1\n2\n3', undefined, [1, 2, 3]],
    ['label\n1\n2\n', undefined, [1, 2]],
    ['a,b\r\n1,2\r\n3,4\r\n', 'b', [2, 4]],
    ['1,2\n3,4\n', '0', [1, 3]],
    ['"a ""b""",c\n"1"," 2 "\n', 'a "b"', [1]],
    ['+7,\n-0,x\n', '0', [7, 0]],
    ['\ufeffa,b\n1,2\n', 'a', [1]],
    ['a\n', undefined, []],
  ])('%j is read', async (text, key, values) => {
    const { dtype, bytes } = await csv(text, { key });
    expect(dtype).toBe('int64');
    expect(Array.from(new BigInt64Array(Uint8Array.from(bytes).buffer), Number)).toEqual(values);
  });

  it.each<[text: string, key: string | undefined, message: string]>([
    ['', undefined, 'expected at least one row, got an empty file'],
    ['a\n1\n\n2\n', undefined, 'row 1 (line 3): the value is missing'],
    ['a\n0x10\n', undefined, "row 0 (line 2): expected a number, got '0x10'"],
    ['a\n1_000\n', undefined, "row 0 (line 2): expected a number, got '1_000'"],
    ['a\n1e999\n', undefined, 'row 0 (line 2): expected a number'],
    ['a\n9007199254740993\n', undefined, 'row 0 (line 2): expected an integer from'],
    ['a\n1\0\n', undefined, 'row 0 (line 2): expected a number'],
    ['a\n1\n2\nx\n', undefined, "row 2 (line 4): expected a number, got 'x'"],
    [`a\n${'1'.repeat(65)}\n`, undefined, 'row 0 (line 2): expected an integer from'],
    ['a\n−1\n', undefined, "expected a number, got '−1'"],
    ['a,b\n1,2\n3\n', 'a', 'line 3 has 1 fields: expected 2'],
    ['a,b\n1,2\n3,4,5\n', 'a', 'line 3 has 3 fields: expected 2'],
    ['a,b\n1,2\n\n3,4\n', 'a', 'line 3 is blank: expected 2 fields'],
    ['a,b\n1,"2\n3"\n,4\n', 'a', 'row 1 (line 4): the value is missing'],
    ['a\n"1\n', undefined, 'line 2 has a quote that is not closed'],
    ['a\n1"2"\n', undefined, 'line 2 has a quote inside a field'],
    ['a\n"1"2\n', undefined, 'line 2 has text after a closing quote'],
    ['a\r1\r', undefined, 'line 1 has a carriage return without a line feed'],
    ['a,a\n1,2\n', 'a', "there are several columns 'a'"],
    [`${'x'.repeat(2 ** 21)}\n1\n`, undefined, 'line 1 is longer than 1048576 bytes'],
    [','.repeat(2 ** 21), '0', 'line 1 is longer than 1048576 bytes'],
  ])('%.40j is refused', async (text, key, message) => {
    const opened = csv(text, { key });
    await expect(opened).rejects.toMatchObject(FORMAT);
    await expect(opened).rejects.toThrow(message);
  });

  it('is read the same in pieces of any length', async () => {
    const labels = Array.from({ length: 100_000 }, (_, index) => index * 7 - 3);
    const text = `text,label\n${labels.map((label, row) => `"${'x"",\n'.repeat(row % 5)}",${label}`).join('\n')}`;
    const path = join(folder, 'long.csv');
    writeFileSync(path, text);
    const source = await open(`${path}#label`);
    expect(Array.from((await source.rows(0, labels.length)) as BigInt64Array, Number)).toEqual(labels);
    await source.close();
  });
});
