/** The progress line of a run on a terminal. */
import { drawBar, type Output } from '../../terminal/progress.js';
import type { FitProgress } from '../../train/index.js';
import { clock, shortCount } from '../evaluate/progress.js';

/** One line that is redrawn; nothing where the output is no terminal. */
export class TrainingBar {
  readonly #output: Output | undefined;

  constructor(output: Output = process.stderr) {
    this.#output = output.isTTY === true ? output : undefined;
  }

  show({ epoch, epochs, batch, batches = 0, loss, lr, samplesPerSecond, secondsLeft }: FitProgress): void {
    if (this.#output === undefined) return;
    const figures = [
      `epoch ${epoch}/${epochs}`,
      `loss ${loss.toPrecision(4)}`,
      `${shortCount(samplesPerSecond)} samples/s`,
      ...(secondsLeft === undefined ? [] : [`${clock(secondsLeft)} left`]),
      `lr ${lr.toPrecision(3)}`,
    ];
    const width = this.#output.columns || 80; // some terminals report 0
    while (figures.join('  ').length > width - 1 && figures.length > 1) figures.pop();
    const text = figures.join('  ');
    const bar = drawBar(batch, batches, width - text.length - 5);
    this.#output.write(`\r\x1b[K${bar}${bar && ' '}${text}`);
  }

  clear(): void {
    this.#output?.write('\r\x1b[K');
  }
}
