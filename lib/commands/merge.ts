/** Merges the results of shards, once all are there. */
import { parseArgs } from 'node:util';
import type { Options } from './options.js';
import { TorchError } from '../base/errors.js';
import { shellWord } from '../base/shell.js';
import { print, printError } from '../terminal/print.js';
import { usage } from './arguments.js';
import { finish, OUTPUT, readOutput } from './evaluate/index.js';
import { mergeParts } from './evaluate/record.js';
import { openPlace, readShards, type StoredShards } from './evaluate/results.js';
import { SIGNAL_CODES, SignalWatch } from './signals.js';

/** What `torchloss merge --help` prints. */
export const help = `torchloss merge PLACE [options]

Merges the results that the shards of an evaluation have stored, exactly: the
bits are those of one evaluation of all samples, whatever the number of shards.

  torchloss evaluate --input scores.npy --target labels.npy
      --shard 1/2 --results parts
  torchloss evaluate --input scores.npy --target labels.npy
      --shard 2/2 --results parts
  torchloss merge parts

If shards are missing, their numbers are printed to standard error, and the
commands that compute them to standard output; the exit code is 1.

Shards
  PLACE                 a folder, s3://BUCKET/PREFIX or https://HOST/PATH, as
                        given to torchloss evaluate --results
  --wait TIME           wait up to TIME for missing shards: 90s, 30m or 2h
  --shards N            how many shards there are; only https: needs it
  --partial             merge what is there even if shards are missing
  --allow-http          permit http:, which anyone on the way can read and
                        change

Output
  --json                print only one JSON document to standard output
  --report FILE         write an HTML report with charts
  --fail-on WORDS       nan, empty, or both with a comma: exit code 3
  --quiet, -q           no progress, no warnings, no line about LibTorch`;

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

export const options = {
  wait: { type: 'string' },
  shards: { type: 'string' },
  partial: { type: 'boolean', default: false },
  'allow-http': { type: 'boolean', default: false },
  ...OUTPUT,
} as const satisfies Options;
export const words = 'file';

/** Merges what is stored in a place. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options,
  });
  const [place, ...more] = positionals;
  if (place === undefined || more.length > 0)
    throw usage(
      `expected one place with the results of shards, got ${positionals.length}; torchloss evaluate --merge takes single files`,
    );
  const count = values.shards === undefined ? undefined : readCount(values.shards);
  const wait = values.wait === undefined ? 0 : readTime(values.wait);
  const output = readOutput(values);
  const store = await openPlace(place, 'merge', values['allow-http']);
  using watch = new SignalWatch(() => printError('torchloss: not waiting any longer; press Ctrl-C again to quit now'));
  let told = -1;
  const stored = await readShards(store, {
    count,
    wait,
    stopped: () => watch.signal !== undefined,
    onProgress(found, of) {
      if (wait > 0 && !values.quiet && found !== told)
        printError(`torchloss: ${found} of ${of === 0 ? 'an unknown number of' : of} shards are there`);
      told = found;
    },
  });
  if (stored.records.length === 0)
    throw new TorchError('ERR_SHARDS', `${store.name}: has no results of shards${wait > 0 ? ' yet' : ''}`);
  if (stored.missing.length > 0) {
    tellMissing(store.name, stored, !values.partial);
    if (!values.partial) return watch.signal === undefined ? 1 : SIGNAL_CODES[watch.signal];
  }
  return finish(mergeParts(stored.records, stored.names), output);
}

/** Names the missing shards, and prints the commands that compute them. */
function tellMissing(place: string, { missing, count, records }: StoredShards, withCommands: boolean): void {
  const are = missing.length === 1 ? 'is' : 'are';
  printError(`torchloss: ${missing.length} of ${count} shards ${are} missing: ${ranges(missing)} [ERR_SHARDS]`);
  const command = records.find((record) => record.command !== undefined)?.command;
  if (!withCommands || command === undefined) return;
  const words = ['torchloss', 'evaluate', ...command.map(shellWord)].join(' ');
  print(missing.map((index) => `${words} --shard ${index}/${count} --results ${shellWord(place)}`).join('\n'));
}

/** `1, 3 to 5, 9`. */
function ranges(numbers: readonly number[]): string {
  const found: [number, number][] = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  return found.map(([first, last]) => (first === last ? String(first) : `${first} to ${last}`)).join(', ');
}

function readCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw usage(`--shards: expected an integer of 1 or more, got '${text}'`);
  return Number(text);
}

/** Parses `90`, `90s`, `30m` or `2h`, to milliseconds. */
function readTime(text: string): number {
  const [, number, unit = 's'] = /^(\d{1,6})([smh])?$/.exec(text) ?? [];
  if (number === undefined) throw usage(`--wait: expected a time such as 90s, 30m or 2h, got '${text}'`);
  return Number(number) * (UNITS[unit] as number);
}
