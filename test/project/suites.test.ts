/** Which tests are run with each LibTorch, and which with one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';
import { expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { ALIKE } from '../each_libtorch/vitest.config.js';

const find = (pattern: string) => globSync(pattern, { cwd: PACKAGE_ROOT });
const alike = ALIKE.flatMap(find);

it.each(ALIKE)('%s is there', (pattern) => {
  const names = /\{(.*)\}/.exec(pattern)?.[1]?.split(',') ?? [''];
  for (const name of names) expect(find(pattern.replace(/\{.*\}/, name)), name).not.toEqual([]);
});

it('all rooms of tensors, losses, layers and training are run with each', () => {
  const rooms = /^test\/(addon|c10d|jit|libtorch|loader|losses|nn|optim|serialization|tensor|train)\//;
  expect(alike.filter((file) => rooms.test(file))).toEqual([]);
});

it('no test that distinguishes releases of LibTorch is run with one only', () => {
  const distinguishes = /addon\/versions\.js|\blibtorch\(\)\.(minor|root)|\bOLDEST\b|\b1\.13\b/;
  expect(alike.filter((file) => distinguishes.test(readFileSync(join(PACKAGE_ROOT, file), 'utf8')))).toEqual([]);
});
