/** Reports the progress of a long step to the user. */
import { stripVTControlCharacters } from 'node:util';
import { byteSize } from '../base/bytes.js';
import { oneLine, printable } from '../base/printable.js';

export interface Reporter {
  /** Prints one line. */
  say(line: string): void;
  /** Shows the progress of a step in bytes; without a `total` if it is not known. */
  progress(label: string, done: number, total?: number): void;
  /** Ends the progress display. */
  done(): void;
}

/** The part of a stream that {@link createReporter} writes to. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** A reporter that prints nothing. */
export const SILENT: Reporter = { say() {}, progress() {}, done() {} };

const REDRAW_MS = 100;
const LINE_MS = 5000;

/** A reporter that draws a bar on a terminal, and elsewhere prints a line every few seconds. */
export function createReporter(output: Output = process.stderr): Reporter {
  const bar = output.isTTY === true;
  let step: { label: string; start: number; first: number; shown: number; last: string; printed: string } | undefined;

  function done(): void {
    if (!step) return;
    if (bar) output.write(`\r\x1b[K${step.last}\n`);
    else if (step.last !== step.printed) output.write(`${step.last}\n`);
    step = undefined;
  }

  return {
    say(line) {
      done();
      // Output of other programs may have colours and long lines.
      output.write(`${printable(stripVTControlCharacters(line))}\n`);
    },
    progress(name, amount, total) {
      const label = oneLine(name, 60);
      const now = performance.now();
      if (step?.label !== label) {
        done();
        step = { label, start: now, first: amount, shown: now - (bar ? REDRAW_MS : 0), last: '', printed: '' };
      }
      const rate = (amount - step.first) / Math.max((now - step.start) / 1000, 0.001);
      const figures = describeProgress(amount, total, rate);
      step.last = `${label}: ${figures}`;
      if (now - step.shown < (bar ? REDRAW_MS : LINE_MS)) return;
      step.shown = now;
      step.printed = step.last;
      if (!bar) output.write(`${step.last}\n`);
      else
        output.write(
          `\r\x1b[K${label} ${drawBar(amount, total, (output.columns ?? 80) - label.length - figures.length - 6)} ${figures}`,
        );
    },
    done,
  };
}

function describeProgress(amount: number, total: number | undefined, rate: number): string {
  const speed = `${byteSize(rate)}/s`;
  if (!total) return `${byteSize(amount)}, ${speed}`;
  return `${Math.floor((100 * amount) / total)}% of ${byteSize(total)}, ${speed}`;
}

/** A bar of at most `width` columns; empty without a total or without room. */
function drawBar(amount: number, total: number | undefined, width: number): string {
  if (!total || width < 8) return '';
  const size = Math.min(width, 40);
  const filled = Math.min(size, Math.round((size * amount) / total));
  return `[${'#'.repeat(filled)}${'.'.repeat(size - filled)}]`;
}

/** A line of figures with a bar, redrawn in place. Draws nothing if the output is not a terminal. */
export class ProgressLine {
  readonly #output: Output | undefined;

  constructor(output: Output) {
    this.#output = output.isTTY === true ? output : undefined;
  }

  /** Draws the line. Figures that do not fit are dropped from the end. */
  draw(figures: readonly string[], done: number, total: number): void {
    if (this.#output === undefined) return;
    const width = this.#output.columns || 80; // some terminals report 0
    let text = figures.join('  ');
    for (let count = figures.length - 1; text.length > width - 1 && count > 0; count--)
      text = figures.slice(0, count).join('  ');
    const bar = drawBar(done, total, width - text.length - 5);
    this.#output.write(`\r\x1b[K${bar}${bar && ' '}${text}`);
  }

  /** Clears the line. */
  clear(): void {
    this.#output?.write('\r\x1b[K');
  }
}

/** `1.2 M`. */
export function shortCount(number: number): string {
  for (const [size, sign] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (number >= size) return `${(number / size).toFixed(number < 10 * size ? 1 : 0)} ${sign}`;
  }
  return number.toFixed(0);
}

/** `1:02:03`, or `2:03` below an hour. */
export function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}
