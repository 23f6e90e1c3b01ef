/** The report of an evaluation, viewed in Chromium. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Classification, evaluate } from '../../lib/evaluate/index.js';
import { torch } from '../../lib/index.js';
import { decimalsFor, short, value, whole } from '../../lib/report/charts.js';
import { renderEvaluation } from '../../lib/report/evaluation.js';
import { layoutOf, renderPicture } from '../../lib/report/picture.js';
import { readRecord } from '../../lib/report/read.js';
import { type EvaluationRecord, type RecordedFile, type RecordedResult, writeRecord } from '../../lib/report/record.js';
import { hasBrowser, openBrowser, viewFile } from '../helpers/browser.js';
import { evaluateDigits, recordOf } from '../helpers/evaluate_cli.js';

const folder = mkdtempSync(join(tmpdir(), 'torchloss-test-'));
const date = new Date('2026-03-01T12:34:56Z');
const VIEWS = (['light', 'dark'] as const).flatMap((scheme) => [390, 1280].map((width) => ({ scheme, width })));

let browser: Browser | undefined;
let digits: EvaluationRecord;
let page: string;

beforeAll(async () => {
  if (hasBrowser) browser = await openBrowser();
  page = join(folder, 'digits.html');
  digits = evaluateDigits(['--loss', 'cross_entropy', '--loss', 'multi_margin_loss', '--report', page]);
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

function write(name: string, record: EvaluationRecord): string {
  const file = join(folder, name);
  writeFileSync(file, renderEvaluation(record, { date }));
  return file;
}

/** Runs in the page, which has names that tests lack. */
function inspect() {
  const { document, getComputedStyle, innerWidth } = globalThis as any;
  const luminance = (colour: string) => {
    const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map((channel) => {
      const share = Number(channel) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const background = luminance(getComputedStyle(document.body).backgroundColor);
  const contrast = (colour: string) => {
    const [low, high] = [luminance(colour), background].sort((a, b) => a - b) as [number, number];
    return (high + 0.05) / (low + 0.05);
  };
  const texts: any[] = [...document.querySelectorAll('h1, h2, p, th, td, dt, dd, li, span, figcaption')];
  const bars: any[] = [...document.querySelectorAll('.histogram rect')];
  return {
    background,
    pale: texts.filter((text) => contrast(getComputedStyle(text).color) < 4.5).map((text) => text.outerHTML),
    overflow: document.documentElement.scrollWidth - innerWidth,
    flat: bars.filter((bar) => bar.getBoundingClientRect().height < 2).length,
    bars: bars.length,
    smallest: Math.min(...texts.map((text) => Number.parseFloat(getComputedStyle(text).fontSize))),
    images: Array.from(document.images, (image: any) => image.naturalWidth),
  };
}

describe.skipIf(!hasBrowser)('a report in Chromium', () => {
  it.each(VIEWS)('follows the colour scheme, fetches nothing and fits the screen: $scheme, $width px', async (view) => {
    await viewFile(browser as Browser, page, view, async ({ page, problems }) => {
      const found = await page.evaluate(inspect);
      expect(problems).toEqual([]);
      expect(found.background < 0.5).toBe(view.scheme === 'dark');
      expect(found.pale).toEqual([]);
      expect(found.overflow).toBe(0);
      expect(found.flat).toBe(0);
      expect(found.bars).toBe(
        digits.results.flatMap(({ histogram }) => histogram.counts.filter((count) => count > 0)).length,
      );
      expect(found.smallest).toBeGreaterThanOrEqual(12);
      expect(found.images).toEqual(Array.from({ length: 20 }, () => 8));
    });
  });

  it('shows the numbers of the JSON', async () => {
    await viewFile(browser as Browser, page, { scheme: 'light', width: 1280 }, async ({ page }) => {
      const numbers = (selector: string) =>
        page.$$eval(selector, (elements) => elements.map((element: any) => Number(element.value)));
      expect(await numbers('data.loss')).toEqual(digits.results.map(({ loss }) => loss));
      expect(await numbers('data.accuracy')).toEqual([526 / 540, 526 / 540]);
      const [first, second] = digits.results.map(({ groups = [] }) => groups.map(({ loss }) => loss));
      expect(await numbers('data.group-loss')).toEqual(first?.flatMap((loss, index) => [loss, second?.[index]]));
      expect(await numbers('data.worst-index')).toEqual(
        digits.results.flatMap(({ worst }) => worst.map(({ index }) => index)),
      );
      expect(await numbers('data.worst-loss')).toEqual(
        digits.results.flatMap(({ worst }) => worst.map(({ loss }) => loss)),
      );
      expect(await page.textContent('data.loss')).toBe('0.09691187');
      expect(await page.title()).toBe('cross_entropy, multi_margin_loss of logits.npy');
    });
  });

  it('shows the confusion matrix, precision and recall next to the loss, calibration, and the command', async () => {
    await viewFile(browser as Browser, page, { scheme: 'light', width: 390 }, async ({ page }) => {
      const matrix = await page.$$eval('.confusion tbody tr', (rows) =>
        rows.map((row: any) => Array.from(row.querySelectorAll('td'), (cell: any) => Number(cell.textContent))),
      );
      const [first] = digits.results as [RecordedResult];
      const { confusion, classes, calibration } = first.classification as Classification;
      for (const [target, predicted, targets] of confusion ?? []) expect(matrix[target]?.[predicted]).toBe(targets);
      expect(matrix.flat().reduce((sum, count) => sum + count, 0)).toBe(540);
      const shares = (name: string) =>
        page.$$eval(`.groups data.${name}`, (cells) => cells.map((cell: any) => Number(cell.value)));
      expect(await shares('precision')).toEqual(classes.map(({ precision }) => precision));
      expect(await shares('recall')).toEqual(classes.map(({ recall }) => recall));
      // The scores of multi_margin_loss are not probabilities.
      expect(await page.$$eval('data.calibration-error', (all) => all.map((one: any) => Number(one.value)))).toEqual([
        calibration?.error,
      ]);
      const heights = await page.$$eval('.calibration rect', (bars) =>
        bars.map((bar: any) => Number(bar.getAttribute('height')) / 100),
      );
      const drawn = calibration?.bins.flatMap(({ share }) => (share === null ? [] : [share])) ?? [];
      expect(heights).toHaveLength(drawn.length);
      for (const [index, share] of drawn.entries()) expect(heights[index]).toBeCloseTo(share, 3);
      const scale = await page.locator('.scale').first().locator('span').allTextContents();
      expect(scale).toEqual(['0', '2', '4', '6', '8', '10']);
      expect(await page.locator('.settings tr').first().textContent()).toMatch(
        /^commandtorchloss evaluate --example --loss cross_entropy --loss multi_margin_loss --report .* --json$/,
      );
    });
  });

  it('names classes, lists the confused pairs if there are many classes, and says what is weighted', async () => {
    const classes = Array.from({ length: 30 }, (_, index) => `kind <${index}>`);
    const confusion = [
      [0, 0, 5],
      [3, 29, 7],
      [4, 2, 9],
    ] as const;
    const rows = [0, 2, 3, 4, 29].map((index) => {
      const own = confusion.filter(([target]) => target === index).reduce((sum, [, , many]) => sum + many, 0);
      const predicted = confusion.filter(([, guess]) => guess === index).reduce((sum, [, , many]) => sum + many, 0);
      return { class: index, targets: own, predicted, correct: index === 0 ? 5 : 0, precision: 0, recall: 0 };
    });
    const [first] = digits.results;
    const { groups: _, ...plain } = { ...first } as RecordedResult;
    const classification = { count: 30, targets: 21, classes: rows, confusion, calibration: null };
    const files = { ...digits.files, weight: { ...(digits.files['target'] as RecordedFile), shape: [30] } };
    const record = { ...digits, classes, files, skipped: 3, results: [{ ...plain, classification }] };
    await viewFile(
      browser as Browser,
      write('kinds.html', record),
      { scheme: 'dark', width: 390 },
      async ({ page }) => {
        expect(await page.locator('.pairs tbody tr').allTextContents()).toEqual([
          'kind <4>kind <2>9',
          'kind <3>kind <29>7',
        ]);
        expect(await page.locator('.classes tbody th').allTextContents()).toEqual(
          [0, 2, 3, 4, 29].map((index) => `kind <${index}>`),
        );
        const notes = (await page.locator('.note').allTextContents()).join(' ');
        expect(notes).toContain('3 samples were skipped because a value is missing.');
        expect(notes).toContain(
          'weight applies to the loss, the histogram, the worst samples and the loss of each group',
        );
        expect((await page.evaluate(inspect)).overflow).toBe(0);
      },
    );
  });

  it("has bars in proportion to the groups' losses", async () => {
    await viewFile(browser as Browser, page, { scheme: 'light', width: 1280 }, async ({ page }) => {
      const shares = await page.$$eval('.groups tbody tr td:nth-of-type(3) i', (bars) =>
        bars.map((bar: any) => bar.getBoundingClientRect().width / bar.parentElement.getBoundingClientRect().width),
      );
      const losses = digits.results[0]?.groups?.map(({ loss }) => loss) as number[];
      expect(shares.length).toBe(10);
      for (const [index, loss] of losses.entries()) expect(shares[index]).toBeCloseTo(loss / Math.max(...losses), 2);
    });
  });

  it('describes the charts for people who cannot see them', async () => {
    await viewFile(browser as Browser, page, { scheme: 'light', width: 1280 }, async ({ page }) => {
      expect(await page.getByRole('img', { name: /540 samples by multi_margin_loss, from 0 to 1\.257/ }).count()).toBe(
        1,
      );
      expect(await page.getByRole('columnheader', { name: 'predicted' }).count()).toBe(2);
      expect(await page.getByRole('rowheader', { name: '173' }).count()).toBe(2);
      expect(await page.getByRole('img', { name: 'sample 173' }).count()).toBe(2);
    });
  });

  it('shows all groups on request if there are many, and still fits the screen', async () => {
    const groups = Array.from({ length: 1000 }, (_, group) => ({ group, samples: 1, loss: group, weight: 1 }));
    const record = { ...digits, results: digits.results.map((result) => ({ ...result, groups })) };
    await viewFile(
      browser as Browser,
      write('many.html', record),
      { scheme: 'light', width: 375 },
      async ({ page, problems }) => {
        expect(await page.locator('.groups tbody tr:visible').count()).toBe(40);
        expect(await page.locator('.groups tbody tr th').first().textContent()).toBe('999');
        await page.locator('summary').click();
        expect(await page.locator('.groups tbody tr:visible').count()).toBe(1040);
        expect(await page.evaluate(() => (globalThis as any).document.documentElement.scrollWidth)).toBe(375);
        expect(problems).toEqual([]);
      },
    );
  });

  it('shows file names literally, whatever they contain', async () => {
    const file = `<img src=x onerror=alert(1)>"'&amp;.npy`;
    const { input, ...files } = digits.files;
    const named = { ...digits, files: { input: { ...input, file }, ...files }, device: '<b>' } as EvaluationRecord;
    await viewFile(
      browser as Browser,
      write('names.html', named),
      { scheme: 'light', width: 1280 },
      async ({ page, problems }) => {
        expect(await page.textContent('h1')).toBe(`cross_entropy, multi_margin_loss of ${file}`);
        expect(await page.textContent('.settings tr:nth-child(2) code')).toBe(file);
        expect(await page.locator('b, img[src=x]').count()).toBe(0);
        expect(problems).toEqual([]);
      },
    );
  });

  it('says what is missing and what is not finite', async () => {
    const input = torch.tensor([[1], [Number.NaN], [Number.POSITIVE_INFINITY]]);
    const result = await evaluate(torch.nn.functional.l1_loss, [input, torch.zeros([3, 1])]);
    const record = recordOf(result, { complete: false, total: 5000, done: [[0, 3]] });
    const file = write('special.html', record);
    await viewFile(browser as Browser, file, { scheme: 'dark', width: 375 }, async ({ page, problems }) => {
      expect(await page.locator('.note').allTextContents()).toEqual([
        'Partial result: 3 of 5\u202f000 samples are done (0 to 2).',
        'l1_loss is not finite for 2 samples: 1 NaN, 1 Infinity, 0 −Infinity. The first are 1 (NaN), 2 (Infinity).',
      ]);
      expect(await page.textContent('data.loss')).toBe('NaN');
      expect(problems).toEqual([]);
    });
  });

  it('can be made from no samples', async () => {
    const result = await evaluate(torch.nn.functional.l1_loss, [torch.zeros([0, 1]), torch.zeros([0, 1])]);
    const file = write('empty.html', recordOf(result, { total: 0, done: [] }));
    await viewFile(browser as Browser, file, { scheme: 'light', width: 375 }, async ({ page, problems }) => {
      expect(await page.textContent('.card')).toContain('No sample has a finite loss.');
      expect(problems).toEqual([]);
    });
  });
});

describe('the parts of a report', () => {
  it('is one file without scripts and URLs, with the given date', () => {
    const text = renderEvaluation(digits, { date });
    expect(text).not.toMatch(/<script|<link rel="s|@import|url\(|https?:|\bon\w+=/);
    expect(text).toContain('<time datetime="2026-03-01T12:34:56.000Z">2026-03-01 12:34 UTC</time>');
  });

  it('writes numbers for people', () => {
    expect([0, 0.1, 1 / 3, 12345.678, 1e-9, -2e10, Number.NaN].map(short)).toEqual([
      '0',
      '0.1',
      '0.3333',
      '12346',
      '1.000e−9',
      '−2.000e+10',
      'NaN',
    ]);
    expect([999, 1000, 1234567].map(whole)).toEqual(['999', '1\u202f000', '1\u202f234\u202f567']);
    expect([0.2207, 10.18, 99999, 1e-9].map(decimalsFor)).toEqual([4, 2, 0, undefined]);
    expect(String(value(0.0190992, 'x', 4))).toBe('<data class="x" value="0.0190992">0.0191</data>');
    expect(String(value(1e-7, 'x', 4))).toContain('>1.000e−7<');
  });

  it('makes pictures of samples', () => {
    const pixels = (url: string) => {
      const png = Buffer.from(url.replace('data:image/png;base64,', ''), 'base64');
      const length = png.readUInt32BE(33);
      return [...inflateSync(png.subarray(41, 41 + length))];
    };
    const grey = layoutOf([4], 'a row');
    expect(pixels(renderPicture([0, 1, 2, 255], grey, true))).toEqual([0, 0, 1, 0, 2, 255]);
    expect(pixels(renderPicture([-1, 0, 0.5, 1], grey, false))).toEqual([0, 0, 128, 0, 191, 255]);
    const colours = [10, 20, 30, 40, 50, 60];
    expect(pixels(renderPicture(colours, layoutOf([3, 1, 2], 'a row'), true))).toEqual([0, 10, 30, 50, 20, 40, 60]);
    expect(pixels(renderPicture(colours, layoutOf([1, 2, 3], 'a row'), true))).toEqual([0, 10, 20, 30, 0, 40, 50, 60]);
    expect(pixels(renderPicture(colours, layoutOf([2, 1, 3], 'a row'), true))).toEqual([0, 10, 20, 30, 0, 40, 50, 60]);
    expect(() => layoutOf([5], 'a row')).toThrow('a row: expected pictures of [H, W]');
  });

  it('survive JSON, including numbers that JSON lacks', async () => {
    const input = torch.tensor([[1], [Number.NaN], [Number.POSITIVE_INFINITY]]);
    const options = { group_by: ['NaN', 'a', 'b'], partial: true };
    const result = await evaluate(torch.nn.functional.l1_loss, [input, torch.zeros([3, 1])], options);
    const record = recordOf(result, {});
    const file = join(folder, 'record.json');
    writeFileSync(file, writeRecord(record));
    expect(readRecord(file)).toEqual(record);
    expect(readFileSync(file, 'utf8')).toContain('"loss":"NaN"');
  });
});
