// Finishes the site's HTML: typesets the formulas, and labels the cells of tables, which narrow screens stack. All of it
// happens at build time; a page needs no script and no network for it.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What the letters in formulas mean, besides the tensors. */
const LETTERS = {
  w: '<code>weight</code>',
  C: 'the number of classes',
  s: '<code>label_smoothing</code>',
  b: '<code>linear_bias</code>',
};

/**
 * @param {string} tools - the folder with KaTeX among its packages
 * @param {readonly object[]} rows - the losses, with their formulas as text and in TeX
 */
export function createTypesetter(tools, rows) {
  const require = createRequire(join(tools, 'package.json'));
  const katex = require('katex');
  const styles = join(dirname(require.resolve('katex')), 'katex.min.css');
  const typeset = new Map(rows.map((row) => [plain(row.formula), formulaHtml(katex, row)]));
  return {
    /** KaTeX's style sheet, with its fonts in `fonts` beside it, as WOFF2 alone. */
    styles() {
      return readFileSync(styles, 'utf8').replaceAll(/,url\([^)]*\.(?:woff|ttf)\) format\("[^"]*"\)/g, '');
    },
    /** Copies the fonts. */
    copyFonts(folder) {
      mkdirSync(folder, { recursive: true });
      cpSync(join(dirname(styles), 'fonts'), folder, {
        recursive: true,
        filter: (file) => !/\.(?:woff|ttf)$/.test(file),
      });
    },
    /** A page with its formulas typeset and its tables labelled, and how many formulas it has. */
    finish(html) {
      let count = 0;
      const withFormulas = html.replaceAll(/<pre><code class="text">([^]*?)<\/code>[^]*?<\/pre>/g, (block, code) => {
        const formula = typeset.get(plain(text(code)));
        if (formula === undefined) return block;
        count++;
        return formula;
      });
      return { html: labelTables(withFormulas), count };
    },
  };
}

/** Finishes the pages in place and gives the number of formulas. */
export function finishPages(files, typesetter) {
  let formulas = 0;
  for (const file of files) {
    const { html, count } = typesetter.finish(readFileSync(file, 'utf8'));
    formulas += count;
    writeFileSync(file, html);
  }
  return formulas;
}

function formulaHtml(katex, row) {
  const { formula, tex } = row;
  const typeset = (source, displayMode) => katex.renderToString(source, { displayMode, strict: 'error', trust: false });
  const legend = letters(row).map(([letter, meaning]) => `${typeset(letter, false)} is ${meaning}`);
  return [
    `<div class="formula" role="math" aria-label="${attribute(formula.replaceAll('\n', '; '))}">`,
    ...tex.map((line) => typeset(line, true)),
    `</div><p class="letters">${legend.join(', ')}</p>`,
  ].join('');
}

/** The letters in a formula, each with its meaning; tensors have their names in `torch.nn.functional`. */
function letters({ tex, namespaces }) {
  const { inputs } = namespaces['torch.nn.functional'];
  const tensors =
    inputs[0] === 'anchor'
      ? ['a', 'p', 'n']
      : inputs[1] === 'input2'
        ? ['x_1', 'x_2', 'y']
        : inputs[1] === 'linear_weight'
          ? ['x', 'W', 'y']
          : ['x', 'y'];
  const names = Object.fromEntries(tensors.map((letter, index) => [letter, `<code>${inputs[index]}</code>`]));
  const source = tex.join(' ').replaceAll(/\\(?:text|texttt|operatorname)\{[^}]*\}|\\[a-zA-Z]+/g, ' ');
  const uses = (letter) => new RegExp(`(?<![A-Za-z])${letter}(?![A-Za-z])`).test(source);
  return Object.entries({ ...names, ...LETTERS }).filter(([letter]) => uses(letter));
}

function attribute(value) {
  return value.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

/** Gives each cell of a Markdown table the heading of its column. */
export function labelTables(html) {
  return html.replaceAll(/<table>([^]*?)<\/table>/g, (table, body) => {
    const [, head] = /<thead>([^]*?)<\/thead>/.exec(body) ?? [];
    if (head === undefined) return table;
    const labels = Array.from(head.matchAll(/<th\b[^>]*>([^]*?)<\/th>/g), ([, cell]) => text(cell).trim());
    const rows = body.replaceAll(/<tr\b[^>]*>[^]*?<\/tr>/g, (row) => {
      let column = 0;
      return row.replaceAll(/<td\b/g, (cell) => {
        const label = labels[column++];
        return label ? `${cell} data-label="${attribute(label)}"` : cell;
      });
    });
    return `<table class="labelled">${rows}</table>`;
  });
}

/** The visible text of a piece of HTML. */
function text(html) {
  return html
    .replaceAll(/<br\s*\/?>/g, '\n')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll(/&nbsp;|\u00a0/g, ' ')
    .replaceAll('&amp;', '&');
}

/** A formula without insignificant spaces. */
function plain(formula) {
  return formula.trim().replaceAll(/\s+/g, ' ');
}
