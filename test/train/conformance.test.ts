/** Recorded PyTorch calls for training: layers, initializations, optimizers, schedulers and utilities. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { replayInit, replayUtilities } from '../../lib/parity/replay/training/functions.js';
import { replayLayers } from '../../lib/parity/replay/training/layers.js';
import { replayOptimizers } from '../../lib/parity/replay/training/optimizers.js';
import { replaySchedulers } from '../../lib/parity/replay/training/schedulers.js';
import { exceptions } from '../helpers/exceptions.js';

const version = libtorch().version.startsWith('1.') ? '1.13.1' : '2.13.0';
const folder = fileURLToPath(new URL(`../fixtures/conformance/training-pytorch-${version}`, import.meta.url));

describe(`recorded calls of PyTorch ${version}`, () => {
  it.each([
    ['layers', replayLayers, 1500],
    ['first values', replayInit, 120],
    ['optimizers', replayOptimizers, 260],
    ['schedules', replaySchedulers, 80],
    ['utilities', replayUtilities, 70],
  ])(
    '%s',
    (_, replay, atLeast) => {
      const results = replay(folder);
      expect(results.length).toBeGreaterThanOrEqual(atLeast);
      expect(
        results
          .filter(({ id, passed }) => !passed && !Object.hasOwn(exceptions, id))
          .map(({ id, error }) => `${id}: ${error}`),
      ).toEqual([]);
    },
    600_000,
  );
});
