/** Each supported Node, with both LibTorch versions that the package has binaries for. */
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { NODES, run } from './consumer.js';
import { expectWorks } from './expect.js';
import { NEWEST, OLDEST } from './libtorchs.js';

const consumer = inject('consumer');
const env = { LIBTORCH: NEWEST.root };

describe.each(Object.keys(NODES))('%s', (name) => {
  const node = join(inject('tools'), 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

  it('imports and requires torchloss', async () => {
    const { stdout } = await run(node, ['--version'], consumer);
    expect(stdout).toMatch(new RegExp(`^v${name.slice('node-'.length)}\\.`));
    await expectWorks(consumer, node, { env });
  });

  it(`runs on LibTorch ${OLDEST.minor} as well`, async () => {
    await expectWorks(consumer, node, { env: { LIBTORCH: OLDEST.root } });
  });

  it('loads one torchloss in a process that imports and requires it', async () => {
    expect(await run(node, ['both.cjs'], consumer, { env })).toEqual({
      code: 0,
      stdout: '{"same":true,"sum":[4,6],"is":true}\n',
      stderr: '',
    });
  });

  it('computes in workers', async () => {
    const ended = await run(node, ['worker.mjs'], consumer, { env });
    expect(ended).toEqual({ code: 0, stdout: '[3.5,3.5,3.5]\n', stderr: '' });
  });

  it('runs the program torchloss', async () => {
    const cli = join('node_modules', 'torchloss', 'dist', 'cli.js');
    const { code, stdout } = await run(node, [cli, 'evaluate', '--example', '--json'], consumer, { env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).results[0].loss).toBeCloseTo(0.09691187, 8);
  });
});

describe("the consumer's vitest", () => {
  it.each(['threads', 'forks'])('runs tests in its pool %s', async (pool) => {
    const args = [join('node_modules', 'vitest', 'vitest.mjs'), 'run', `--pool=${pool}`, '--reporter=json'];
    const { code, stdout, stderr } = await run(process.execPath, args, consumer, { env });
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ numPassedTests: 2, numFailedTests: 0 });
  });
});

describe("the consumer's jest", () => {
  it('takes the matchers in ES modules', async () => {
    const jest = join('node_modules', 'jest', 'bin', 'jest.js');
    const args = ['--experimental-vm-modules', jest, '--testMatch', '**/*.jest.mjs', '--json'];
    const { code, stdout, stderr } = await run(process.execPath, args, consumer, { env });
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ numPassedTests: 2, numFailedTests: 0 });
  });
});
