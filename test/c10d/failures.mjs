// Rank 1 ends in the middle of what `way` names; the other ranks print how they notice, and fail.
import { torch } from '../../dist/index.js';

const { distributed: dist, nn } = torch;
const [, , way, timeout = '20'] = process.argv;
await dist.init_process_group('gloo', { timeout: Number(timeout) });
const ddp = await nn.parallel.DistributedDataParallel.create(new nn.Linear(4, 4));
await dist.barrier();
if (dist.get_rank() === 1) {
  if (way === 'late' || way === 'monitored') setTimeout(() => process.exit(0), 1000 * (Number(timeout) + 1));
  else process.kill(process.pid, 'SIGKILL');
  await new Promise(() => undefined);
}
const start = performance.now();
const left = () => setTimeout(() => process.exit(7), 200);
try {
  if (way === 'exit') left();
  if (way === 'backward' || way === 'exit')
    await ddp(torch.ones([2, 4]))
      .sum()
      .backwardAsync();
  else if (way === 'monitored') await dist.monitored_barrier({ timeout: Number(timeout) / 2 });
  else await dist.all_reduce(torch.ones([4]));
} catch (error) {
  const seconds = (performance.now() - start) / 1000;
  process.stdout.write(`${JSON.stringify({ name: error.name, code: error.code, message: error.message, seconds })}\n`);
  throw error;
}
