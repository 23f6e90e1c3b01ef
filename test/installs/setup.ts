/**
 * Makes once, for all tests of this folder: the binaries for this platform, the tarball with them, a folder of other Nodes and
 * package managers, and a consumer with the tarball installed by npm.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { makeConsumer, NODES, runOrThrow } from './consumer.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder that all of the tests work in. */
    readonly workplace: string;
    readonly tarball: string;
    /** The folder of the Nodes, package managers, other runtimes and bundlers. */
    readonly tools: string;
    /** A consumer installed by npm, with TypeScript 5, 6 and 7, vitest and jest. */
    readonly consumer: string;
  }
}

export default function setup(project: TestProject): () => void {
  const workplace = mkdtempSync(join(tmpdir(), 'torchloss-installs-'));
  runOrThrow(process.execPath, ['scripts/prebuild.mjs'], PACKAGE_ROOT);
  runOrThrow('npm', ['pack', '--silent', '--pack-destination', workplace], PACKAGE_ROOT);
  const tarball = join(workplace, readdirSync(workplace).find((name) => name.endsWith('.tgz')) as string);
  const tools = makeConsumer(join(workplace, 'tools'), {
    ...NODES,
    pnpm: '^12.0.0',
    'yarn-1': 'npm:yarn@^1.22.0',
    'yarn-4': 'npm:@yarnpkg/cli-dist@^4.0.0',
    bun: '^1.4.0',
    deno: '^2.9.0',
    esbuild: '^0.28.0',
  });
  const consumer = makeConsumer(join(workplace, 'consumer'), {
    torchloss: `file:${tarball}`,
    '@types/node': '^20.19.0',
    'typescript-5': 'npm:typescript@^5.9.0',
    'typescript-6': 'npm:typescript@^6.0.0',
    'typescript-7': 'npm:typescript@^7.0.0',
    jest: '^30.0.0',
    vitest: '^4.1.0',
  });
  for (const folder of [tools, consumer]) runOrThrow('npm', ['install', '--prefer-offline', '--silent'], folder);
  project.provide('workplace', workplace);
  project.provide('tarball', tarball);
  project.provide('tools', tools);
  project.provide('consumer', consumer);
  return () => rmSync(workplace, { recursive: true, force: true });
}
