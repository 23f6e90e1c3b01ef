// `npm run bench -- --peers`: evaluate and the plain losses against other libraries for Node on the same work.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installIn } from '../../scripts/prepare.mjs';
import { Stop } from '../../scripts/root.mjs';
import { median } from '../median.mjs';
import { CASES, CLASSES, ROWS } from './data.mjs';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const OWN = 'torchloss';
const LIBRARIES = [OWN, 'onnxruntime-node', 'tfjs-wasm', 'jax-js'];
const THREADS = [1, 2];

/** How far a loss may be from torchloss's, relatively. */
const TOLERANCE = 1e-4;
/** Calls per round; their mean counts. */
const CALLS = 3;

/** Runs the cases and prints the times, their ratios, and what cannot be compared. */
export async function benchPeers(libtorch, rounds) {
  install();
  for (const name of Object.keys(CASES)) {
    const { ways, children, problems } = await startAll(name, libtorch);
    try {
      await takeTurns(ways, rounds);
    } finally {
      for (const child of children) child.kill();
    }
    console.log(`\n${name}, ${ROWS}×${CLASSES}, float32; ms of a call, medians of ${rounds} rounds`);
    console.table(report(ways));
    for (const problem of problems) console.log(problem);
  }
  return 0;
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
async function startAll(name, libtorch) {
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
        const { losses } = able ? await ask(child, 'prepare', name) : { losses: {} };
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
  for (let round = 0; round < rounds; round++)
    for (const { child, way, samples } of ways) samples.push(await ask(child, 'measure', { way, calls: CALLS }));
}

/**
 * The rows of the table. torchloss's times are compared with the fastest way that agrees with it, among the libraries with at
 * most as many threads.
 */
function report(ways) {
  const results = ways.map(({ samples, ...way }) => ({
    ...way,
    ms: median(samples.map(({ ms }) => ms)),
    cpu: median(samples.map(({ cpu }) => cpu)),
  }));
  const rows = results.map(({ library, threads, title, agrees, apart, ms, cpu }) => {
    const others = results.filter((one) => one.library !== OWN && one.agrees && one.threads <= threads);
    const best = (clock) => Math.min(...others.map((other) => other[clock]));
    const compared = library === OWN && others.length > 0;
    return [
      title,
      {
        ms: rounded(ms, 1),
        'CPU ms': rounded(cpu, 1),
        'loss apart by': agrees ? '' : apart.toExponential(1),
        'of the fastest other': compared ? rounded(ms / best('ms'), 2) : '',
        'CPU, of the least other': compared ? rounded(cpu / best('cpu'), 2) : '',
      },
    ];
  });
  return Object.fromEntries(rows);
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
