// Draws curves as SVG: two panels with axes, grid and ticks, and a legend. No script and no external font; the colours
// follow the light or dark mode. Equal numbers give equal text.

/** The size of the picture and of a panel's plot in it. */
const SIZE = { width: 760, height: 320, withoutLegend: 286 };
const PANEL = { top: 40, width: 310, height: 200, lefts: [48, 426] };

/** The error, in pixels, that leaving out points may cause in a curve. */
const TOLERANCE = 0.06;

/** The colours of a scheme: background, text, lines and the three curves. */
const LIGHT = {
  paper: '#ffffff',
  ink: '#24292f',
  faint: '#57606a',
  grid: '#e6eaee',
  axis: '#8c959f',
  a: '#0969da',
  b: '#c2410c',
  c: '#15803d',
};
const DARK = {
  paper: '#0d1117',
  ink: '#e6edf3',
  faint: '#9da7b3',
  grid: '#232a33',
  axis: '#768390',
  a: '#58a6ff',
  b: '#ff9f5a',
  c: '#56d364',
};

const STYLE = `
    text { font: 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif }
    .title { font-size: 14px; font-weight: 600 }
    .curve { fill: none; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round }
    .b { stroke-dasharray: 8 5 }
    .c { stroke-dasharray: 1 5 }${colours(LIGHT, '    ')}
    @media (prefers-color-scheme: dark) {${colours(DARK, '      ')}
    }`;

/** The CSS rules for the colours of a scheme. */
function colours({ paper, ink, faint, grid, axis, ...curves }, indent) {
  const rules = [`.paper { fill: ${paper} }`, `text { fill: ${faint} }`, `.title { fill: ${ink} }`];
  for (const [name, colour] of Object.entries({ grid, axis, ...curves })) rules.push(`.${name} { stroke: ${colour} }`);
  return rules.map((rule) => `\n${indent}${rule}`).join('');
}

/**
 * A picture of curves.
 *
 * @param {{ title: string, description: string, panels: { title: string, x: string, range: [number, number],
 *   clip?: [number, number], curves: { x: number[], y: number[] }[] }[], legend: string[] }} picture - two panels with
 *   at most three curves each; `clip` is the range of y, all of the curves unless given
 */
export function drawPicture({ title, description, panels, legend }) {
  const { width } = SIZE;
  const height = legend.length > 0 ? SIZE.height : SIZE.withoutLegend;
  const parts = panels.map((panel, index) => drawPanel(panel, PANEL.lefts[index], `plot-${index}`));
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `  <title>${escape(title)}</title>`,
    `  <desc>${escape(description)}</desc>`,
    `  <style>${STYLE}\n  </style>`,
    `  <rect class="paper" width="${width}" height="${height}" rx="6"/>`,
    ...parts.flat(),
    ...drawLegend(legend),
    '</svg>',
  ].join('\n')}\n`;
}

function drawPanel({ title, x, range, clip, curves }, left, id) {
  const { top, width, height } = PANEL;
  const [low, high] = clip ?? extent(curves.flatMap(({ y }) => y));
  const px = (value) => left + ((value - range[0]) / (range[1] - range[0])) * width;
  const py = (value) => top + height - ((value - low) / (high - low)) * height;
  const lines = [
    `  <text class="title" x="${left}" y="24">${escape(title)}</text>`,
    `  <clipPath id="${id}"><rect x="${left}" y="${top}" width="${width}" height="${height}"/></clipPath>`,
  ];
  for (const tick of ticks(...range, 7)) {
    const at = round(px(tick));
    lines.push(
      `  <path class="${tick === 0 ? 'axis' : 'grid'}" d="M${at} ${top}V${top + height}"/>`,
      `  <text x="${at}" y="${top + height + 16}" text-anchor="middle">${label(tick)}</text>`,
    );
  }
  for (const tick of ticks(low, high, 6)) {
    const at = round(py(tick));
    lines.push(
      `  <path class="${tick === 0 ? 'axis' : 'grid'}" d="M${left} ${at}H${left + width}"/>`,
      `  <text x="${left - 7}" y="${round(at + 4)}" text-anchor="end">${label(tick)}</text>`,
    );
  }
  lines.push(`  <text x="${left + width / 2}" y="${top + height + 36}" text-anchor="middle">${escape(x)}</text>`);
  for (const [index, curve] of curves.entries()) {
    const points = curve.x.map((value, at) => [px(value), py(curve.y[at])]);
    lines.push(`  <path class="curve ${'abc'[index]}" clip-path="url(#${id})" d="${toPath(points, top, height)}"/>`);
  }
  return lines;
}

function drawLegend(entries) {
  const widths = entries.map((entry) => 44 + entry.length * 6.4);
  let left = (SIZE.width - widths.reduce((sum, width) => sum + width, 0)) / 2;
  return entries.flatMap((entry, index) => {
    const [at, y] = [round(left), SIZE.height - 16];
    left += widths[index];
    return [
      `  <path class="curve ${'abc'[index]}" d="M${at} ${y - 4}h24"/>`,
      `  <text x="${round(at + 30)}" y="${y}">${escape(entry)}</text>`,
    ];
  });
}

/** The path through points, with a gap at a jump; points far outside the plot are moved closer. */
function toPath(points, top, height) {
  const near = points.map(([x, y]) => [x, Math.min(Math.max(y, top - 4 * height), top + 5 * height)]);
  const steps = near.slice(1).map(([, y], index) => Math.abs(y - near[index][1]));
  const runs = [[near[0]]];
  for (const [index, step] of steps.entries()) {
    const usual = Math.max(steps[index - 1] ?? 0, steps[index + 1] ?? 0);
    if (step > 4 + 8 * usual) runs.push([]);
    runs.at(-1).push(near[index + 1]);
  }
  return runs
    .map(simplify)
    .map((run) => `M${run.map(([x, y]) => `${round(x)} ${round(y)}`).join('L')}`)
    .join('');
}

/** Drops the points that lie on the line between others. */
function simplify(points) {
  if (points.length < 3) return points;
  const [first, last] = [points[0], points.at(-1)];
  const [dx, dy] = [last[0] - first[0], last[1] - first[1]];
  const length = Math.hypot(dx, dy);
  let [worst, at] = [0, 0];
  for (const [index, [x, y]] of points.entries()) {
    const distance = Math.abs((x - first[0]) * dy - (y - first[1]) * dx) / length;
    if (distance > worst) [worst, at] = [distance, index];
  }
  if (worst <= TOLERANCE) return [first, last];
  return [...simplify(points.slice(0, at + 1)).slice(0, -1), ...simplify(points.slice(at))];
}

/** The range of values, including zero, with some margin. */
function extent(values) {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const room = (high - low || 1) * 0.06;
  return [low - room, high + room];
}

/** Round numbers in a range, about `count` of them. */
function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(6)));
}

function label(value) {
  return String(value).replace('-', '−');
}

function round(value) {
  return Number(value.toFixed(1));
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
