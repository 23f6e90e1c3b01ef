// `npm run bench -- --files`: evaluation from files against merely reading them, in alternating rounds.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, rmSync, statSync, writeSync, closeSync, fsyncSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from '../dist/data/index.js';
import { evaluate } from '../dist/evaluate/index.js';
import { torch } from '../dist/index.js';
import { median } from './median.mjs';

const ROWS = 2 ** 18;
const CLASSES = 1000;
/** What evaluate reads at a time, and how many reads it has in flight. */
const BLOCK_BYTES = 8 * 2 ** 20;
const AHEAD = 2;

const CASES = [
  { name: 'mse_loss', files: ['scores', 'scores2'] },
  { name: 'binary_cross_entropy_with_logits', files: ['scores', 'scores2'] },
  { name: 'cross_entropy', files: ['scores', 'classes'] },
];

/** Writes files of 1 GiB and prints the bytes per second of the reader alone and of evaluate. */
export async function benchFiles(threads, rounds) {
  const folder = mkdtempSync(join(tmpdir(), 'torchloss-bench-'));
  try {
    const scores = torch.rand([ROWS / 16, CLASSES]).toTypedArray();
    for (const name of ['scores', 'scores2'])
      write(join(folder, `${name}.npy`), '<f4', `(${ROWS}, ${CLASSES})`, scores);
    write(join(folder, 'classes.npy'), '<i8', `(${ROWS},)`, torch.randint(0, CLASSES, [ROWS / 16]).toTypedArray());
    const rows = {};
    for (const count of threads) {
      torch.set_num_threads(count);
      for (const { name, files } of CASES) {
        const paths = files.map((file) => join(folder, `${file}.npy`));
        for (const cached of [true, false]) {
          if (!cached && !forget(paths)) continue;
          const label = `${name}, ${count} thread(s), ${cached ? 'in the page cache' : 'from the disk'}`;
          rows[label] = await compare(torch.nn.functional[name], paths, cached, rounds);
          console.error(`${label}: done`);
        }
      }
    }
    console.table(rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return 0;
}

/** Writes one array: the same elements sixteen times. */
function write(path, descr, shape, elements) {
  const file = openSync(path, 'w');
  writeSync(file, npyHeader(descr, shape));
  for (let part = 0; part < 16; part++) writeSync(file, new Uint8Array(elements.buffer));
  fsyncSync(file);
  closeSync(file);
}

/** The header of a `.npy` file in C order. */
export function npyHeader(descr, shape) {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'), Buffer.from(`${text}\n`)]);
}

/** Drops the files from the system's page cache, where possible. */
function forget(paths) {
  return paths.every((path) => spawnSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none']).status === 0);
}

async function compare(loss, paths, cached, rounds) {
  const bytes = paths.reduce((sum, path) => sum + statSync(path).size, 0);
  const ways = { reader: () => readAll(paths), evaluate: () => evaluateAll(loss, paths) };
  const speeds = { reader: [], evaluate: [] };
  for (const way of Object.values(ways)) await way();
  for (let round = 0; round < rounds; round++) {
    for (const [name, way] of Object.entries(ways)) {
      if (!cached) forget(paths);
      const start = performance.now();
      await way();
      speeds[name].push(bytes / 1e6 / (performance.now() - start));
    }
  }
  const [reader, evaluated] = [median(speeds.reader), median(speeds.evaluate)];
  return {
    'reader GB/s': Number(reader.toFixed(2)),
    'evaluate GB/s': Number(evaluated.toFixed(2)),
    ratio: Number((evaluated / reader).toFixed(2)),
  };
}

/** Reads the files in parallel as evaluate does, and does nothing with the rows. */
async function readAll(paths) {
  const sources = await Promise.all(paths.map((path) => open(path)));
  const rowBytes = sources.map(({ shape }) => (shape.length > 1 ? 4 * CLASSES : 8));
  const rows = Math.floor(BLOCK_BYTES / Math.max(...rowBytes));
  let next = 0;
  const reader = async () => {
    const buffers = rowBytes.map((size) => new Uint8Array(rows * size));
    while (next < ROWS) {
      const start = next;
      next = Math.min(ROWS, start + rows);
      await Promise.all(
        sources.map((source, index) => source.rows(start, Math.min(ROWS, start + rows), buffers[index])),
      );
    }
  };
  await Promise.all(Array.from({ length: AHEAD }, reader));
  await Promise.all(sources.map((source) => source.close()));
}

async function evaluateAll(loss, paths) {
  const sources = await Promise.all(paths.map((path) => open(path)));
  await evaluate(loss, sources);
  await Promise.all(sources.map((source) => source.close()));
}
