// `npm run bench -- --distributed`: the time to merge shards, the load of a thousand workers on Redis, and a cluster in virtual
// time. It needs redis-server.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { coordinate, redisQueue } from '../dist/distributed/index.js';
import { LeaseTable } from '../dist/distributed/queue/leases.js';
import { evaluate, mergeResults } from '../dist/evaluate/index.js';
import { torch } from '../dist/index.js';
import { simulate } from './shard_simulation.mjs';

const WORKERS = 1000;
const PROCESSES = 4;
const SHARDS = 10_000;
const SEEDS = [1, 2, 3];

/** Measures all three and returns the exit code. */
export async function benchDistributed() {
  await benchMerge();
  await benchQueue();
  return benchSimulation();
}

/** The time to read the results of shards from JSON and to merge them. */
async function benchMerge() {
  const rows = 1000;
  const input = torch.randn([rows, 10]);
  const target = new BigInt64Array(rows).map((_, index) => BigInt(index % 10));
  const options = { partial: true, group_by: 'target', accuracy: true };
  const { partial } = await evaluate(torch.nn.functional.cross_entropy, [input, target], options);
  const text = JSON.stringify({ ...partial, values: null });
  console.log(`Merging results of ${(text.length / 1024).toFixed(1)} KiB each`);
  for (const count of [100, 1000, 10_000]) {
    const start = performance.now();
    let merged;
    for (let done = 0; done < count; done += 256) {
      const batch = Array.from({ length: Math.min(256, count - done) }, () => JSON.parse(text));
      merged = mergeResults(merged === undefined ? batch : [merged, ...batch]);
    }
    const seconds = (performance.now() - start) / 1000;
    if (merged.samples !== count * rows) throw new Error(`${merged.samples} samples of ${count * rows}`);
    console.log(`  ${count} shards: ${seconds.toFixed(2)} s, ${((1000 * seconds) / count).toFixed(2)} ms each`);
  }
}

/** A thousand workers, each with its own connections, process empty shards. */
async function benchQueue() {
  const folder = mkdtempSync(join(tmpdir(), 'torchloss-bench-'));
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder, '--maxclients', '10000'];
  const server = spawn('redis-server', args, { stdio: 'ignore' });
  const url = `redis://127.0.0.1:${port}`;
  const workers = [];
  const client = new Redis(url, { retryStrategy: () => 100 });
  client.on('error', () => undefined);
  try {
    await client.ping();
    const program = join(import.meta.dirname, 'distributed_workers.mjs');
    for (let count = 0; count < PROCESSES; count++) {
      const own = [program, url, String(WORKERS / PROCESSES)];
      workers.push(spawn(process.execPath, own, { stdio: ['ignore', 'ignore', 'inherit'] }));
    }
    const info = async (name) => new RegExp(`${name}:(.*?)\r`).exec(await client.info())?.[1];
    while (Number(await info('blocked_clients')) < WORKERS) await delay(200);
    console.log(
      `${WORKERS} workers in ${PROCESSES} processes: ${await info('connected_clients')} connections to Redis`,
    );
    const queue = await redisQueue(url);
    const counted = new Set();
    const start = performance.now();
    const outcome = await coordinate(
      queue,
      { id: 'bench', plan: '-', shards: SHARDS },
      {
        onResult: (shard) => void counted.add(shard),
      },
    );
    const seconds = (performance.now() - start) / 1000;
    if (outcome.done !== SHARDS || counted.size !== SHARDS) throw new Error(`${counted.size} shards of ${SHARDS}`);
    console.log(
      `  ${SHARDS} empty shards: ${seconds.toFixed(1)} s, ${Math.round(SHARDS / seconds)} a second; Redis took ${await info('used_memory_peak_human')}`,
    );
    await queue.close();
  } finally {
    for (const worker of workers) worker.kill('SIGKILL');
    client.disconnect();
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Clusters in virtual time; returns 1 if one does not end with the bits of a single process. */
function benchSimulation() {
  let code = 0;
  for (const seed of SEEDS) {
    const start = performance.now();
    const options = { workers: 1000, shards: 100_000, crash: 0.05, straggle: 0.02, duplicate: 0.02, seed };
    const { merged, whole, naive, ...counts } = simulate({ LeaseTable, mergeResults }, options);
    const isExact = merged.loss === whole.loss && merged.samples === whole.samples && counts.done === options.shards;
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(
      `Simulation ${seed}: ${counts.leases} leases, ${counts.crashes} crashes, ${counts.stragglers} stragglers, ${counts.dropped} results dropped, ${(60 * counts.hours).toFixed(0)} virtual minutes in ${seconds} s`,
    );
    console.log(
      `  merged: ${isExact ? 'the bits of one process' : 'WRONG'}; a plain sum: ${naive.arrival === naive.order ? 'the same by chance' : 'other bits'}`,
    );
    if (!isExact) code = 1;
  }
  return code;
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
