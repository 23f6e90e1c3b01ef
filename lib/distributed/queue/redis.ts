/** A queue of BullMQ, on Redis or what speaks its protocol. */
import { setTimeout as delay } from 'node:timers/promises';
import type * as BullMQ from 'bullmq';
import type { Redis } from 'ioredis';
import { TorchError } from '../../base/errors.js';
import { count, object, string } from '../../base/schema.js';
import { loadPeer } from '../../data/optional_package.js';
import { nameOfURL } from '../../data/url.js';
import {
  type ConsumeOptions,
  GivenBack,
  LOST_TOO_OFTEN,
  MOST_ATTEMPTS,
  MOST_LOST,
  type Run,
  type ShardFailure,
  type ShardQueue,
  type ShardTask,
} from './interface.js';
import { keyOf, taskOf } from './keys.js';

/** In braces, so that a cluster of Redis keeps all keys on one node, which scripts need. */
const PREFIX = '{torchloss}';
const QUEUE = 'shards';

/** How long plans, results and failures are kept after the last of them has come. */
const KEPT_MILLISECONDS = 24 * 3600 * 1000;
/** How long a run is wanted after its coordinator last said so. */
const WANTED_MILLISECONDS = 60_000;
/** How many shards are enqueued, or looked for, in one go. */
const CHUNK = 500;
/** For how long the first connection is tried. */
const CONNECT_MILLISECONDS = 10_000;
const RECONNECT_MILLISECONDS = 5000;
/** The codes of errors about certificates. */
const UNTRUSTED = /CERT|^ERR_TLS_|^UNABLE_TO_(?:GET|VERIFY|DECODE)/;

/** Keeps the first result of a shard, and notes when it came. */
const STORE = `
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 1 then redis.call('RPUSH', KEYS[2], ARGV[1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])`;

/** What a job says; anyone who can write to Redis may have written it. */
const readTask = object({ run: string, shard: count });

/** Options of {@link redisQueue}. */
export interface RedisQueueOptions {
  /** Called when the connection is lost (`false`), and when it is there again (`true`). */
  readonly onConnection?: ((isThere: boolean) => void) | undefined;
}

/**
 * Opens a queue on Redis. It needs the packages `bullmq` and `ioredis`.
 *
 * All runs share one queue, under the keys `{torchloss}:*`. Plans and results are kept for a day. A connection that is lost
 * later is made again, however long that takes.
 *
 * @param url - `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`, or `rediss:` for TLS; Node's `NODE_EXTRA_CA_CERTS` names
 *   the certificates of your own authority
 * @throws TorchError `ERR_USAGE` for another URL, `ERR_QUEUE` if there is no Redis or it refuses the user, and
 *   `ERR_MISSING_PACKAGE` without the packages; no message has the password
 */
export async function redisQueue(url: string, { onConnection }: RedisQueueOptions = {}): Promise<ShardQueue> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === '')
    throw new TorchError('ERR_USAGE', 'expected the URL of a queue such as redis://HOST:6379, or rediss: for TLS');
  const what = 'A queue on Redis';
  const bull = await loadPeer(() => import('bullmq'), 'bullmq', what);
  const { Redis } = await loadPeer(() => import('ioredis'), 'ioredis', what);
  const name = nameOfURL(parsed);
  let wasReady = false;
  let isClosed = false;
  const client = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (wasReady ? Math.min(200 * times, RECONNECT_MILLISECONDS) : null),
  });
  let problem: Error | undefined;
  client.on('error', (error: Error) => (problem = error));
  for (const start = performance.now(); ; await delay(500)) {
    try {
      await client.connect();
      break;
    } catch (error) {
      const { message, code = '' }: NodeJS.ErrnoException = problem ?? (error as Error);
      const isRefused = /^(?:NOAUTH|WRONGPASS|NOPERM|ERR )/.test(message);
      const isUntrusted = UNTRUSTED.test(code);
      if (!isRefused && !isUntrusted && performance.now() - start < CONNECT_MILLISECONDS) continue;
      client.disconnect();
      const fix = isUntrusted ? '; name the certificates of your own authority in NODE_EXTRA_CA_CERTS' : '';
      throw new TorchError('ERR_QUEUE', `${name}: ${message}${fix}`, { cause: error });
    }
  }
  wasReady = true;
  let isThere = true;
  const tell = (is: boolean) => {
    if (is === isThere || isClosed) return;
    isThere = is;
    onConnection?.(is);
  };
  client.on('close', () => tell(false));
  client.on('ready', () => tell(true));
  const queue = new bull.Queue(QUEUE, { connection: client, prefix: PREFIX });
  queue.on('error', () => undefined); // they are the client's own, which are told above
  return new RedisQueue(name, client, queue, bull, () => (isClosed = true));
}

class RedisQueue implements ShardQueue {
  readonly name: string;
  readonly #client: Redis;
  readonly #queue: BullMQ.Queue;
  readonly #bull: typeof BullMQ;
  readonly #onClose: () => void;

  constructor(name: string, client: Redis, queue: BullMQ.Queue, bull: typeof BullMQ, onClose: () => void) {
    this.name = name;
    this.#client = client;
    this.#queue = queue;
    this.#bull = bull;
    this.#onClose = onClose;
  }

  async open(run: Run): Promise<void> {
    await this.keep(run);
    for (const { job } of await this.#failed(run.id)) await job.remove();
  }

  async keep({ id, plan }: Run): Promise<boolean> {
    const set = await this.#client.set(key(id, 'plan'), plan, 'PX', KEPT_MILLISECONDS, 'NX');
    await this.#client.pexpire(key(id, 'plan'), KEPT_MILLISECONDS);
    await this.#client.set(key(id, 'wanted'), '1', 'PX', WANTED_MILLISECONDS);
    return set === null;
  }

  async leave(run: string): Promise<void> {
    await this.#client.del(key(run, 'wanted'));
  }

  async enqueue(run: string, shards: readonly number[]): Promise<void> {
    for (const chunk of chunks(shards)) {
      await this.#queue.addBulk(
        chunk.map((shard) => ({
          name: 'shard',
          data: { run, shard } satisfies ShardTask,
          opts: {
            jobId: keyOf(run, shard),
            attempts: MOST_ATTEMPTS,
            removeOnComplete: true,
            removeOnFail: { age: KEPT_MILLISECONDS / 1000 },
            stackTraceLimit: 0,
          },
        })),
      );
    }
  }

  async absent(run: string, shards: readonly number[]): Promise<number[]> {
    const absent: number[] = [];
    for (const chunk of chunks(shards)) {
      const pipeline = this.#client.pipeline();
      for (const shard of chunk) pipeline.exists(this.#queue.toKey(keyOf(run, shard)));
      const found = (await pipeline.exec()) ?? [];
      for (const [index, shard] of chunk.entries()) if (found[index]?.[1] === 0) absent.push(shard);
    }
    return absent;
  }

  async finished(run: string, start: number): Promise<{ shards: number[]; end: number }> {
    const end = await this.#client.llen(key(run, 'order'));
    if (end <= start) return { shards: [], end };
    const shards = await this.#client.lrange(key(run, 'order'), start, end - 1);
    return { shards: shards.map(Number), end: start + shards.length };
  }

  async results(run: string, shards: readonly number[]): Promise<(string | undefined)[]> {
    const results = await this.#client.hmget(key(run, 'results'), ...shards.map(String));
    return results.map((result) => result ?? undefined);
  }

  async failures(run: string): Promise<ShardFailure[]> {
    if ((await this.#queue.getFailedCount()) === 0) return [];
    const failed = await this.#failed(run);
    return failed.map(({ shard, job: { failedReason } }) => ({
      shard,
      error: failedReason.startsWith('job stalled') ? LOST_TOO_OFTEN : failedReason,
    }));
  }

  async #failed(run: string) {
    const jobs = await this.#queue.getFailed();
    return jobs.flatMap((job) => {
      const task = taskOf(job?.id ?? '');
      return task.run === run ? [{ shard: task.shard, job }] : [];
    });
  }

  async planOf(run: string): Promise<string | undefined> {
    const [plan, wanted] = await this.#client.mget(key(run, 'plan'), key(run, 'wanted'));
    return wanted === null ? undefined : (plan ?? undefined);
  }

  async hasResult({ run, shard }: ShardTask): Promise<boolean> {
    return (await this.#client.hexists(key(run, 'results'), String(shard))) === 1;
  }

  async store({ run, shard }: ShardTask, result: string): Promise<void> {
    const keys = [key(run, 'results'), key(run, 'order')] as const;
    await this.#client.eval(STORE, 2, ...keys, String(shard), result, KEPT_MILLISECONDS);
  }

  async consume(handle: (task: ShardTask) => Promise<void>, { signal, lease, idle }: ConsumeOptions): Promise<void> {
    if (signal.aborted) return;
    let [last, isBusy] = [performance.now(), false];
    const worker: BullMQ.Worker = new this.#bull.Worker(
      QUEUE,
      async (job, token) => {
        isBusy = true;
        try {
          await handle(readTask(job.data, 'the job'));
        } catch (error) {
          if (!(error instanceof GivenBack)) throw error;
          await job.moveToWait(token);
          throw new this.#bull.WaitingError();
        } finally {
          [last, isBusy] = [performance.now(), false];
        }
      },
      {
        connection: this.#client,
        prefix: PREFIX,
        lockDuration: lease,
        stalledInterval: lease / 2,
        maxStalledCount: MOST_LOST - 1,
      },
    );
    worker.on('error', () => undefined); // connections are made again, and lost shards go to other workers
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (idle !== undefined && !isBusy && performance.now() - last >= idle) stop();
      }, 100);
      const stop = () => {
        clearInterval(timer);
        signal.removeEventListener('abort', stop);
        resolve();
      };
      signal.addEventListener('abort', stop, { once: true });
    });
    await worker.close();
  }

  async close(): Promise<void> {
    this.#onClose();
    await this.#queue.close();
    this.#client.disconnect();
  }
}

function key(run: string, kind: 'plan' | 'wanted' | 'results' | 'order'): string {
  return `${PREFIX}:run:${run}:${kind}`;
}

function* chunks(shards: readonly number[]): Generator<readonly number[]> {
  for (let at = 0; at < shards.length; at += CHUNK) yield shards.slice(at, at + CHUNK);
}
