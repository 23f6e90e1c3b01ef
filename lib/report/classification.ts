/** The parts of a report about classes: the confusion matrix, precision and recall, and the reliability of probabilities. */
import type { Calibration, ClassResult } from '../evaluate/index.js';
import { percent, place, value, whole } from './charts.js';
import { type Html, html, join, NOTHING } from './html.js';
import { type EvaluationRecord, type RecordedResult, shortName } from './record.js';

/** The style of these parts. */
export const CLASSIFICATION_STYLE: Html = html`
.confusion th, .confusion td { text-align: right; padding: .2rem .35rem; font-size: .85rem; border: 0;
  font-variant-numeric: tabular-nums; }
.confusion thead th { max-width: 6rem; overflow: hidden; text-overflow: ellipsis; }
.confusion td { background: color-mix(in srgb, var(--bar) calc(var(--share) * 55%), transparent); }
.confusion td.right { outline: 1px solid var(--line); outline-offset: -1px; }
.plot svg.calibration { height: 13rem; } .plot .diagonal { stroke: var(--soft); stroke-dasharray: 3 3; }
.plot .mean { stroke: var(--mark); stroke-width: 2; }
@media print { .confusion td { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`;

/** The most classes of a matrix; of more classes, the pairs that are confused most are listed. */
const MOST_CLASSES = 20;
/** The most pairs that are listed. */
const MOST_PAIRS = 20;
/** The most classes with a row of their own. */
const MOST_ROWS = 200;

/** The name of a class in a record. */
export function className({ classes }: EvaluationRecord, index: number): string {
  return classes?.[index] ?? String(index);
}

/** What is known about each class, by its name. */
export function classResults(record: EvaluationRecord): ReadonlyMap<string, ClassResult> {
  const [first] = record.results;
  return new Map(first?.classification?.classes.map((row) => [className(record, row.class), row]) ?? []);
}

/**
 * Renders the sections of the first loss that counts classes; the other losses see the same scores, of which only the
 * probabilities differ.
 *
 * @param hasRows - whether another table has precision and recall
 */
export function renderClassification(record: EvaluationRecord, hasRows: boolean): Html {
  const counted = record.results.filter(({ classification }) => classification);
  const [first] = counted;
  if (first === undefined) return NOTHING;
  return join([
    renderConfusion(record, first),
    hasRows ? NOTHING : renderClasses(record, first),
    ...counted.map((result) => renderCalibration(result, counted.length > 1)),
  ]);
}

function renderConfusion(record: EvaluationRecord, { classification }: RecordedResult): Html {
  const { count = 0, confusion = null } = classification ?? {};
  if (confusion === null) return NOTHING;
  const name = (index: number) => className(record, index);
  if (count > MOST_CLASSES) {
    const wrong = confusion.filter(([target, predicted]) => target !== predicted).toSorted((a, b) => b[2] - a[2]);
    if (wrong.length === 0) return NOTHING;
    const rows = wrong
      .slice(0, MOST_PAIRS)
      .map(
        ([target, predicted, targets]) =>
          html`<tr><td class="number">${name(target)}</td><td class="number">${name(predicted)}</td><td class="number">${whole(targets)}</td></tr>`,
      );
    return html`<section><h2>Most confused classes</h2><div class="scroll"><table class="pairs"><thead><tr><th scope="col" class="number">class</th><th scope="col" class="number">predicted</th><th scope="col" class="number">targets</th></tr></thead><tbody>
${join(rows)}
</tbody></table></div></section>`;
  }
  const cells = new Map(confusion.map(([target, predicted, targets]) => [target * count + predicted, targets]));
  const indices = Array.from({ length: count }, (_, index) => index);
  const rows = indices.map((target) => {
    const row = indices.map((predicted) => cells.get(target * count + predicted) ?? 0);
    const all = row.reduce((sum, targets) => sum + targets, 0);
    const columns = row.map((targets, predicted) => {
      const share = all === 0 ? 0 : targets / all;
      const text = `${name(target)} predicted as ${name(predicted)}: ${whole(targets)}, ${percent(share)}`;
      const kind = target === predicted ? html` class="right"` : NOTHING;
      return html`<td${kind} style="--share:${Math.round(1000 * share) / 1000}" title="${text}">${targets === 0 ? '' : whole(targets)}</td>`;
    });
    return html`<tr><th scope="row">${name(target)}</th>${columns}</tr>`;
  });
  return html`<section><h2>Confusion matrix</h2><p class="soft">Rows are targets, columns predictions. Shades show shares of a row.</p>
<div class="scroll"><table class="confusion"><thead><tr><td></td>${indices.map((index) => html`<th scope="col">${name(index)}</th>`)}</tr></thead><tbody>
${join(rows)}
</tbody></table></div></section>`;
}

function renderClasses(record: EvaluationRecord, { classification }: RecordedResult): Html {
  const all = classification?.classes ?? [];
  const rows = all
    .slice(0, MOST_ROWS)
    .map(
      (row) =>
        html`<tr><th scope="row" class="number">${className(record, row.class)}</th><td class="number">${whole(row.targets)}</td><td class="number">${whole(row.predicted)}</td>${renderShares(row)}</tr>`,
    );
  const note =
    all.length > MOST_ROWS ? html`<p class="soft">The first ${MOST_ROWS} of ${whole(all.length)} classes</p>` : NOTHING;
  return html`<section><h2>Classes</h2>${note}<div class="scroll"><table class="classes"><thead><tr><th scope="col" class="number">class</th><th scope="col" class="number">targets</th><th scope="col" class="number">predicted</th>${SHARE_HEADS}</tr></thead><tbody>
${join(rows)}
</tbody></table></div></section>`;
}

/** The heads of {@link renderShares}. */
export const SHARE_HEADS: Html = html`<th scope="col" class="number">precision</th><th scope="col" class="number">recall</th>`;

/** Two cells: the precision and recall of a class, empty if it does not occur. */
export function renderShares(row: ClassResult | undefined): Html {
  if (row === undefined) return html`<td></td><td></td>`;
  const cell = (name: string, share: number) =>
    html`<td class="number"><data class="${name}" value="${share}">${percent(share)}</data></td>`;
  return html`${cell('precision', row.precision)}${cell('recall', row.recall)}`;
}

function renderCalibration(result: RecordedResult, isNamed: boolean): Html {
  const { calibration = null } = result.classification ?? {};
  if (calibration === null) return NOTHING;
  const { of, error } = calibration;
  const title = html`<h2>Calibration${isNamed ? html` of ${shortName(result)}` : NOTHING}</h2>`;
  const right = of === 'class 1' ? 'targets of class 1' : 'correct predictions';
  return html`<section>${title}<p class="soft">Expected calibration error ${value(error, 'calibration-error', 4)}. Bars are the share of ${right}, lines the mean probability of the ${of}; both meet the diagonal if probabilities are reliable.</p>
${renderReliability(calibration, right)}</section>`;
}

function renderReliability({ bins, of }: Calibration, right: string): Html {
  const at = (share: number) => place(100 * share);
  const bars = bins.map(({ from, to, targets, confidence, share }) => {
    if (confidence === null || share === null) return NOTHING;
    const [left, width, height] = [from + (to - from) * 0.06, (to - from) * 0.88, Math.max(share, 0.004)];
    const text = `${from.toFixed(2)} to ${to.toFixed(2)}: ${whole(targets)} target${targets === 1 ? '' : 's'}, ${percent(share)} ${right}, mean probability ${percent(confidence)}`;
    return html`<rect x="${at(left)}" y="${at(1 - height)}" width="${at(width)}" height="${at(height)}"><title>${text}</title></rect><line class="mean" x1="${at(left)}" x2="${at(left + width)}" y1="${at(1 - confidence)}" y2="${at(1 - confidence)}"/>`;
  });
  const label = `The share of ${right} by the probability of the ${of}`;
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  return html`<figure><div class="plot"><div class="ticks" aria-hidden="true"><span class="widest">100%</span>${ticks.map(
    (tick) => html`<span style="bottom:${100 * tick}%">${100 * tick}%</span>`,
  )}</div>
<svg class="calibration" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="${label}"><title>${label}</title>${ticks.map(
    (tick) => html`<line x1="0" x2="100" y1="${100 - 100 * tick}" y2="${100 - 100 * tick}"/>`,
  )}${bars}<line class="diagonal" x1="0" y1="100" x2="100" y2="0"/></svg>
<div class="ends">${ticks.map((tick) => html`<span>${tick}</span>`)}</div></div></figure>`;
}
