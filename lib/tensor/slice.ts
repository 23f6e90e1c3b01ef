/** Slices of a dimension, which may be indices. */

/** The bounds of a slice, or nothing if the value is not one. */
export let partOf: (value: unknown) => [number | null, number | null, number | null] | undefined;

/** A part of a dimension, `start:stop:step` in Python; made by `torch.slice`. */
export class Slice {
  readonly #part: [number | null, number | null, number | null];

  constructor(start: number | null, stop: number | null, step: number | null) {
    this.#part = [start, stop, step];
  }

  static {
    partOf = (value) => (typeof value === 'object' && value !== null && #part in value ? value.#part : undefined);
  }
}
