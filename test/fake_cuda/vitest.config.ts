import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** What the host does with CUDA devices, on the fake runtime: `npm run test:fake-cuda`. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '..', '..'),
    include: ['test/fake_cuda/*.fake.ts', 'test/cuda/*.cuda.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
