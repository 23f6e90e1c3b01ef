/** Charts as HTML and SVG. Their text keeps its size at any width. */
import { largestOf } from '../base/extremes.js';
import type { Histogram, Quantile } from '../evaluate/index.js';
import { type Html, html, NOTHING } from './html.js';

/** The style of the charts. */
export const CHART_STYLE: Html = html`
.plot { display: grid; grid-template-columns: auto 1fr; column-gap: .5rem; font-size: .8rem; color: var(--soft);
  font-variant-numeric: tabular-nums; }
.plot svg { display: block; width: 100%; height: 11rem; border-bottom: 1px solid var(--soft); overflow: visible; }
.plot rect { fill: var(--bar); } .plot rect:hover { opacity: .7; }
.plot line { stroke: var(--line); vector-effect: non-scaling-stroke; }
.ticks { position: relative; text-align: right; } .ticks span { position: absolute; right: 0; transform: translateY(50%);
  line-height: 1; } .ticks .widest { position: static; visibility: hidden; transform: none; }
.ends { grid-column: 2; display: flex; justify-content: space-between; margin-top: .2rem; }
.scale { grid-column: 2; position: relative; height: 1.4em; margin-top: .2rem; }
.scale span { position: absolute; left: calc(100% * var(--share)); transform: translateX(calc(-100% * var(--share))); }
.scale span::before { content: ''; position: absolute; left: calc(100% * var(--share)); top: -.2rem; height: .25rem;
  border-left: 1px solid var(--soft); }
.plot .mark, .legend line { stroke: var(--mark); stroke-width: 2; }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1.2rem; margin: .5rem 0 0; padding: 0; list-style: none;
  font-variant-numeric: tabular-nums; } .legend svg { width: 1.6rem; height: .7em; margin-right: .3rem; }
.track { display: block; height: .55rem; border-radius: 2px; background: var(--panel); min-width: 4rem; }
.track i { display: block; height: 100%; border-radius: 2px; background: var(--bar); }
@media print { .track, .track i, .plot rect { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`;

/** The quantiles that are drawn, and their line styles. */
const MARKS: Readonly<Record<number, { readonly name: string; readonly dashes: string }>> = {
  0.5: { name: 'median', dashes: '0' },
  0.9: { name: '90%', dashes: '6 3' },
  0.99: { name: '99%', dashes: '2 3' },
};

/** If the largest count exceeds the median by this factor, the count axis is logarithmic. */
const MOST_RATIO = 30;

/** A histogram of the losses, with lines at quantiles. */
export function renderHistogram({ edges, counts }: Histogram, quantiles: readonly Quantile[], label: string): Html {
  const most = largestOf(counts, 0);
  if (most === 0) return html`<p class="soft">No sample has a finite loss.</p>`;
  const few = counts.filter((count) => count > 0).toSorted((a, b) => a - b);
  const isLogarithmic = most > MOST_RATIO * (few[Math.floor(few.length / 2)] as number);
  const top = isLogarithmic ? Math.log10(most) + 0.5 : most * 1.05;
  const heightOf = (count: number) => {
    if (count === 0) return 0;
    // A single sample must stay visible.
    return (100 * (isLogarithmic ? Math.log10(count) + 0.3 : count)) / (top + (isLogarithmic ? 0.3 : 0));
  };
  const ticks = ticksOf(most, isLogarithmic).map((count) => ({ count, height: heightOf(count) }));
  const width = 100 / counts.length;
  const bars = counts.map((count, index) => {
    if (count === 0) return NOTHING;
    const range = `${short(edges[index] as number)} to ${short(edges[index + 1] as number)}`;
    const height = heightOf(count);
    return html`<rect x="${place(index * width + width * 0.06)}" y="${place(100 - height)}" width="${place(width * 0.88)}" height="${place(height)}"><title>${range}: ${whole(count)} sample${count === 1 ? '' : 's'}</title></rect>`;
  });
  const [least, greatest] = [edges[0] as number, edges.at(-1) as number];
  const marked = quantiles.filter(({ share }) => MARKS[share] !== undefined);
  const marks = marked.map(({ share, loss }) => {
    const x = place(greatest > least ? (100 * (loss - least)) / (greatest - least) : 50);
    return html`<line class="mark" x1="${x}" x2="${x}" y1="0" y2="100" stroke-dasharray="${MARKS[share]?.dashes ?? ''}"/>`;
  });
  const legend = marked.map(
    ({ share, loss }) =>
      html`<li><svg viewBox="0 0 24 10" aria-hidden="true"><line x1="0" x2="24" y1="5" y2="5" stroke-dasharray="${MARKS[share]?.dashes ?? ''}"/></svg>${MARKS[share]?.name ?? ''} ${value(loss)}</li>`,
  );
  const grid = ticks.map(
    ({ height }) => html`<line x1="0" x2="100" y1="${place(100 - height)}" y2="${place(100 - height)}"/>`,
  );
  const widest = ticks.map(({ count }) => whole(count)).toSorted((a, b) => b.length - a.length)[0] ?? '';
  const scale = isLogarithmic ? ', counts on a log scale' : '';
  return html`<figure><figcaption class="soft">Samples by their loss${scale}</figcaption>
<div class="plot"><div class="ticks" aria-hidden="true"><span class="widest">${widest}</span>${ticks.map(
    ({ count, height }) => html`<span style="bottom:${place(height)}%">${whole(count)}</span>`,
  )}</div>
<svg class="histogram" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="${label}"><title>${label}</title>${grid}${bars}${marks}</svg>
<div class="scale" aria-hidden="true">${scaleOf(least, greatest)}</div></div>
<ul class="legend">${legend}</ul></figure>`;
}

/** Labels at round numbers along the horizontal axis. */
function scaleOf(least: number, greatest: number): Html {
  const label = (number: number, share: number) =>
    html`<span style="--share:${Math.round(1e4 * share) / 1e4}">${short(number)}</span>`;
  if (!(greatest > least)) return label(least, 0.5);
  const step = roundStep((greatest - least) / 6);
  // The smallest loss is often a little above 0.
  const first = Math.ceil(least / step - 1e-3);
  const labels = Array.from({ length: Math.floor(greatest / step) - first + 1 }, (_, index) => (first + index) * step);
  const shareOf = (number: number) => Math.max(0, (number - least) / (greatest - least));
  return html`${labels.map((number) => label(Number(number.toPrecision(12)), shareOf(number)))}`;
}

/** The smallest of 1, 2 and 5 times a power of ten that is no smaller than a number. */
function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) as number);
}

/** Round counts, for the grid lines. */
function ticksOf(most: number, isLogarithmic: boolean): number[] {
  if (isLogarithmic) {
    const powers = Array.from({ length: Math.floor(Math.log10(most)) + 1 }, (_, power) => 10 ** power);
    const step = Math.ceil(powers.length / 5);
    return powers.filter((_, power) => power % step === 0);
  }
  const step = Math.max(1, roundStep(most / 4));
  return Array.from({ length: Math.floor(most / step) }, (_, index) => (index + 1) * step);
}

/** A bar beside a number; its length is the number's share of the largest. */
export function renderBar(share: number): Html {
  const width = Number.isFinite(share) ? Math.max(0, Math.min(100, 100 * share)) : 0;
  return html`<span class="track" aria-hidden="true"><i style="width:${place(width)}%"></i></span>`;
}

/**
 * A number rounded for people, with all digits in its `value` attribute for programs.
 *
 * @param decimals - the decimals in a column of comparable numbers; a number that would round to 0 is written out
 */
export function value(number: number, name?: string, decimals?: number): Html {
  const shown = decimals === undefined ? undefined : number.toFixed(decimals);
  const isFixed = shown !== undefined && Number.isFinite(number) && (number === 0 || Number(shown) !== 0);
  const text = isFixed ? shown.replace('-', '−') : short(number);
  return html`<data${name === undefined ? NOTHING : html` class="${name}"`} value="${number}">${text}</data>`;
}

/** The decimals for a column with this largest number; `undefined` if it is very large or small. */
export function decimalsFor(largest: number): number | undefined {
  if (!(largest >= 1e-4 && largest < 1e7)) return undefined;
  return Math.max(0, 4 - Math.ceil(Math.log10(largest)));
}

/** A number, shortened. */
export function short(number: number): string {
  if (!Number.isFinite(number)) return String(number).replace('-', '−');
  if (number === 0) return '0';
  const size = Math.abs(number);
  if (size >= 1e3 && size < 1e7) return number.toFixed(0).replace('-', '−');
  const text = size >= 1e7 || size < 1e-4 ? number.toExponential(3) : number.toPrecision(4);
  return (text.includes('.') && !text.includes('e') ? withoutZeros(text) : text).replaceAll('-', '−');
}

/** A decimal number without trailing zeros. */
function withoutZeros(text: string): string {
  let end = text.length;
  while (text[end - 1] === '0') end--;
  return text.slice(0, text[end - 1] === '.' ? end - 1 : end);
}

/** An integer with separated thousands. */
export function whole(number: number): string {
  const digits = String(number);
  const groups: string[] = [];
  for (let end = digits.length; end > 0; end -= 3) groups.unshift(digits.slice(Math.max(0, end - 3), end));
  return groups.join('\u202f');
}

/** A share, such as `97.4%`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

/** A coordinate: two decimals are enough. */
export function place(number: number): string {
  return String(Math.round(number * 100) / 100);
}
