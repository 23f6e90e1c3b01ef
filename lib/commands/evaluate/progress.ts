/** The progress line of an evaluation on a terminal. */
import { drawBar, megabytes, type Output } from '../../terminal/progress.js';

/** How much there is to do. */
export interface Amount {
  /** The number of samples in total, and before this run. */
  readonly total: number;
  readonly before: number;
  /** The bytes per sample in the files. */
  readonly bytes: number;
}

/** A bar with rates and the time left, redrawn in one line of a terminal; writes nothing if the output is not one. */
export class ProgressBar {
  readonly #amount: Amount;
  readonly #output: Output | undefined;

  constructor(amount: Amount, output: Output = process.stderr) {
    this.#amount = amount;
    this.#output = output.isTTY === true ? output : undefined;
  }

  /** Shows how many samples this run has done, and in how many seconds. */
  show(samples: number, seconds: number): void {
    if (this.#output === undefined) return;
    const { total, before, bytes } = this.#amount;
    const done = before + samples;
    const rate = samples / Math.max(seconds, 0.001);
    const figures = [
      `${Math.floor((100 * done) / Math.max(total, 1))}%`,
      `${shortCount(rate)} samples/s`,
      `${megabytes(rate * bytes)}/s`,
      ...(rate > 0 ? [`${clock((total - done) / rate)} left`] : []),
    ];
    const width = this.#output.columns || 80; // some terminals report 0
    // Whatever does not fit is dropped from the end, to stay on one line.
    while (figures.join('  ').length > width - 1 && figures.length > 1) figures.pop();
    const text = figures.join('  ');
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
