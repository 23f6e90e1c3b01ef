/** Starts a Redis for a test. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { freePort } from './free_port.js';
import { temporaryFolder } from './libtorch.js';

/** The program: the one that REDIS_SERVER names, else `redis-server`. */
const PROGRAM = process.env['REDIS_SERVER'] ?? 'redis-server';

/** Whether there is a Redis to start. If REDIS_SERVER names one, it must exist. */
export const hasRedis =
  process.env['REDIS_SERVER'] !== undefined || spawnSync(PROGRAM, ['--version']).error === undefined;

/** A running Redis. */
export interface RedisServer {
  readonly url: string;
  readonly client: Redis;
  /** Kills it, like a crash, and restarts it with the data it had written. */
  restart(): Promise<void>;
}

/** Starts a Redis that writes everything to disk and ends with the test. */
export async function startRedis(...options: readonly string[]): Promise<RedisServer> {
  const folder = temporaryFolder();
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...options];
  const persistent = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'];
  let server: ChildProcess;
  const start = () => (server = spawn(PROGRAM, [...args, ...persistent], { stdio: 'ignore' }));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.on('close', () => resolve());
      server.kill('SIGKILL');
    });
  start();
  const client = new Redis({ port, host: '127.0.0.1', maxRetriesPerRequest: null, retryStrategy: () => 50 });
  client.on('error', () => undefined);
  onTestFinished(async () => {
    client.disconnect();
    await stop();
  });
  await client.ping();
  return {
    url: `redis://127.0.0.1:${port}`,
    client,
    async restart() {
      await stop();
      start();
    },
  };
}
