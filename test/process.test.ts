import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const FOLDER = new URL('../dist/', import.meta.url).href;

interface Ended {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/** Runs a program of test/process to its end. */
function runProgram(name: string, args: readonly string[], flags: readonly string[] = []): Promise<Ended> {
  const file = fileURLToPath(new URL(`./process/${name}.mjs`, import.meta.url));
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [...flags, file, ...args], (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr });
    });
  });
}

const clean = { code: 0, signal: null, stdout: '', stderr: '' };

describe('a process with live tensors', () => {
  it.each<[string, object]>([
    ['return', clean],
    ['exit', { ...clean, code: 3 }],
    ['exit within a callback', { ...clean, code: 4 }],
    ['exit while an error is handled', { ...clean, code: 5 }],
    ['exit listener', { ...clean, stdout: 'true\n' }],
  ])('ends in silence by %s', async (way, ended) => {
    expect(await runProgram('exits', [way, `${FOLDER}index.js`])).toEqual(ended);
  });

  it.each([
    ['throw', /Error: thrown on purpose/],
    ['reject', /Error: thrown on purpose/],
    ['torch error', /TorchError: The size of tensor a \(64\) must match the size of tensor b \(3\)/],
  ])('reports what ends it: %s', async (way, message) => {
    const { code, signal, stderr } = await runProgram('exits', [way, `${FOLDER}index.js`]);
    expect([code, signal]).toEqual([1, null]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/terminate called|FATAL|Segmentation|frame #/);
  });
});

describe('threads and contexts', () => {
  it('compute side by side and may be stopped', async () => {
    expect(await runProgram('workers', [`${FOLDER}index.js`])).toEqual({ ...clean, stdout: 'done\n' });
  });

  it('load the package twice', async () => {
    const { code, signal, stdout, stderr } = await runProgram('twice', [FOLDER]);
    expect({ code, signal, stdout }, stderr).toEqual({ code: 0, signal: null, stdout: 'done\n' });
  });
});

describe('memory', () => {
  it('is counted once, known to the engine, and given back', async () => {
    const { code, stdout, stderr } = await runProgram('memory', [FOLDER], ['--expose-gc']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { bytes, made, viewed, left, kept, freed, scalar, most, tensors } = JSON.parse(stdout);
    // What tensors take beside their elements.
    const slack = 16 * 1024;
    const near = (value: number, wanted: number) => expect(Math.abs(value - wanted)).toBeLessThanOrEqual(slack);
    near(made, bytes);
    near(viewed, 0);
    near(left, 0);
    near(kept, bytes);
    near(freed, 0);
    near(scalar, 0);
    // 2,000 results of 4 MB each were made: the engine collects them, since it is told how much they hold.
    expect(most).toBeLessThan(2 ** 30);
    expect(tensors).toBeLessThan(200);
  });
});
