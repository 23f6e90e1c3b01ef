// `npm run parity:training -- [--python COMMAND]` runs the recorded layers, optimizers and schedules here and in Python with the
// same LibTorch, on one thread, and compares every bit of what they give. Optimizers run in float32.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { prepare, runScript } from './prepare.mjs';

const PEER = fileURLToPath(new URL('training/peer.py', import.meta.url));

await runScript(async () => {
  const { values } = parseArgs({ options: { python: { type: 'string', default: 'python3' } } });
  await prepare({ native: true });
  const { libtorch } = await import('../dist/addon/native.js');
  const version = libtorch().version.startsWith('1.') ? '1.13.1' : '2.13.0';
  const folder = fileURLToPath(new URL(`../test/fixtures/conformance/training-pytorch-${version}`, import.meta.url));
  const { ownDigests } = await import('./training/own.mjs');
  const theirs = peerDigests(values.python, folder);
  const own = await ownDigests(folder);
  let equal = 0;
  const different = [];
  for (const [id, digest] of await theirs) {
    const both = own.get(id);
    if (both === digest || (both?.startsWith('error') && digest.startsWith('error'))) equal++;
    else different.push(`${id}: ${both?.slice(0, 60)} here, ${digest.slice(0, 60)} in Python`);
  }
  for (const line of different) console.log(line);
  console.log(`${equal} equal to the last bit, ${different.length} different`);
  return different.length === 0 && equal >= 600 ? 0 : 1;
});

/** What Python gives, by id. */
function peerDigests(python, folder) {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [PEER, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (part) => (text += part));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code !== 0) reject(new Error(`${python} ended with ${code}`));
      const lines = text
        .trim()
        .split('\n')
        .map((line) => line.split('\t'));
      resolve(new Map(lines.map(([id, ...rest]) => [id, rest.join('\t')])));
    });
  });
}
