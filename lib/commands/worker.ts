/** Computes shards of evaluations for a queue. */
import { parseArgs } from 'node:util';
import type { Options } from './options.js';
import { work } from '../distributed/index.js';
import { printError } from '../terminal/print.js';
import { usage } from './arguments.js';
import { shownName } from './evaluate/files.js';
import { isURL } from './evaluate/places.js';
import { PlanWorker } from './evaluate/plan.js';
import { count } from './evaluate/text.js';
import { openQueue } from './queue.js';
import { SIGNAL_CODES, SignalWatch } from './signals.js';

/** What `torchloss worker --help` prints. */
export const help = `torchloss worker [options]

Computes shards for \`torchloss evaluate --queue URL --shards N\`, on any number
of machines, until it is stopped. Several workers on one machine share its
processors.

  torchloss worker --queue redis://queue.internal:6379 --data /mnt/predictions

A signal (Ctrl-C, SIGTERM) ends it: the shard at hand is finished if that takes
less than ten seconds, and otherwise given back. The shard of a worker that is
killed, or whose machine is lost, goes to another one.

Queue
  --queue URL           redis://[USER:PASSWORD@]HOST:PORT, or rediss: for TLS;
                        without it, what the variable TORCHLOSS_QUEUE holds
  --data PLACE          the only files that are read are those below this
                        folder, https://HOST/PATH or s3://BUCKET/PREFIX; can be
                        repeated; paths of a plan are relative to the first
                        folder (default: the current folder)
  --lease SECONDS       how long this worker may be silent before its shard goes
                        to another one (default 30)
  --idle SECONDS        end after so long without a shard (default: never)

Output
  --quiet, -q           print errors alone`;

export const options = {
  queue: { type: 'string' },
  data: { type: 'string', multiple: true },
  lease: { type: 'string' },
  idle: { type: 'string' },
  quiet: { type: 'boolean', short: 'q', default: false },
} as const satisfies Options;

/** Computes shards until it is stopped. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options,
  });
  const lease = values.lease === undefined ? undefined : readSeconds(values.lease, 'lease');
  const idle = values.idle === undefined ? undefined : readSeconds(values.idle, 'idle');
  const places = values.data ?? [process.cwd()];
  const worker = new PlanWorker(places);
  const queue = await openQueue(values.queue, '--queue');
  const say = (line: string) => {
    if (!values.quiet) printError(`torchloss: ${line}`);
  };
  const stop = new AbortController();
  using watch = new SignalWatch(() => {
    say('finishing the shard at hand; a second signal quits now');
    stop.abort();
  });
  try {
    const folder = places.find((place) => !isURL(place));
    if (folder !== undefined) process.chdir(folder);
    say(`working for ${queue.name}, with files from ${places.map(shownName).join(', ')}`);
    const { computed, failed } = await work(queue, (plan, shard, signal) => worker.compute(plan, shard, signal), {
      signal: stop.signal,
      lease,
      idle,
      onShard({ shard }, error) {
        if (error !== undefined) printError(`torchloss: shard ${shard} failed: ${(error as Error).message}`);
      },
    });
    say(`${count(computed, 'shard')} computed${failed > 0 ? `, ${failed} failed` : ''}`);
    return watch.signal === undefined ? 0 : SIGNAL_CODES[watch.signal];
  } finally {
    await worker.close();
    await queue.close();
  }
}

/** Parses a number of seconds, to milliseconds. */
function readSeconds(text: string, flag: string): number {
  if (!/^\d{1,6}(?:\.\d{1,3})?$/.test(text) || Number(text) === 0)
    throw usage(`--${flag}: expected a number of seconds, got '${text}'`);
  return Number(text) * 1000;
}
