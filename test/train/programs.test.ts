/** The programs in examples/training give PyTorch 2.13's losses for the same seeds. */
import { describe, expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { compareVersions } from '../../lib/base/compare_versions.js';
import { train as distill } from '../../examples/training/distill.js';
import { train as dqn } from '../../examples/training/dqn.js';
import { train as gpt } from '../../examples/training/gpt.js';
import { train as images } from '../../examples/training/images.js';
import { train as reading } from '../../examples/training/reading.js';
import { train as vae } from '../../examples/training/vae.js';
import { train as words } from '../../examples/training/words.js';
import { thrownBy } from '../helpers/errors.js';

/** What the same programs print in Python, with PyTorch 2.13 on one thread. */
const LOSSES = {
  images: [
    2.2906689643859863, 2.4081523418426514, 2.2948079109191895, 2.3097705841064453, 4, 2.572831630706787,
    1.9729622602462769, 2.2463130950927734, 1.8939216136932373, 4,
  ],
  words: [3.907712459564209, 4.007893085479736, 3.9926605224609375, 4.395455837249756],
  vae: [2199.62109375, 2195.62109375, 2192.07666015625, 2189.3232421875],
  dqn: [0.664901614189148, 8.578949928283691, 0.34101366996765137],
  reading: [2.910159111022949, 42, 2.4021177291870117, 0, 1.6692376136779785, 0],
  distill: [0.28236931562423706, 0.23131462931632996, 0.21939903497695923, 0.2285834699869156],
  gpt: [
    4.0046281814575195, 0.9177989363670349, 4.2542033195495605, 0.9804171323776245, 4.231564521789551,
    0.8838755488395691,
  ],
};

/** What a program uses that is new in this release of PyTorch; the README of the examples says so. */
const SINCE: Readonly<Record<string, string>> = { gpt: '2.0.0' };

const programs = { images, words, vae, dqn, reading, distill, gpt };
const isRecorded = compareVersions(libtorch().version, '2.13.0') >= 0;

describe('training programs', () => {
  it.each(Object.entries(programs))('%s', (name, train) => {
    const since = SINCE[name];
    if (since !== undefined && compareVersions(libtorch().version, since) < 0) {
      expect(thrownBy(train)).toMatchObject({ code: 'ERR_UNKNOWN_OPERATOR' });
      return;
    }
    const { losses, tensors } = train();
    const wanted = LOSSES[name as keyof typeof LOSSES];
    expect(losses.length).toBe(wanted.length);
    expect(tensors.length).toBeGreaterThan(0);
    if (!isRecorded) return;
    for (const [at, loss] of losses.entries()) {
      const expected = wanted[at] as number;
      expect(Math.abs(loss - expected), `loss ${at}: ${loss}, expected ${expected}`).toBeLessThan(
        1e-3 * (1 + Math.abs(expected)),
      );
    }
  });
});
