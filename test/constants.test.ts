import { describe, expect, it } from 'vitest';
import { native } from '../lib/addon/native.js';
import { LAYOUTS, WEIGHINGS } from '../lib/evaluate/plans.js';
import { SKETCH } from '../lib/evaluate/sketch.js';
import { REDUCTIONS } from '../lib/loss/params.js';
import { DTYPES } from '../lib/tensor/dtypes.js';

describe('numbers that the addon and lib both write down', () => {
  it('are the same on both sides', () => {
    const dtypes = Object.fromEntries(Object.entries(DTYPES).map(([name, { code }]) => [name, code]));
    expect(native().constants).toEqual({
      dtypes,
      reductions: REDUCTIONS,
      layouts: LAYOUTS,
      weighings: WEIGHINGS,
      sketch: SKETCH,
    });
  });
});
