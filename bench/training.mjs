// `npm run bench -- --training`: training steps against the same steps in Python, in processes that take turns.
import { join } from 'node:path';
import { ROOT, Stop } from '../scripts/root.mjs';
import { median } from './median.mjs';
import { Program, startPython } from './programs.mjs';

/** The models, each with its goal: a step's CPU time relative to Python's. A step of `mlp_traced` is one native call. */
export const GOALS = { mlp_traced: 0.4, mlp_adam: 0.45, mlp_fused: 0.85, cnn: 1, lstm: 1, gpt_block: 1 };

/** Steps before the first measurement: V8 compiles meanwhile. */
const WARM_UP = 200;
/** Steps at the start of a turn that are not measured, since the other program has used the caches. */
const LEAD = 5;
const STEPS = 50;

/** Trains the models with both programs in turns and prints the median CPU time per step and the ratio. */
export async function benchTraining({ libtorch, python, rounds, cases = Object.keys(GOALS) }) {
  if (python === undefined) throw new Stop('--training compares with Python: name one with --python PATH');
  const { program, note } = await startPython([python, join(ROOT, 'bench', 'training.py')], libtorch, 1);
  if (program === undefined) throw new Stop(note);
  const command = [process.execPath, '--expose-gc', join(ROOT, 'bench', 'training_node.mjs')];
  const node = await Program.start(command, libtorch, 1);
  const rows = {};
  try {
    for (const name of cases) {
      rows[name] = await measure(name, [program, node], rounds);
      console.error(`${name}: done`);
    }
  } finally {
    await program.stop();
    await node.stop();
  }
  console.log(`\nLibTorch ${libtorch.version}, Node ${process.versions.node}, 1 thread; ms of CPU time per step`);
  console.table(rows);
  const above = Object.entries(rows).filter(([, { ratio, goal }]) => ratio > goal);
  console.log(`above their goals: ${above.map(([name]) => name).join(', ') || 'none'}`);
  return 0;
}

async function measure(name, programs, rounds) {
  const samples = programs.map(() => []);
  for (const program of programs) {
    await program.ask(`prepare ${name}`);
    await program.measure('train', WARM_UP);
  }
  for (let round = 0; round < rounds; round++) {
    const losses = [];
    for (const [at, program] of programs.entries()) {
      await program.measure('train', LEAD);
      const { cpu, loss } = await program.measure('train', STEPS);
      samples[at].push(cpu / STEPS / 1e6);
      losses.push(loss);
    }
    if (losses[0] !== losses[1]) throw new Stop(`${name}: the losses differ, ${losses.join(' and ')}`);
  }
  const [python, torchloss] = samples.map(median);
  const ratios = samples[1].map((sample, round) => sample / samples[0][round]).sort((a, b) => a - b);
  const digits = (number) => Number(number.toFixed(3));
  return {
    Python: digits(python),
    torchloss: digits(torchloss),
    ratio: digits(torchloss / python),
    rounds: `${digits(ratios[0])} to ${digits(ratios.at(-1))}`,
    goal: GOALS[name],
  };
}
