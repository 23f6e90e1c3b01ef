/** Finds a Python to compare with. */
import { spawnSync } from 'node:child_process';
import { libtorch } from '../../lib/addon/native.js';
import { interpreters } from '../../lib/parity/sides/peer.js';

/** The interpreter with the PyTorch in use, if there is one. */
export function findPython(): string | undefined {
  const { root, minor } = libtorch();
  return interpreters('pytorch', root).find((candidate) => {
    const print = 'import torch; print(torch.__version__)';
    return spawnSync(candidate, ['-c', print], { encoding: 'utf8' }).stdout?.startsWith(`${minor}.`);
  });
}
