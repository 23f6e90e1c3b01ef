import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/**
 * The tests whose numbers a processor's instructions could change: `npm run test:numeric`. `ATEN_CPU_CAPABILITY` has
 * LibTorch take the kernels of an older processor, and `TORCHLOSS_PERTURB` moves the last bits of what tests compute
 * with (see perturb.ts).
 */
const NUMERIC = [
  'autograd',
  'conformance',
  'ctc_alpha',
  'deviations',
  'edge_cases*',
  'evaluate_{edges,half,losses,merge}',
  'evaluate',
  'examples',
  'gradients*',
  'guides',
  'hazards*',
  'lane',
  'operators',
  'printed',
  'programs',
  'replay',
  'repr',
  'snippets',
  'tensor',
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
