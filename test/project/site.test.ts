/** The site that `npm run docs` builds, viewed in a browser. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listLosses, pageOf, titleOf } from '../../lib/losses/catalogue.js';
import { hasBrowser, openBrowser, type Viewed, viewFile, viewFiles } from '../helpers/browser.js';

const root = join(import.meta.dirname, '..', '..');
const site = join(root, 'build', 'site');
/** Chromium does not let file: pages use symbols of another file; TypeDoc copies the icons into each page instead. */
const ICONS = /^console: (?:$|Unsafe attempt to load URL .*icons\.svg)/;

let browser: Browser | undefined;
beforeAll(async () => {
  const options = { cwd: root, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/site.mjs'], options);
  expect(stdout + stderr).toContain(' 0 of them broken');
  expect(status).toBe(0);
  if (hasBrowser) browser = await openBrowser();
}, 600_000);
afterAll(() => browser?.close());

/** The losses by the files of their pages. */
const LOSS_PAGES = new Map(listLosses().map((row) => [join('documents', `The_losses.${titleOf(row)}.html`), row]));

function pages(): string[] {
  const documents = readdirSync(join(site, 'documents')).map((name) => join('documents', name));
  const others = ['CrossEntropyLoss', 'TripletMarginWithDistanceLoss'].flatMap((name) => [
    `classes/torchloss.torch.nn.${name}.html`,
    `classes/torchloss.mindspore.nn.${name}.html`,
  ]);
  return ['index.html', ...documents, ...others];
}

/** Tables, code, formulas and signatures that overflow their boxes, and the page if it overflows. */
function cutOff(): string[] {
  const { document } = globalThis as any;
  const { clientWidth, scrollWidth } = document.documentElement;
  const wide = Array.from<any>(document.querySelectorAll('pre, table, .formula, .tsd-signature')).filter(
    (element) =>
      element.scrollWidth > element.clientWidth + 1 || element.getBoundingClientRect().right > clientWidth + 1,
  );
  const texts = wide.map((element) => `${element.tagName}: ${element.textContent.trim().slice(0, 60)}`);
  return scrollWidth > clientWidth ? [...texts, `the page: ${scrollWidth} in ${clientWidth}`] : texts;
}

/** The brightness of a page's background and of the text of a formula, a table and a piece of code, 0 to 255. */
function brightness(): Record<string, number> {
  const { document, getComputedStyle } = globalThis as any;
  const of = (color: string) => Math.max(...(color.match(/\d+/g) ?? []).slice(0, 3).map(Number));
  const text = (selector: string) => of(getComputedStyle(document.querySelector(selector)).color);
  return {
    background: of(getComputedStyle(document.body).backgroundColor),
    formula: text('.formula .katex'),
    table: text('.tsd-typography td'),
    code: text('.tsd-typography pre code'),
  };
}

/** What a page shows of its formula, once its fonts have loaded. */
async function formula() {
  const { document } = globalThis as any;
  const found = document.querySelector('.formula');
  const { fontFamily } = (globalThis as any).getComputedStyle(found.querySelector('.mathnormal'));
  const fonts = await document.fonts.load(`1em ${fontFamily}`);
  return {
    label: found.getAttribute('aria-label'),
    lines: found.querySelectorAll('.katex-display').length,
    errors: found.querySelectorAll('.katex-error').length,
    fonts: fonts.some(({ family, status }: any) => family.startsWith('KaTeX') && status === 'loaded'),
  };
}

function expectNoProblems({ problems }: Viewed): void {
  expect(problems.filter((problem) => !ICONS.test(problem))).toEqual([]);
}

describe.skipIf(!hasBrowser)('the site in Chromium', () => {
  /** What each page showed, light in a wide window and dark in a narrow one; pages take much longer to load than to look at. */
  const seen: { file: string; cut: Record<number, string[]>; formula?: Awaited<ReturnType<typeof formula>> }[] = [];

  beforeAll(async () => {
    const files = pages();
    const view = { scheme: 'light', width: 1280, folder: site } as const;
    const paths = files.map((file) => join(site, file));
    await viewFiles(browser as Browser, paths, view, async (viewed) => {
      const { page } = viewed;
      const file = files[seen.length] as string;
      const wide = await page.evaluate(cutOff);
      const shown = LOSS_PAGES.has(file) ? { formula: await page.evaluate(formula) } : {};
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.setViewportSize({ width: 390, height: 800 });
      const narrow = await page.evaluate(cutOff);
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width: 1280, height: 800 });
      expectNoProblems(viewed);
      seen.push({ file, cut: { 1280: wide, 390: narrow }, ...shown });
    });
  }, 600_000);

  it.each([1280, 390])('shows every table, formula and line of code in full at %i pixels', (width) => {
    expect(seen.map(({ file }) => file)).toEqual(pages());
    expect(seen.filter(({ cut }) => cut[width]?.length !== 0)).toEqual([]);
  });

  it.each(['light', 'dark'] as const)(
    'has text that contrasts with its background, %s',
    async (scheme) => {
      const file = join(site, 'documents', 'The_losses.CrossEntropyLoss.html');
      const { background, ...texts } = await viewFile(
        browser as Browser,
        file,
        { scheme, width: 1280, folder: site },
        ({ page }) => page.evaluate(brightness),
      );
      if (background === undefined) throw new Error('the page has no background');
      expect(background > 128).toBe(scheme === 'light');
      for (const text of Object.values(texts)) expect(Math.abs(text - background)).toBeGreaterThan(80);
    },
    60_000,
  );

  it('typesets the formula of each loss, with its own fonts', () => {
    const formulas = seen.flatMap((page) => (page.formula === undefined ? [] : [[page.file, page.formula] as const]));
    const expected = Array.from(LOSS_PAGES, ([file, row]) => {
      const label = row.formula.replaceAll('\n', '; ');
      return [file, { label, lines: row.tex.length, errors: 0, fonts: true }] as const;
    });
    expect(new Map(formulas)).toEqual(new Map(expected));
  });

  it.each([
    ['parquet', 'Evaluating whole data sets'],
    ['checkpoint', 'Save and load'],
    ['pos_weight', 'BCEWithLogitsLoss'],
    ['label_smoothing', 'CrossEntropyLoss'],
  ])(
    'finds %s',
    async (words, expected) => {
      const view = { scheme: 'light', width: 1280, folder: site } as const;
      const results = await viewFile(browser as Browser, join(site, 'index.html'), view, async ({ page }) => {
        await page.click('#tsd-search-trigger');
        await page.fill('#tsd-search-input', words);
        await page.waitForSelector('#tsd-search-results li');
        return page.locator('#tsd-search-results li').allInnerTexts();
      });
      expect(results.join('\n')).toContain(expected);
    },
    60_000,
  );
});

describe('the site', () => {
  it("begins each loss's page with when to use it and when not", () => {
    for (const row of listLosses()) {
      const page = readFileSync(join(root, 'docs', 'losses', `${pageOf(row)}.md`), 'utf8');
      expect(page.split('\n\n')[2]).toBe(`${row.use} ${row.avoid}`);
      for (const text of [row.use, row.avoid]) expect(text).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('has a page for each command, with the options from its help', () => {
    const help = (...args: string[]) =>
      spawnSync(process.execPath, [join(root, 'dist', 'cli.js'), ...args, '--help'], { encoding: 'utf8' }).stdout;
    const commands = Array.from(help().matchAll(/^ {2}([a-z]+) {2,}\S/gm), ([, name = '']) => name);
    expect(commands).toContain('evaluate');
    for (const command of commands) {
      const page = readFileSync(join(site, 'documents', `Command_line.torchloss_${command}.html`), 'utf8');
      const options = Array.from(help(command).matchAll(/^ {2}(--[\w-]+)/gm), ([, option = '']) => option);
      for (const option of options) expect(page).toContain(`<code>${option}`);
    }
  }, 60_000);
});
