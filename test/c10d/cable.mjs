// Runs collectives until the connection between the ranks is cut, and prints how the rank notices.
import { setTimeout } from 'node:timers/promises';
import { torch } from '../../dist/index.js';

const { distributed: dist } = torch;
await dist.init_process_group('gloo', { timeout: 5 });
await dist.barrier();
process.stdout.write('connected\n');
let last = performance.now();
try {
  for (;;) {
    await dist.all_reduce(torch.ones([4]));
    last = performance.now();
    await setTimeout(50);
  }
} catch (error) {
  const seconds = (performance.now() - last) / 1000;
  process.stdout.write(`${JSON.stringify({ name: error.name, code: error.code, seconds })}\n`);
  throw error;
}
