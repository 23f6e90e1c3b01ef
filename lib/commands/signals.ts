/** Signals that stop a run between two steps. */

/** The signals that stop a program. */
export type StopSignal = 'SIGINT' | 'SIGTERM';

/** The exit codes after a signal. */
export const SIGNAL_CODES: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

/** Records the first signal; a second one ends the program, as signals do by default. */
export class SignalWatch {
  signal: StopSignal | undefined;
  readonly #note = (signal: NodeJS.Signals) => {
    this.signal = signal as StopSignal;
    this[Symbol.dispose]();
    this.#onSignal();
  };
  readonly #onSignal: () => void;

  /** @param onSignal - called at the first signal */
  constructor(onSignal: () => void) {
    this.#onSignal = onSignal;
    for (const signal of Object.keys(SIGNAL_CODES)) process.once(signal, this.#note);
  }

  [Symbol.dispose](): void {
    for (const signal of Object.keys(SIGNAL_CODES)) process.off(signal, this.#note);
  }
}
