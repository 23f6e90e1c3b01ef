/** The guides: their links, their figures and their list of errors. Their code is run by snippets.test.ts. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const guides = readdirSync(join(root, 'docs', 'guides')).map((file) => `docs/guides/${file}`);
const examples = readdirSync(join(root, 'examples'))
  .map((name) => `examples/${name}/README.md`)
  .filter((file) => existsSync(join(root, file)));

/** The anchors of a page's headings, as Markdown viewers name them. */
function placesOf(text: string): string[] {
  return Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the guides and the pages of the examples', () => {
  it.each([...guides, ...examples, 'README.md'])('%s has no broken links', (file) => {
    const links = Array.from(read(file).matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link);
    const broken = links
      .filter((link) => !link.startsWith('http'))
      .filter((link) => {
        const [path = '', place] = link.split('#');
        const target = path === '' ? file : join(dirname(file), path);
        if (!existsSync(join(root, target))) return true;
        return place !== undefined && !placesOf(read(target)).includes(place);
      });
    expect(broken).toEqual([]);
  });

  it.each(guides)('%s has a title, and lines that fit', (file) => {
    const [title, ...lines] = read(file).split('\n');
    expect(title).toMatch(/^# \w/);
    // Tables cannot be broken.
    expect(lines.filter((line) => line.length > 130 && !line.startsWith('|'))).toEqual([]);
  });
});

it('docs/guides/errors.md has exactly one row for each error code', () => {
  const union = /export type ErrorCode =([^;]*);/.exec(read('lib/base/errors.ts'))?.[1] ?? '';
  const codes = Array.from(union.matchAll(/'(\w+)'/g), ([, code = '']) => code);
  const rows = Array.from(
    read('docs/guides/errors.md').matchAll(/^\| `(ERR_\w+)` \| .+ \| .+ \|$/gm),
    ([, code = '']) => code,
  );
  expect(codes.length).toBeGreaterThan(20);
  expect(new Set(rows)).toEqual(new Set(codes));
  expect(rows).toHaveLength(codes.length);
});

it('docs/guides/performance.md has the figures of bench/README.md', () => {
  const measured = new Set(read('bench/README.md').split('\n'));
  const rows = read('docs/guides/performance.md')
    .split('\n')
    .filter((line) => /^\| \w+ \| (forward|backward) \|/.test(line));
  expect(rows.length).toBeGreaterThan(10);
  expect(rows.filter((row) => !measured.has(row))).toEqual([]);
});

it('the check of the site finds missing files and anchors', async () => {
  const { checkLinks } = await import(pathToFileURL(join(root, 'scripts', 'docs', 'links.mjs')).href);
  const folder = mkdtempSync(join(tmpdir(), 'site-'));
  try {
    const links = ['b.html#here', 'b.html#there', 'c.html', '#own', 'https://example.org/', 'b.html?x=1'];
    writeFileSync(join(folder, 'a.html'), `<p id="own">${links.map((link) => `<a href="${link}">x</a>`).join('')}`);
    writeFileSync(join(folder, 'b.html'), '<h2 id="here">x</h2>');
    expect(checkLinks(folder)).toEqual({
      pages: 2,
      links: 5,
      problems: ['a.html: b.html#there has no such anchor', 'a.html: c.html is broken'],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
