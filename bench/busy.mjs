// The time of small calls and small batches while other processes use every core: two threads against one.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { median } from './median.mjs';

const PROGRAM = fileURLToPath(new URL('./busy_calls.mjs', import.meta.url));

/** Keeps a core busy until it is killed or its parent is gone. */
const SPIN =
  'process.stdin.resume(); process.stdin.on("end", () => process.exit()); const turn = () => { for (let i = 0; i < 1e7; i++); setImmediate(turn); }; turn();';

/** Prints the table and returns the exit code. */
export async function benchBusy(rounds) {
  const spinning = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['-e', SPIN], { stdio: ['pipe', 'ignore', 'inherit'] }),
  );
  try {
    const found = { 1: {}, 2: {} };
    // In turns, so that other load on the machine affects both.
    for (let round = 0; round < rounds; round++) {
      for (const threads of [1, 2]) {
        for (const [name, time] of Object.entries(await measure(threads))) (found[threads][name] ??= []).push(time);
      }
    }
    console.log(`microseconds beside ${spinning.length} spinning processes, medians of ${rounds}\n`);
    console.log('| | 1 thread | 2 threads | ratio |\n| --- | --- | --- | --- |');
    for (const [name, times] of Object.entries(found[1])) {
      const [one, two] = [median(times), median(found[2][name])];
      console.log(`| ${name} | ${one.toFixed(1)} | ${two.toFixed(1)} | ${(two / one).toFixed(2)} |`);
    }
    return 0;
  } finally {
    for (const child of spinning) child.kill();
  }
}

async function measure(threads) {
  const env = { ...process.env, TORCHLOSS_NUM_THREADS: String(threads) };
  const child = spawn(process.execPath, [PROGRAM], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const piece of child.stdout.setEncoding('utf8')) text += piece;
  return JSON.parse(text);
}
