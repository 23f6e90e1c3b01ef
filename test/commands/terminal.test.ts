/** Names, cells, other programs' output and environment variables reach the terminal as text, never as control sequences. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ArgumentRangeError, ArgumentTypeError, TorchError } from '../../lib/base/errors.js';
import { oneLine, printable, printableJson } from '../../lib/base/printable.js';
import { formatRecord } from '../../lib/commands/evaluate/text.js';
import { evaluate } from '../../lib/evaluate/index.js';
import { torch } from '../../lib/index.js';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { writeRecord } from '../../lib/report/record.js';
import { bold, shown } from '../../lib/terminal/print.js';
import { createReporter } from '../../lib/terminal/progress.js';
import { CLI, recordOf } from '../helpers/evaluate_cli.js';
import { writeNpy } from '../helpers/npy.js';

const folder = mkdtempSync(join(tmpdir(), 'torchloss-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * Sets a title, clears the screen, writes a link, returns to the line start; the same with C1; reverses, isolates and hides
 * text.
 */
const HOSTILE =
  '\u001b]0;title\u0007\u001b[2J\u001b]8;;http://a\u001b\\\b\r\u007f\u009b31m\u0085\u202e\u2066\u200b\ufeff\u061c\u2028\u{e0041}';
/** All control characters except line feed and tab. */
const OBEYED =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\udb40[\udc00-\udfff]/;

describe('text for a terminal', () => {
  it('shows every control character by its number', () => {
    for (let code = 0; code < 0x110000; code += code < 0x3000 || code > 0xdfff ? 1 : 0x100) {
      if (code > 0x10000 && code < 0xe0000) code = 0xe0000;
      if (code > 0xe0fff) break;
      const letter = String.fromCodePoint(code);
      const seen = printable(`a${letter}b`);
      expect(OBEYED.test(seen)).toBe(false);
      if (!OBEYED.test(letter) && !/[\u00ad\u180e\ufff9-\ufffb]/.test(letter)) expect(seen).toBe(`a${letter}b`);
    }
    expect(printable('a\u001b[1mb\nc\td')).toBe('a\\u001b[1mb\nc\td');
    expect(oneLine('a\nb\tc\u202e')).toBe('a\\nb\\tc\\u202e');
  });

  it('truncates long text between characters', () => {
    expect(oneLine('x'.repeat(500))).toBe(`${'x'.repeat(200)}…`);
    expect(oneLine('😀'.repeat(500), 5)).toBe('😀😀…');
    expect(printable('x'.repeat(1e6)).length).toBeLessThan(20_000);
    expect(new TorchError('ERR_USAGE', `${'name'.repeat(1e7)}: the end`).message).toMatch(/^namename.*: the end$/s);
  });

  it('leaves JSON the same document', () => {
    const value = { [HOSTILE]: [HOSTILE, 'ä', '😀'] };
    const text = printableJson(JSON.stringify(value));
    expect(OBEYED.test(text)).toBe(false);
    expect(JSON.parse(text)).toEqual(value);
  });

  it('is bold only where the program makes it so', () => {
    expect(shown(`a${bold('b')}c\u001b[1m`)).toBe('a\u001b[1mb\u001b[22mc\\u001b[1m');
  });

  it('is safe in every error, whatever its parts', () => {
    const errors = [
      new TorchError('ERR_USAGE', HOSTILE),
      new ArgumentTypeError(HOSTILE, HOSTILE, HOSTILE, undefined, HOSTILE),
      new ArgumentRangeError(HOSTILE, HOSTILE, HOSTILE),
    ];
    for (const { message } of errors) expect(OBEYED.test(message)).toBe(false);
    expect(() => torch.zeros([1], { dtype: HOSTILE as never })).toThrow(/\\u001b\]0;title/);
  });

  it("is other programs' output without their colours", () => {
    let text = '';
    const output = { write: (piece: string) => (text += piece), isTTY: true, columns: 80 };
    const reporter = createReporter(output);
    reporter.say(`\u001b[31mred\u001b[0m ${HOSTILE}`);
    expect(OBEYED.test(text)).toBe(false);
    expect(text.startsWith('red ')).toBe(true);
    reporter.progress(`${HOSTILE}${'x'.repeat(200)}`, 1, 2);
    reporter.done();
    expect(text.replaceAll('\r\u001b[K', '')).not.toMatch(OBEYED);
  });

  it('is safe in tables, also for groups that are text', async () => {
    const input = torch.tensor([[1], [2]]);
    const options = { group_by: [HOSTILE, `long${'x'.repeat(500)}`] };
    const result = await evaluate(torch.nn.functional.l1_loss, [input, torch.zeros([2, 1])], options);
    const record = recordOf(result, { group_by: HOSTILE });
    const text = shown(formatRecord(record, { bold: false, width: 80 }, true));
    expect(text).not.toMatch(OBEYED);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(300);
    expect(writeRecord(record)).not.toMatch(OBEYED);
  });
});

describe.runIf(process.platform === 'linux')('the program shows control characters as text:', () => {
  // A file name contains neither a slash nor a NUL.
  const NAME = HOSTILE.replaceAll(/[/\0]/g, '');

  function run(args: readonly string[], env: Record<string, string> = {}) {
    const { stdout, stderr, status } = spawnSync(process.execPath, [CLI, ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, ...env },
      maxBuffer: 2 ** 28,
    });
    return { status, text: stdout + stderr };
  }

  it.each<[what: string, make: () => readonly string[], status: number]>([
    [
      'the name of a file',
      () => {
        const input = writeNpy(join(folder, `${NAME}.npy`), new Float32Array(4), [2, 2]);
        const target = writeNpy(join(folder, 'y.npy'), new BigInt64Array(2), [2]);
        return ['evaluate', '--input', input, '--target', target, '--top', '2'];
      },
      0,
    ],
    ['the same, in JSON', () => ['evaluate', '--input', `${NAME}.npy`, '--target', 'y.npy', '--json'], 0],
    ['a file that is not there', () => ['evaluate', '--input', `${NAME}x.npy`, '--target', 'y.npy'], 1],
    [
      'names of tensors',
      () => {
        const names = Object.fromEntries(
          ['a', 'b'].map((key) => [key + HOSTILE, { dtype: 'F32', shape: [0], data_offsets: [0, 0] }]),
        );
        const head = Buffer.from(JSON.stringify(names));
        const size = Buffer.alloc(8);
        size.writeBigUInt64LE(BigInt(head.length));
        writeFileSync(join(folder, 'a.safetensors'), Buffer.concat([size, head]));
        return ['evaluate', '--input', 'a.safetensors', '--target', 'y.npy'];
      },
      1,
    ],
    [
      'names of columns',
      () => {
        writeFileSync(join(folder, 'a.csv'), `x${NAME.replaceAll(/[\r\n]/g, '')},y\n1,2\n`);
        return ['evaluate', '--input', 'a.csv#z', '--target', 'y.npy'];
      },
      1,
    ],
    [
      'cells',
      () => {
        writeFileSync(join(folder, 'b.csv'), `x,y\n1,2\n${NAME.replaceAll(/[\r\n]/g, '')},4\n`);
        return ['evaluate', '--input', 'b.csv#x', '--target', 'y.npy', '--loss', 'l1_loss'];
      },
      1,
    ],
    [
      'keys of a log',
      () => {
        writeFileSync(join(folder, 'a.jsonl'), `${JSON.stringify({ [HOSTILE]: 1 })}\n`);
        return ['parity', 'compare', 'a.jsonl', 'a.jsonl'];
      },
      0,
    ],
    [
      'ids of recorded cases',
      () => {
        const place = join(folder, 'cases');
        mkdirSync(place, { recursive: true });
        const output = { file: 'a.safetensors', key: 'x' };
        const one = {
          id: HOSTILE,
          loss: HOSTILE,
          api: 'torch.nn',
          name: HOSTILE,
          args: [],
          kwargs: {},
          expect: { output },
        };
        writeFileSync(join(place, 'cases.json'), JSON.stringify([one]));
        return ['parity', 'replay', place];
      },
      1,
    ],
    [
      'a record',
      () => {
        writeFileSync(join(folder, 'r.json'), JSON.stringify({ version: HOSTILE }));
        return ['evaluate', '--merge', 'r.json'];
      },
      1,
    ],
    [
      'no JSON',
      () => {
        writeFileSync(join(folder, 's.json'), HOSTILE);
        return ['evaluate', '--merge', 's.json'];
      },
      1,
    ],
    ['a command', () => [NAME], 2],
    ['an option', () => ['evaluate', `--${NAME}`], 2],
    ['an option of another command', () => ['info', `--x${NAME}`], 2],
    ['a loss', () => ['explain', NAME], 2],
    ['a call', () => ['explain', '--from', `F.l1_loss(a, b, weight=x${NAME})`], 2],
    [
      'a call that can be parsed',
      () => ['explain', '--from', `F.l1_loss(a, f("${NAME.replaceAll(/[\\\r]/g, '')}"))`],
      0,
    ],
    ['an index', () => ['setup', '--fetch', '--index', `http://a/${NAME}`], 2],
  ])('%s', (_, make, status) => {
    const found = run(make());
    expect(found.text).not.toMatch(OBEYED);
    expect(found.text).not.toBe('');
    expect(found.status).toBe(status);
  });

  it.each(['LIBTORCH', 'TORCHLOSS_CACHE', 'VIRTUAL_ENV', 'XDG_CACHE_HOME'])('%s of the environment', (name) => {
    const env = { LIBTORCH: '', TORCHLOSS_CACHE: '', [name]: join(folder, NAME) };
    expect(run(['info'], env).text).not.toMatch(OBEYED);
    expect(run(['info', '--json'], env).text).not.toMatch(OBEYED);
  });

  it('goes through one module: nothing else in lib writes to the terminal', () => {
    const lib = join(PACKAGE_ROOT, 'lib');
    const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const writing = files.filter((name) => {
      const lines = readFileSync(join(lib, name), 'utf8').split('\n');
      const code = lines.filter((line) => !/^\s*(?:\*|\/\/|\/\*)/.test(line)).join('\n');
      return /\bconsole\.|process\.std(?:out|err)\.write\(/.test(code);
    });
    expect(writing).toEqual([join('terminal', 'print.ts')]);
  });

  it('a name of many megabytes is truncated', () => {
    const name = 'n'.repeat(30_000_000);
    const head = Buffer.from(
      JSON.stringify({
        [name]: { dtype: 'F32', shape: [0], data_offsets: [0, 0] },
        b: { dtype: 'F32', shape: [0], data_offsets: [0, 0] },
      }),
    );
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(head.length));
    writeFileSync(join(folder, 'long.safetensors'), Buffer.concat([size, head]));
    const { text, status } = run(['evaluate', '--input', 'long.safetensors', '--target', 'y.npy']);
    expect(status).toBe(1);
    expect(text.length).toBeLessThan(1000);
  });
});
