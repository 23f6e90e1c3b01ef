/** The line that tells on a terminal how far an evaluation is. */
import { drawBar, megabytes, type Output } from '../../terminal/progress.js';

/** What is to be done. */
export interface Amount {
  /** The samples that are to be done, and those done before this run. */
  readonly total: number;
  readonly before: number;
  /** The bytes of a sample in the files. */
  readonly bytes: number;
}

/** A bar with rates and the time left, drawn over and over in one line of a terminal; nothing is written elsewhere. */
export class ProgressBar {
  readonly #amount: Amount;
  readonly #output: Output | undefined;

  constructor(amount: Amount, output: Output = process.stderr) {
    this.#amount = amount;
    this.#output = output.isTTY === true ? output : undefined;
  }

  /** Shows the samples that this run has done in its seconds. */
  show(samples: number, seconds: number): void {
    if (this.#output === undefined) return;
    const { total, before, bytes } = this.#amount;
    const done = before + samples;
    const rate = samples / Math.max(seconds, 0.001);
    const figures = [
      `${Math.floor((100 * done) / Math.max(total, 1))} %`,
      `${shortCount(rate)} samples/s`,
      `${megabytes(rate * bytes)}/s`,
      ...(rate > 0 ? [`${clock((total - done) / rate)} left`] : []),
    ];
    const width = this.#output.columns || 80; // a terminal may not know it and say 0
    // What has no room is left out from the end, so that the line stays one.
    while (figures.join('  ').length > width - 1 && figures.length > 1) figures.pop();
    const text = figures.join('  ');
    const bar = drawBar(done, total, width - text.length - 5);
    this.#output.write(`\r\x1b[K${bar}${bar && ' '}${text}`);
  }

  /** Leaves the line empty. */
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
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}
