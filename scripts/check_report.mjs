// `node scripts/check_report.mjs FILE` opens a page of `torchloss parity --report` in Chromium, light and dark, wide and
// narrow, and checks what a reader sees: each cell of the table links to its details, colours are distinct and legible,
// there are no requests, and nothing overflows the page. The last line is `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findChromium } from './chromium.mjs';
import { runScript } from './prepare.mjs';
import { Stop } from './root.mjs';

await runScript(async () => {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new Stop('expected the report to check');
  const page = readFileSync(resolve(file), 'utf8');
  const browser = findChromium();
  const folder = mkdtempSync(join(tmpdir(), 'torchloss-report-'));
  const counts = { passed: 0, failed: 0 };
  try {
    for (const dark of [false, true]) {
      for (const width of [1280, 500]) {
        const findings = view(browser, folder, page, { dark, width });
        for (const [name, problem] of Object.entries(findings)) {
          counts[problem === '' ? 'passed' : 'failed']++;
          if (problem !== '') console.log(`${dark ? 'dark' : 'light'}, ${width} wide: ${name}: ${problem}`);
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
});

/** Opens the page, runs the checks in it, and returns the problem that each found, if any. */
function view(browser, folder, page, { dark, width }) {
  const copy = join(folder, 'report.html');
  // The page itself forbids all scripts.
  const open = page.replace(/<meta http-equiv[^>]*>/, '');
  writeFileSync(copy, open.replace('</body>', `<script>(${inspect})(${dark});</script></body>`));
  const args = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    `--user-data-dir=${join(folder, 'profile')}`,
    `--blink-settings=preferredColorScheme=${dark ? 0 : 1}`,
    `--window-size=${width},900`,
    '--virtual-time-budget=5000',
    '--dump-dom',
    pathToFileURL(copy).href,
  ];
  const { stdout, stderr } = spawnSync(browser, args, { encoding: 'utf8', maxBuffer: 2 ** 28, timeout: 120_000 });
  const found = /<meta name="findings" content="([^"]*)"/.exec(stdout ?? '');
  if (found === null) throw new Stop(`${browser} did not show the page:\n${stderr}`);
  return JSON.parse(decodeURIComponent(found[1]));
}

/** Runs in the page. */
function inspect(dark) {
  const { document, getComputedStyle, location, performance } = globalThis;
  const findings = {};
  const check = (name, problem) => {
    findings[name] = problem || '';
  };
  const channels = (colour) => (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
  const luminance = (colour) => {
    const [red, green, blue] = channels(colour).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (first, second) => {
    const [high, low] = [luminance(first), luminance(second)].toSorted((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const background = getComputedStyle(document.body).backgroundColor;
  check(
    'the page follows the colour scheme',
    luminance(background) < 0.5 === dark ? '' : `its background is ${background}`,
  );

  const cells = [...document.querySelectorAll('.matrix a')];
  check('the matrix has cells', cells.length > 0 ? '' : 'none');
  const lost = cells.filter((cell) => document.getElementById(cell.hash.slice(1))?.tagName !== 'DETAILS');
  check('each cell leads to its details', lost.map((cell) => cell.hash).join(' '));
  const pale = [...cells, ...document.querySelectorAll('.tag, p, td, th, summary')].filter((element) => {
    const { color, backgroundColor } = getComputedStyle(element);
    const behind =
      channels(backgroundColor).length === 3 && !backgroundColor.endsWith(', 0)') ? backgroundColor : background;
    return contrast(color, behind) < 4.5;
  });
  check(
    'all text can be read',
    pale
      .slice(0, 3)
      .map((element) => element.textContent)
      .join(' | '),
  );
  const tags = [...document.querySelectorAll('h1 ~ p .tag')].map((tag) => getComputedStyle(tag).backgroundColor);
  check('the judgements have colours of their own', new Set(tags).size === 5 ? '' : tags.join(' '));
  const wide = document.documentElement.scrollWidth - globalThis.innerWidth;
  check('nothing runs off the page', wide > 0 ? `${wide} pixels do` : '');

  const [cell] = cells;
  const details = document.getElementById(cell?.hash.slice(1) ?? '');
  details.open = true;
  location.hash = cell.hash;
  const { top, height } = details.getBoundingClientRect();
  check('following a cell shows its details', height > 60 && Math.abs(top) < 900 ? '' : `at ${top}, ${height} high`);
  for (const element of document.querySelectorAll('details')) element.open = true;
  const wideOpen = document.documentElement.scrollWidth - globalThis.innerWidth;
  check('nothing overflows the page with everything open', wideOpen > 0 ? `${wideOpen} pixels do` : '');
  const bars = [...document.querySelectorAll('.histogram')];
  const flat = bars.filter(
    (svg) => ![...svg.querySelectorAll('rect')].some((bar) => bar.getBoundingClientRect().height > 1),
  );
  check(
    'histograms have bars',
    bars.length === 0 ? 'there are none' : flat.length > 0 ? `${flat.length} have none` : '',
  );
  const fetched = performance.getEntriesByType('resource').map(({ name }) => name);
  check('nothing is fetched', fetched.join(' '));

  const meta = document.createElement('meta');
  meta.name = 'findings';
  meta.content = encodeURIComponent(JSON.stringify(findings));
  document.head.append(meta);
}
