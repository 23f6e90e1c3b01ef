// `npm run bench -- --peers`: evaluate and the plain losses against other libraries for Node on the same work.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installIn } from '../../scripts/prepare.mjs';
import { Stop } from '../../scripts/root.mjs';
import { median } from '../median.mjs';
import { compile, Program } from '../programs.mjs';
import { CASES } from './data.mjs';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const OWN = 'torchloss';
const LIBRARIES = [OWN, 'onnxruntime-node', 'tfjs-wasm', 'jax-js'];
const THREADS = [1, 2];

/** How far a loss may be from torchloss's, relatively. */
const TOLERANCE = 1e-4;
/** Calls per round; their mean counts. */
const CALLS = 3;

/**
 * Runs the cases and prints the times, their ratios, and what cannot be compared.
 *
 * @param {{ libtorch: object, rounds: number, cases: string[], scale: number }} choice - `scale`: how many times 16 million
 *   elements
 */
export async function benchPeers({ libtorch, rounds, cases, scale }) {
  install();
  for (const name of cases) {
    const { rows, columns, limit } = CASES[name];
    const { ways, children, problems } = await startAll({ name, scale }, libtorch);
    const passes = limit ? await startPasses(scale * rows * columns, libtorch) : [];
    try {
      await takeTurns([...ways, ...passes], rounds);
    } finally {
      for (const child of children) child.kill();
      for (const { program } of passes) await program.stop();
    }
    console.log(`\n${name}, ${scale * rows}×${columns}, float32; ms of a call, medians of ${rounds} rounds`);
    console.table(report(ways, passes));
    for (const problem of problems) console.log(problem);
  }
  return 0;
}

/** The programs that read two tensors of the case's size once, for each number of threads. */
async function startPasses(elements, libtorch) {
  const file = compile(join(FOLDER, 'one_pass.cpp'), ['-O3', '-march=native', '-pthread']);
  return Promise.all(
    THREADS.map(async (threads) => {
      const program = await Program.start([file, '2', `${elements}`, `${threads}`], libtorch, threads);
      return { threads, samples: [], program };
    }),
  );
}

function install() {
  if (!existsSync(join(FOLDER, 'node_modules')))
    console.error('The libraries to compare with are installed in bench/peers/node_modules; they take 360 MB');
  try {
    installIn(FOLDER);
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    console.error(error.message); // missing libraries are listed
  }
}

/** Starts the libraries, each with its tensors made, and returns their ways of computing a case, torchloss's first. */
async function startAll(chosen, libtorch) {
  const children = [];
  const ways = [];
  const problems = [];
  let expected;
  for (const threads of THREADS) {
    for (const library of LIBRARIES) {
      const child = fork(new URL('program.mjs', import.meta.url), [library, String(threads)], {
        env: { ...process.env, LIBTORCH: libtorch.root },
      });
      children.push(child);
      const title = `${library}, ${threads} thread(s)`;
      try {
        const { able } = await ask(child, 'load');
        const { losses } = able ? await ask(child, 'prepare', chosen) : { losses: {} };
        for (const [way, loss] of Object.entries(losses)) {
          expected ??= loss;
          const apart = Math.abs(loss / expected - 1);
          const agrees = apart <= TOLERANCE;
          ways.push({ library, threads, child, way, title: `${title}: ${way}`, agrees, apart, samples: [] });
        }
      } catch (error) {
        problems.push(`${title} cannot be compared: ${error.message}`);
      }
    }
  }
  return { ways, children, problems };
}

async function takeTurns(ways, rounds) {
  for (let round = 0; round < rounds; round++) {
    for (const { child, program, way, samples } of ways)
      samples.push(await (program ? measurePasses(program) : ask(child, 'measure', { way, calls: CALLS })));
  }
}

async function measurePasses(program) {
  await program.measure('passes', 1); // as the others, after one to warm the caches
  const { cpu, elapsed } = await program.measure('passes', CALLS);
  return { ms: elapsed / 1e6 / CALLS, cpu: cpu / 1e6 / CALLS };
}

/**
 * The rows of the table. torchloss's times are compared with the fastest way that agrees with it, among the libraries with at
 * most as many threads, and with one pass over the memory.
 */
function report(ways, passes) {
  const results = ways.map(medians);
  const rows = results.map(({ library, threads, title, agrees, apart, ms, cpu }) => {
    const others = results.filter((one) => one.library !== OWN && one.agrees && one.threads <= threads);
    const best = (clock) => Math.min(...others.map((other) => other[clock]));
    const compared = library === OWN && others.length > 0;
    const pass = passes.find((one) => library === OWN && one.threads === threads);
    return [
      title,
      {
        ms: rounded(ms, 2),
        'CPU ms': rounded(cpu, 2),
        'loss apart by': agrees ? '' : apart.toExponential(1),
        'of the fastest other': compared ? rounded(ms / best('ms'), 2) : '',
        'CPU, of the least other': compared ? rounded(cpu / best('cpu'), 2) : '',
        ...(passes.length > 0 && { 'CPU, of one pass': pass ? rounded(cpu / medians(pass).cpu, 2) : '' }),
      },
    ];
  });
  for (const pass of passes) {
    const { ms, cpu } = medians(pass);
    rows.push([`C++, ${pass.threads} thread(s): one pass`, { ms: rounded(ms, 2), 'CPU ms': rounded(cpu, 2) }]);
  }
  return Object.fromEntries(rows);
}

function medians({ samples, ...way }) {
  return { ...way, ms: median(samples.map(({ ms }) => ms)), cpu: median(samples.map(({ cpu }) => cpu)) };
}

async function ask(child, what, value) {
  child.send({ what, value });
  return answer(child);
}

/** The next message of a program; if it ends instead, that is an error. */
async function answer(child) {
  const stop = new AbortController();
  const { signal } = stop;
  try {
    const [message] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code, signal]) => {
        throw new Error(`it ended with ${code ?? signal}; its output is above`);
      }),
    ]);
    if (message.error !== undefined) throw new Error(message.error);
    return message;
  } finally {
    stop.abort();
  }
}

function rounded(value, digits) {
  return Number(value.toFixed(digits));
}
