// How many threads lanes add to a process: node lane_threads.mjs INDEX LANES TOTAL [OWN]. Prints the number of new threads.
import { readdirSync } from 'node:fs';

const [index, lanes, total, own] = process.argv.slice(2);
const { torch } = await import(index);
const threads = () => readdirSync('/proc/self/task').length;
// Large enough for LibTorch to split among all the threads it may use.
torch.set_num_threads(1); // so that this thread gets no helpers
const input = torch.zeros([2 ** 20]);
torch.set_num_threads(Number(total));
const before = threads();
const opened = Array.from({ length: Number(lanes) }, () => new torch.Lane(own ? { threads: Number(own) } : {}));
await Promise.all(opened.map((lane) => torch.nn.functional.mse_loss.async(input, input, { lane })));
console.log(threads() - before);
for (const lane of opened) lane.dispose();
