/** Evaluations by the workers of a queue on a real Redis, while workers and Redis come and go. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { describe, expect, it, onTestFinished } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { readArguments } from '../../lib/commands/evaluate/arguments.js';
import { OpenFiles } from '../../lib/commands/evaluate/files.js';
import { PlanWorker } from '../../lib/commands/evaluate/plan.js';
import { evaluateQueued } from '../../lib/commands/evaluate/queue.js';
import { describeWorst, makeRecord } from '../../lib/commands/evaluate/record.js';
import { runTask } from '../../lib/commands/evaluate/run.js';
import { makeTask } from '../../lib/commands/evaluate/task.js';
import { Outputs } from '../../lib/commands/outputs.js';
import { coordinate, redisQueue, work } from '../../lib/distributed/index.js';
import { PACKAGE_VERSION } from '../../lib/libtorch/places.js';
import { type EvaluationRecord, withRecordKeys } from '../../lib/report/record.js';
import { CLI, findingsOf } from '../helpers/evaluate_cli.js';
import { temporaryFolder } from '../helpers/libtorch.js';
import { writeNpy } from '../helpers/npy.js';
import { ranges, startObjectServer } from '../helpers/object_server.js';
import { hasOpenssl, hasRedis, makeTls, type RedisServer, startRedis } from '../helpers/redis.js';

const SAMPLES = 600;
const SHARDS = 20;
const CLASSES = 5;

/** Scores and labels; the label of the sample `wrong` is not a class. */
function writeData(wrong?: number): { folder: string; args: string[] } {
  const folder = temporaryFolder();
  const scores = Float32Array.from({ length: SAMPLES * CLASSES }, (_, i) => 3 * Math.sin(i * i + 1));
  const labels = BigInt64Array.from({ length: SAMPLES }, (_, i) => (i === wrong ? 99n : BigInt((i * 7) % CLASSES)));
  writeNpy(join(folder, 'scores.npy'), scores, [SAMPLES, CLASSES]);
  writeNpy(join(folder, 'labels.npy'), labels, [SAMPLES]);
  const files = ['--input', join(folder, 'scores.npy'), '--target', join(folder, 'labels.npy')];
  // Small batches, so that shards take a while.
  return { folder, args: [...files, '--group-by', 'target', '--top', '4', '--batch-size', '1'] };
}

/** The record of one process. */
async function alone(args: readonly string[]): Promise<EvaluationRecord> {
  const chosen = readArguments([...args]);
  await using files = new OpenFiles();
  const task = await makeTask(chosen, files);
  return await describeWorst(task, makeRecord(task, chosen, await runTask(task)));
}

/** The record of the workers of a queue. */
async function queued(args: readonly string[], url: string) {
  const chosen = readArguments([...args, '--queue', url, '--shards', String(SHARDS), '--quiet']);
  await using files = new OpenFiles();
  return evaluateQueued(await makeTask(chosen, files), chosen, new Outputs());
}

/** Starts a worker in this process. It ends with the test. */
async function startWorker(url: string, ...places: readonly string[]): Promise<{ computed(): number }> {
  const queue = await redisQueue(url);
  const worker = new PlanWorker(places);
  const stop = new AbortController();
  let computed = 0;
  const ended = work(queue, (plan, shard, signal) => worker.compute(plan, shard, signal), {
    signal: stop.signal,
    lease: 2000,
    grace: 0,
    onShard: (_, error) => (computed += error === undefined ? 1 : 0),
  });
  onTestFinished(async () => {
    stop.abort();
    await ended;
    await worker.close();
    await queue.close();
  });
  return { computed: () => computed };
}

interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  text(): string;
}

/** Starts the program; it is killed at the end of the test if it still runs. */
function startProgram(...args: readonly string[]): Program {
  return startWith({}, ...args);
}

/** Starts the program with variables of the environment. */
function startWith(variables: Readonly<Record<string, string>>, ...args: readonly string[]): Program {
  const env = { ...process.env, ...variables };
  const child = spawn(process.execPath, [CLI, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += data));
  const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)));
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, ended, text: () => text };
}

/** Waits until the given number of shards is done. */
async function untilDone({ client }: RedisServer, shards: number): Promise<void> {
  for (;;) {
    const [run] = await client.keys('{torchloss}:run:*:order');
    if (run !== undefined && (await client.llen(run)) >= shards) return;
    await delay(10);
  }
}

describe.skipIf(!hasRedis)('an evaluation by the workers of a queue on Redis', () => {
  it.each([1, 2])('gives the bits of one process with %i of them', async (workers) => {
    const redis = await startRedis();
    const { folder, args } = writeData();
    for (let count = 0; count < workers; count++) await startWorker(redis.url, folder);
    const { record, failures } = await queued(args, redis.url);
    expect(failures).toEqual([]);
    expect(findingsOf(record)).toEqual(findingsOf(await alone(args)));
  });

  it('gives them with four processes, of which three are killed', async () => {
    const redis = await startRedis();
    const { folder, args } = writeData();
    const start = () => startProgram('worker', '--queue', redis.url, '--data', folder, '--lease', '3', '--quiet');
    const workers = [start(), start(), start(), start()];
    const run = queued(args, redis.url);
    await untilDone(redis, 4);
    for (const { child } of workers.slice(1)) child.kill('SIGKILL');
    const { record, failures } = await run;
    expect(failures).toEqual([]);
    expect(findingsOf(record)).toEqual(findingsOf(await alone(args)));
    expect(workers[0]?.text()).toBe('');
  });

  it('gives them even if Redis crashes and restarts, and even if it loses its data', async () => {
    const redis = await startRedis();
    const { folder, args } = writeData();
    for (let count = 0; count < 2; count++) await startWorker(redis.url, folder);
    const run = queued(args, redis.url);
    await untilDone(redis, 3);
    await redis.restart();
    await untilDone(redis, 8);
    await redis.client.flushall();
    const { record, failures } = await run;
    expect(failures).toEqual([]);
    expect(findingsOf(record)).toEqual(findingsOf(await alone(args)));
  });

  it('gives them to two coordinators, even if shards are delivered twice', async () => {
    const redis = await startRedis();
    const { folder, args } = writeData();
    const runs = [queued(args, redis.url), queued(args, redis.url)];
    // Every shard again, under another name.
    while ((await redis.client.keys('{torchloss}:run:*:plan')).length === 0) await delay(10);
    const [key = ''] = await redis.client.keys('{torchloss}:run:*:plan');
    const queue = new Queue('shards', { connection: redis.client, prefix: '{torchloss}' });
    const run = key.split(':')[2];
    const jobs = Array.from({ length: SHARDS }, (_, index) => ({ name: 'shard', data: { run, shard: index + 1 } }));
    await queue.addBulk(jobs);
    const worker = await startWorker(redis.url, folder);
    const expected = findingsOf(await alone(args));
    for (const { record } of await Promise.all(runs)) expect(findingsOf(record)).toEqual(expected);
    expect(worker.computed()).toBe(SHARDS);
  });

  it('gives them from several files, by a pattern and by URLs', async () => {
    const redis = await startRedis();
    const { folder, args } = writeData();
    const rows = SAMPLES / 2;
    const bytes = readFileSync(join(folder, 'scores.npy')).subarray(-4 * SAMPLES * CLASSES);
    const scores = new Float32Array(Uint8Array.from(bytes).buffer);
    for (const index of [0, 1]) {
      const half = scores.slice(index * rows * CLASSES, (index + 1) * rows * CLASSES);
      writeNpy(join(folder, `part-${index}.npy`), half, [rows, CLASSES]);
    }
    const site = await startObjectServer(readFileSync(join(folder, 'labels.npy')), ranges);
    const places = [folder, `${site.origin}/labels`];
    const elsewhere = ['--input', join(folder, 'part-*.npy'), '--target', `${site.origin}/labels/x.npy`];
    const all = [...elsewhere, ...args.slice(4, -2)];
    await startWorker(redis.url, ...places);
    const { record, failures } = await queued(all, redis.url);
    expect(failures).toEqual([]);
    expect(findingsOf(record)).toEqual(findingsOf(await alone(args.slice(0, -2))));
    const [key = ''] = await redis.client.keys('{torchloss}:run:*:plan');
    const plan = JSON.parse((await redis.client.get(key)) ?? '');
    expect(plan.files.target.etags).toEqual(['"one"']);
    // Another version of the file is not what was planned.
    site.etag = '"two"';
    const worker = new PlanWorker(places);
    await expect(worker.compute(JSON.stringify(plan), 1, new AbortController().signal)).rejects.toMatchObject({
      code: 'ERR_SHARDS',
      message: expect.stringContaining('--target: the file here is another one'),
    });
  });

  it.each([
    ['all samples', [], SAMPLES],
    ['the first samples alone', ['--sample', '333'], 333],
  ])('writes the loss of every sample, of %s', async (_, sample, samples) => {
    const redis = await startRedis();
    const { folder, args } = writeData();
    for (let count = 0; count < 2; count++) await startWorker(redis.url, folder);
    const both = [...args, '--loss', 'cross_entropy', '--loss', 'multi_margin_loss', ...sample];
    const [here, there] = ['here.npy', 'there.npy'].map((name) => join(temporaryFolder(), name)) as [string, string];
    const { record, failures } = await queued([...both, '--per-sample', there], redis.url);
    expect(failures).toEqual([]);
    const program = startProgram('evaluate', ...both, '--per-sample', here, '--json');
    expect(await program.ended).toBe(0);
    const expected = withRecordKeys(JSON.parse(program.text().replace(/^torchloss: .*\n/gm, ''))) as EvaluationRecord;
    expect(findingsOf(record)).toEqual(findingsOf(expected));
    expect(record).toMatchObject({ done: [[0, samples]], total: SAMPLES, complete: samples === SAMPLES });
    expect(readFileSync(there)).toEqual(readFileSync(here));
  });

  it('writes NaN for the samples of a shard that fails', async () => {
    const redis = await startRedis();
    const { folder, args } = writeData(599);
    await startWorker(redis.url, folder);
    const file = join(temporaryFolder(), 'losses.npy');
    const { failures } = await queued([...args, '--per-sample', file], redis.url);
    expect(failures[0]?.message).toContain('shard 20/20: sample 599');
    const bytes = Uint8Array.from(readFileSync(file).subarray(128));
    const losses = Array.from(new Float64Array(bytes.buffer));
    expect(losses.map(Number.isNaN)).toEqual(Array.from({ length: SAMPLES }, (_, index) => index >= 570));
  });

  it('names a shard that fails three times, with its error, and returns the result of the rest', async () => {
    const redis = await startRedis();
    const { folder, args } = writeData(234);
    await startWorker(redis.url, folder);
    const { record, failures } = await queued(args, redis.url);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ code: 'ERR_SHARDS' });
    expect(failures[0]?.message).toMatch(
      /^1 of 20 shards has failed:\n {2}shard 8\/20: sample 234: Target 99 is out of bounds/,
    );
    expect(record).toMatchObject({
      complete: false,
      done: [
        [0, 210],
        [240, 600],
      ],
    });
    expect(record.results[0]?.samples).toBe(SAMPLES - 30);
  });

  it("reads nothing outside a worker's folders, and nothing that is not in its plan", async () => {
    const redis = await startRedis();
    const { args } = writeData();
    const elsewhere = temporaryFolder();
    await startWorker(redis.url, elsewhere);
    const { record, failures } = await queued(args, redis.url);
    expect(record.done).toEqual([]);
    expect(failures[0]?.message).toMatch(
      /^20 of 20 shards have failed:\n {2}shard 1\/20: --input: .*scores\.npy is outside/,
    );
    expect(failures[0]?.message).toMatch(/\n {2}and 10 more$/);
  });

  it('ends on Ctrl-C, and so do its workers, which return their shards', async () => {
    const redis = await startRedis();
    const { folder, args } = writeData();
    const worker = startProgram('worker', '--queue', redis.url, '--data', folder);
    const all = ['evaluate', ...args, '--queue', redis.url, '--shards', String(SHARDS)];
    const coordinator = startProgram(...all);
    await untilDone(redis, 2);
    coordinator.child.kill('SIGINT');
    expect(await coordinator.ended).toBe(130);
    expect(coordinator.text()).toMatch(/gathering what is done.*\nPARTIAL: \d+0 samples of 600/s);
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(143);
    expect(worker.text()).toMatch(/\d+ shards? computed\n$/);
    const queue = new Queue('shards', { connection: redis.client, prefix: '{torchloss}' });
    expect(await queue.getActiveCount()).toBe(0);
  });
});

describe.skipIf(!hasRedis)('the URL of a queue', () => {
  it.skipIf(!hasOpenssl)('may ask for TLS, with a certificate of your own authority', async () => {
    const { port, authority, options } = await makeTls();
    const redis = await startRedis(...options);
    await redis.client.config('SET', 'requirepass', 'open-sesame');
    const { folder, args } = writeData();
    const variables = { TORCHLOSS_QUEUE: `rediss://:open-sesame@127.0.0.1:${port}` };
    const trusting = { ...variables, NODE_EXTRA_CA_CERTS: authority };
    const queued = ['evaluate', ...args.slice(0, 4), '--shards', '2'];
    const wary = startWith(variables, ...queued);
    const worker = startWith(trusting, 'worker', '--data', folder, '--idle', '20');
    const run = startWith(trusting, ...queued, '--json', '--quiet');
    expect([await run.ended, JSON.parse(run.text())]).toMatchObject([0, { complete: true, total: SAMPLES }]);
    worker.child.kill('SIGTERM');
    await worker.ended;
    expect(worker.text()).toContain(`working for rediss://127.0.0.1:${port}, `);
    expect(worker.text()).toContain('2 shards computed');
    expect(await wary.ended).toBe(1);
    expect(wary.text()).toMatch(
      /rediss:\/\/127\.0\.0\.1:\d+: self-signed certificate; name .*NODE_EXTRA_CA_CERTS \[ERR_QUEUE\]\n$/,
    );
    for (const { text } of [worker, run, wary]) expect(text()).not.toContain('open-sesame');
  });

  it('may have credentials, which no message shows', async () => {
    const redis = await startRedis();
    await redis.client.config('SET', 'requirepass', 'open-sesame');
    const secret = redis.url.replace('//', '//:open-sesame@');
    const queue = await redisQueue(secret);
    expect(queue.name).toBe(redis.url);
    await queue.close();
    for (const url of [redis.url.replace('//', '//:wrong-word@'), redis.url]) {
      const told = expect.objectContaining({ code: 'ERR_QUEUE', message: expect.stringMatching(/WRONGPASS|NOAUTH/) });
      const error = await redisQueue(url).catch((reason: unknown) => reason);
      expect(error).toEqual(told);
      expect((error as Error).message).not.toContain('wrong-word');
    }
  });

  it("may be used by users' own programs", async () => {
    const redis = await startRedis();
    const queue = await redisQueue(redis.url);
    const results: string[] = [];
    const run = coordinate(
      queue,
      { id: 'squares', plan: '2', shards: 5 },
      { onResult: (_, result) => void results.push(result), poll: 20 },
    );
    const compute = async (plan: string, shard: number) => String(shard ** Number(plan));
    expect(await work(queue, compute, { idle: 500 })).toEqual({ computed: 5, failed: 0 });
    expect(await run).toEqual({ done: 5, failures: [], stopped: false });
    expect(results.toSorted()).toEqual(['1', '16', '25', '4', '9']);
    await queue.close();
  });
});

describe('an invalid queue URL', () => {
  it.each(['http://host', 'redis://', 'queue'])('is refused: %s', async (url) => {
    await expect(redisQueue(url)).rejects.toMatchObject({ code: 'ERR_USAGE' });
  });
});

describe('the place of a worker', () => {
  it.each(['ftp://host/data', 's3://', 'https://'])('cannot be %s', (place) => {
    expect(() => new PlanWorker([place])).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
  });
});

describe('the plan of a run', () => {
  const sizes = { shards: 1, total: 1, samples: 1, perSample: false };
  const plan = { version: 1, torchloss: '0', libtorch: '0', args: [], ...sizes, files: {}, modified: '' };

  it.each<[string, object, object]>([
    ['is JSON', { version: 2 }, { code: 'ERR_FILE_FORMAT' }],
    ['has at most all samples', { samples: 2 }, { code: 'ERR_SHARDS' }],
    ['requires the installed versions', {}, { code: 'ERR_SHARDS' }],
  ])('%s', async (_, change, error) => {
    const worker = new PlanWorker([temporaryFolder()]);
    const text = JSON.stringify({ ...plan, ...change });
    await expect(worker.compute(text, 1, new AbortController().signal)).rejects.toMatchObject(error);
  });

  it.each<[string, (folder: string) => string[], string]>([
    ['a URL', () => ['--input', 'https://127.0.0.1:9/scores.npy'], 'is outside'],
    ['a URL beside those of the worker', () => ['--input', 'https://127.0.0.1:9/data2/scores.npy'], 'is outside'],
    ['a URL above them', () => ['--input', 'https://127.0.0.1:9/data/%2e%2e/scores.npy'], 'is outside'],
    [
      'a URL above them, for servers that decode',
      () => ['--input', 'https://127.0.0.1:9/data/..%2fx.npy'],
      'is outside',
    ],
    ['the URL of another port', () => ['--input', 'https://127.0.0.1/data/scores.npy'], 'is outside'],
    ['an object of another bucket', () => ['--input', 's3://buckets/run/scores.npy'], 'is outside'],
    ['an object beside those of the worker', () => ['--input', 's3://bucket/run2/scores.npy'], 'is outside'],
    ['standard input', () => ['--input', '-'], 'expected files that all workers can read'],
    ['a pattern', (folder) => ['--input', join(folder, '..', '*.npy')], 'is outside'],
    ['a pattern that finds a link', (folder) => ['--input', join(folder, 'li*.npy')], 'is outside'],
    ['a path with ..', (folder) => ['--input', join(folder, '..', 'inside', '..', 'scores.npy')], 'is outside'],
    ['a link', (folder) => ['--input', join(folder, 'link.npy')], 'is outside'],
    ['another folder', (folder) => ['--input', join(folder, '..', 'scores.npy')], 'is outside'],
    ['a file to write', (folder) => ['--report', join(folder, 'report.html')], 'arguments that a shard does not take'],
  ])('may not name %s', async (_, args, message) => {
    const parent = temporaryFolder();
    const inside = join(parent, 'inside');
    mkdirSync(inside);
    writeNpy(join(parent, 'scores.npy'), Float32Array.of(1, 2), [2]);
    symlinkSync(join(parent, 'scores.npy'), join(inside, 'link.npy'));
    const target = ['--target', writeNpy(join(inside, 'labels.npy'), Float32Array.of(1, 2), [2])];
    const own = { torchloss: PACKAGE_VERSION, libtorch: libtorch().version };
    const all = ['--loss', 'mse_loss', ...args(inside), ...target];
    if (!all.includes('--input')) all.push('--input', join(inside, 'labels.npy'));
    const worker = new PlanWorker([inside, 'https://127.0.0.1:9/data', 's3://bucket/run']);
    const text = JSON.stringify({ ...plan, ...own, args: all });
    await expect(worker.compute(text, 1, new AbortController().signal)).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_USAGE', message: expect.stringContaining(message) }),
    );
    expect(readdirSync(inside).toSorted()).toEqual(['labels.npy', 'link.npy']);
  });
});
