// `npm run bench -- --evaluate`: evaluate and valueAndGrad against one call in Python, in processes that take turns.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The cases: the loss, the sizes of its input, and the kind of its target. */
export const CASES = [
  { name: 'mse_loss', shape: [4096, 8000], target: 'normal' },
  { name: 'l1_loss', shape: [4096, 8000], target: 'normal' },
  { name: 'smooth_l1_loss', shape: [4096, 8000], target: 'normal' },
  { name: 'huber_loss', shape: [4096, 8000], target: 'normal' },
  { name: 'binary_cross_entropy_with_logits', shape: [4096, 8000], target: 'uniform' },
  { name: 'cross_entropy', shape: [4096, 32000], target: 'classes' },
];

/** Runs the cases and prints times, memory and their ratios. */
export async function benchEvaluate({ python, libtorch, threads, rounds, cases }) {
  const rows = {};
  for (const one of CASES) {
    if (cases !== undefined && !cases.includes(one.name)) continue;
    for (const pass of ['forward', 'backward']) {
      if (pass === 'backward' && one.name !== 'cross_entropy') continue;
      const job = JSON.stringify({ ...one, pass, threads, rounds });
      const node = await measure(process.execPath, ['--expose-gc', 'evaluate_node.mjs'], job, libtorch);
      const single = await measure(python, ['evaluate.py'], job, libtorch);
      if (Math.abs(node.loss - single.loss) > 1e-4 * Math.abs(single.loss))
        throw new Error(`${one.name}: the losses differ, ${node.loss} and ${single.loss}`);
      rows[`${one.name} ${one.shape.join('×')} ${pass}`] = {
        'Python ms': Math.round(single.ms),
        'evaluate ms': Math.round(node.ms),
        time: ratio(node.ms, single.ms),
        cpu: ratio(node.cpu, single.cpu),
        'Python MB': Math.round(single.mb),
        'evaluate MB': Number(node.mb.toFixed(1)),
        memory: ratio(node.mb, single.mb),
      };
      console.error(`${one.name} ${pass}: done`);
    }
  }
  console.table(rows);
}

function ratio(a, b) {
  return Number((a / b).toFixed(3));
}

async function measure(command, [...args], job, { root }) {
  args[args.length - 1] = fileURLToPath(new URL(args.at(-1), import.meta.url));
  const child = spawn(command, [...args, job], {
    env: { ...process.env, LIBTORCH: root },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
  return JSON.parse(lines.at(-1));
}
