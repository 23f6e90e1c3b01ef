// One library with a number of threads, in its own process, controlled by peers.mjs.
import { makeCase } from './data.mjs';
import { LIBRARIES } from './libraries.mjs';

const [library, threads] = process.argv.slice(2);
let prepareCase;
let ways;

const ANSWERS = {
  /** Loads the library and returns whether it can use that many threads. */
  async load() {
    prepareCase = await LIBRARIES[library](Number(threads));
    return { able: prepareCase !== null };
  },

  /** Makes the tensors of a case and returns the loss of each way of computing it. */
  async prepare({ name, scale }) {
    ways = await prepareCase(makeCase(name, scale));
    const losses = {};
    for (const [way, run] of Object.entries(ways)) losses[way] = await run();
    return { losses };
  },

  /** Calls a loss some times, after one call to warm the caches, and returns the milliseconds per call. */
  async measure({ way, calls }) {
    const run = ways[way];
    await run();
    const usage = process.cpuUsage();
    const start = performance.now();
    for (let call = 0; call < calls; call++) await run();
    const elapsed = performance.now() - start;
    const { user, system } = process.cpuUsage(usage);
    return { ms: elapsed / calls, cpu: (user + system) / 1000 / calls };
  },
};

async function answer({ what, value }) {
  try {
    process.send(await ANSWERS[what](value));
  } catch (error) {
    process.send({ error: String(error.message ?? error) });
  }
}

process.on('message', (message) => void answer(message));
