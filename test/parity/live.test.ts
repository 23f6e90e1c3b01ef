/**
 * The comparison with PyTorch itself. It needs a Python whose PyTorch matches the LibTorch in use; if there is none, for
 * example with a fetched LibTorch, it tests that the command says so.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import { libtorch } from '../../lib/addon/native.js';
import { hasLoss } from '../../lib/parity/cases/generate.js';
import { listLosses } from '../../lib/losses/catalogue.js';
import { Peer, PEER_PROGRAM } from '../../lib/parity/sides/peer.js';
import { encodeFrame } from '../../lib/parity/wire/protocol.js';
import { replay } from '../../lib/parity/replay/replay.js';
import { compareWithPython } from '../../lib/parity/session.js';
import { temporaryFolder } from '../helpers/libtorch.js';
import { findPython } from '../helpers/python.js';
import { schemaErrors } from '../helpers/schemas.js';

const { minor } = libtorch();
const python = findPython();

function torchloss(...args: string[]) {
  const cli = join(PACKAGE_ROOT, 'dist', 'cli.js');
  return spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' });
}

if (python === undefined) {
  it('says which Python it tried if none has PyTorch', () => {
    const { status, stderr } = torchloss('parity', '--cases', '21');
    expect(status).toBe(1);
    expect(stderr).toContain(`found no Python with PyTorch ${minor}. Choose one with --python PATH`);
  });
} else {
  describe('against PyTorch', () => {
    it('every case has identical bits, is rejected by both, or is known', async () => {
      const summary = await compareWithPython({ framework: 'pytorch', python, cases: 420, seed: 7 });
      expect(summary.wrong.map(({ id, reason }) => `${id}: ${reason}`)).toEqual([]);
      expect(summary.counts).toMatchObject({ rounding: 0, wrong: 0 });
      expect(summary).toMatchObject({ same_library: true, passed: 420, failed: 0 });
      // float16 and bfloat16 have few kernels in older LibTorch versions.
      expect(summary.counts.identical).toBeGreaterThan(minor === '1.13' ? 250 : 350);
      expect(summary.counts.deviation).toBeLessThan(5);
      const losses = listLosses().filter((row) => hasLoss(row, 'pytorch'));
      expect(summary.cells.length).toBe(4 * losses.length);
      for (const cell of summary.cells) {
        expect(cell.assert_close).toBe(cell.tensors);
        expect(cell.histogram.slice(1).every((count) => count === 0)).toBe(true);
      }
    });

    it('the command prints the matrix and writes JSON', () => {
      const { stdout, status } = torchloss(
        'parity',
        '--losses',
        'huber_loss,KLDivLoss',
        '--cases',
        '16',
        '--seed',
        '3',
      );
      expect(stdout).toContain('Both run on the same LibTorch: identical bits are expected.');
      expect(stdout).toMatch(/\nhuber_loss +\S+/);
      expect(stdout).toMatch(/\n16 passed, 0 failed\n$/);
      expect(status).toBe(0);
      const json = JSON.parse(
        torchloss('parity', '--losses', 'l1_loss', '--dtypes', 'float64', '--cases', '5', '--json').stdout,
      );
      expect(schemaErrors('parity', json)).toEqual([]);
      expect(json.summaries).toMatchObject([
        { framework: 'pytorch', cells: [{ loss: 'l1_loss', dtype: 'float64' }], passed: 5 },
      ]);
    });

    it('says why CUDA cannot be used', () => {
      const { status, stderr } = torchloss('parity', '--device', 'cuda', '--cases', '21', '--python', python);
      // With a device, the comparison runs on it.
      expect([0, 1]).toContain(status);
      if (status === 1) expect(stderr).toMatch(/CUDA/);
    });

    it('records calls in Python, which replay without it', async () => {
      const folder = join(temporaryFolder(), 'recorded');
      const recorded = torchloss('parity', 'record', folder, '--cases', '168', '--seed', '5');
      expect(recorded.stdout).toMatch(/\n168 passed, 0 failed\n$/);
      expect(readdirSync(folder).toSorted()).toEqual(['cases.json', 'tensors.safetensors']);
      const cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'));
      expect(cases.length).toBe(168);
      const results = replay(folder);
      expect(results.filter(({ passed }) => !passed)).toEqual([]);
      expect(torchloss('parity', 'replay', folder)).toMatchObject({ status: 0, stdout: '168 passed, 0 failed\n' });
    });

    it('prints what it found even if the calls cannot be recorded', () => {
      const file = join(temporaryFolder(), 'file');
      writeFileSync(file, '');
      const { status, stdout, stderr } = torchloss('parity', 'record', file, '--cases', '4', '--python', python);
      expect(stdout).toMatch(/\n4 passed, 0 failed\n$/);
      expect([status, stderr]).toEqual([1, `torchloss: ${file}: File exists [ERR_FILE_WRITE]\n`]);
    });

    it("records a program's own calls", () => {
      const folder = join(temporaryFolder(), 'own');
      const program = `
import sys
sys.path.insert(0, ${JSON.stringify(join(PEER_PROGRAM, '..'))})
import torch
from peer import Recorder
recorder = Recorder("pytorch")
logits = torch.tensor([[1.5, 0.3], [0.2, 2.1]], requires_grad=True)
loss = recorder.call("torch.nn.functional", "cross_entropy", [logits, torch.tensor([0, 1])], {"label_smoothing": 0.1})
loss.backward()
recorder.call("torch.nn", "HuberLoss", [logits, torch.zeros(2, 2)], {"delta": float("inf"), "reduction": "none"})
recorder.call("torch.nn.functional", "l1_loss", [logits, torch.zeros(3)])
print(recorder.save(${JSON.stringify(folder)}), logits.grad is not None)
`;
      expect(spawnSync(python, ['-c', program], { encoding: 'utf8' }).stdout).toBe('3 True\n');
      const cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'));
      expect(cases[0].args.map((argument: { name: string }) => argument.name)).toEqual(['input', 'target']);
      expect(cases[0].expect).toMatchObject({ grads: { input: { key: expect.any(String) } } });
      expect(cases[1].kwargs.delta).toEqual({ float: 'inf' });
      expect(cases[2].expect.error).toMatchObject({ type: 'RuntimeError' });
      expect(replay(folder).map(({ passed, error }) => error ?? passed)).toEqual([true, true, true]);
    });

    it('the child ends with its input, even while it is busy', async () => {
      const busy = `import sys, runpy, torch
torch.nn.functional.l1_loss = lambda *a, **k: __import__("time").sleep(600)
sys.argv = [${JSON.stringify(PEER_PROGRAM)}, "serve", "pytorch"]
runpy.run_path(sys.argv[0], run_name="__main__")`;
      const peer = await Peer.start(python, 'pytorch', { threads: 1 });
      expect(peer.greeting.threads).toBe(1);
      await peer.stop();
      const child = spawn(python, ['-c', busy], { stdio: ['pipe', 'pipe', 'ignore'] });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      const args = [{ name: 'input', value: { tensor: 0 } }];
      const given = { id: 'x', api: 'torch.nn.functional', name: 'l1_loss', args, kwargs: {} };
      const data = Float32Array.of(1);
      for (const part of encodeFrame({
        head: { type: 'run', case: given },
        tensors: [{ dtype: 'float32', shape: [1], data }],
      })) {
        child.stdin.write(part);
      }
      await delay(200);
      expect(child.exitCode).toBe(null);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.stdin.end();
      expect(await ended).toBe(0);
    });
  });
}
