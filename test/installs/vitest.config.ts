import { defineConfig } from 'vitest/config';

/** Installs of the packed package, made like users do: `npm run test:installs`. */
export default defineConfig({
  test: {
    include: ['test/installs/*.install.ts'],
    globalSetup: 'test/installs/setup.ts',
    pool: 'threads',
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
