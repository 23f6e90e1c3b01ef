/** The report of a comparison, as one HTML page. */
import { largestOf } from '../base/extremes.js';
import { escape, renderPage } from './page.js';
import { describeCounts, describeSides, NAMES, SIGNS } from '../parity/format.js';
import { JUDGEMENTS, type Check, type Judgement } from '../parity/judge/judge.js';
import { type Cell, type ShownCase, type Summary, ULP_BOUNDS } from '../parity/judge/summary.js';

const STYLE = `
:root { --identical: #d3efdc; --refused: #e3e6ea; --rounding: #d8e6fa; --deviation: #fbe9bd; --wrong: #f8c9c4; }
@media (prefers-color-scheme: dark) { :root { --identical: #1d4a2f; --refused: #33393f; --rounding: #22416b;
  --deviation: #5a4714; --wrong: #7a2720; } }
p, summary { overflow-wrap: anywhere; }
.matrix td { padding: .15rem; } .matrix a { display: block; min-width: 7rem; padding: .25rem .5rem; border-radius: 4px;
  color: inherit; text-decoration: none; font-variant-numeric: tabular-nums; }
.matrix a:hover, .matrix a:focus { outline: 2px solid var(--bar); }
.tag { padding: .05rem .5rem; border-radius: 4px; white-space: nowrap; }
${JUDGEMENTS.map((judgement) => `.${judgement} { background: var(--${judgement}); }`).join('\n')}
details:target { outline: 2px solid var(--bar); }
pre { margin: .3rem 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12px; }
.histogram { display: block; margin: .4rem 0; } .histogram rect { fill: var(--bar); } .histogram text { fill: var(--text);
  font: 11px system-ui, sans-serif; }
`;

/** The page of one or more comparisons. */
export function renderParity(summaries: readonly Summary[]): string {
  const title = `torchloss against ${summaries.map(({ framework }) => NAMES[framework]).join(' and ')}`;
  const body = [
    `<h1>${escape(title)}</h1>`,
    `<p>${JUDGEMENTS.map((judgement) => tag(judgement)).join(' ')}</p>`,
    ...summaries.map(renderSummary),
  ];
  return renderPage({ title, style: STYLE, body: body.join('\n') });
}

function renderSummary(summary: Summary): string {
  const { framework, cells, deviations, wrong, counts, passed, failed } = summary;
  const facts = [...describeSides(summary), `${describeCounts(counts)}. ${passed} passed, ${failed} failed.`];
  return [
    `<section id="${framework}">`,
    `<h2>${NAMES[framework]} ${escape(summary.versions.version)}</h2>`,
    ...facts.map((line) => `<p>${escape(line)}</p>`),
    renderMatrix(framework, cells),
    ...(wrong.length === 0
      ? []
      : [
          `<h2>Wrong</h2>`,
          ...wrong.map((shown) => `<details><summary>${escape(shown.id)}</summary>${renderCase(shown)}</details>`),
        ]),
    ...renderDeviations(deviations),
    '<h2>Losses and dtypes</h2>',
    ...cells.map((cell) => renderCell(framework, cell)),
    '</section>',
  ].join('\n');
}

function renderMatrix(framework: string, cells: readonly Cell[]): string {
  const dtypes = [...new Set(cells.map(({ dtype }) => dtype))];
  const losses = [...new Set(cells.map(({ loss }) => loss))];
  const rows = losses.map((loss) => {
    const row = dtypes.map((dtype) => {
      const cell = cells.find((candidate) => candidate.loss === loss && candidate.dtype === dtype);
      if (cell === undefined) return '<td></td>';
      const judgement = verdictOf(cell);
      return `<td><a class="${judgement}" href="#${anchor(framework, cell)}" title="${SIGNS[judgement].word}">${formatCounts(cell)}</a></td>`;
    });
    return `<tr><th scope="row">${escape(loss)}</th>${row.join('')}</tr>`;
  });
  const head = dtypes.map((dtype) => `<th scope="col">${dtype}</th>`).join('');
  return `<div class="scroll"><table class="matrix"><thead><tr><th scope="col">loss</th>${head}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div>`;
}

function renderDeviations(deviations: Summary['deviations']): string[] {
  if (deviations.length === 0) return [];
  const rows = deviations.map(
    ({ loss, about, torch, mindspore, cases }) =>
      `<tr><th scope="row">${escape(loss)}</th><td>${escape(about)}</td><td>${escape(torch)}</td><td>${escape(mindspore)}</td><td class="number">${cases}</td></tr>`,
  );
  return [
    '<h2>Known deviations found</h2>',
    '<div class="scroll"><table><thead><tr><th>loss</th><th>about</th><th>torchloss</th><th>MindSpore</th><th>cases</th></tr></thead><tbody>',
    ...rows,
    '</tbody></table></div>',
  ];
}

function renderCell(framework: string, cell: Cell): string {
  const { loss, dtype, tensors, assert_close, cosine_rule, worst } = cell;
  const numbers: [string, string][] = [
    ['largest absolute error', show(cell.max_abs_error)],
    ['largest relative error', show(cell.max_rel_error)],
    ['largest error in ULP', show(cell.max_ulp_error)],
    ['least cosine similarity', show(cell.min_cosine)],
    ['pass assert_close', `${assert_close} of ${tensors} tensors`],
    ['pass the cosine and absolute error rule', `${cosine_rule} of ${tensors} tensors`],
  ];
  return `<details id="${anchor(framework, cell)}"><summary><strong>${escape(loss)}</strong> ${dtype} ${tag(verdictOf(cell))} ${formatCounts(cell)}</summary>
<div class="scroll"><table>${numbers.map(([name, value]) => `<tr><th scope="row">${name}</th><td class="number">${value}</td></tr>`).join('')}</table></div>
${tensors > 0 ? renderHistogram(cell.histogram) : ''}
${worst === null ? '<p>All bits are identical.</p>' : `<h3>The worst case</h3>${renderCase(worst)}`}
</details>`;
}

/** A histogram of the tensors' errors. */
function renderHistogram(histogram: readonly number[]): string {
  const most = largestOf(histogram, 1);
  const bars = histogram.map((count, index) => {
    const [x, height] = [index * 74, Math.round((count / most) * 60)];
    const label = index === 0 ? 'same' : boundLabel(index);
    return `<rect x="${x + 6}" y="${80 - height}" width="62" height="${height}"/><text x="${x + 37}" y="${74 - height}" text-anchor="middle">${count}</text><text x="${x + 37}" y="96" text-anchor="middle">${label}</text>`;
  });
  return `<div class="scroll"><svg class="histogram" role="img" aria-label="Tensors by their largest error in ULP" width="${histogram.length * 74}" height="104">${bars.join('')}</svg></div>`;
}

function boundLabel(index: number): string {
  const [least, most] = [(ULP_BOUNDS[index - 1] as number) + 1, ULP_BOUNDS[index] as number];
  if (!Number.isFinite(most)) return `${least}+ ULP`;
  return least === most ? `${most} ULP` : `${least}–${most}`;
}

function renderCase({ id, call, judgement, reason, deviation, checks, inputs }: ShownCase): string {
  return [
    `<p>${tag(judgement)} <code>${escape(id)}</code> ${escape(call)}</p>`,
    ...(deviation === undefined ? [] : [`<p>Known deviation: ${escape(deviation)}</p>`]),
    ...(reason === undefined ? [] : [`<p>${escape(reason)}</p>`]),
    ...(checks.length === 0 ? [] : [renderChecks(checks)]),
    `<p class="soft">Inputs</p>`,
    ...inputs.map(({ name, text }) => `<pre>${escape(name)} = ${escape(text)}</pre>`),
  ].join('\n');
}

function renderChecks(checks: readonly Check[]): string {
  const rows = checks.map(({ what, dtype, comparison }) => {
    const { worst, identical, equal } = comparison;
    const place = worst === null ? '' : `[${worst.at.join(', ')}]: ${worst.actual} here, ${worst.expected} there`;
    const numbers = [
      comparison.max_abs_error,
      comparison.max_rel_error,
      comparison.max_ulp_error,
      comparison.cosine_similarity,
    ];
    return `<tr><th scope="row">${escape(what)}</th><td>${dtype}</td><td>${identical ? 'identical' : equal ? 'close' : 'differs'}</td>${numbers
      .map((number) => `<td class="number">${show(number)}</td>`)
      .join('')}<td>${place}</td></tr>`;
  });
  const head = ['tensor', 'dtype', 'verdict', 'absolute', 'relative', 'ULP', 'cosine', 'worst element'];
  return `<div class="scroll"><table><thead><tr>${head.map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

/** The worst judgement of a cell; rejections count only if there is nothing else. */
function verdictOf({ counts }: Cell): Judgement {
  const present = JUDGEMENTS.filter((judgement) => counts[judgement] > 0);
  const compared = present.filter((judgement) => judgement !== 'refused');
  return compared.at(-1) ?? 'refused';
}

function formatCounts({ counts }: Cell): string {
  const present = JUDGEMENTS.filter((judgement) => counts[judgement] > 0);
  return present.map((judgement) => `${counts[judgement]}&#8239;${SIGNS[judgement].sign}`).join(' ');
}

function tag(judgement: Judgement): string {
  return `<span class="tag ${judgement}">${SIGNS[judgement].sign} ${SIGNS[judgement].word}</span>`;
}

function anchor(framework: string, { loss, dtype }: Cell): string {
  return `${framework}-${loss}-${dtype}`;
}

function show(number: number): string {
  if (!Number.isFinite(number)) return String(number);
  return Number.isInteger(number) && Math.abs(number) < 1e6 ? String(number) : number.toPrecision(4);
}
