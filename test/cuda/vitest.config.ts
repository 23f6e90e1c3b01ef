import { defineConfig } from 'vitest/config';

/** The tests that need a CUDA device: `npm run test:cuda`. */
export default defineConfig({
  test: {
    include: ['test/cuda/*.cuda.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
