/** The report of a comparison, as one HTML page. */
import { largestOf } from '../base/extremes.js';
import { type Html, html, join, NOTHING } from './html.js';
import { renderPage } from './page.js';
import { describeCounts, describeSides, NAMES, SIGNS } from '../parity/format.js';
import { JUDGEMENTS, type Check, type Judgement } from '../parity/judge/judge.js';
import { type Cell, type ShownCase, type Summary, ULP_BOUNDS } from '../parity/judge/summary.js';

const STYLE = html`
:root { --identical: #d3efdc; --refused: #e3e6ea; --rounding: #d8e6fa; --deviation: #fbe9bd; --wrong: #f8c9c4; }
@media (prefers-color-scheme: dark) { :root { --identical: #1d4a2f; --refused: #33393f; --rounding: #22416b;
  --deviation: #5a4714; --wrong: #7a2720; } }
p, summary { overflow-wrap: anywhere; }
.matrix td { padding: .15rem; } .matrix a { display: block; min-width: 7rem; padding: .25rem .5rem; border-radius: 4px;
  color: inherit; text-decoration: none; font-variant-numeric: tabular-nums; }
.matrix a:hover, .matrix a:focus { outline: 2px solid var(--bar); }
.tag { padding: .05rem .5rem; border-radius: 4px; white-space: nowrap; }
${join(JUDGEMENTS.map((judgement) => html`.${judgement} { background: var(--${judgement}); }`))}
details:target { outline: 2px solid var(--bar); }
pre { margin: .3rem 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12px; }
.histogram { display: block; margin: .4rem 0; } .histogram rect { fill: var(--bar); } .histogram text { fill: var(--text);
  font: 11px system-ui, sans-serif; }
`;

/** The page of one or more comparisons. */
export function renderParity(summaries: readonly Summary[]): string {
  const title = `torchloss against ${summaries.map(({ framework }) => NAMES[framework]).join(' and ')}`;
  const body = [
    html`<h1>${title}</h1>`,
    html`<p>${join(
      JUDGEMENTS.map((judgement) => tag(judgement)),
      ' ',
    )}</p>`,
    ...summaries.map(renderSummary),
  ];
  return renderPage({ title, style: STYLE, body: join(body) });
}

function renderSummary(summary: Summary): Html {
  const { framework, cells, deviations, wrong, counts, passed, failed } = summary;
  const facts = [...describeSides(summary), `${describeCounts(counts)}. ${passed} passed, ${failed} failed.`];
  return join([
    html`<section id="${framework}">`,
    html`<h2>${NAMES[framework]} ${summary.versions.version}</h2>`,
    ...facts.map((line) => html`<p>${line}</p>`),
    renderMatrix(framework, cells),
    ...(wrong.length === 0
      ? []
      : [
          html`<h2>Wrong</h2>`,
          ...wrong.map((shown) => html`<details><summary>${shown.id}</summary>${renderCase(shown)}</details>`),
        ]),
    ...renderDeviations(deviations),
    html`<h2>Losses and dtypes</h2>`,
    ...cells.map((cell) => renderCell(framework, cell)),
    html`</section>`,
  ]);
}

function renderMatrix(framework: string, cells: readonly Cell[]): Html {
  const dtypes = [...new Set(cells.map(({ dtype }) => dtype))];
  const losses = [...new Set(cells.map(({ loss }) => loss))];
  const rows = losses.map((loss) => {
    const row = dtypes.map((dtype) => {
      const cell = cells.find((candidate) => candidate.loss === loss && candidate.dtype === dtype);
      if (cell === undefined) return html`<td></td>`;
      const judgement = verdictOf(cell);
      return html`<td><a class="${judgement}" href="#${anchor(framework, cell)}" title="${SIGNS[judgement].word}">${formatCounts(cell)}</a></td>`;
    });
    return html`<tr><th scope="row">${loss}</th>${row}</tr>`;
  });
  const head = dtypes.map((dtype) => html`<th scope="col">${dtype}</th>`);
  return html`<div class="scroll"><table class="matrix"><thead><tr><th scope="col">loss</th>${head}</tr></thead><tbody>
${join(rows)}
</tbody></table></div>`;
}

function renderDeviations(deviations: Summary['deviations']): Html[] {
  if (deviations.length === 0) return [];
  const rows = deviations.map(
    ({ loss, about, torch, mindspore, cases }) =>
      html`<tr><th scope="row">${loss}</th><td>${about}</td><td>${torch}</td><td>${mindspore}</td><td class="number">${cases}</td></tr>`,
  );
  return [
    html`<h2>Known deviations found</h2>`,
    html`<div class="scroll"><table><thead><tr><th>loss</th><th>about</th><th>torchloss</th><th>MindSpore</th><th>cases</th></tr></thead><tbody>`,
    ...rows,
    html`</tbody></table></div>`,
  ];
}

function renderCell(framework: string, cell: Cell): Html {
  const { loss, dtype, tensors, assert_close, cosine_rule, worst } = cell;
  const numbers: [string, string][] = [
    ['largest absolute error', show(cell.max_abs_error)],
    ['largest relative error', show(cell.max_rel_error)],
    ['largest error in ULP', show(cell.max_ulp_error)],
    ['least cosine similarity', show(cell.min_cosine)],
    ['pass assert_close', `${assert_close} of ${tensors} tensors`],
    ['pass the cosine and absolute error rule', `${cosine_rule} of ${tensors} tensors`],
  ];
  return html`<details id="${anchor(framework, cell)}"><summary><strong>${loss}</strong> ${dtype} ${tag(verdictOf(cell))} ${formatCounts(cell)}</summary>
<div class="scroll"><table>${numbers.map(([name, value]) => html`<tr><th scope="row">${name}</th><td class="number">${value}</td></tr>`)}</table></div>
${tensors > 0 ? renderHistogram(cell.histogram) : NOTHING}
${worst === null ? html`<p>All bits are identical.</p>` : html`<h3>The worst case</h3>${renderCase(worst)}`}
</details>`;
}

/** A histogram of the tensors' errors. */
function renderHistogram(histogram: readonly number[]): Html {
  const most = largestOf(histogram, 1);
  const bars = histogram.map((count, index) => {
    const [x, height] = [index * 74, Math.round((count / most) * 60)];
    const label = index === 0 ? 'same' : boundLabel(index);
    return html`<rect x="${x + 6}" y="${80 - height}" width="62" height="${height}"/><text x="${x + 37}" y="${74 - height}" text-anchor="middle">${count}</text><text x="${x + 37}" y="96" text-anchor="middle">${label}</text>`;
  });
  return html`<div class="scroll"><svg class="histogram" role="img" aria-label="Tensors by their largest error in ULP" width="${histogram.length * 74}" height="104">${bars}</svg></div>`;
}

function boundLabel(index: number): string {
  const [least, most] = [(ULP_BOUNDS[index - 1] as number) + 1, ULP_BOUNDS[index] as number];
  if (!Number.isFinite(most)) return `${least}+ ULP`;
  return least === most ? `${most} ULP` : `${least}–${most}`;
}

function renderCase({ id, call, judgement, reason, deviation, checks, inputs }: ShownCase): Html {
  return join([
    html`<p>${tag(judgement)} <code>${id}</code> ${call}</p>`,
    ...(deviation === undefined ? [] : [html`<p>Known deviation: ${deviation}</p>`]),
    ...(reason === undefined ? [] : [html`<p>${reason}</p>`]),
    ...(checks.length === 0 ? [] : [renderChecks(checks)]),
    html`<p class="soft">Inputs</p>`,
    ...inputs.map(({ name, text }) => html`<pre>${name} = ${text}</pre>`),
  ]);
}

function renderChecks(checks: readonly Check[]): Html {
  const rows = checks.map(({ what, dtype, comparison }) => {
    const { worst, identical, equal } = comparison;
    const place = worst === null ? '' : `[${worst.at.join(', ')}]: ${worst.actual} here, ${worst.expected} there`;
    const numbers = [
      comparison.max_abs_error,
      comparison.max_rel_error,
      comparison.max_ulp_error,
      comparison.cosine_similarity,
    ];
    return html`<tr><th scope="row">${what}</th><td>${dtype}</td><td>${identical ? 'identical' : equal ? 'close' : 'differs'}</td>${numbers.map(
      (number) => html`<td class="number">${show(number)}</td>`,
    )}<td>${place}</td></tr>`;
  });
  const head = ['tensor', 'dtype', 'verdict', 'absolute', 'relative', 'ULP', 'cosine', 'worst element'];
  return html`<div class="scroll"><table><thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** The worst judgement of a cell. Rejections count only if there is nothing else. */
function verdictOf({ counts }: Cell): Judgement {
  const present = JUDGEMENTS.filter((judgement) => counts[judgement] > 0);
  const compared = present.filter((judgement) => judgement !== 'refused');
  return compared.at(-1) ?? 'refused';
}

function formatCounts({ counts }: Cell): Html {
  const present = JUDGEMENTS.filter((judgement) => counts[judgement] > 0);
  return join(
    present.map((judgement) => html`${counts[judgement]}&#8239;${SIGNS[judgement].sign}`),
    ' ',
  );
}

function tag(judgement: Judgement): Html {
  return html`<span class="tag ${judgement}">${SIGNS[judgement].sign} ${SIGNS[judgement].word}</span>`;
}

function anchor(framework: string, { loss, dtype }: Cell): string {
  return `${framework}-${loss}-${dtype}`;
}

function show(number: number): string {
  if (!Number.isFinite(number)) return String(number);
  return Number.isInteger(number) && Math.abs(number) < 1e6 ? String(number) : number.toPrecision(4);
}
