import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'data');

/** The path of a file that scripts/data_fixtures.py wrote. */
export function fixture(name: string): string {
  return join(FOLDER, name);
}
