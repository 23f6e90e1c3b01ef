// `npm run load -- --seconds 600`: puts load on examples/training_service with autocannon and checks every answer. It exits
// with 1 if one is lost or wrong, if the p99 of the event loop delay is 10 ms or more in half of the intervals, or if memory
// grows.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { prepare, runScript } from './prepare.mjs';
import { ROOT, Stop } from './root.mjs';

const MOST_DELAY = 0.01;
/** How much memory may grow after the first third of the run. */
const MOST_GROWTH = 1.15;
const SPEC = { layers: [32, 256, 10], lr: 0.01, seed: 1 };
const ROWS = 64;
/** The service takes 16 models: these stay, and the others compete for the rest. */
const IDLE_MODELS = 6;
/** Requests per second on each of the 25 connections. */
const RATE = 10;
const JSON_TYPE = { 'content-type': 'application/json' };
const BINARY = { 'content-type': 'application/octet-stream' };

const counts = { answers: 0, refused: 0, events: 0 };
const problems = [];

/** Records what must not happen. */
function expect(holds, problem) {
  if (!holds && problems.push(problem) <= 10) console.error(problem);
}

/** Starts the service and returns the process, its address and a function that sends it a request. */
async function start(folder) {
  const program = join(ROOT, 'build', 'examples', 'training_service', 'main.js');
  const env = { ...process.env, PORT: '0', DATA: folder, WAITING: '8', EVERY: '100' };
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let url;
  for await (const line of createInterface({ input: child.stdout })) {
    url = /http:[^\s,]+/.exec(line)?.[0];
    if (url !== undefined) break;
  }
  if (url === undefined) throw new Stop('the service did not start');
  child.stdout.resume();
  const ask = async (path, options = {}) => {
    const answer = await fetch(`${url}${path}`, options);
    if (!answer.ok) throw new Stop(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const create = async () => {
    const answer = await ask('/models', { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(SPEC) });
    return (await answer.json()).id;
  };
  return { child, url, ask, create };
}

/** Batches by number, the same for every model, so that equal steps have equal losses. */
async function makeBatches() {
  const { torch } = await import('../dist/index.js');
  const { save } = await import('../dist/safetensors/index.js');
  torch.manual_seed(5);
  return Array.from({ length: 12 }, () => {
    const input = torch.randn([ROWS, SPEC.layers[0]]);
    return save({ input, target: input.argmax(1).remainder(10) });
  });
}

/** Requests and the answers they must get. Refused requests are counted; `check` gets the body of the others. */
function request(method, path, code, check, body, headers = BINARY) {
  return {
    method,
    // Without a model the connection starts over with the first request.
    setupRequest: (made, context) => {
      const to = path(context);
      return to === undefined ? undefined : { ...made, path: to, ...(body !== undefined && { body, headers }) };
    },
    onResponse: (status, text, context, received) => {
      if (status === 429) {
        counts.refused++;
        expect(received['retry-after'] === '1', `${method}: 429 without retry-after`);
        return;
      }
      counts.answers++;
      expect(status === code, `${method} ${path(context)}: ${status} ${text.slice(0, 200)}`);
      if (status === code) check(text, context);
    },
  };
}

/** The whole life of a model, repeated. */
function lifeOf(batches) {
  const losses = [];
  const of = (action) => (context) => context.id && `/models/${context.id}${action}`;
  const parsed = (check) => (text, context) => expect(check(JSON.parse(text), context), `wrong answer: ${text}`);
  const trains = batches.map((batch, at) =>
    request(
      'POST',
      of('/train'),
      200,
      parsed(({ step, loss }) => step === at + 1 && loss === (losses[at] ??= loss)),
      batch,
    ),
  );
  let output;
  return [
    request(
      'POST',
      () => '/models',
      201,
      (text, context) => {
        context.id = JSON.parse(text).id;
      },
      JSON.stringify(SPEC),
      JSON_TYPE,
    ),
    ...trains,
    request(
      'POST',
      of('/evaluate'),
      200,
      parsed(({ samples, loss, accuracy }) => samples === ROWS && loss > 0 && accuracy >= 0 && accuracy <= 1),
      batches[0],
    ),
    request('POST', of('/predict'), 200, (text) => expect(text === (output ??= text), 'wrong output'), batches[0]),
    request(
      'POST',
      of('/checkpoint'),
      200,
      parsed(({ step }) => step === batches.length),
    ),
    request(
      'GET',
      of(''),
      200,
      parsed(({ steps }) => steps === batches.length),
    ),
    request('DELETE', of(''), 204, () => undefined),
  ];
}

/** Reads the steps of a model as they come; each must follow the previous one. */
function readEvents(url) {
  const asked = get(url, (answer) => {
    let rest = '';
    answer.setEncoding('utf8').on('data', (text) => {
      const parts = (rest + text).split('\n\n');
      rest = parts.pop();
      for (const part of parts)
        expect(JSON.parse(part.slice(part.indexOf('{'))).step === ++counts.events, `wrong event: ${part}`);
    });
    answer.on('error', () => undefined);
  });
  asked.on('error', () => undefined);
  return asked;
}

async function load(seconds) {
  const batches = await makeBatches();
  const folder = mkdtempSync(join(tmpdir(), 'torchloss-load-'));
  const { child, url, ask, create } = await start(folder);
  try {
    const ids = await Promise.all(Array.from({ length: IDLE_MODELS + 2 }, create));
    const [crowded, frozen] = ids;
    const events = readEvents(`${url}/models/${crowded}/events`);
    let [steps, output] = [0, undefined];
    const roles = {
      lives: { connections: 9, requests: lifeOf(batches) },
      crowd: {
        connections: 12,
        requests: [
          request(
            'POST',
            () => `/models/${crowded}/train`,
            200,
            () => {
              steps++;
            },
            batches[0],
          ),
        ],
      },
      readers: {
        connections: 4,
        requests: [
          request(
            'POST',
            () => `/models/${frozen}/predict`,
            200,
            (text) => expect(text === (output ??= text), 'wrong output'),
            batches[1],
          ),
        ],
      },
    };
    const done = Promise.all(
      Object.values(roles).map((role) =>
        autocannon({ url, duration: seconds, timeout: 60, connectionRate: RATE, ...role }),
      ),
    );
    const samples = await watch(ask, seconds);
    for (const { errors, timeouts } of await done)
      expect(errors + timeouts === 0, `${errors} errors, ${timeouts} timeouts`);
    events.destroy();
    // Requests that were cut off at the end may still have trained the model.
    const made = (await (await ask(`/models/${crowded}`)).json()).steps;
    expect(made >= steps && made <= steps + roles.crowd.connections, `${steps} steps were answered, ${made} made`);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect((await ended)[0] === 0, 'SIGTERM did not end the service');
    const again = await start(folder);
    const kept = (await (await again.ask(`/models/${crowded}`)).json()).steps;
    expect(kept === made, `${made} steps were made, ${kept} were kept after SIGTERM`);
    const endedAgain = once(again.child, 'exit');
    again.child.kill('SIGTERM');
    await endedAgain;
    return { samples, steps: made };
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Reads the service's own metrics while the load lasts. */
async function watch(ask, seconds) {
  const samples = [];
  const every = Math.max(5, seconds / 20);
  for (let passed = every; passed <= seconds; passed += every) {
    await wait(every * 1000);
    const text = await (await ask('/metrics')).text();
    const value = (name) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)[1]);
    const sample = {
      resident: value('process_resident_memory_bytes'),
      delay: value('nodejs_eventloop_delay_p99_seconds'),
    };
    samples.push(sample);
    const memory = `${(sample.resident / 2 ** 20).toFixed(0)} MiB, ${value('torchloss_tensors')} tensors`;
    console.log(
      `${passed.toFixed(0)} s: ${counts.answers} answers, ${counts.refused} times 429, ${memory}, event loop p99 ${(sample.delay * 1000).toFixed(1)} ms`,
    );
  }
  return samples;
}

await runScript(async () => {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '600' } } });
  const seconds = Number(values.seconds);
  if (!(seconds >= 30)) throw new Stop(`--seconds: expected a number of at least 30, got '${values.seconds}'`);
  await prepare({ native: true });
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'examples'], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Stop('the examples do not compile');
  const { samples, steps } = await load(seconds);
  const early = samples[Math.ceil(samples.length / 3)].resident;
  const { resident } = samples.at(-1);
  const delays = samples.map((sample) => sample.delay).sort((a, b) => a - b);
  const delay = delays[delays.length >> 1];
  expect(resident <= early * MOST_GROWTH, `memory grew from ${early} to ${resident} bytes`);
  console.log(`event loop p99: ${delays.map((each) => (each * 1000).toFixed(1)).join(' ')} ms, from least to most`);
  expect(delay < MOST_DELAY, `event loop p99: the median is ${(delay * 1000).toFixed(1)} ms`);
  console.log(
    `${counts.answers} answers, ${counts.refused} times 429, ${steps} steps of one model, ${counts.events} events, ${problems.length} problems`,
  );
  return problems.length === 0 ? 0 : 1;
});
