/** The progress line of an evaluation on a terminal. */
import { byteSize } from '../../base/bytes.js';
import { clock, type Output, ProgressLine, shortCount } from '../../terminal/progress.js';
import { bytesPerSample } from './files.js';
import type { Task } from './task.js';

/** How much there is to do. */
export interface Amount {
  /** The number of samples in total, and before this run. */
  readonly total: number;
  readonly before: number;
  /** The bytes per sample in the files. */
  readonly bytes: number;
}

/** A bar with throughput and the time left. */
export class ProgressBar {
  readonly #amount: Amount;
  readonly #line: ProgressLine;

  constructor(amount: Amount, output: Output) {
    this.#amount = amount;
    this.#line = new ProgressLine(output);
  }

  /** Shows the samples done by this run and its seconds so far. */
  show(samples: number, seconds: number): void {
    const { total, before, bytes } = this.#amount;
    const done = before + samples;
    const rate = samples / Math.max(seconds, 0.001);
    const figures = [
      `${Math.floor((100 * done) / Math.max(total, 1))}%`,
      `${shortCount(rate)} samples/s`,
      `${byteSize(rate * bytes)}/s`,
      ...(rate > 0 ? [`${clock((total - done) / rate)} left`] : []),
    ];
    this.#line.draw(figures, done, total);
  }

  /** Clears the line. */
  clear(): void {
    this.#line.clear();
  }
}

/** The bar of a task of which an earlier run has done some samples; nothing is drawn if it is to be quiet. */
export function progressBar({ first, end, sources }: Task, before: number, quiet: boolean): ProgressBar {
  const amount = { total: end - first, before, bytes: bytesPerSample(sources.values()) };
  return new ProgressBar(amount, quiet ? { isTTY: false, write: () => true } : process.stderr);
}
