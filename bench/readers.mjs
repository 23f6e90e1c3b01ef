// `npm run bench -- --readers`: how fast each format is read, in rounds that alternate with Python's readers.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bytesPerRow, open } from '../dist/data/index.js';
import { torch } from '../dist/index.js';
import { npyHeader } from './files.mjs';

const ROWS = 2 ** 19;
const COLUMNS = 10;
/** What is read at a time. */
const BATCH_BYTES = 8 * 2 ** 20;

/** The files, each with Python's readers for it. */
const CASES = [
  { file: 'table.npy', readers: ['numpy'] },
  { file: 'plain.feather', readers: ['pyarrow feather'] },
  { file: 'lz4.feather', readers: ['pyarrow feather'] },
  { file: 'table.parquet', readers: ['pyarrow parquet'] },
  { file: 'table.csv', readers: ['pyarrow csv', 'pandas'] },
  { file: 'table.jsonl', readers: ['pyarrow json'] },
];

/** Prints the megabytes read per second of CPU time: the median of the rounds, and the range. */
export async function benchReaders(python, rounds) {
  const folder = mkdtempSync(join(tmpdir(), 'torchloss-bench-'));
  const peer = await startReaders(python, folder);
  try {
    if (peer === undefined) {
      console.error(`${python} has no pyarrow and pandas: no comparison, and only the files that are written here`);
      writeFiles(folder);
    }
    const cases = peer === undefined ? CASES.filter(({ file }) => /npy|csv|jsonl/.test(file)) : CASES;
    const table = {};
    for (const { file, readers } of cases) {
      const path = join(folder, file);
      const ways = { torchloss: () => readAll(path) };
      if (peer !== undefined) for (const reader of readers) ways[reader] = () => peer.read(reader, file);
      for (const [name, rates] of Object.entries(await compare(ways, statSync(path).size, rounds)))
        table[`${file}, ${name}`] = { MB: Math.round(statSync(path).size / 1e6), ...rates };
      console.error(`${file}: done`);
    }
    console.table(table);
  } finally {
    peer?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return 0;
}

/** Starts Python's readers, which write the files first; returns nothing if Python lacks their packages. */
async function startReaders(python, folder) {
  if (spawnSync(python, ['-c', 'import pandas, pyarrow']).status !== 0) return undefined;
  const program = join(import.meta.dirname, 'readers.py');
  const child = spawn(python, [program, folder, String(ROWS)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  console.error((await lines.next()).value);
  return {
    async read(reader, file) {
      child.stdin.write(`${reader}\t${file}\n`);
      return Number((await lines.next()).value);
    },
    stop: () => child.kill(),
  };
}

/** Times all ways in turns; returns megabytes per second. */
async function compare(ways, bytes, rounds) {
  const seconds = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, way] of Object.entries(ways)) {
      const taken = await way();
      if (round > 0) seconds[name].push(taken);
    }
  }
  const rate = (taken) => Math.round(bytes / 1e6 / taken);
  return Object.fromEntries(
    Object.entries(seconds).map(([name, all]) => {
      const sorted = all.toSorted((a, b) => a - b);
      return [name, { 'MB/s': rate(sorted[rounds >> 1]), slowest: rate(sorted.at(-1)), fastest: rate(sorted[0]) }];
    }),
  );
}

/** Opens a file and reads all of its rows as evaluate does; returns the seconds of CPU time. */
async function readAll(path) {
  const before = process.cpuUsage();
  const source = await open(path);
  const [rows] = source.shape;
  const step = Math.floor(BATCH_BYTES / bytesPerRow(source));
  const buffer = new Uint8Array(step * bytesPerRow(source));
  for (let row = 0; row < rows; row += step) await source.rows(row, Math.min(rows, row + step), buffer);
  await source.close();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Writes the files that need no package. */
function writeFiles(folder) {
  const numbers = torch.randn([ROWS, COLUMNS], { dtype: 'float64' }).toTypedArray();
  const names = Array.from({ length: COLUMNS }, (_, column) => `logit_${column}`);
  const file = (name) => openSync(join(folder, name), 'w');
  const [npy, csv, jsonl] = ['table.npy', 'table.csv', 'table.jsonl'].map(file);
  writeSync(npy, npyHeader('<f8', `(${ROWS}, ${COLUMNS})`));
  writeSync(npy, new Uint8Array(numbers.buffer));
  writeSync(csv, `${names.join(',')}\n`);
  for (let row = 0; row < ROWS; row += 1024) {
    const rows = Array.from({ length: 1024 }, (_, index) =>
      Array.from(numbers.subarray((row + index) * COLUMNS, (row + index + 1) * COLUMNS)),
    );
    writeSync(csv, rows.map((values) => `${values.join(',')}\n`).join(''));
    const record = (values) => Object.fromEntries(values.map((value, column) => [names[column], value]));
    writeSync(jsonl, rows.map((values) => `${JSON.stringify(record(values))}\n`).join(''));
  }
  for (const opened of [npy, csv, jsonl]) closeSync(opened);
}
