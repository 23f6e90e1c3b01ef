/** Where the streams of random numbers stand, for a run that goes on with the same bits. */
import type { Generator, GeneratorState } from '../tensor/generator.js';
import { default_generator, defaultGeneratorOf } from '../tensor/generator.js';
import type { Device } from '../base/types.js';

/** The states of the generators that a training run draws from. */
export interface RandomStates {
  default: GeneratorState;
  /** Those of CUDA devices, by their names. */
  devices: Record<string, GeneratorState>;
  /** The loader's own, and the trainer's own. */
  loader: GeneratorState | null;
  own: GeneratorState | null;
}

/** The generators beside the default one. */
export interface Generators {
  readonly loader: Generator | null;
  readonly own: Generator | null;
  /** CUDA devices that the model is on. */
  readonly devices: readonly string[];
}

/** Where the streams stand now. */
export function randomStates({ loader, own, devices }: Generators): RandomStates {
  return {
    default: default_generator.get_state(),
    devices: Object.fromEntries(devices.map((device) => [device, defaultGeneratorOf(device as Device).get_state()])),
    loader: loader?.get_state() ?? null,
    own: own?.get_state() ?? null,
  };
}

/** Takes the streams back to where they stood. */
export function setRandomStates(states: RandomStates, { loader, own, devices }: Generators): void {
  default_generator.set_state(states.default);
  for (const device of devices) {
    const state = states.devices[device];
    if (state !== undefined) defaultGeneratorOf(device as Device).set_state(state);
  }
  if (states.loader !== null) loader?.set_state(states.loader);
  if (states.own !== null) own?.set_state(states.own);
}

/** Runs `fn` with the default generator's stream being that of `generator`, which goes on with it. */
export function drawingFrom<T>(generator: Generator | null, fn: () => T): T {
  if (generator === null) return fn();
  const before = default_generator.get_state();
  const own = generator.get_state();
  try {
    default_generator.set_state(own);
    return fn();
  } finally {
    const after = default_generator.get_state();
    generator.set_state(after);
    default_generator.set_state(before);
    for (const state of [before, own, after]) state.dispose();
  }
}
