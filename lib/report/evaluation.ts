/** The report of an evaluation, as one HTML page. */
import { byteSize } from '../base/bytes.js';
import { shellWord } from '../base/shell.js';
import { largestFinite } from '../base/extremes.js';
import { basename } from 'node:path';
import { CHART_STYLE, decimalsFor, percent, renderBar, renderHistogram, short, value, whole } from './charts.js';
import {
  CLASSIFICATION_STYLE,
  classResults,
  renderClassification,
  renderShares,
  SHARE_HEADS,
} from './classification.js';
import { type Html, html, join, NOTHING } from './html.js';
import { renderPage } from './page.js';
import { type EvaluationRecord, groupNoun, type RecordedResult, shortName, worstGroups } from './record.js';

const STYLE = html`
header p { color: var(--soft); }
.losses { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); gap: 1.2rem;
  margin: 1.2rem 0; }
.card { border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.2rem; min-width: 0; }
.card h2 { margin: 0; font-size: 1rem; font-weight: 600; overflow-wrap: anywhere; }
.card .value { font-size: 2.6rem; line-height: 1.2; font-weight: 600; letter-spacing: -.02em; margin: .2rem 0;
  font-variant-numeric: tabular-nums; }
figure { margin: 1rem 0 0; } figcaption { font-size: .85rem; margin-bottom: .4rem; }
.facts { display: flex; flex-wrap: wrap; gap: .2rem 1.6rem; margin: 0; } .facts div { min-width: 0; }
.facts dt { color: var(--soft); font-size: .85rem; } .facts dd { margin: 0; font-variant-numeric: tabular-nums; }
.note { background: var(--warn); border-radius: 6px; padding: .5rem .8rem; }
.groups, .worst { width: 100%; } td.bar { width: 40%; min-width: 4rem; vertical-align: middle; } thead td { border-bottom: 2px solid var(--line); }
.worst td, .worst th { vertical-align: middle; } .worst img { display: block; width: 3.2rem; height: 3.2rem; object-fit: contain;
  image-rendering: pixelated; border-radius: 4px; background: var(--panel); }
.tables { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); gap: 0 3rem; }
.tables > * { min-width: 0; } .wide { grid-column: 1 / -1; }
.settings th { font-weight: normal; color: var(--soft); white-space: nowrap; padding-left: 0; }
.settings td { overflow-wrap: anywhere; }
.wrong { color: var(--mark); font-weight: 600; }
@media (max-width: 40rem) { .card { padding: .8rem; } .card .value { font-size: 2.2rem; }
  td.bar { width: 40%; } .track { min-width: 2.5rem; } .worst .bar, .groups .bar { display: none; } }
`;

/** The most groups shown at first; the others are shown on demand. */
const MOST_OPEN = 40;

/**
 * Renders the page: the losses, their distribution over the samples, a bar for each group, the worst samples, and the files
 * and options.
 *
 * @param options - `date`: when the evaluation was made
 */
export function renderEvaluation(record: EvaluationRecord, { date }: { date: Date }): string {
  const { results, files } = record;
  const names = results.map(shortName).join(', ');
  const [file = ''] = Object.values(files).map(({ file }) => basename(file));
  const [first] = results as [RecordedResult];
  const body: Html[] = [
    html`<header><h1>${breakable(names)} of ${file}</h1>`,
    html`<p>${whole(first.samples)} samples, evaluated on <time datetime="${date.toISOString()}">${date.toISOString().slice(0, 16).replace('T', ' ')} UTC</time></p></header>`,
    html`<main>`,
    renderNotes(record),
    html`<div class="losses">${join(results.map(renderLoss))}</div>`,
    html`<div class="tables">${renderGroups(record)}\n${renderClassification(record, isByClass(record))}\n${join(results.map((result) => renderWorst(record, result)))}</div>`,
    renderSettings(record),
    html`</main>`,
  ];
  return renderPage({
    title: `${names} of ${file}`,
    style: html`${CHART_STYLE}${CLASSIFICATION_STYLE}${STYLE}`,
    body: join(body),
  });
}

function renderNotes({ complete, results, total, shard, done, files, skipped = 0 }: EvaluationRecord): Html {
  const notes = results.flatMap((result) => {
    const { nan, infinite, negativeInfinite, first } = result.nonFinite;
    if (nan + infinite + negativeInfinite === 0) return [];
    const named = first.map(({ index, loss }) => `${whole(index)} (${loss})`).join(', ');
    return [
      `${shortName(result)} is not finite for ${whole(nan + infinite + negativeInfinite)} samples: ${nan} NaN, ${infinite} Infinity, ${negativeInfinite} −Infinity. The first are ${named}.`,
    ];
  });
  if (skipped > 0) notes.push(`${whole(skipped)} samples were skipped because a value is missing.`);
  const weights = Object.keys(files).filter((flag) => flag === 'weight' || flag === 'pos_weight');
  if (weights.length > 0)
    notes.push(
      `${weights.join(' and ')} ${weights.length > 1 ? 'apply' : 'applies'} to the loss, the histogram, the worst samples and the loss of each group, whose mean divides by its own weights. Counts, accuracy, precision, recall and calibration are not weighted.`,
    );
  if (!complete) {
    const ranges = done.map(([start, end]) => `${whole(start)} to ${whole(end - 1)}`).join(', ');
    const of = shard === null ? `${whole(total)} samples` : `shard ${shard}`;
    notes.unshift(`Partial result: ${whole(results[0]?.samples ?? 0)} of ${of} are done${ranges && ` (${ranges})`}.`);
  }
  return join(notes.map((note) => html`<p class="note" role="note">${note}</p>`));
}

function renderLoss(result: RecordedResult): Html {
  const { loss, loss_function, reduction, accuracy, samples, least, greatest, histogram, quantiles, elements } = result;
  const options = Object.entries(result.options).map(([name, value]) => `${name}=${String(value)}`);
  const facts: [string, string | Html][] = [
    ['reduction', reduction],
    ...(accuracy === undefined
      ? []
      : [['accuracy', html`<data class="accuracy" value="${accuracy}">${percent(accuracy)}</data>`] as [string, Html]]),
    ['samples', html`<data value="${samples}">${whole(samples)}</data>`],
    ...(elements === samples
      ? []
      : [['elements', html`<data value="${elements}">${whole(elements)}</data>`] as [string, Html]]),
    ...(options.length === 0 ? [] : [['options', options.join(', ')] as [string, string]]),
  ];
  const label =
    least === null
      ? `The losses of samples by ${shortName(result)}`
      : `The losses of ${whole(samples)} samples by ${shortName(result)}, from ${short(least)} to ${short(greatest as number)}`;
  return html`<section class="card"><h2>${breakable(loss_function)}</h2>
<p class="value"><data class="loss" value="${loss}">${Number.isFinite(loss) ? loss.toPrecision(7).replace('-', '−') : short(loss)}</data></p>
<dl class="facts">${facts.map(([name, text]) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}</dl>
${renderHistogram(histogram, quantiles, label)}
</section>`;
}

/** Whether the groups are the classes, and their predictions are counted. */
function isByClass(record: EvaluationRecord): boolean {
  const [first] = record.results;
  return groupNoun(record) === 'class' && first?.groups !== undefined && Boolean(first.classification);
}

function renderGroups(record: EvaluationRecord): Html {
  const { results } = record;
  const [first] = results as [RecordedResult];
  if (first.groups === undefined) return NOTHING;
  const byClass = isByClass(record) ? classResults(record) : undefined;
  const columns = results.map(({ groups = [] }) => {
    const largest = largestOf(groups);
    return { losses: new Map(groups.map(({ group, loss }) => [group, loss])), largest, decimals: decimalsFor(largest) };
  });
  const row = ({ group, samples, accuracy }: (typeof first.groups)[number]) => {
    const cells = columns.map(({ losses, largest, decimals }) => {
      const loss = losses.get(group) ?? Number.NaN;
      return html`<td class="number">${value(loss, 'group-loss', decimals)}</td><td class="bar">${renderBar(loss / largest)}</td>`;
    });
    const right =
      byClass !== undefined
        ? renderShares(byClass.get(String(group)))
        : accuracy === undefined
          ? NOTHING
          : html`<td class="number"><data value="${accuracy}">${percent(accuracy)}</data></td>`;
    return html`<tr><th scope="row" class="number">${group}</th><td class="number">${whole(samples)}</td>${cells}${right}</tr>`;
  };
  const noun = groupNoun(record);
  const names = results.length === 1 ? ['loss'] : results.map(shortName);
  const heads = [
    html`<th scope="col" class="number">${noun}</th><th scope="col" class="number">samples</th>`,
    ...names.map((name) => html`<th scope="col" class="number">${name}</th><td class="bar"></td>`),
    ...(byClass !== undefined
      ? [SHARE_HEADS]
      : first.accuracy === undefined
        ? []
        : [html`<th scope="col" class="number">accuracy</th>`]),
  ];
  const table = (rows: typeof first.groups) =>
    html`<div class="scroll"><table class="groups"><thead><tr>${heads}</tr></thead><tbody>\n${join(rows.map(row))}\n</tbody></table></div>`;
  const section = results.length === 1 ? html`<section>` : html`<section class="wide">`;
  const all = first.groups;
  const title = html`<h2>By ${noun}</h2>`;
  if (all.length <= MOST_OPEN) return html`${section}${title}${table(all)}</section>`;
  const worst = worstGroups(all, MOST_OPEN);
  const [count, plural] = [whole(all.length), noun === 'class' ? 'classes' : 'groups'];
  return html`${section}${title}<p class="soft">The ${MOST_OPEN} of ${count} ${plural} with the largest loss</p>${table(worst)}
<details><summary>All ${count} ${plural}</summary>${table(all)}</details></section>`;
}

function renderWorst(record: EvaluationRecord, result: RecordedResult): Html {
  const { worst } = result;
  const title = html`<h2>Worst samples${record.results.length > 1 ? html` by ${breakable(shortName(result))}` : NOTHING}</h2>`;
  if (worst.length === 0) return html`<section>${title}<p class="soft">None.</p></section>`;
  const [first] = worst;
  const hasGroups = record.group_by === 'group-by' && first?.group !== undefined;
  const hasClasses = first?.target !== undefined;
  const hasImages = worst.some(({ image }) => isPicture(image));
  const largest = largestOf(worst);
  const rows = worst.map(({ index, loss, group, target, predicted, image }) => {
    const picture = isPicture(image) ? html`<img src="${image}" alt="sample ${index}">` : NOTHING;
    const cells = [
      ...(hasImages ? [html`<td>${picture}</td>`] : []),
      html`<th scope="row" class="number"><data class="worst-index" value="${index}">${whole(index)}</data></th>`,
      html`<td class="number">${value(loss, 'worst-loss', decimalsFor(largest))}</td>`,
      html`<td class="bar">${renderBar(loss / largest)}</td>`,
      ...(hasGroups ? [html`<td class="number">${group ?? ''}</td>`] : []),
      ...(hasClasses ? [html`<td class="number">${target ?? ''}</td>`] : []),
      ...(hasClasses ? [html`<td class="number${predicted === target ? '' : ' wrong'}">${predicted ?? ''}</td>`] : []),
    ];
    return html`<tr>${cells}</tr>`;
  });
  const heads = [
    ...(hasImages ? [html`<td></td>`] : []),
    html`<th scope="col" class="number">sample</th><th scope="col" class="number">loss</th><td class="bar"></td>`,
    ...(hasGroups ? [html`<th scope="col" class="number">group</th>`] : []),
    ...(hasClasses
      ? [html`<th scope="col" class="number">class</th><th scope="col" class="number">predicted</th>`]
      : []),
  ];
  return html`<section>${title}<div class="scroll"><table class="worst"><thead><tr>${heads}</tr></thead><tbody>
${join(rows)}
</tbody></table></div></section>`;
}

function renderSettings(record: EvaluationRecord): Html {
  const { files, device, shard, group_by, libtorch, torchloss, argv, results } = record;
  const [{ seconds, samplesPerSecond, bytesPerSecond }] = results as [RecordedResult];
  const rows: [string, string | Html][] = [
    ...(argv === undefined
      ? []
      : [['command', html`<code>${['torchloss', ...argv].map(shellWord).join(' ')}</code>`] as [string, Html]]),
    ...Object.entries(files).map(([flag, { file, dtype, shape, bytes }]): [string, Html] => [
      flag,
      html`<code>${file}</code> <span class="soft">${dtype} [${shape.join(', ')}], ${byteSize(bytes)}</span>`,
    ]),
    ...(group_by === null || group_by === 'group-by' ? [] : [['grouped by', group_by] as [string, string]]),
    ...(shard === null ? [] : [['shard', shard] as [string, string]]),
    ['device', device],
    ['time', `${short(seconds)} s, ${whole(Math.round(samplesPerSecond))} samples/s, ${byteSize(bytesPerSecond)}/s`],
    ['LibTorch', html`${libtorch.version} <span class="soft">in <code>${libtorch.root}</code></span>`],
    ['torchloss', torchloss],
  ];
  return html`<section><h2>Settings</h2><table class="settings"><tbody>
${join(rows.map(([name, text]) => html`<tr><th scope="row">${name}</th><td>${text}</td></tr>`))}
</tbody></table></section>`;
}

function largestOf(rows: readonly { readonly loss: number }[]): number {
  return largestFinite(rows.map(({ loss }) => loss));
}

/** Whether an image is an embedded picture rather than an address. */
function isPicture(image: string | undefined): image is string {
  return image?.startsWith('data:image/png;base64,') === true;
}

/** A name that may wrap between its parts. */
function breakable(name: string): Html {
  return html`${name.split(/(?<=[._/])/).map((part, index) => html`${index === 0 ? NOTHING : html`<wbr>`}${part}`)}`;
}
