import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';

/**
 * The tests that hold or fail with every LibTorch alike: they concern files, text, pages and processes around the computation.
 * Once one LibTorch has passed all tests, `npm run test:each-libtorch` leaves them out for another. A test that is not listed
 * is run with each.
 */
export const ALIKE = [
  'commands/{cli,completion,outputs,schemas,several_files,terminal}',
  'data/{csv_numbers,hostile,open,remote_files,several_files}',
  'distributed/{array_jobs,queue}',
  'evaluate/people',
  'files/*',
  'migration/programs',
  'parity/{frames,judge,report,values}',
  'project/{chromium,docs,guides,package,site,structure,suites,types}',
  'report/*',
  'sanitize/*',
  'security/{set_up,supply_chain}',
].map((name) => `test/${name}.test.ts`);

export default defineConfig({
  test: {
    root: join(import.meta.dirname, '..', '..'),
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...ALIKE],
    pool: 'threads',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
