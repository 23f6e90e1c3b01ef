/**
 * Parsers of text from users and files take time in proportion to its length. Inputs are doubled three times and the times
 * compared: linear work takes 8 times as long, quadratic work 64 times.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { oneLine, printable, printableJson } from '../../lib/base/printable.js';
import { readArguments } from '../../lib/commands/evaluate/arguments.js';
import { parseStrictJson } from '../../lib/data/json.js';
import { open } from '../../lib/data/index.js';
import { readLinks } from '../../lib/libtorch/wheel.js';
import { explainMigration, explainSource } from '../../lib/migration/index.js';
import { parseCall, readValue } from '../../lib/migration/python.js';
import { compareFiles } from '../../lib/parity/values.js';
import { html } from '../../lib/report/html.js';
import { shown } from '../../lib/terminal/print.js';
import { renderMarkdown } from '../../lib/terminal/markdown.js';

const folder = mkdtempSync(join(tmpdir(), 'torchloss-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SMALL = 6000;
/** Far from both 8 and 64. */
const MOST_TIMES = 24;
/** Times below this, in milliseconds, show no growth: quadratic work on such an input takes several seconds. */
const QUICK = 1000;

async function least(work: () => unknown): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    try {
      await work();
    } catch {
      // A refusal is fine too.
    }
    shortest = Math.min(shortest, performance.now() - start);
    if (shortest < QUICK) break;
  }
  return shortest;
}

async function expectLinear(work: (size: number) => unknown): Promise<void> {
  await least(() => work(1000)); // compiled by now
  const small = await least(() => work(SMALL));
  const large = await least(() => work(8 * SMALL));
  if (large > QUICK) expect(large / small).toBeLessThan(MOST_TIMES);
}

/** Pieces that are repeated in the middle of a call's argument. */
const PUMPS = [
  ' ',
  '\t',
  '\n',
  ',',
  ', ',
  '1',
  '1,',
  '1, ',
  '-',
  '--',
  '_',
  '1_',
  '.',
  'a',
  'a.',
  'a b ',
  '(',
  '[',
  '{',
  '()',
  '[]',
  '"',
  "'",
  '\\',
  '\\"',
  '""',
  "''",
  '=',
  '==',
  'a=',
  ' a = ',
  '#',
  '*',
  '**',
  '<',
  '>=',
  ':',
  'lambda ',
  'lambda x: ',
  'e',
  '1e',
  'inf',
  'float(',
  "float('",
  '|',
  '`',
  '[[',
  '](',
];
const FRAMES: readonly (readonly [before: string, after: string])[] = [
  ['F.l1_loss([', 'x], b)'],
  ['F.l1_loss((', 'x), b)'],
  ['F.l1_loss(a', ', b)'],
  ['F.l1_loss(a, b, ', ')'],
  ['F.l1_loss(a, b, reduction=', ')'],
  ["F.l1_loss(a, b, reduction='", "')"],
  ['nn.CrossEntropyLoss(weight=', ')'],
  ['', 'F.l1_loss(a, b)'],
  ['F.l1_loss(a, b)', ''],
  ['nn.L1Loss()(', 'a, b)'],
];

describe('a call in Python', () => {
  it.each(FRAMES)(
    'is read in linear time: %j … %j',
    async (before, after) => {
      for (const pump of PUMPS)
        await expectLinear((size) => {
          const call = before + pump.repeat(size / pump.length) + after;
          return [explainSource(`${call}\n`, 'mindspore.nn'), explainMigration(call, 'mindspore.nn')];
        });
    },
    300_000,
  );

  it('may have lists of integers, and text that only looks like them', () => {
    expect(readValue('[1, -2,3 ]')).toEqual({ kind: 'integers', values: [1, -2, 3] });
    expect(readValue('(1,)')).toEqual({ kind: 'integers', values: [1] });
    expect(readValue('[]')).toEqual({ kind: 'integers', values: [] });
    for (const other of ['(1)', '()', '[1,,2]', '[1, x]', '[,1]', '[1', '(1, 2]', '[1.5]'])
      expect(readValue(other).kind, other).toBe('expression');
  });

  it('may have many arguments, each name once', async () => {
    const list = (size: number) => Array.from({ length: size / 10 }, (_, at) => `a${at}=1`).join(', ');
    await expectLinear((size) => parseCall(`f(${list(size)})`));
    expect(() => parseCall(`f(${list(1000)}, a7=2)`)).toThrow(/a7 once/);
  });
});

describe('other text is read in linear time:', () => {
  const pieces = [
    'a',
    ' ',
    '"',
    '\\',
    '\\"',
    '{',
    '}',
    '[',
    ']',
    '{"a":',
    ',',
    ':',
    '<',
    '<a ',
    '<a href="',
    '>',
    '&',
    '|',
    '#',
    '`',
    '**',
    '[a](',
    '=',
    '.',
    '0',
    '-',
    '\n',
    '\u001b',
    '\u202e',
    '😀',
  ];

  it.each<[string, (text: string) => unknown]>([
    ['Markdown', (text) => renderMarkdown(text, { width: 80, bold: true })],
    ['tables', (text) => renderMarkdown(`| a |\n| --- |\n| ${text} |`, { width: 80, bold: false })],
    ['strict JSON', (text) => parseStrictJson(text, 100)],
    ['strict JSON in a string', (text) => parseStrictJson(JSON.stringify({ a: text, b: [text] }), 100)],
    ['text for terminals', (text) => [printable(text), oneLine(text, text.length), printableJson(text), shown(text)]],
    ['HTML', (text) => String(html`${text}`)],
    ['pages of an index', (text) => readLinks(text, 'https://a/')],
    ['options of the program', (text) => readArguments(['--option', text, '--shard', text, '--top', text])],
  ])(
    '%s',
    async (_, parse) => {
      for (const piece of pieces) await expectLinear((size) => parse(piece.repeat(size / piece.length)));
    },
    300_000,
  );

  it.each<[string, (text: string) => string | Buffer]>([
    ['log.csv', (text) => `a,b\n1,2\n${text}`],
    ['log.jsonl', (text) => `{"a":1}\n${text}`],
    ['log.json', (text) => `[${text}]`],
  ])(
    '%s',
    async (name, content) => {
      for (const piece of [' ', ',', '1,', '\n', '[', '{"a":1}\n', '"', 'e', '.']) {
        await expectLinear(async (size) => {
          const file = join(folder, name);
          writeFileSync(file, content(piece.repeat(size / piece.length)));
          await compareFiles(file, file);
        });
      }
    },
    300_000,
  );

  it('headers of .npy files, and cells of CSV files', async () => {
    for (const piece of [' ', "'", '(', '1,', '1, ', ',', 'L', "'descr':", '{', '\\', 'True']) {
      await expectLinear(async (size) => {
        const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${piece.repeat(size / piece.length)}), }\n`;
        const length = Buffer.alloc(4);
        length.writeUInt32LE(text.length);
        const file = join(folder, 'a.npy');
        writeFileSync(file, Buffer.concat([Buffer.from('\x93NUMPY\x02\x00', 'latin1'), length, Buffer.from(text)]));
        await open(file);
      });
    }
    for (const piece of ['0', '1.', 'e', '-', ' ', '"', '0e']) {
      await expectLinear(async (size) => {
        const file = join(folder, 'a.csv');
        writeFileSync(file, `x,y\n${piece.repeat(size / piece.length)},1\n`);
        await (await open(`${file}#y`)).close();
        await (await open(`${file}#x`)).close();
      });
    }
  }, 300_000);
});
