import { describe, expect, it } from 'vitest';
import { native } from '../../lib/addon/native.js';
import { LAYOUTS, SCORES, WEIGHINGS } from '../../lib/evaluate/plans.js';
import { SKETCH } from '../../lib/evaluate/sketch.js';
import { REDUCTIONS } from '../../lib/loss/params.js';
import { ABSENT, ACC_POLICIES, CHOSEN } from '../../lib/losses/linear_cross_entropy_options.js';
import { ACTIVATIONS } from '../../lib/losses/mindspore/multi_class_dice.js';
import { COMPLEX, DTYPES } from '../../lib/tensor/dtypes.js';

describe('constants that both the addon and lib define', () => {
  it('are equal', () => {
    const real = Object.entries(DTYPES).map(([name, { code }]) => [name, code]);
    const dtypes = { ...Object.fromEntries(real), ...COMPLEX };
    expect(native().constants).toEqual({
      dtypes,
      reductions: REDUCTIONS,
      layouts: LAYOUTS,
      weighings: WEIGHINGS,
      accPolicies: ACC_POLICIES,
      activations: ACTIVATIONS,
      options: { chosen: CHOSEN, absent: ABSENT },
      scores: SCORES,
      sketch: SKETCH,
    });
  });
});
