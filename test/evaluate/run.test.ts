/** The parts of `torchloss evaluate` that a separate process cannot show. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readArguments } from '../../lib/commands/evaluate/arguments.js';
import { OpenFiles } from '../../lib/commands/evaluate/files.js';
import { ProgressBar } from '../../lib/commands/evaluate/progress.js';
import { runTask, type RunState } from '../../lib/commands/evaluate/run.js';
import { SignalWatch } from '../../lib/commands/signals.js';
import { SampleFile } from '../../lib/commands/evaluate/samples.js';
import { makeTask, type Task } from '../../lib/commands/evaluate/task.js';
import { duration } from '../../lib/commands/evaluate/text.js';
import { open, readTensor } from '../../lib/data/index.js';
import { readRecord } from '../../lib/report/read.js';
import { worstGroups, writeWhole } from '../../lib/report/record.js';
import { temporaryFolder } from '../helpers/libtorch.js';

/** Calls `use` with the task of the digits. */
async function withTask<T>(args: string[], use: (task: Task) => Promise<T>): Promise<T> {
  await using files = new OpenFiles();
  return await use(await makeTask(readArguments(['--example', ...args]), files));
}

function findings({ results }: RunState) {
  return results.map((result) => {
    const timeless = { ...result, seconds: 0, samplesPerSecond: 0, bytesPerSecond: 0 };
    // As in a checkpoint, which has no -0.
    return JSON.parse(JSON.stringify({ ...timeless, partial: { ...result.partial, seconds: 0 } }));
  });
}

describe('a run', () => {
  it('gives the same bits in one turn and in many, and when continued from any point', async () => {
    const args = ['--batch-size', '7', '--loss', 'cross_entropy', '--loss', 'multi_margin_loss'];
    await withTask(args, async (task) => {
      const whole = await runTask(task);
      const states: RunState[] = [];
      await runTask(task, {
        every: 0,
        async onState(state) {
          states.push(JSON.parse(JSON.stringify(state)));
        },
      });
      expect(states.map(({ done }) => done)).toEqual(
        Array.from({ length: 78 }, (_, turn) => Math.min(540, 7 * (turn + 1))),
      );
      expect(findings(states.at(-1) as RunState)).toEqual(findings(whole));
      for (const turn of [0, 40, 77]) {
        const resumed = await runTask(task, { from: states[turn] as RunState });
        expect(findings(resumed)).toEqual(findings(whole));
      }
    });
  });

  it('stops after the batches in flight', async () => {
    await withTask(['--batch-size', '10'], async (task) => {
      let asked = 0;
      const state = await runTask(task, { stopped: () => ++asked > 5 });
      expect(state.done).toBe(50);
      expect(state.results[0]?.samples).toBe(50);
      const none = await runTask(task, { stopped: () => true });
      expect(none).toMatchObject({ done: 0, results: [{ samples: 0, loss: Number.NaN, worst: [] }] });
    });
  });

  it('evaluates the samples of its shard', async () => {
    const ranges = await Promise.all(
      [1, 2, 3, 4, 5, 6, 7].map((index) => withTask(['--shard', `${index}/7`], async ({ first, end }) => [first, end])),
    );
    expect(ranges[0]?.[0]).toBe(0);
    expect(ranges[6]?.[1]).toBe(540);
    for (const [index, [first = 0, end = 0]] of ranges.entries()) {
      expect([77, 78]).toContain(end - first);
      if (index > 0) expect(first).toBe(ranges[index - 1]?.[1]);
    }
  });
});

describe('a signal', () => {
  it('is handled once; a second one is left to the system', () => {
    const before = process.listenerCount('SIGINT');
    let told = 0;
    using watch = new SignalWatch(() => told++);
    expect(process.listenerCount('SIGINT')).toBe(before + 1);
    process.emit('SIGTERM', 'SIGTERM');
    expect(watch.signal).toBe('SIGTERM');
    expect(told).toBe(1);
    expect([process.listenerCount('SIGINT'), process.listenerCount('SIGTERM')]).toEqual([before, before]);
  });
});

describe('progress', () => {
  function shown(columns: number | undefined, isTTY = true): string {
    let text = '';
    const output = { isTTY, ...(columns !== undefined && { columns }), write: (piece: string) => (text += piece) };
    const bar = new ProgressBar({ total: 4_000_000, before: 1_000_000, bytes: 48 }, output);
    bar.show(1_000_000, 2);
    bar.clear();
    return text;
  }

  it('shows the share, the rates of this run and the time left, and finally clears the line', () => {
    const figures = '50%  500 k samples/s  22.9 MiB/s  0:04 left';
    expect(shown(100)).toBe(`\r\x1b[K[${'#'.repeat(20)}${'.'.repeat(20)}] ${figures}\r\x1b[K`);
    expect(shown(0)).toBe(shown(80));
  });

  it('leaves out parts that do not fit the line', () => {
    expect(shown(50)).toBe('\r\x1b[K50%  500 k samples/s  22.9 MiB/s  0:04 left\r\x1b[K');
    expect(shown(37)).toBe('\r\x1b[K50%  500 k samples/s  22.9 MiB/s\r\x1b[K');
    expect(shown(10)).toBe('\r\x1b[K50%\r\x1b[K');
  });

  it('is silent elsewhere', () => expect(shown(undefined, false)).toBe(''));

  it('formats times for people', () => {
    expect([0.00129, 1.25, 61.4, 3725].map(duration)).toEqual(['1.29 ms', '1.3 s', '1 min 1 s', '1 h 2 min']);
  });
});

describe('files of a run', () => {
  it('contain the losses written so far', async () => {
    const file = join(temporaryFolder(), 'losses.npy');
    const read = async () => {
      const source = await open(file);
      const tensor = await readTensor(source);
      await source.close();
      return tensor.tolist();
    };
    {
      using losses = new SampleFile(file, 2, 0);
      expect(await read()).toEqual([]);
      losses.append([Float64Array.of(1, 2, 3), Float64Array.of(4, 5, 6)]);
      expect(await read()).toEqual([
        [1, 4],
        [2, 5],
        [3, 6],
      ]);
    }
    {
      using losses = new SampleFile(file, 2, 1);
      losses.append([Float64Array.of(7), Float64Array.of(8)]);
    }
    expect(await read()).toEqual([
      [1, 4],
      [7, 8],
    ]);
    expect(() => new SampleFile(file, 2, 3)).toThrow(/^--per-sample: .*does not have the 3 rows/);
    expect(() => new SampleFile(file, 1, 2)).toThrow(/^--per-sample: /);
  });

  it('are refused if they are not records, and left alone if they cannot be written', () => {
    const folder = temporaryFolder();
    expect(() => readRecord(join(folder, 'none.json'))).toThrow(expect.objectContaining({ code: 'ERR_FILE_READ' }));
    writeWhole(join(folder, 'other.json'), '{"version":2}');
    expect(() => readRecord(join(folder, 'other.json'))).toThrow(expect.objectContaining({ code: 'ERR_FILE_FORMAT' }));
    expect(() => writeWhole(join(folder, 'none', 'x'), '')).toThrow(
      expect.objectContaining({ code: 'ERR_FILE_WRITE' }),
    );
  });

  it('list the groups with the largest losses first, NaN before all others', () => {
    const groups = [1, Number.NaN, 3, Number.POSITIVE_INFINITY].map((loss, group) => ({
      group,
      loss,
      samples: 1,
      weight: 1,
    }));
    expect(worstGroups(groups, 3).map(({ group }) => group)).toEqual([1, 3, 2]);
  });
});
