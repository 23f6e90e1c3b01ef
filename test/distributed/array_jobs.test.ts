/** Shards as tasks of a job array, and the places for their results. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { run as evaluate } from '../../lib/commands/evaluate/index.js';
import { shellWord } from '../../lib/base/shell.js';
import { run as info } from '../../lib/commands/info.js';
import { run as merge } from '../../lib/commands/merge.js';
import { arrayTask, openResults, type ResultStore } from '../../lib/distributed/index.js';
import { shardName, shardOfName } from '../../lib/distributed/internal.js';
import type { TorchError } from '../../lib/base/errors.js';
import { PACKAGE_ROOT } from '../../lib/libtorch/places.js';
import type { EvaluationRecord } from '../../lib/report/record.js';
import type * as Print from '../../lib/terminal/print.js';
import { CLI, findingsOf } from '../helpers/evaluate_cli.js';
import { temporaryFolder } from '../helpers/libtorch.js';
import { startObjectStore } from '../helpers/object_store.js';

const isPosix = process.platform !== 'win32';

/** The output of commands that run in this process: one text per call of {@link run}. */
const printed = vi.hoisted(() => ({ current: [{ stdout: '', stderr: '' }] }));

vi.mock('../../lib/terminal/print.js', async (original) => {
  const real = await original<typeof Print>();
  const add = (stream: 'stdout' | 'stderr') => (text: string) => {
    const [last] = printed.current.slice(-1) as [{ stdout: string; stderr: string }];
    last[stream] += `${real.shown(text)}\n`;
  };
  return { ...real, print: add('stdout'), printJson: add('stdout'), printError: add('stderr') };
});

const COMMANDS: Readonly<Record<string, (args: string[]) => Promise<number>>> = { evaluate, merge, info };

/** Runs a command in this process with some variables; returns the output and exit code that the program would have. */
async function run(
  [command = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ status: number; stdout: string; stderr: string }> {
  const own = { stdout: '', stderr: '' };
  printed.current.push(own);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  try {
    return { status: await (COMMANDS[command] as (typeof COMMANDS)[string])([...args]), ...own };
  } catch (error) {
    const { code, message } = error as TorchError;
    return { ...own, status: code === 'ERR_USAGE' ? 2 : 1, stderr: `${own.stderr}torchloss: ${message} [${code}]\n` };
  } finally {
    vi.unstubAllEnvs();
  }
}

/** The record of an evaluation in this process. */
async function recordOf(...args: readonly string[]): Promise<EvaluationRecord> {
  return JSON.parse((await run(['evaluate', ...args, '--json', '-q'])).stdout);
}

describe('arrayTask', () => {
  it.each<[string, Record<string, string>, object]>([
    [
      'a Kubernetes indexed Job',
      { JOB_COMPLETION_INDEX: '0', TORCHLOSS_SHARDS: '16' },
      { scheduler: 'Kubernetes indexed Job', index: 1, count: 16 },
    ],
    [
      'a Slurm array from 0',
      {
        SLURM_ARRAY_TASK_ID: '15',
        SLURM_ARRAY_TASK_MIN: '0',
        SLURM_ARRAY_TASK_MAX: '15',
        SLURM_ARRAY_TASK_STEP: '1',
        SLURM_ARRAY_TASK_COUNT: '16',
      },
      { scheduler: 'Slurm array', index: 16, count: 16 },
    ],
    [
      'a Slurm array with a step',
      {
        SLURM_ARRAY_TASK_ID: '7',
        SLURM_ARRAY_TASK_MIN: '1',
        SLURM_ARRAY_TASK_MAX: '15',
        SLURM_ARRAY_TASK_STEP: '2',
        SLURM_ARRAY_TASK_COUNT: '8',
      },
      { scheduler: 'Slurm array', index: 4, count: 8 },
    ],
    [
      'an AWS Batch array',
      { AWS_BATCH_JOB_ARRAY_INDEX: '3', AWS_BATCH_JOB_ARRAY_SIZE: '10' },
      { scheduler: 'AWS Batch array', index: 4, count: 10 },
    ],
    [
      'Google Batch',
      { BATCH_TASK_INDEX: '1', BATCH_TASK_COUNT: '2' },
      { scheduler: 'Google Batch', index: 2, count: 2 },
    ],
    ['torchrun', { RANK: '1', WORLD_SIZE: '4' }, { scheduler: 'torchrun', index: 2, count: 4 }],
    [
      'two schedulers that agree',
      { JOB_COMPLETION_INDEX: '1', TORCHLOSS_SHARDS: '4', RANK: '1', WORLD_SIZE: '4' },
      { scheduler: 'Kubernetes indexed Job', index: 2, count: 4 },
    ],
  ])('reads %s', (_, env, task) => expect(arrayTask(env)).toEqual(task));

  it.each<[string, Record<string, string>, string]>([
    ['no scheduler', { RANK: '' }, 'found the variables of no scheduler: expected those of one of Kubernetes'],
    [
      'a Job without its count',
      { JOB_COMPLETION_INDEX: '2' },
      "Kubernetes indexed Job: JOB_COMPLETION_INDEX is set, TORCHLOSS_SHARDS is not; Kubernetes sets no count: give the container TORCHLOSS_SHARDS with the Job's completions",
    ],
    ['a rank without a world', { RANK: '2', WORLD_SIZE: '' }, 'torchrun: RANK is set, WORLD_SIZE is not'],
    [
      'an invalid rank',
      { RANK: 'gold', WORLD_SIZE: '3' },
      "torchrun: RANK: expected an integer of 0 or more, got 'gold'",
    ],
    [
      'an index beyond the count',
      { BATCH_TASK_INDEX: '4', BATCH_TASK_COUNT: '4' },
      'Google Batch: BATCH_TASK_INDEX is 4, which is none of its 4 tasks',
    ],
    [
      'a Slurm array with gaps',
      {
        SLURM_ARRAY_TASK_ID: '3',
        SLURM_ARRAY_TASK_MIN: '3',
        SLURM_ARRAY_TASK_MAX: '7',
        SLURM_ARRAY_TASK_COUNT: '2',
      },
      'Slurm array: the 2 tasks from 3 to 7 leave some out, so their shards are not known; write --shard "$SLURM_ARRAY_TASK_ID/N"',
    ],
    [
      'two schedulers that disagree',
      { JOB_COMPLETION_INDEX: '1', TORCHLOSS_SHARDS: '4', RANK: '0', WORLD_SIZE: '2' },
      'Kubernetes indexed Job says 2/4, but torchrun says 1/2',
    ],
  ])('refuses %s', (_, env, message) => {
    expect(() => arrayTask(env)).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE', message: expect.stringContaining(message) }),
    );
  });
});

describe('a place for results', () => {
  /** Each kind of place, ready to open. */
  const places: Readonly<Record<string, () => Promise<{ place: string; objects?: Map<string, string> }>>> = {
    folder: async () => ({ place: join(temporaryFolder(), 'new', 'results') }),
    'file: URL': async () => ({ place: pathToFileURL(join(temporaryFolder(), 'new')).href }),
    'http: address': async () => {
      const { url, objects } = await startObjectStore();
      return { place: `${url}/run?signature=secret`, objects };
    },
    's3: bucket': async () => {
      const { url, objects } = await startObjectStore();
      Object.assign(process.env, {
        AWS_ENDPOINT_URL_S3: url,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'key',
        AWS_SECRET_ACCESS_KEY: 'secret',
      });
      return { place: 's3://bucket/some/run', objects };
    },
  };

  it.each(Object.keys(places))('that is a %s stores each result once, and whole', async (kind) => {
    const { place } = await (places[kind] as () => Promise<{ place: string }>)();
    const store: ResultStore = await openResults(place, { allowHttp: true });
    expect(store.name).not.toContain('secret');
    const name = shardName({ index: 3, count: 16 });
    expect(await store.read(name)).toBeUndefined();
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => store.create(name, `result ${i} é`)));
    expect(answers.filter((isNew) => isNew)).toHaveLength(1);
    expect(await store.read(name)).toBe(`result ${answers.indexOf(true)} é`);
    expect(await store.create(name, 'another')).toBe(false);
    expect(await store.read(name)).toBe(`result ${answers.indexOf(true)} é`);
    expect(await store.list()).toEqual(kind === 'http: address' ? undefined : [name]);
  });

  it('that fails temporarily is asked again, with only its own credentials', async () => {
    const { url, objects, requests, failures } = await startObjectStore();
    failures.push(503);
    const store = await openResults(url.replace('//', '//me:s%3Acret@'), { allowHttp: true });
    expect(await store.create('shard-1-of-1.json', '{}')).toBe(true);
    expect([...objects]).toEqual([['/shard-1-of-1.json', '{}']]);
    expect(requests).toHaveLength(2);
    expect(requests[1]).toMatchObject({
      path: '/shard-1-of-1.json',
      headers: { authorization: `Basic ${btoa('me:s:cret')}`, 'if-none-match': '*' },
    });
    failures.push(403);
    await expect(store.read('shard-1-of-1.json')).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_FILE_READ', message: expect.not.stringContaining('cret@') }),
    );
  });

  it.each([
    ['http://host/path', "expected a folder, s3://BUCKET/PREFIX or https:, got 'http:'; --allow-http permits http:"],
    ['gopher://host', "expected a folder, s3://BUCKET/PREFIX or https:, got 'gopher:'"],
    ['https://user:secret@ /', 'expected a folder or a URL for the results'],
  ])('may not be %s', async (place, message) => {
    await expect(openResults(place)).rejects.toMatchObject({ code: 'ERR_USAGE', message });
  });

  it('names results so that they sort like their shards', () => {
    expect([1, 10, 2].map((index) => shardName({ index, count: 10 })).toSorted()).toEqual([
      'shard-01-of-10.json',
      'shard-02-of-10.json',
      'shard-10-of-10.json',
    ]);
    expect(shardOfName('shard-01-of-10.json')).toEqual({ index: 1, count: 10 });
    for (const name of ['shard-11-of-10.json', 'shard-0-of-1.json', '.shard-1-of-2.json.7.tmp', 'other.json'])
      expect(shardOfName(name)).toBeUndefined();
  });
});

describe('torchloss evaluate --shard auto --results', () => {
  it('stores a shard, for which torchloss merge waits, and names missing ones', async () => {
    const place = join(temporaryFolder(), "it's here");
    const evaluateShard = (index: number, ...more: string[]) =>
      run(['evaluate', '--example', '--top', '3', '--shard', 'auto', '--results', place, '-q', ...more], {
        RANK: String(index),
        WORLD_SIZE: '4',
      });
    expect(await run(['merge', place])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('has no results of shards [ERR_SHARDS]'),
    });
    const [first, again] = [await evaluateShard(0), await evaluateShard(0)];
    expect([first, again]).toMatchObject([{ status: 0 }, { status: 0, stderr: '' }]);
    await evaluateShard(3);
    const missing = await run(['merge', place]);
    expect(missing).toMatchObject({ status: 1, stderr: 'torchloss: 2 of 4 shards are missing: 2 to 3 [ERR_SHARDS]\n' });
    const commands = missing.stdout.trim().split('\n');
    expect(commands).toEqual(
      [2, 3].map(
        (index) => `torchloss evaluate --example --top 3 --shard ${index}/4 --results '${place.replace("'", "'\\''")}'`,
      ),
    );
    const partial = await run(['merge', place, '--partial']);
    expect(partial).toMatchObject({ status: 0, stdout: expect.stringContaining('PARTIAL: 270 samples of 540') });
    // The first shard arrives while a merge is waiting.
    const waiting = run(['merge', place, '--json', '--wait', '2m']);
    for (const [at, command] of commands.entries()) {
      if (at === 0 && isPosix)
        execFileSync('sh', ['-c', command.replace(/^torchloss/, `${shellWord(process.execPath)} ${shellWord(CLI)}`)]);
      else await evaluateShard(at + 1);
    }
    expect(await waiting).toMatchObject({ status: 0 });
    const { status, stdout } = await run(['merge', place, '--json']);
    expect(status).toBe(0);
    expect(findingsOf(JSON.parse(stdout))).toEqual(findingsOf(await recordOf('--example', '--top', '3')));
    expect(readdirSync(place)).toHaveLength(4);

    // A stored result stays, whatever comes later.
    const before = readFileSync(join(place, 'shard-2-of-4.json'), 'utf8');
    const other = await evaluateShard(1, '--option', 'label_smoothing=0.5');
    expect(other).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('loss'),
      stderr: expect.stringMatching(
        /has another result of shard 2\/4, which stays: --option is \{\} there, \{"label_smoothing":0\.5\} here \[ERR_SHARDS\]/,
      ),
    });
    expect(readFileSync(join(place, 'shard-2-of-4.json'), 'utf8')).toBe(before);
    writeFileSync(join(place, 'shard-2-of-8.json'), before);
    expect(await run(['merge', place])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('has results of 4 shards and of 8 [ERR_SHARDS]'),
    });
  });

  it('stores in an object store, for which the number of shards must be given', async () => {
    const { url } = await startObjectStore();
    const place = `${url}/run?sas=secret`;
    for (const index of [1, 2]) {
      const args = ['evaluate', '--example', '--shard', `${index}/2`, '--results', place, '--allow-http', '-q'];
      expect(await run(args)).toMatchObject({ status: 0 });
    }
    expect(await run(['merge', place, '--allow-http'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('/run cannot be listed: say with --shards N how many shards there are'),
    });
    const merged = await run(['merge', place, '--allow-http', '--shards', '2', '--json']);
    expect(findingsOf(JSON.parse(merged.stdout))).toEqual(findingsOf(await recordOf('--example')));
    const more = await run(['merge', place, '--allow-http', '--shards', '3']);
    expect(more).toMatchObject({ status: 1, stderr: expect.stringContaining('has no results of shards') });
    expect(more.stderr).not.toContain('secret');
  });

  it('omits the losses of single samples if the result of many samples does not use them', async () => {
    const folder = temporaryFolder();
    const samples = 2 ** 16 + 8;
    const [input, target] = ['input', 'target'].map((name) => join(folder, `${name}.bin`)) as [string, string];
    const values = Float32Array.from({ length: samples }, (_, i) => Math.sin(i));
    writeFileSync(input, values);
    writeFileSync(
      target,
      values.map((value) => value * value),
    );
    const query = '?dtype=float32&shape=-1';
    const args = ['--loss', 'mse_loss', '--input', `${input}${query}`, '--target', `${target}${query}`];
    for (const shard of ['1/2', '2/2'])
      expect(await run(['evaluate', ...args, '--shard', shard, '--results', folder, '-q'])).toMatchObject({
        status: 0,
      });
    const stored = readFileSync(join(folder, 'shard-1-of-2.json'), 'utf8');
    expect(JSON.parse(stored).results[0].partial.values).toBeNull();
    const merged = await run(['merge', folder, '--json', '-q']);
    expect(findingsOf(JSON.parse(merged.stdout))).toEqual(findingsOf(await recordOf(...args)));
  });

  it.each<[string[], string]>([
    [['evaluate', '--example', '--results', 'x'], '--results needs --shard I/N, or auto'],
    [['evaluate', '--example', '--shard', '1/2', '--sample', '3', '--results', 'x'], '--results stores whole shards'],
    [['evaluate', '--example', '--shard', 'auto'], '--shard auto: found the variables of no scheduler'],
    [['evaluate', '--example', '--shard', '1/2', '--results', 'ftp://x'], '--results: expected a folder, s3:'],
    [['merge'], 'expected one place with the results of shards, got 0'],
    [['merge', 'a', '--wait', 'long'], "--wait: expected a time such as 90s, 30m or 2h, got 'long'"],
    [['merge', 'a', '--shards', '0'], "--shards: expected an integer of 1 or more, got '0'"],
  ])('refuses %j', async (args, message) => {
    expect(await run(args, { RANK: '' })).toMatchObject({ status: 2, stderr: expect.stringContaining(message) });
  });
});

describe('torchloss info', () => {
  it('names the schedulers whose variables are set', async () => {
    const env = { BATCH_TASK_INDEX: '2', BATCH_TASK_COUNT: '5', JOB_COMPLETION_INDEX: '1', TORCHLOSS_SHARDS: '' };
    const { stdout } = await run(['info'], env);
    expect(stdout).toContain(
      'For --shard auto:\n  Kubernetes indexed Job: JOB_COMPLETION_INDEX is set, TORCHLOSS_SHARDS is not;',
    );
    expect(stdout).toContain('\n  Google Batch: shard 3/5\n');
    const report = JSON.parse((await run(['info', '--json'], env)).stdout);
    expect(report.schedulers[1]).toEqual({ scheduler: 'Google Batch', index: 3, count: 5 });
  });
});

describe('examples/cluster', () => {
  const cluster = join(PACKAGE_ROOT, 'examples', 'cluster');
  const digits = join(PACKAGE_ROOT, 'examples', 'digits');

  interface Container {
    readonly args: readonly string[];
    readonly env?: readonly { readonly name: string; readonly value?: string }[];
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  }
  interface Manifest {
    readonly kind: string;
    readonly spec: {
      readonly completions?: number;
      readonly completionMode?: string;
      readonly template: { readonly spec: { readonly containers: readonly [Container] } };
    };
  }
  const manifests = (name: string) =>
    parseAllDocuments(readFileSync(join(cluster, name), 'utf8')).map((document) => document.toJS() as Manifest);

  /** The arguments and variables of a container, with folders instead of its mounts. */
  function contentsOf(
    { spec }: Manifest,
    folders: Readonly<Record<string, string>>,
  ): { args: string[]; env: Record<string, string> } {
    const [{ args, env = [], volumeMounts }] = spec.template.spec.containers;
    const mounted = (text: string) =>
      volumeMounts.reduce((all, { name, mountPath }) => all.replace(mountPath, folders[name] as string), text);
    return {
      args: args.map(mounted),
      env: Object.fromEntries(env.map(({ name, value }) => [name, value ?? ''])),
    };
  }

  it('has a Kubernetes indexed Job whose pods give the result of one run', async () => {
    const [shards, merge] = manifests('kubernetes_array.yaml') as [Manifest, Manifest];
    expect(shards.spec.completionMode).toBe('Indexed');
    const folders = { data: digits, results: temporaryFolder() };
    const { args, env } = contentsOf(shards, folders);
    expect(env['TORCHLOSS_SHARDS']).toBe(String(shards.spec.completions));
    for (let index = 0; index < (shards.spec.completions ?? 0); index++) {
      const pod = await run(args, { ...env, JOB_COMPLETION_INDEX: String(index) });
      expect(pod).toMatchObject({ status: 0, stderr: '' });
    }
    const merged = await run([...contentsOf(merge, folders).args, '--json']);
    const files = ['--input', join(digits, 'logits.npy'), '--target', join(digits, 'labels.npy')];
    expect(findingsOf(JSON.parse(merged.stdout))).toEqual(findingsOf(await recordOf(...files)));
  });

  it.runIf(isPosix)('has a Slurm job array whose tasks give the result of one run', async () => {
    const folder = temporaryFolder();
    const [bin, results] = [join(folder, 'bin'), join(folder, 'results')];
    mkdirSync(bin);
    writeFileSync(join(bin, 'torchloss'), `#!/bin/sh\nexec ${shellWord(process.execPath)} ${shellWord(CLI)} "$@"\n`, {
      mode: 0o755,
    });
    const script = join(cluster, 'slurm_array.sh');
    const [, first, last] = /^#SBATCH --array=(\d+)-(\d+)$/m.exec(readFileSync(script, 'utf8')) ?? [];
    const PATH = `${bin}${delimiter}${process.env['PATH']}`;
    for (let id = Number(first); id <= Number(last); id++) {
      const array = {
        SLURM_ARRAY_TASK_ID: String(id),
        SLURM_ARRAY_TASK_MIN: first,
        SLURM_ARRAY_TASK_MAX: last,
        SLURM_ARRAY_TASK_STEP: '1',
        SLURM_ARRAY_TASK_COUNT: String(Number(last) - Number(first) + 1),
        SLURM_CPUS_PER_TASK: '1',
      };
      execFileSync('sh', [script, digits, results], { env: { ...process.env, ...array, PATH }, stdio: 'pipe' });
    }
    const text = execFileSync('sh', [join(cluster, 'slurm_merge.sh'), results], {
      env: { ...process.env, PATH },
      stdio: 'pipe',
    });
    expect(text.toString()).toContain('\nloss  0.09691187    540 samples, accuracy 97.4%');
  });
});
