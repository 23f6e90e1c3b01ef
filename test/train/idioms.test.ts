/**
 * Programs in the idioms of PyTorch's users (adversarial steps, mixed indexing, custom schedules and layers, policies, frozen
 * features) give the same losses as their Python twins with PyTorch 2.13 and the same seeds on one thread.
 */
import { describe, expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { compareVersions } from '../../lib/base/compare_versions.js';

const LOSSES = {
  dcgan: [
    1.3262450695037842, 0.6851114630699158, 0.5343572497367859, 0.5040401816368103, 1.3070886135101318,
    0.6787108182907104, 0.549294114112854, 0.5072816610336304, 1.2886004447937012, 0.675150990486145,
    0.5623543858528137, 0.5091467499732971, -2.043135643005371,
  ],
  siamese: [
    0.953694224357605, 0.7088924646377563, 0.1732504442334175, 4, 0.5336945056915283, 0.8883868455886841,
    0.17048273980617523, 4,
  ],
  actor_critic: [
    0.6797351241111755, 0.6704745292663574, 0.6926629543304443, 0.6930780410766602, 0.6776671409606934,
    0.48980629444122314, 0.6921259164810181, 0.6926687955856323, 0.6891056299209595, 0.648545503616333,
    0.6804706454277039, 2.2583229541778564, 0.6414137482643127, 0.579888641834259, 0.6914087533950806,
    0.6928142309188843, 0.6695215702056885, 1.826657772064209,
  ],
  super_resolution: [0.35403889417648315, 5.468379930428567, 0.2819693833589554, 6.5701628257751015],
  segmentation: [
    1.6767288446426392, 0.010000000000000002, 0.03551401869158878, 1.7024072408676147, 0.009095325760829625,
    0.04897959183673469, 1.6541402339935303, 0.008180521460508586, 0.03917525773195876, 1.6652244329452515,
    0.0072541784693722, 0.022448979591836733,
  ],
  contrastive: [
    3.0822854042053223, 0.0, 75.0, 0.003, 3.158205986022949, 0.0, 62.5, 0.0022500000000000003, 1.3989877700805664, 62.5,
    100.0, 0.0007500000000000004, 7.621754169464111, 2.6492600440979004, 3.187643527984619, 2.640326738357544,
    5.667346954345703, 2.6309974193573,
  ],
  linear_probe: [
    1.6099251508712769, 0.0, 75.0, 1.6084264516830444, 50.0, 50.0, 1.7326463460922241, 0.0, 0.0, 0.08535533905932738,
    1.4463610649108887, 50.0, 100.0, 1.4049925804138184, 50.0, 100.0, 1.6617214679718018, 0.0, 50.0, 0.05,
  ],
  snli: [1.0628656148910522, 50.0, 1.0832417011260986, 50.0, 1.0859720706939697, 41.666666666666664],
};

const programs = {
  dcgan: () => import('./programs/dcgan.js'),
  siamese: () => import('./programs/siamese.js'),
  actor_critic: () => import('./programs/actor_critic.js'),
  super_resolution: () => import('./programs/super_resolution.js'),
  segmentation: () => import('./programs/segmentation.js'),
  contrastive: () => import('./programs/contrastive.js'),
  linear_probe: () => import('./programs/linear_probe.js'),
  snli: () => import('./programs/snli.js'),
};
const isRecorded = compareVersions(libtorch().version, '2.13.0') >= 0;

describe("programs in PyTorch's idioms", () => {
  it.each(Object.keys(programs) as (keyof typeof programs)[])('%s', async (name) => {
    const { losses, tensors } = await programs[name]();
    const wanted = LOSSES[name] as readonly number[];
    expect(losses.length).toBe(wanted.length);
    expect(tensors.length).toBeGreaterThan(0);
    if (!isRecorded) return;
    for (const [at, loss] of losses.entries()) {
      const expected = wanted[at] as number;
      expect(Math.abs(loss - expected), `loss ${at}: ${loss}, expected ${expected}`).toBeLessThan(
        2e-3 * (1 + Math.abs(expected)),
      );
    }
  });
});
