// Counts instructions with callgrind: unlike times, the counts of two runs agree within a few percent.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stop } from '../scripts/root.mjs';
import { Program, startPython } from './programs.mjs';

/**
 * Warm-up calls, for torchloss enough for V8 to compile and optimise the code path, and counted calls, enough to make the
 * garbage collection at the end of each batch negligible.
 */
const CALLS = {
  cpp: { forward: { warmUp: 50, counted: 200 }, backward: { warmUp: 50, counted: 100 } },
  python: { forward: { warmUp: 100, counted: 500 }, backward: { warmUp: 100, counted: 500 } },
  torchloss: { forward: { warmUp: 6000, counted: 1000 }, backward: { warmUp: 1500, counted: 500 } },
};

/** The number of counted batches; the median is taken because V8 may still compile during one. */
const BATCHES = 3;

/** For operators, whose tensors wait for the garbage collector: its work per batch is then a few percent of a call. */
const OPERATOR_CALLS = { warmUp: 12000, counted: 4000 };

/** Instructions per call, of the whole process with its garbage collection. */
export async function countInstructions(commands, libtorch, cases, { shape }) {
  if (spawnSync('valgrind', ['--version']).status !== 0) {
    throw new Stop('counting instructions needs valgrind: install it with `apt install valgrind` or the like');
  }
  const folder = mkdtempSync(join(tmpdir(), 'torchloss-bench-'));
  // The programs call getpriority only before and after each batch: callgrind then writes what it counted since the last call.
  const prefix = (column) => [
    'valgrind',
    '--quiet',
    '--tool=callgrind',
    '--dump-before=getpriority',
    `--callgrind-out-file=${join(folder, column)}`,
  ];
  const results = cases.map(({ name, loss, pass }) => ({ name, loss, pass }));
  const count = async (program, column) => {
    for (const [index, result] of results.entries()) {
      const isOperator = column === 'torchloss' && result.name.includes('.');
      const { warmUp, counted } = isOperator ? OPERATOR_CALLS : CALLS[column][result.pass];
      await program.prepare(cases[index], result.pass, shape);
      await program.measure(result.pass, warmUp);
      const totals = [];
      for (let batch = 0; batch < BATCHES; batch++) {
        await program.measure(result.pass, counted);
        totals.push(takeLastTotal(folder, column) / counted);
      }
      result[column] = totals.toSorted((a, b) => a - b)[BATCHES >> 1];
      console.error(`${column} ${result.name} ${result.pass}: ${Math.round(result[column])}`);
    }
  };
  const programs = [];
  try {
    const start = async (column, command) => {
      const program = await Program.start([...prefix(column), ...command], libtorch, 1);
      programs.push(program);
      return program;
    };
    const cpp = await start('cpp', commands.cpp);
    const node = await start('torchloss', commands.node);
    const { program: python, note } = await startPython(commands.python, libtorch, 1, prefix('python'));
    if (python) programs.push(python);
    await Promise.all([count(cpp, 'cpp'), count(node, 'torchloss'), python && count(python, 'python')]);
    return { results, note };
  } finally {
    for (const program of programs) await program.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The counts in a program's last dumps, whose file names end in their numbers; removes all dumps. */
function takeLastTotal(folder, column) {
  const names = readdirSync(folder).filter((name) => name.startsWith(`${column}.`));
  const last = Math.max(...names.map((name) => Number(name.slice(column.length + 1))));
  const text = readFileSync(join(folder, `${column}.${last}`), 'utf8');
  for (const name of names) rmSync(join(folder, name));
  return Number(/^totals: (\d+)$/m.exec(text)[1]);
}
