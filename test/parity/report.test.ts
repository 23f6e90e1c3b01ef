import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { libtorch } from '../../lib/addon/native.js';
import { formatSummary } from '../../lib/parity/format.js';
import { renderParity } from '../../lib/report/parity.js';
import { compareWithPython } from '../../lib/parity/session.js';
import { toJson } from '../../lib/base/json.js';
import { type Summary, ULP_BOUNDS } from '../../lib/parity/judge/summary.js';
import { temporaryFolder } from '../helpers/libtorch.js';
import { standIn } from '../helpers/stand_in.js';
import { schemaErrors } from '../helpers/schemas.js';

const folder = mkdtempSync(join(tmpdir(), 'torchloss-test-'));
let good: Summary;
let bad: Summary;

beforeAll(async () => {
  const settings = { framework: 'mindspore', cases: 84 } as const;
  good = await compareWithPython({ ...settings, python: standIn('good', '', folder) });
  bad = await compareWithPython({ ...settings, python: standIn('one wrong element', '', folder), seed: 1 });
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('a summary', () => {
  it('counts every case once, in its cell and in the total', () => {
    for (const { cells, counts, passed, failed } of [good, bad]) {
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
      expect(total).toBe(84);
      expect(passed + failed).toBe(84);
      expect(cells.map((cell) => Object.values(cell.counts).reduce((sum, count) => sum + count, 0))).toEqual(
        Array.from({ length: 84 }, () => 1),
      );
    }
    expect(good.failed).toBe(0);
    expect(bad.failed).toBe(bad.counts.wrong);
  });

  it('puts each compared tensor into the histogram by its largest error', () => {
    for (const { cells } of [good, bad]) {
      for (const { histogram, tensors } of cells) {
        expect(histogram.length).toBe(ULP_BOUNDS.length);
        expect(histogram.reduce((sum, count) => sum + count, 0)).toBe(tensors);
      }
    }
    const apart = bad.cells.filter(({ counts }) => counts.wrong > 0);
    expect(apart.length).toBeGreaterThan(10);
    for (const { histogram, max_abs_error, assert_close, tensors } of apart) {
      expect(histogram.slice(1).some((count) => count > 0)).toBe(true);
      expect(max_abs_error).toBeGreaterThan(0);
      expect(assert_close).toBe(tensors - 1);
    }
  });

  it('shows the worst case with its inputs and its worst element', () => {
    const [shown] = bad.wrong;
    expect(shown).toMatchObject({ judgement: 'wrong', call: expect.stringMatching(/^mindspore\.(nn|ops)\./) });
    expect(shown?.inputs[0]?.text).toMatch(/^float32 \[.*\], with gradient: -?[\d.]/);
    expect(shown?.checks[0]).toMatchObject({ what: 'output', comparison: { worst: { index: 0 } } });
  });

  it('is written as JSON with infinities as text', () => {
    const json = JSON.parse(toJson(bad));
    expect(json.cells.length).toBe(84);
    expect(schemaErrors('parity', { version: 1, summaries: [json] })).toEqual([]);
    expect(JSON.parse(toJson([Number.POSITIVE_INFINITY, Number.NaN, 2n]))).toEqual(['Infinity', 'NaN', '2']);
  });

  it('is written as text with a matrix and the wrong cases', () => {
    const text = formatSummary(bad);
    expect(text).toContain('against MindSpore 2.10.0 (Python 3.11.0, stand-in)');
    expect(text).toMatch(/\nl1_loss +1! +1= +1= +1=/);
    expect(text).toMatch(/WRONG \w+\/float32\/0\/usual \(mindspore\.\w+\.\w+\): output: 1 of/);
    expect(text).toContain(`84 cases: ${bad.counts.identical} identical bits`);
  });
});

describe('a report', () => {
  it('is one page without external resources', () => {
    const page = renderParity([good, bad]);
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|https?:/);
    expect(page.match(/<a class="wrong"/g)?.length).toBe(bad.cells.filter(({ counts }) => counts.wrong > 0).length);
  });

  it('has a cell in the matrix for each loss and dtype, linked to its details', () => {
    const page = renderParity([bad]);
    const links = Array.from(page.matchAll(/href="#([^"]+)"/g), ([, id]) => id);
    const ids = new Set(Array.from(page.matchAll(/<details id="([^"]+)"/g), ([, id]) => id));
    expect(links.length).toBe(84);
    expect(links.every((link) => ids.has(link))).toBe(true);
  });

  it('escapes text from the other side', () => {
    const versions = { ...good.versions, version: '<b>"&', executable: '<script>' };
    const page = renderParity([{ ...good, versions }]);
    expect(page).toContain('&lt;b&gt;&quot;&amp;');
    expect(page).not.toMatch(/<b>|<script/);
  });

  it('has both frameworks with --against both, like the text and the JSON', () => {
    const file = join(temporaryFolder(), 'both.html');
    const cli = join(PACKAGE_ROOT, 'dist', 'cli.js');
    const python = standIn('same LibTorch');
    const args = [cli, 'parity', '--against', 'both', '--python', python, '--losses', 'l1_loss', '--cases', '4'];
    const { status, stdout } = spawnSync(process.execPath, [...args, '--report', file], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).toContain(`against PyTorch ${libtorch().version} (Python 3.11.0, stand-in)`);
    expect(stdout).toContain('against MindSpore 2.10.0 (Python 3.11.0, stand-in)');
    expect(stdout.match(/^l1_loss +1= +1= +1= +1=$/gm)).toHaveLength(2);
    expect(stdout).toMatch(/\n8 passed, 0 failed\n$/);
    const page = readFileSync(file, 'utf8');
    for (const framework of ['PyTorch', 'MindSpore']) expect(page).toContain(`against ${framework}`);
    expect(page.match(/<table class="matrix"/g)).toHaveLength(2);
    const json = spawnSync(process.execPath, [...args, '--json'], { encoding: 'utf8' }).stdout;
    expect(JSON.parse(json).summaries).toMatchObject([
      { framework: 'pytorch', passed: 4, failed: 0 },
      { framework: 'mindspore', passed: 4, failed: 0 },
    ]);
  });

  it('is written by the command, which refuses a path that cannot be written', () => {
    const file = join(temporaryFolder(), 'report.html');
    const cli = join(PACKAGE_ROOT, 'dist', 'cli.js');
    const run = (report: string) => {
      const args = [
        'parity',
        '--against',
        'mindspore',
        '--python',
        standIn('good'),
        '--losses',
        'l1_loss',
        '--cases',
        '4',
      ];
      return spawnSync(process.execPath, [cli, ...args, '--report', report], { encoding: 'utf8' });
    };
    expect(run(file)).toMatchObject({ status: 0, stdout: expect.stringMatching(/\n4 passed, 0 failed\n$/) });
    expect(readFileSync(file, 'utf8')).toContain('<title>torchloss against MindSpore</title>');
    expect(run(join(file, 'x.html'))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('a part of the path is a file, not a folder [ERR_FILE_WRITE]'),
    });
  });
});
