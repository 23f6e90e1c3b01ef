// Checks the links of a folder of HTML pages: the target file and the anchor in it must exist.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/**
 * Checks all links within the folder; links to other sites are ignored.
 *
 * @returns {{ pages: number, links: number, problems: string[] }}
 */
export function checkLinks(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const pages = new Map(
    files.filter((file) => file.endsWith('.html')).map((file) => [file, readFileSync(file, 'utf8')]),
  );
  const known = new Set(files);
  const places = new Map(Array.from(pages, ([file, text]) => [file, placesOf(text)]));
  const problems = [];
  let links = 0;
  for (const [page, text] of pages) {
    for (const [, link] of text.matchAll(/\s(?:href|src)="([^"]*)"/g)) {
      if (/^(?:[a-z]+:|\/\/)/.test(link)) continue;
      links++;
      const [path, place = ''] = link.replaceAll('&amp;', '&').split('#');
      const target = path === '' ? page : resolve(dirname(page), decodeURIComponent(path.split('?')[0]));
      const from = relative(folder, page);
      if (!known.has(target)) problems.push(`${from}: ${link} is broken`);
      else if (place !== '' && places.get(target)?.has(decodeURIComponent(place)) === false)
        problems.push(`${from}: ${link} has no such anchor`);
    }
  }
  return { pages: pages.size, links, problems };
}

function placesOf(text) {
  return new Set(Array.from(text.matchAll(/\s(?:id|name)="([^"]*)"/g), ([, id]) => id.replaceAll('&amp;', '&')));
}
