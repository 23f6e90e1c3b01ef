import { describe, expect, it } from 'vitest';
import { native } from '../../lib/addon/native.js';
import { behaviourOf, type Change, CHANGES } from '../../lib/addon/versions.js';
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
    const { changes: _, ...numbers } = native().constants;
    expect(numbers).toEqual({
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

  it('are the same releases of what changed', () => {
    const { changes } = native().constants;
    const ours = Object.keys(changes).map((change) => [change, codeOf(CHANGES[change as Change])]);
    expect(ours.length).toBeGreaterThan(0);
    expect(changes).toEqual(Object.fromEntries(ours));
  });
});

describe('what changed', () => {
  it('is known of each release', () => {
    expect(behaviourOf('1.13.1')).toEqual(Object.fromEntries(Object.keys(CHANGES).map((change) => [change, false])));
    expect(behaviourOf('2.9.1')).toMatchObject({ hasMuon: true, varianceBroadcastsAnywhere: false });
    expect(behaviourOf('2.10.0+cpu')).toMatchObject({ hasMuon: true, varianceBroadcastsAnywhere: true });
    expect(Object.values(behaviourOf('3.0.0'))).not.toContain(false);
  });
});

/** A release as C++ compares it: 210 is 2.10. */
function codeOf(release: string): number {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  return major * 100 + minor;
}
