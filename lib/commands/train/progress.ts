/** The progress line of a run on a terminal. */
import { clock, type Output, ProgressLine, shortCount } from '../../terminal/progress.js';
import type { FitProgress } from '../../train/index.js';

/** A bar for the batches of an epoch, with the loss, the throughput and the time left. */
export class TrainingBar {
  readonly #line: ProgressLine;

  constructor(output: Output = process.stderr) {
    this.#line = new ProgressLine(output);
  }

  show({ epoch, epochs, batch, batches = 0, loss, lr, samplesPerSecond, secondsLeft }: FitProgress): void {
    const figures = [
      `epoch ${epoch}/${epochs}`,
      `loss ${loss.toPrecision(4)}`,
      `${shortCount(samplesPerSecond)} samples/s`,
      ...(secondsLeft === undefined ? [] : [`${clock(secondsLeft)} left`]),
      `lr ${lr.toPrecision(3)}`,
    ];
    this.#line.draw(figures, batch, batches);
  }

  clear(): void {
    this.#line.clear();
  }
}
