import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/**
 * The tests whose numbers may depend on the processor's instructions: `npm run test:numeric`. `ATEN_CPU_CAPABILITY` makes
 * LibTorch use the kernels of an older processor, and `TORCHLOSS_PERTURB` changes last bits (see perturb.ts).
 */
const NUMERIC = [
  'addon/lane',
  'commands/printed',
  'evaluate/{edges,evaluate,half,log_losses,losses,merge,row_losses}',
  'losses/{conformance,ctc_alpha,deviations,documented,edge_cases*,gradients*,hazards*}',
  'parity/replay',
  'project/{guides,programs,snippets}',
  'tensor/{autograd,operators,repr,tensor}',
];

export default defineConfig({
  test: {
    root: join(import.meta.dirname, '..', '..'),
    include: NUMERIC.map((name) => `test/${name}.test.ts`),
    setupFiles: process.env.TORCHLOSS_PERTURB ? ['test/numeric/perturb.ts'] : [],
    pool: 'threads',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
