/** Starts a Redis for a test. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
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

/** The options of a server with TLS, and the file with the certificate that clients have to trust. */
export interface Tls {
  readonly port: number;
  readonly options: readonly string[];
  readonly authority: string;
}

/** Whether openssl can make a certificate. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** Makes a self-signed certificate for this machine, and the options of a Redis that uses it. */
export async function makeTls(): Promise<Tls> {
  const folder = temporaryFolder();
  const [key, authority] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = spawnSync('openssl', ['req', '-x509', ...kind, ...names, '-keyout', key, '-out', authority]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  const port = await freePort();
  const files = ['--tls-cert-file', authority, '--tls-key-file', key, '--tls-ca-cert-file', authority];
  return { port, authority, options: ['--tls-port', String(port), ...files, '--tls-auth-clients', 'no'] };
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
