/** Renders Markdown as plain text for a terminal, as far as the pages of the losses use it. */
import { bold } from './print.js';
import { largestOf } from '../base/extremes.js';

/** The width of a terminal in columns, and whether headings may be bold. */
export interface Terminal {
  readonly width: number;
  readonly bold: boolean;
}

/** The terminal of this program; 100 columns if standard output is not a terminal. */
export function terminal(): Terminal {
  return { width: process.stdout.columns ?? 100, bold: process.stdout.isTTY && !process.env.NO_COLOR };
}

/** Renders a page: drops pictures, comments and markup, aligns tables and wraps long lines. Code stays unchanged. */
export function renderMarkdown(text: string, { width, bold: isBold }: Terminal): string {
  const lines: string[] = [];
  const source = text.split('\n');
  for (let at = 0; at < source.length; at++) {
    const line = source[at] as string;
    if (line.startsWith('```')) {
      for (at++; at < source.length && source[at] !== '```'; at++) lines.push(`    ${source[at]}`.trimEnd());
    } else if (line.startsWith('|')) {
      const rows = [splitRow(line)];
      // The line under the header is not a row.
      for (at += 2; source[at]?.startsWith('|'); at++) rows.push(splitRow(source[at] as string));
      for (const row of formatTable(rows, width)) lines.push(row);
      at--;
    } else if (line.startsWith('![') || line.startsWith('<!--')) {
      // Drop the blank line after it, too.
      if (source[at + 1] === '') at++;
    } else if (line.startsWith('#')) {
      const heading = plain(line.replace(/^#+ /, ''));
      lines.push(isBold ? bold(heading) : heading);
    } else {
      const indent = line.startsWith('- ') ? '  ' : '';
      for (const part of wrap(plain(line), width, indent)) lines.push(part);
    }
  }
  return lines.join('\n').trimEnd();
}

/** Aligns the columns of a table; its first row is the header. Wraps cells at spaces if the table is too wide. */
export function formatTable(rows: readonly (readonly string[])[], width: number): string[] {
  const widths = columnWidths(rows, width);
  const header = widths.map((size) => '-'.repeat(size));
  return [rows[0] ?? [], header, ...rows.slice(1)].flatMap((row) => {
    const cells = widths.map((size, column) => wrap(row[column] ?? '', size).map((line) => line.padEnd(size)));
    const height = largestOf(cells.map((cell) => cell.length));
    return Array.from({ length: height }, (_, line) =>
      cells
        .map((cell, column) => cell[line] ?? ' '.repeat(widths[column] as number))
        .join('  ')
        .trimEnd(),
    );
  });
}

/** The widths of the columns. Starting from the widest cells, the widest column shrinks until all fit or a word would break. */
function columnWidths(rows: readonly (readonly string[])[], width: number): number[] {
  const columns = (rows[0] ?? []).map((_, column) => {
    const cells = rows.map((row) => row[column] ?? '');
    const longest = (texts: readonly string[]) => largestOf(texts.map((text) => text.length));
    return { size: longest(cells), least: longest(cells.flatMap((cell) => cell.split(' '))) };
  });
  let excess = columns.reduce((total, { size }) => total + size + 2, -2) - width;
  for (; excess > 0; excess--) {
    const shrinkable = columns.filter(({ size, least }) => size > least);
    if (shrinkable.length === 0) break;
    shrinkable.reduce((widest, column) => (column.size > widest.size ? column : widest)).size--;
  }
  return columns.map(({ size }) => size);
}

/** The cells of a row; bars inside them are escaped. */
function splitRow(line: string): string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => plain(cell.trim().replaceAll('\\|', '|')));
}

/** Strips the markup of code, links and emphasis. */
function plain(text: string): string {
  return text
    .replaceAll(/\[([^[\]]+)\]\([^()]+\)/g, '$1')
    .replaceAll('**', '')
    .replaceAll('`', '');
}

/** Breaks text at spaces into lines of at most `width` columns. Lines after the first are indented. */
function wrap(text: string, width: number, indent = ''): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) as string;
    const start = line === '' || line === indent;
    if (!start && line.length + 1 + word.length > width) lines.push(indent + word);
    else lines[lines.length - 1] = start ? line + word : `${line} ${word}`;
  }
  return lines;
}
