/** The pages of the losses, and the commands that show them. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shown } from '../../lib/terminal/print.js';
import { findLoss, NAMESPACES, namesOf, pageOf, suggestClose } from '../../lib/losses/catalogue.js';
import { LOSSES } from '../../lib/losses/index.js';
import { formatTable, renderMarkdown } from '../../lib/terminal/markdown.js';
import { ENTRIES, MODULES } from '../helpers/losses.js';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, 'docs', 'losses');
/** The modules that own some tensors of a loss as parameters. */
const LEARNERS = LOSSES.flatMap(({ module }) => (module === undefined ? [] : [`torch.nn.${module.name}`]));
const pages = readdirSync(folder).filter((file) => file.endsWith('.md'));

function read(file: string): string {
  return readFileSync(join(folder, file), 'utf8');
}

/** Runs a program of the clone; without a LibTorch unless told otherwise. */
function run(file: string, args: readonly string[], env: Record<string, string> = { LIBTORCH: '/nowhere' }) {
  return spawnSync(process.execPath, [join(root, file), ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
}

describe('docs/losses', () => {
  it('is generated from the rows and the doc comments', () => {
    const { status, stdout, stderr } = run('scripts/docs.mjs', ['--check'], {});
    expect(stdout + stderr).toBe('');
    expect(status).toBe(0);
  });

  it('has exactly one page and one picture for each loss', () => {
    const expected = LOSSES.flatMap((row) => [`${pageOf(row)}.md`, `${pageOf(row)}.svg`]);
    expect(readdirSync(folder).toSorted()).toEqual([...expected, 'README.md'].toSorted());
  });

  it.each(pages)('%s has no broken links', (page) => {
    const links = Array.from(read(page).matchAll(/\]\(([^)]+)\)/g), ([, link = '']) => link);
    expect(links.length).toBeGreaterThanOrEqual(LOSSES.length);
    expect(links.filter((link) => !existsSync(join(folder, link)))).toEqual([]);
  });

  it('has a table with each loss in each of its namespaces', () => {
    const cells = read('README.md')
      .split('\n')
      .filter((line) => line.startsWith('| [`'))
      .flatMap((line) =>
        line
          .split('|')
          .slice(1, 5)
          .flatMap((cell, column) => {
            const [, name] = /\[`(\w+)`\]/.exec(cell) ?? [];
            return name === undefined ? [] : [`${NAMESPACES[column]}.${name}`];
          }),
      );
    expect(cells).toHaveLength(84);
    expect(cells.toSorted()).toEqual([...ENTRIES.map(({ path }) => path), ...LEARNERS].toSorted());
    for (const { namespace, entry } of ENTRIES) expect(MODULES[namespace][entry.name]).toBeTypeOf('function');
  });

  it.each(LOSSES)(
    'says for $op what each namespace takes, what other releases do and where MindSpore differs',
    (row) => {
      const page = read(`${pageOf(row)}.md`);
      const parts = new Map(
        page.split(/^## /m).map((part) => [part.slice(0, part.indexOf('\n')), part.replaceAll('\\|', '|')]),
      );
      const namespaces = NAMESPACES.filter((namespace) => Object.hasOwn(row.namespaces, namespace));
      for (const heading of ['Shapes and dtypes', 'Errors']) {
        const [, header = ''] = /^\| \w+ \| (.*) \|$/m.exec(parts.get(heading) ?? '') ?? [];
        expect(header.split(/ \| |, /).toSorted()).toEqual(namespaces.toSorted());
      }
      for (const { releases, namespaces, note } of row.versions)
        expect(parts.get('Other releases')).toContain(`| ${releases} | ${namespaces.join(', ')} | ${note} |`);
      for (const { about, torch, mindspore } of row.deviations)
        expect(parts.get('Where MindSpore differs')).toContain(`| ${about} | ${torch} | ${mindspore} |`);
    },
  );

  it('has tables with as many cells in each row as in the header', () => {
    for (const page of pages) {
      const tables = read(page).match(/(^\|.*\n)+/gm) ?? [];
      expect(tables.length).toBeGreaterThan(0);
      for (const table of tables) {
        const counts = table
          .trim()
          .split('\n')
          .map((line) => line.match(/(?<!\\)\|/g)?.length);
        expect(new Set(counts).size).toBe(1);
      }
    }
  });

  it('has pictures for light and dark, without scripts and external fonts', () => {
    for (const picture of readdirSync(folder).filter((file) => file.endsWith('.svg'))) {
      const text = read(picture);
      expect(text).toContain('prefers-color-scheme: dark');
      expect(text).not.toMatch(/<script|href|@import|@font-face|NaN|Infinity/);
      expect(text.match(/class="curve/g)?.length).toBeGreaterThanOrEqual(2);
    }
  });
});

describe('names of losses', () => {
  it.each(LOSSES)('$op is found by each of its names', (row) => {
    for (const name of namesOf(row)) {
      expect(findLoss(name)).toBe(row);
      expect(findLoss(name.toUpperCase())).toBe(row);
    }
  });

  it('are suggested for near misses', () => {
    expect(findLoss('smoth_l1_loss')).toBeUndefined();
    expect(suggestClose('smoth_l1_loss')).toBe('smooth_l1_loss');
    expect(suggestClose('torch.nn.CTCLos')).toBe('torch.nn.CTCLoss');
    expect(suggestClose('mindspore.nn.multilabel_margin')).toBe('mindspore.nn.MultilabelMarginLoss');
  });
});

describe('pages in the terminal', () => {
  it('have no Markdown marks left, and lines that fit', () => {
    for (const page of pages.filter((file) => file !== 'README.md')) {
      const text = renderMarkdown(read(page), { width: 110, bold: false });
      expect(text).not.toMatch(/`|\]\(|^#|^\||<!--/m);
      const prose = text.split('\n').filter((line) => !line.startsWith('    '));
      expect(Math.max(...prose.map((line) => line.length))).toBeLessThanOrEqual(110);
    }
  });

  it('have aligned tables, wrapped at spaces', () => {
    const rows = [
      ['a', 'long heading'],
      ['first cell', 'some words that are wrapped'],
    ];
    expect(formatTable(rows, 60)).toEqual([
      'a           long heading',
      '----------  ---------------------------',
      'first cell  some words that are wrapped',
    ]);
    expect(formatTable(rows, 26)).toEqual([
      'a           long heading',
      '----------  --------------',
      'first cell  some words',
      '            that are',
      '            wrapped',
    ]);
  });

  it('show bars in cells, code, and bold headings', () => {
    const text = '# Title\n\n| a |\n| --- |\n| `x \\| y` |\n\n```ts\nconst a = `b`;\n```\n';
    const expected = '\u001b[1mTitle\u001b[22m\n\na\n-----\nx | y\n\n    const a = `b`;';
    expect(shown(renderMarkdown(text, { width: 80, bold: true }))).toBe(expected);
  });
});

describe('torchloss losses', () => {
  it('prints a table without a LibTorch', () => {
    const { status, stdout } = run('dist/cli.js', ['losses']);
    expect(status).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(LOSSES.length + 2);
    expect(lines[0]?.split(/\s+/)).toEqual(NAMESPACES);
    expect(lines.find((line) => line.startsWith('PoissonNLLLoss'))).toMatch(/PoissonNLLLoss +-$/);
  });

  it('prints JSON', () => {
    const { losses: list }: { losses: Record<string, string | null>[] } = JSON.parse(
      run('dist/cli.js', ['losses', '--json']).stdout,
    );
    const names = list.flatMap((loss) => NAMESPACES.flatMap((namespace) => loss[namespace] ?? []));
    const learners = LEARNERS.map((path) => path.replace('torch.nn.', ''));
    expect(names.toSorted()).toEqual([...ENTRIES.map(({ entry }) => entry.name), ...learners].toSorted());
    expect(list.every(({ formula }) => typeof formula === 'string')).toBe(true);
  });
});

describe('torchloss explain', () => {
  it.each(['SmoothL1Loss', 'smooth_l1_loss', 'mindspore.nn.smoothl1loss'])('prints the page of %s', (name) => {
    const { status, stdout } = run('dist/cli.js', ['explain', name]);
    expect(status).toBe(0);
    expect(stdout).toContain('SmoothL1Loss\n\nUse it for regression with outliers');
    expect(stdout).toMatch(/\nbeta +number +4: 1 +4: 1 +1: 1 +1: 1\n/);
    expect(stdout).not.toContain('.svg');
  });

  it('prints the arguments in the other framework, and the differences in other releases', () => {
    const explain = (name: string) => run('dist/cli.js', ['explain', name]).stdout.replaceAll(/\s+/g, ' ');
    expect(explain('cross_entropy')).toContain('class indices (int32 or');
    expect(explain('kl_div')).toContain('RangeError if the shapes of target and input differ');
    expect(explain('soft_margin_loss')).toContain('there is no soft_margin_loss; it was added in 2.1');
  });

  it('suggests a name for an unknown one, and exits with 2', () => {
    expect(run('dist/cli.js', ['explain', 'crossentropyloss2'])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: "torchloss: explain: unknown loss 'crossentropyloss2'; did you mean 'CrossEntropyLoss'? [ERR_USAGE]\n",
    });
    expect(run('dist/cli.js', ['explain'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('torchloss losses'),
    });
  });
});
