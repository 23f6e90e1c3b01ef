import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { rendezvous } from '../../lib/c10d/rendezvous.js';
import * as torch from '../../lib/torch/index.js';
import { thrownBy } from '../helpers/errors.js';
import { Cable, canMakeCables } from '../helpers/cable.js';
import { freePort } from '../helpers/free_port.js';
import { findPython } from '../helpers/python.js';
import { program, type Rank, runRanks, start } from '../helpers/ranks.js';

const { distributed, nn, utils } = torch;
const python = findPython();
const NODE = process.execPath;
const isOld = libtorch().minor.startsWith('1.');

const node = (name: string, ...args: string[]) => [NODE, program(`${name}.mjs`), ...args] as const;
const peer = (name: string, ...args: string[]) => [python as string, program(`${name}.py`), ...args] as const;

/** What ranks printed that exited with 0: a line of JSON for each result. */
function printed(ranks: readonly Rank[]): unknown[][] {
  for (const { status, signal, stderr } of ranks)
    expect({ status, signal }, stderr).toEqual({ status: 0, signal: null });
  return ranks.map(({ stdout }) =>
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  );
}

interface Trained {
  readonly way: string;
  readonly losses: readonly number[];
  /** Hashes of the parameters and of the whole state. */
  readonly parameters: string;
  readonly state: string;
}

const RECORDED = JSON.parse(readFileSync(new URL('../fixtures/ddp.json', import.meta.url), 'utf8')) as Record<
  string,
  readonly (readonly Trained[])[]
>;

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe.runIf(distributed.is_available())('DistributedDataParallel', () => {
  it.each([
    [2, ['plain', 'accumulate', 'unused', 'views', 'static', 'uneven']],
    [4, ['plain', 'unused', 'uneven']],
  ])('trains on %i ranks as Python does, for 20 steps', { timeout: 600_000 }, async (size, ways) => {
    const own = printed(await runRanks(Array.from({ length: size }, () => node('ddp', ...ways)))) as Trained[][];
    // Each rank has its own losses; all have the same parameters.
    for (const [at] of ways.entries()) {
      expect(new Set(own.map((rank) => rank[at]?.parameters)).size).toBe(1);
      expect(new Set(own.map((rank) => rank[at]?.losses[0])).size).toBe(size);
    }
    if (python !== undefined) {
      // The bits of each loss, and of all parameters and buffers by their names.
      expect(own).toEqual(printed(await runRanks(Array.from({ length: size }, () => peer('ddp', ...ways)))));
      return;
    }
    // Rounding errors grow with the steps, so only the first ones are close on every machine.
    for (const [rank, trained] of (RECORDED[size] ?? []).entries())
      for (const [at, { losses }] of trained.entries())
        for (const [step, loss] of losses.slice(0, 3).entries())
          expect(own[rank]?.[at]?.losses[step]).toBeCloseTo(loss, 2);
  });

  it.each([
    ['a revoked proxy', revoked()],
    ['null', null],
  ])('refuses %s as options', (_, options) => {
    const error = thrownBy(() => new nn.parallel.DistributedDataParallel(new nn.Linear(1, 1), options as never));
    expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_/) });
  });

  it('needs a process group', () => {
    const error = thrownBy(() => new nn.parallel.DistributedDataParallel(new nn.Linear(1, 1)));
    expect(error).toMatchObject({ name: 'TorchError', code: 'ERR_NOT_INITIALIZED' });
  });
});

describe.runIf(distributed.is_available())('collectives', () => {
  let running: Promise<Record<string, unknown>[]> | undefined;
  /** What three ranks of Node print. */
  const results = () =>
    (running ??= runRanks([node('collectives'), node('collectives'), node('collectives')]).then((ranks) =>
      printed(ranks).map(([each]) => each as Record<string, unknown>),
    ));

  it.runIf(python !== undefined)('have one group of Node and Python', { timeout: 120_000 }, async () => {
    const mostlyNode = [node('collectives'), peer('collectives'), node('collectives')];
    const mostlyPython = [peer('collectives'), node('collectives'), peer('collectives')];
    const [first, second] = [await runRanks(mostlyNode), await runRanks(mostlyPython)].map((ranks) =>
      printed(ranks).map(([results]) => results as Record<string, unknown>),
    );
    for (const rank of [first?.[0], second?.[1], first?.[2]]) {
      expect(rank?.objects).toMatch(/^all_gather_object: expected all ranks to be torchloss/);
      delete rank?.objects;
    }
    expect(first).toEqual(second);
  });

  it('give each rank the right result', { timeout: 60_000 }, async () => {
    const [first = {}, second = {}, third = {}] = await results();
    const value = (rank: number, at: number) => Math.fround(Math.sin(at / 7 + rank));
    for (const [name, result] of Object.entries(first))
      if (name.startsWith('all_')) expect([second[name], third[name]]).toEqual([result, result]);
    const near = (result: unknown, expected: readonly number[]) => {
      for (const [at, number] of expected.entries()) expect((result as number[])[at]).toBeCloseTo(number, 5);
    };
    near(
      (first['all_reduce SUM'] as number[][])[1],
      [5, 6, 7].map((at) => value(0, at) + value(1, at) + value(2, at)),
    );
    near(
      (first['all_reduce MAX'] as number[][])[2],
      [10, 11].map((at) => Math.max(...[0, 1, 2].map((r) => value(r, at)))),
    );
    expect(first['all_reduce BOR']).toEqual([7, 7]);
    near(
      third?.broadcast,
      [0, 1, 2, 3].map((at) => value(1, at)),
    );
    near((third.all_gather as number[][])[1], [value(1, 0), value(1, 1)]);
    near(
      first?.reduce,
      [0, 1, 2].map((at) => value(0, at) + value(1, at) + value(2, at)),
    );
    near((second.gather as number[][])[2], [value(2, 0), value(2, 1)]);
    near(third.scatter, [value(0, 0) + 2, value(0, 1) + 2]);
    near(
      second?.recv,
      [0, 1, 2, 3, 4, 5].map((at) => value(0, at)),
    );
  });

  it('have groups of some ranks, transfers in any order, and values', { timeout: 60_000 }, async () => {
    const ranks = await results();
    expect(ranks.map(({ groups }) => groups)).toEqual([
      [
        [0, 3, [0, 1, 2], 2, 0],
        [0, 2, [0, 2], 1, 0],
        [-1, -1],
      ],
      [
        [1, 3, [0, 1, 2], 2, 0],
        [-1, -1],
        [0, 2, [1, 2], 1, 1],
      ],
      [
        [2, 3, [0, 1, 2], 2, 0],
        [1, 2, [0, 2], 1, 0],
        [1, 2, [1, 2], 1, 1],
      ],
    ]);
    const own = (rank: number, length: number) =>
      Array.from({ length }, (_, at) => expect.closeTo(Math.sin(at / 7 + rank), 5) as number);
    const sum = (...of: number[]) =>
      [0, 1, 2].map(
        (at) =>
          expect.closeTo(
            of.reduce((total, rank) => total + Math.sin(at / 7 + rank), 0),
            5,
          ) as number,
      );
    expect(ranks.map(({ sums }) => sums)).toEqual([
      [null, sum(0, 2)],
      [sum(1, 2), null],
      [sum(1, 2), sum(0, 2)],
    ]);
    expect(ranks.map(({ parted }) => parted)).toEqual([own(0, 2), own(2, 2), own(2, 2)]);
    expect(ranks.map(({ both }) => both)).toEqual([null, null, [own(0, 2), own(2, 2)]]);
    expect(ranks.map(({ ring }) => (ring as unknown[])[0])).toEqual([own(2, 3), own(0, 3), own(1, 3)]);
    expect(ranks.map(({ batch }) => batch)).toEqual([own(1, 2), own(2, 2), own(0, 2)]);
    expect(ranks[0]?.any).toEqual([
      [1, own(1, 2)],
      [2, own(2, 2)],
    ]);
    // Rank 1 gets 2, 3 and 1 rows, of which each other rank has sent others before.
    const row = (rank: number, at: number) => [2 * at, 2 * at + 1].map((each) => own(rank, each + 1)[each]);
    expect(ranks[1]?.exchanged).toEqual([row(0, 1), row(0, 2), row(1, 2), row(1, 3), row(1, 4), row(2, 3)]);
    expect(ranks[1]?.even).toEqual([own(0, 2)[1], own(1, 2)[1], own(2, 2)[1]]);
    const all = [0, 1, 2].map((rank) => [rank, 0]);
    expect(ranks.map(({ objects }) => objects)).toEqual([
      [all, ['one', [1, null]], null, [0]],
      [all, ['one', [1, null]], null, ['long text']],
      [all, ['one', [1, null]], ['', 'x', 'xx'], [{ c: 3 }]],
    ]);
  });

  it('refuse mismatched calls on every rank, and leave the group usable', { timeout: 60_000 }, async () => {
    const ranks = printed(await runRanks([node('mistakes'), node('mistakes')]));
    const [first, second] = ranks.map(
      ([result]) => result as { refused: Record<string, string[]>; kept: number[]; sum: number[] },
    );
    for (const [rank, result] of [first, second].entries()) {
      const { refused = {}, kept, sum } = result ?? {};
      expect(kept).toEqual(Array.from({ length: rank === 0 ? 16 : 4 }, () => 1));
      expect(sum).toEqual([2, 2]);
      for (const name of [
        'sizes',
        'dtypes',
        'calls',
        'roots',
        'operations',
        'transfers',
        'modules',
        'options',
        'forward',
        'groups',
        'splits',
        'work',
        'early',
      ])
        expect(refused[name]?.slice(0, 2), name).toEqual(['TorchError', 'ERR_MISMATCH']);
      expect(refused.sizes?.[2]).toContain(`rank ${1 - rank} calls all_reduce (SUM) of ${rank === 0 ? 4 : 16} float32`);
      expect(refused.rank?.[2]).toBe('src: expected a rank, 0 to 1, got 2');
      expect(refused.AVG?.[2]).toBe("op: expected one that Gloo has: SUM, then divide, got 'AVG'");
      expect(refused.tag?.[2]).toBe('group: expected a ProcessGroup, got 5');
      expect(refused.peers?.[2]).toBe('group_dst: expected dst or group_dst, got both');
      expect(refused.itself?.[2]).toBe(`src: expected another rank, got ${rank}`);
      expect(refused.groups?.[2]).toContain(`rank ${1 - rank} calls new_group of ranks ${1 - rank}`);
      expect(refused.ranks?.[2]).toBe('ranks: expected ranks, 0 to 1, got 2');
      expect(refused.synchronization?.slice(1)).toEqual([
        'ERR_NOT_IMPLEMENTED',
        'use_local_synchronization: all ranks take part in new_group',
      ]);
      expect(refused.splits?.[2]).toBe('all_to_all_single: rank 0 sends 2 elements to rank 0, which expects 1');
      expect(refused.rows?.[2]).toBe('output.shape[0]: expected a multiple of 2, or output_split_sizes, got 3');
      expect(refused.thrown?.[2]).toBe('src: expected a rank, got undefined');
      expect(refused.objects?.[2]).toContain('obj: expected what structuredClone can copy, got Symbol(a Tensor');
      expect(refused.places?.[2]).toBe('scatter_object_input_list: expected 2 values, one for each rank, got 1');
      expect(refused.device_ids?.slice(1)).toEqual([
        'ERR_NOT_IMPLEMENTED',
        "device_ids: move the inputs to the module's device instead",
      ]);
      expect(refused.mixed_precision?.[1]).toBe('ERR_NOT_IMPLEMENTED');
      expect(refused.forward_sync_buffers?.[2]).toBe('forward_sync_buffers: expected a boolean, got 1');
      expect(refused.stranger?.[2]).toBe(
        rank === 0
          ? 'src: expected a rank, 0 to 0, got 1'
          : 'group: expected a group in which this process is, got -100',
      );
      if (rank === 0)
        expect(refused.left?.slice(1)).toEqual([
          'ERR_NOT_INITIALIZED',
          'barrier: the process group has been destroyed',
        ]);
      expect(refused.list?.[2]).toBe('tensor_list: expected 2 Tensors, one for each rank, got 1');
      expect(refused.contiguous?.[2]).toContain('tensor: expected a contiguous Tensor');
      for (const name of ['twice', 'busy']) expect(refused[name]?.[1], name).toBe('ERR_BUSY');
      expect(refused.destroyed?.[1]).toBe('ERR_NOT_INITIALIZED');
      expect(refused.disposed?.[1]).toBe('ERR_DISPOSED');
    }
  });

  it.each([['collective'], ['backward']])('reject when a rank is killed: %s', { timeout: 60_000 }, async (way) => {
    const [first, killed, third] = await runRanks([1, 2, 3].map(() => node('failures', way)));
    expect(killed?.signal).toBe('SIGKILL');
    for (const rank of [first, third]) {
      const { name, code } = JSON.parse(rank?.stdout ?? '') as Record<string, unknown>;
      expect({ name, code, status: rank?.status }).toEqual({ name: 'TorchError', code: 'ERR_CONNECTION', status: 1 });
    }
  });

  it('reject at the timeout when a rank does not take part', { timeout: 60_000 }, async () => {
    const [first] = await runRanks([node('failures', 'late', '2'), node('failures', 'late', '2')]);
    const { name, code, seconds } = JSON.parse(first?.stdout ?? '') as Record<string, unknown>;
    expect({ name, code, status: first?.status }).toEqual({ name: 'TorchError', code: 'ERR_TIMEOUT', status: 1 });
    expect(seconds).toBeGreaterThan(1.9);
  });

  it('name the rank that does not come to a monitored barrier', { timeout: 60_000 }, async () => {
    const [first] = await runRanks([node('failures', 'monitored', '4'), node('failures', 'monitored', '4')]);
    const { code, message } = JSON.parse(first?.stdout ?? '') as Record<string, unknown>;
    expect(code).toBe('ERR_TIMEOUT');
    expect(message).toMatch(/^monitored_barrier: .*Rank 1 failed to pass monitoredBarrier/);
  });

  it.runIf(canMakeCables())('reject at the timeout when a cable is cut', { timeout: 60_000 }, async () => {
    using cable = new Cable();
    let connected = 0;
    const ranks = await Promise.all(
      ([0, 1] as const).map((rank) => {
        const env = {
          MASTER_ADDR: cable.addresses[0],
          MASTER_PORT: '29511',
          RANK: String(rank),
          WORLD_SIZE: '2',
          OMP_NUM_THREADS: '1',
          GLOO_SOCKET_IFNAME: 'cable',
        };
        return start(cable.on(rank, node('cable')), env, () => {
          if (++connected === 2) cable.cut();
        });
      }),
    );
    for (const { status, stdout, stderr } of ranks) {
      const { name, code, seconds } = JSON.parse(stdout.split('\n')[1] ?? stderr) as Record<string, unknown>;
      expect({ name, code, status }).toEqual({ name: 'TorchError', code: 'ERR_TIMEOUT', status: 1 });
      // Without the timeout, the system would take minutes to notice.
      expect(seconds).toBeGreaterThan(4.9);
      expect(seconds).toBeLessThan(40);
    }
  });

  it('do not keep a waiting process from exiting', { timeout: 60_000 }, async () => {
    const [first] = await runRanks([node('failures', 'exit'), node('failures', 'late', '3')]);
    expect(first?.status).toBe(7);
  });
});

describe('init_process_group', () => {
  const environment = { MASTER_ADDR: 'a', MASTER_PORT: '29500', RANK: '1', WORLD_SIZE: '4' };
  const within = <T>(variables: Record<string, string | undefined>, fn: () => T): T => {
    const before = { ...process.env };
    for (const name of Object.keys({
      ...environment,
      TORCHELASTIC_USE_AGENT_STORE: '',
      TORCHELASTIC_RESTART_COUNT: '',
    }))
      delete process.env[name];
    Object.assign(process.env, variables);
    try {
      return fn();
    } finally {
      process.env = before;
    }
  };

  it('reads the rendezvous', () => {
    const server = { port: 29500, file: '', prefix: '', world_size: 4 };
    expect(within(environment, () => rendezvous('env://', -1, -1))).toEqual({
      ...server,
      host: 'a',
      serves: false,
      rank: 1,
    });
    expect(within(environment, () => rendezvous('env://', 0, -1))).toMatchObject({ serves: true, rank: 0 });
    const agent = { ...environment, RANK: '0', TORCHELASTIC_USE_AGENT_STORE: 'True', TORCHELASTIC_RESTART_COUNT: '2' };
    expect(within(agent, () => rendezvous('env://', -1, -1))).toMatchObject({
      serves: false,
      prefix: '/worker/attempt_2',
    });
    expect(rendezvous('tcp://[::1]:1234?rank=0&world_size=2', -1, -1)).toMatchObject({
      host: '::1',
      port: 1234,
      rank: 0,
    });
    expect(rendezvous('file:///tmp/a%20b', 1, 2)).toMatchObject({ file: '/tmp/a b', rank: 1, serves: false });
  });

  it.each([
    ['env://', {}, -1, -1, 'init_method: env:// needs the environment variable RANK, which torchrun sets'],
    ['env://', { ...environment, MASTER_PORT: 'x' }, -1, -1, "MASTER_PORT: expected an integer, got 'x'"],
    ['env://', { ...environment, MASTER_PORT: '65536' }, -1, -1, 'MASTER_PORT: expected a port, 0 to 65535, got 65536'],
    ['env://', { ...environment, RANK: '4' }, -1, -1, 'rank: expected 0 to 3, for a world_size of 4, got 4'],
    ['tcp://a:1', {}, 0, -1, 'world_size: expected one for tcp://, got none'],
    ['tcp://a', {}, 0, 1, "init_method: expected 'env://', 'tcp://HOST:PORT' or 'file:///PATH', got 'tcp://a'"],
    ['nowhere', {}, 0, 1, "init_method: expected 'env://', 'tcp://HOST:PORT' or 'file:///PATH', got 'nowhere'"],
  ])('refuses %s with %j', (method, variables, rank, size, message) => {
    expect(within(variables, () => thrownBy(() => rendezvous(method, rank, size))).message).toBe(message);
  });

  it('refuses other backends', async () => {
    await expect(distributed.init_process_group('mpi' as 'gloo')).rejects.toThrow(
      "backend: expected 'gloo' or 'nccl', got 'mpi'",
    );
    if (torch.cuda.is_available()) return;
    await expect(distributed.init_process_group('nccl')).rejects.toMatchObject({ code: 'ERR_NO_CUDA' });
  });

  it.runIf(distributed.is_available())('makes a group of one process by a file', { timeout: 30_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'torchloss-test-'));
    await distributed.init_process_group('gloo', `file://${folder}/store`, 30, 1, 0);
    try {
      expect([distributed.get_rank(), distributed.get_world_size(), distributed.get_backend()]).toEqual([0, 1, 'gloo']);
      expect(distributed.is_initialized()).toBe(true);
      const tensor = torch.tensor([1, 2]);
      await distributed.all_reduce(tensor);
      expect(tensor.tolist()).toEqual([1, 2]);
      const sampler = new utils.data.DistributedSampler([1, 2, 3], { shuffle: false });
      expect([...sampler]).toEqual([0, 1, 2]);
    } finally {
      await distributed.destroy_process_group();
      rmSync(folder, { recursive: true });
    }
    expect(distributed.is_initialized()).toBe(false);
    expect(() => distributed.get_rank()).toThrow('there is no process group');
    expect(() => new utils.data.DistributedSampler([1])).toThrow('there is no process group');
  });
});

describe.runIf(python !== undefined && distributed.is_available())('a Trainer that torchrun starts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'torchloss-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = async (name: string, ...args: string[]) => {
    // 1.13 spells its options with underscores, and with newer Pythons needs a folder for the workers' output.
    const options = isOld
      ? [
          '--no_python',
          '--nproc_per_node=2',
          '--max_restarts=1',
          '--monitor_interval=0.2',
          `--master_port=${await freePort()}`,
          '-r',
          '1',
          '-t',
          '1',
          '--log_dir',
          join(folder, 'log'),
        ]
      : ['--no-python', '--nproc-per-node=2', '--max-restarts=1', '--standalone', '--monitor-interval=0.2'];
    const checkpoints = join(folder, name);
    const command = [python as string, '-m', 'torch.distributed.run', ...options] as const;
    const { status, stdout, stderr } = await start([...command, ...node('train', checkpoints, ...args)], {
      OMP_NUM_THREADS: '1',
    });
    expect(status, stderr).toBe(0);
    expect(existsSync(checkpoints)).toBe(true);
    const results = [...stdout.matchAll(/result (\{.*\})/g)].map(
      ([, text]) => JSON.parse(text as string) as Record<string, unknown>,
    );
    return results.sort((a, b) => (a.rank as number) - (b.rank as number));
  };

  it('continues from its checkpoint after a rank was killed, with the same bits', { timeout: 300_000 }, async () => {
    const [whole, again] = [await run('whole'), await run('again', 'dies')];
    expect(whole.map(({ begun, steps, told }) => [begun, steps, told])).toEqual([
      [0, 6, [1, 2, 3, 4, 5, 6]],
      [0, 6, []],
    ]);
    expect(again.map(({ begun, steps }) => [begun, steps])).toEqual([
      [2, 6],
      [2, 6],
    ]);
    for (const [rank, result] of whole.entries()) {
      const { state, history, rng } = again[rank] ?? {};
      expect({ state, history, rng }).toEqual({ state: result.state, history: result.history, rng: result.rng });
    }
    expect(whole[0]?.state).toBe(whole[1]?.state);
    expect(whole[0]?.history).toEqual(whole[1]?.history);
    // Each rank draws its own random numbers.
    expect(whole[0]?.rng).not.toBe(whole[1]?.rng);
  });
});
