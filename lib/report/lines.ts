/** Curves as SVG. */
import { place, short, value } from './charts.js';
import { type Html, html, NOTHING } from './html.js';

/** The style of curves, in addition to that of all charts. */
export const LINE_STYLE: Html = html`
.plot svg.lines { height: 13rem; } .plot polyline { fill: none; stroke: var(--bar); stroke-width: 2;
  vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.plot polyline.faint, .legend .faint { opacity: .35; stroke-width: 1; }
.plot polyline.marked, .legend line.marked { stroke: var(--mark); }
.legend line.curve { stroke: var(--bar); } .plot line.best { stroke: var(--soft); stroke-dasharray: 2 3; }
`;

/** A curve. */
export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Drawn faintly, behind the others. */
  readonly faint?: boolean;
  /** Drawn in the second colour. */
  readonly marked?: boolean;
}

/** Curves with more points are thinned. */
const MOST_POINTS = 600;

/** Curves over a common axis. Non-finite points are left out. */
export function renderLines(
  lines: readonly Line[],
  { label, x, mark }: { label: string; x: string; mark?: number | undefined },
): Html {
  const drawn = lines.map((line) => ({
    ...line,
    points: thin(line.points.filter((point) => point.every(Number.isFinite))),
  }));
  const all = drawn.flatMap(({ points }) => points);
  if (all.length === 0) return html`<p class="soft">Nothing to draw.</p>`;
  const range = (values: readonly number[]): [number, number] => {
    const [least, most] = values.reduce<[number, number]>(
      ([low, high], number) => [Math.min(low, number), Math.max(high, number)],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    );
    return most > least ? [least, most] : [least - Math.abs(least || 1) / 2, most + Math.abs(most || 1) / 2];
  };
  const [left, right] = range(all.map(([at]) => at));
  const [low, high] = range(all.map(([, at]) => at));
  const px = (at: number) => place((100 * (at - left)) / (right - left));
  const py = (at: number) => place(97 - (94 * (at - low)) / (high - low));
  const ticks = [low, (low + high) / 2, high];
  const grid = ticks.map((at) => html`<line x1="0" x2="100" y1="${py(at)}" y2="${py(at)}"/>`);
  const classOf = ({ faint, marked }: Line) => [faint && 'faint', marked && 'marked'].filter(Boolean).join(' ');
  const curves = drawn.map((line) => {
    // A single point is drawn as a short line.
    const points = line.points.length === 1 ? [line.points[0], line.points[0]] : line.points;
    const list = points.map((point) => `${px((point as [number, number])[0])},${py((point as [number, number])[1])}`);
    return html`<polyline class="${classOf(line)}" stroke-linecap="round" points="${list.join(' ')}"><title>${line.name}</title></polyline>`;
  });
  const best =
    mark === undefined ? NOTHING : html`<line class="best" x1="${px(mark)}" x2="${px(mark)}" y1="0" y2="100"/>`;
  const legend = drawn.map((line) => {
    const last = line.points.at(-1);
    const end = last === undefined ? NOTHING : html` ${value(last[1])}`;
    return html`<li><svg viewBox="0 0 24 10" aria-hidden="true"><line class="curve ${classOf(line)}" x1="0" x2="24" y1="5" y2="5"/></svg>${line.name}${end}</li>`;
  });
  const widest = ticks.map(short).toSorted((a, b) => b.length - a.length)[0] ?? '';
  return html`<figure><div class="plot"><div class="ticks" aria-hidden="true"><span class="widest">${widest}</span>${ticks.map(
    (at) => html`<span style="bottom:${place(100 - Number(py(at)))}%">${short(at)}</span>`,
  )}</div>
<svg class="lines" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="${label}"><title>${label}</title>${grid}${curves}${best}</svg>
<div class="ends"><span>${x} ${value(left)}</span><span>${value(right)}</span></div></div>
<ul class="legend">${legend}</ul></figure>`;
}

/** The least and the greatest point of each group of neighbours, so that no peak is lost. */
function thin(points: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  if (points.length <= MOST_POINTS) return points;
  const size = Math.ceil(points.length / (MOST_POINTS / 2));
  const groups = Array.from({ length: Math.ceil(points.length / size) }, (_, at) =>
    points.slice(at * size, (at + 1) * size),
  );
  return groups.flatMap((group) => {
    const sorted = group.toSorted((a, b) => a[1] - b[1]);
    const [least, greatest] = [sorted[0], sorted.at(-1)] as [readonly [number, number], readonly [number, number]];
    return least === greatest ? [least] : [least, greatest].toSorted((a, b) => a[0] - b[0]);
  });
}
