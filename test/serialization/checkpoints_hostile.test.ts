/** Damaged or malicious checkpoints: each is read correctly or refused with a TorchError that says why. */
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { torch } from '../../lib/index.js';
import { makeZip } from '../helpers/zip.js';

const FORMAT = { name: 'TorchError', code: 'ERR_FILE_FORMAT' };
/** The permitted outcomes of damage; any other would be a bug. */
const CODES = ['ERR_FILE_FORMAT', 'ERR_NOT_IMPLEMENTED', 'ERR_OUT_OF_MEMORY'];

const SHORT = new Map([
  ['none', 'N'],
  ['list', ']'],
  ['tuple', ')'],
  ['dict', '}'],
  ['mark', '('],
  ['append', 'a'],
  ['setitem', 's'],
  ['call', 'R'],
  ['build', 'b'],
  ['pop', '0'],
]);

/** A pickle in words: `list`, `put 3`, `get 3`, `'text'`, `5`, `global os system`, `persid`. */
function pickle(words: readonly (string | number)[]): Buffer {
  const parts = words.map((word): Buffer => {
    if (typeof word === 'number') {
      const bytes = Buffer.alloc(5, 'J');
      bytes.writeInt32LE(word, 1);
      return bytes;
    }
    const [name = '', ...rest] = word.split(' ');
    if (name === 'put' || name === 'get') return Buffer.from([name === 'put' ? 0x71 : 0x68, Number(rest[0])]);
    if (name === 'global') return Buffer.from(`c${rest.join('\n')}\n`);
    if (name === 'tuple1' || name === 'tuple2') return Buffer.from([name === 'tuple1' ? 0x85 : 0x86]);
    if (name === 'marked') return Buffer.from('t');
    if (name === 'persid') return Buffer.from('Q');
    if (name === 'raw') return Buffer.from(rest.join(''), 'hex');
    if (word.startsWith("'")) {
      const text = Buffer.from(word.slice(1, -1));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(text.length);
      return Buffer.concat([Buffer.from('X'), length, text]);
    }
    return Buffer.from(SHORT.get(name) as string);
  });
  return Buffer.concat([Buffer.from([0x80, 2]), ...parts, Buffer.from('.')]);
}

function checkpoint(words: readonly (string | number)[], more: Readonly<Record<string, Buffer>> = {}): Buffer {
  return makeZip({ 'm/data.pkl': pickle(words), 'm/byteorder': Buffer.from('little'), ...more });
}

/** The words of a float32 tensor over storage 0 of `count` elements. */
function tensor(
  count: number,
  offset: number,
  size: readonly number[],
  strides: readonly number[],
): (string | number)[] {
  return [
    'global torch._utils _rebuild_tensor_v2',
    'mark',
    'mark',
    "'storage'",
    'global torch FloatStorage',
    "'0'",
    "'cpu'",
    count,
    'marked',
    'persid',
    offset,
    'mark',
    ...size,
    'marked',
    'mark',
    ...strides,
    'marked',
    'raw 89',
    'none',
    'marked',
    'call',
  ];
}

const four = { 'm/data/0': Buffer.from(Float32Array.of(1, 2, 3, 4).buffer) };

describe('pickles', () => {
  it('in the words of this test are read', () => {
    expect(torch.load(checkpoint(['list', 5, 'append']))).toEqual([5]);
    expect(torch.load(checkpoint(tensor(4, 1, [3], [1]), four)).tolist()).toEqual([2, 3, 4]);
  });

  it.each<[string, (string | number)[], RegExp]>([
    ['os.system', ['global os system', "'true'", 'tuple1', 'call'], /refers to os\.system, which is not data/],
    ['eval', ['global __builtin__ eval', "'1'", 'tuple1', 'call'], /refers to builtins\.eval/],
    [
      'a module',
      ['global torch.nn.modules.linear Linear', 'tuple', 'raw 81'],
      /refers to torch\.nn\.modules\.linear\.Linear/,
    ],
    [
      'an operator',
      ['global torch.ops load_library', "'x.so'", 'tuple1', 'call'],
      /refers to torch\.ops\.load_library/,
    ],
    [
      'a property of an allowed name',
      ['global collections OrderedDict.fromkeys'],
      /refers to collections\.OrderedDict\.fromkeys/,
    ],
    ['the prototype', ['global constructor constructor'], /refers to constructor\.constructor/],
    ['an inherited property', ['global torch hasOwnProperty', 'tuple', 'call'], /refers to torch\.hasOwnProperty/],
    ['a call of a dtype', ['global torch float32', 'tuple', 'call'], /calls torch\.float32/],
    ['a call of a string', ["'eval'", 'tuple', 'call'], /calls something that is not a function/],
    ['complex numbers', ['global __builtin__ complex', 1, 2, 'tuple2', 'call'], /complex numbers of Python/],
    ['sparse tensors', ['global torch._utils _rebuild_sparse_tensor'], /sparse tensors/],
    ['an instance', ['raw 28 6f 6f 0a 6f 0a'], /OBJ, which makes an instance/],
    ['an old instance', ['raw 69 6f73 0a 73 0a'], /INST, which makes an instance/],
    ['an extension', ['raw 8205'], /EXT1, which asks for code/],
    ['an unknown opcode', ['raw ff'], /operation 0xff, at 2/],
    ['a persistent id of something else', ["'module'", 'tuple1', 'persid'], /a persistent id that is not a storage/],
    [
      'a storage without a class',
      ["'storage'", 'mark', 'pop', 'raw 30', 'tuple', 'persid'],
      /pops more values|ends in|not a storage/,
    ],
    [
      'only a storage',
      ['mark', "'storage'", 'global torch FloatStorage', "'0'", "'cpu'", 4, 'marked', 'persid'],
      /a storage without a tensor/,
    ],
    ['only a class', ['global collections OrderedDict'], /contains the class collections\.OrderedDict/],
    ['a state of a list', ['list', 'dict', 'build'], /sets the state of something that is not an OrderedDict/],
    ['an item of nothing', ['none', 5, 'append'], /appends to something that is not a list/],
    ['items of a list', ['list', 1, 2, 'setitem'], /sets items of something that is not a dict/],
    ['a key that is a list', ['dict', 'list', 1, 'setitem'], /a key that Python does not take/],
    ['missing values', ['append'], /pops more values than the stack has/],
    ['a missing mark', ['marked'], /closes more lists than it opened/],
    ['an undefined memo entry', ['get 7'], /refers to value 7/],
    ['two values', [1, 2], /ends in the middle/],
    ['an open mark', ['mark', 1], /ends in the middle/],
    ['another protocol', ['raw 8009'], /protocol 9/],
    ['an endless integer', ['raw 8b 00 00 00 7f'], /an integer has 2130706432 bytes/],
    ['an endless string', ['raw 58 ff ff ff ff 61'], /it is truncated/],
    ['a string that is not UTF-8', ['raw 58 01 00 00 00 ff'], /not valid UTF-8/],
    ['invalid bytes', ['global _codecs encode', "'€'", "'latin1'", 'tuple2', 'call'], /other than latin1 bytes/],
    ['a list that contains itself', ['list', 'put 0', 'get 0', 'append'], /contains itself/],
    ['a dict that contains itself', ['dict', 'put 0', "'a'", 'list', 'get 0', 'append', 'setitem'], /contains itself/],
    [
      'deep nesting',
      [...Array<string>(600).fill('list'), ...Array<string>(599).fill('append')],
      /nested deeper than 500/,
    ],
    ['endless marks', Array<string>(10_001).fill('mark'), /nested deeper than 10000/],
  ])('that ask for %s are refused', (_, words, message) => {
    const file = checkpoint(words);
    expect(() => torch.load(file)).toThrow(expect.objectContaining(FORMAT));
    expect(() => torch.load(file)).toThrow(message);
  });

  it('that repeat a list in lists are read without copying it', () => {
    const words: (string | number)[] = ['list', 'put 0', 'pop'];
    for (let level = 0; level < 100; level++)
      words.push('list', `put ${level + 1}`, `get ${level}`, 'append', `get ${level}`, 'append', 'pop');
    const value = torch.load<unknown[]>(checkpoint([...words, 'get 100']));
    expect(value[0]).toBe(value[1]);
  });

  it('run nothing: the functions they name are not even looked up', () => {
    expect(Reflect.get(globalThis, 'torchloss_was_here')).toBeUndefined();
    expect(() => torch.load(checkpoint(['global __main__ torchloss_was_here', 'tuple', 'call']))).toThrow(/refers to/);
  });
});

describe('tensors', () => {
  it.each<[string, (string | number)[], RegExp]>([
    ['beyond their storage', tensor(4, 0, [5], [1]), /\[5\] reaches beyond its storage of 16 bytes/],
    ['beyond it because of their strides', tensor(4, 0, [2, 2], [3, 1]), /reaches beyond/],
    ['beyond it because of their offset', tensor(4, 4, [1], [1]), /reaches beyond/],
    ['of negative sizes', tensor(4, 0, [-1], [1]), /the size of a tensor/],
    ['of negative strides', tensor(4, 3, [4], [-1]), /the strides of a tensor/],
    ['of more sizes than strides', tensor(4, 0, [2, 2], [1]), /2 sizes, 1 strides/],
    ['of countless elements', tensor(4, 0, Array<number>(60).fill(2), Array<number>(60).fill(0)), /reaches beyond/],
    ['of too many dimensions', tensor(4, 0, Array<number>(65).fill(1), Array<number>(65).fill(1)), /65 sizes/],
    [
      'over a longer storage than the file has',
      tensor(1_000_000_000, 0, [4], [1]),
      /has 16 bytes, but its tensors expect 4000000000/,
    ],
    ['over a shorter storage than the file has', tensor(3, 0, [3], [1]), /has 16 bytes, but its tensors expect 12/],
  ])('%s are refused', (_, words, message) => {
    expect(() => torch.load(checkpoint(words, four))).toThrow(message);
  });

  it('of integers that require gradients are refused', () => {
    const words = tensor(4, 0, [4], [1]).map((word) => (word === 'raw 89' ? 'raw 88' : word));
    const integers = words.map((word) => (word === 'global torch FloatStorage' ? 'global torch IntStorage' : word));
    expect(torch.load(checkpoint(words, four)).requires_grad).toBe(true);
    expect(() => torch.load(checkpoint(integers, four))).toThrow(/a tensor cannot be made: .*require gradients/i);
  });
});

describe('archives', () => {
  const words = tensor(4, 0, [4], [1]);

  it.each<[string, () => Buffer, RegExp]>([
    ['without their storage', () => checkpoint(words), /has no entry 'm\/data\/0'/],
    ['of nothing', () => makeZip({ 'm/other': Buffer.from('a') }), /has no data\.pkl/],
    [
      'with paths out of the archive',
      () => checkpoint(words, { ...four, '../evil': Buffer.from('a') }),
      /outside of it, '\.\.\/evil'/,
    ],
    ['with absolute paths', () => checkpoint(words, { ...four, '/etc/passwd': Buffer.from('a') }), /outside of it/],
    ['with Windows paths', () => checkpoint(words, { ...four, 'a\\b': Buffer.from('a') }), /outside of it/],
    [
      'of an unknown byte order',
      () => checkpoint(words, { ...four, 'm/byteorder': Buffer.from('middle') }),
      /little or big, got 'middle'/,
    ],
    ['whose data were changed', () => flip(checkpoint(words, four), 'data/0', 2), /another checksum/],
    [
      'with two entries of one name',
      () => rename(checkpoint(words, { ...four, 'm/data/1': Buffer.from('a') })),
      /two entries 'm\/data\/0'/,
    ],
    ['whose entries overlap', overlapping, /overlap/],
    ['that are bombs', bomb, /zip bomb/],
    ['that are truncated', () => checkpoint(words, four).subarray(0, -30), /truncated|damaged/],
    ['with trailing bytes', () => Buffer.concat([checkpoint(words, four), Buffer.from('PK')]), /truncated/],
    ['in another format', () => Buffer.from('hello, I am a text'), /neither a zip archive nor a pickle/],
    ['that are empty', () => Buffer.alloc(0), /the file is empty/],
    ['of safetensors', () => Buffer.from('\x02\0\0\0\0\0\0\0{}'), /safetensors/],
  ])('%s are refused', (_, make, message) => {
    const file = make();
    expect(() => torch.load(file)).toThrow(expect.objectContaining(FORMAT));
    expect(() => torch.load(file)).toThrow(message);
  });

  it('that are deflated are read', () => {
    expect(torch.load(deflated(words, four['m/data/0'])).tolist()).toEqual([1, 2, 3, 4]);
  });

  /** Changes a byte of an entry's content. */
  function flip(file: Buffer, name: string, at: number): Buffer {
    const start = file.indexOf(name) + name.length + at;
    file[start] = (file[start] as number) ^ 1;
    return file;
  }

  /** Gives the second storage the name of the first one. */
  function rename(file: Buffer): Buffer {
    const at = file.lastIndexOf('m/data/1');
    file.write('m/data/0', at);
    return file;
  }

  /** Two storages over the same bytes: the second directory entry points to the first one's data. */
  function overlapping(): Buffer {
    const second = words.map((word) => (word === "'0'" ? "'1'" : word));
    const file = checkpoint(['list', ...words, 'append', ...second, 'append'], {
      'm/data/0': four['m/data/0'],
      'm/data/1': four['m/data/0'],
    });
    const directory = file.readUInt32LE(file.length - 6);
    const first = file.indexOf('m/data/0');
    const central = file.indexOf('m/data/1', directory) - 46;
    // An extra field swallows the second header; the names have the same length.
    const inner = file.indexOf('m/data/1') - 30;
    file.writeUInt16LE(inner + 30 + 8 - (first + 8) - 0, first - 30 + 28);
    file.writeUInt32LE(inner, central + 42);
    return file;
  }

  function deflated(words: (string | number)[], data: Buffer): Buffer {
    const packed = deflateRawSync(data);
    const file = checkpoint(words, { 'm/data/0': packed });
    const directory = file.readUInt32LE(file.length - 6);
    for (const [at, shift] of [
      [file.indexOf('m/data/0') - 30, 0],
      [file.indexOf('m/data/0', directory) - 46, 2],
    ] as const) {
      file.writeUInt16LE(8, at + 8 + shift);
      file.writeUInt32LE(0, at + 14 + shift);
      file.writeUInt32LE(data.length, at + 22 + shift);
    }
    return file;
  }

  function bomb(): Buffer {
    const data = Buffer.alloc(2 ** 28);
    return deflated(tensor(2 ** 26, 0, [4], [1]), data);
  }
});

describe('mutations', () => {
  const { aten } = torch.ops as unknown as { aten: Record<string, any> };
  const value = {
    model: { w: aten.arange(12).reshape([3, 4]), b: torch.ones([4], { dtype: 'bfloat16', requires_grad: true }) },
    state: new Map([[0, { step: torch.tensor(1) }]]),
    values: [1, -1.5, 'text', null, true, 2n ** 70n, new Uint8Array([1, 2]), Object.freeze([1, 2, 3, 4])],
  };
  const zip = torch.save(value);
  const legacy = Buffer.concat([
    Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex'),
    Buffer.from('80024de9032e', 'hex'),
    pickle(['dict', "'little_endian'", 'raw 88', 'setitem']),
    pickle([...tensor(4, 0, [4], [1])].flatMap((word) => (word === 'persid' ? [] : [word])).map(legacyId)),
    pickle(['list', "'0'", 'append']),
    Buffer.from([4, 0, 0, 0, 0, 0, 0, 0]),
    four['m/data/0'],
  ]);

  /** A persistent id of the old format has six items. */
  function legacyId(word: string | number, index: number): string | number {
    return index === 8 && word === 'marked' ? 'raw 4e7451' : word;
  }

  it('of the old format: the undamaged file is read', () => {
    expect(torch.load(legacy).tolist()).toEqual([1, 2, 3, 4]);
  });

  it.each<[string, Buffer]>([
    ['an archive', zip],
    ['the old format', legacy],
  ])('of %s are read or refused, never more', (_, original) => {
    const edits = fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: original.length - 1 }),
        byte: fc.integer({ min: 0, max: 255 }),
        kind: fc.constantFrom('set', 'set', 'set', 'cut', 'insert', 'copy'),
        length: fc.integer({ min: 1, max: 64 }),
      }),
      { minLength: 1, maxLength: 6 },
    );
    const damage = fc.property(edits, (list) => {
      let file = Buffer.from(original);
      for (const { at, byte, kind, length } of list) {
        const start = Math.min(at, file.length);
        if (kind === 'set') file[Math.min(at, file.length - 1)] = byte;
        else if (kind === 'cut') file = Buffer.concat([file.subarray(0, start), file.subarray(start + length)]);
        else if (kind === 'insert')
          file = Buffer.concat([file.subarray(0, start), Buffer.alloc(length, byte), file.subarray(start)]);
        else file.copyWithin(start, byte, byte + length);
        if (file.length === 0) break;
      }
      try {
        torch.load(file);
      } catch (error) {
        const { name, code } = error as { name: string; code: string };
        if (name !== 'TorchError' || !CODES.includes(code)) throw error;
      }
    });
    fc.assert(damage, { seed: 14, numRuns: 3000 });
  });

  it('in the pickle are read or refused', () => {
    const start = 30 + zip.readUInt16LE(26) + zip.readUInt16LE(28);
    const bytes = zip.subarray(start, start + zip.readUInt32LE(18));
    const edit = fc.tuple(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 0, max: 255 }));
    const damage = fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (list) => {
      const data = Buffer.from(bytes);
      for (const [at, byte] of list) data[at] = byte;
      const storages = Object.fromEntries([48, 8, 4].map((length, key) => [`m/data/${key}`, Buffer.alloc(length)]));
      try {
        torch.load(makeZip({ 'm/data.pkl': data, ...storages }));
      } catch (error) {
        const { name, code } = error as { name: string; code: string };
        if (name !== 'TorchError' || !CODES.includes(code)) throw error;
      }
    });
    fc.assert(damage, { seed: 15, numRuns: 3000 });
  });
});
