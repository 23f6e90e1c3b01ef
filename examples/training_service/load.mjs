// Loads a running service: node load.mjs SECONDS [URL]. Each answer is checked; it ends with 1 if one is lost or wrong.
import { argv, exit } from 'node:process';
import { torch } from 'torchloss';
import { save } from 'torchloss/safetensors';

const [, , seconds = '600', url = 'http://127.0.0.1:3000'] = argv;
const CLIENTS = 16;
const until = Date.now() + 1000 * Number(seconds);
const counts = { done: 0, refused: 0, wrong: 0 };
const json = { 'content-type': 'application/json' };
const binary = { 'content-type': 'application/octet-stream' };

const batches = Array.from({ length: 8 }, () => {
  const input = torch.randn([64, 32]);
  return save({ input, target: input.slice(0, 64).argmax(1).remainder(10) });
});

/** A client: it trains a model step by step, and its steps have to follow each other. */
async function client() {
  const spec = JSON.stringify({ layers: [32, 256, 10], lr: 0.01 });
  const made = await fetch(`${url}/models`, { method: 'POST', headers: json, body: spec });
  if (made.status !== 201) throw new Error(`${made.status} ${await made.text()}`);
  const { id } = await made.json();
  let steps = 0;
  for (let number = 0; Date.now() < until; number++) {
    const path = number % 5 === 4 ? 'predict' : 'train';
    const answer = await fetch(`${url}/models/${id}/${path}`, {
      method: 'POST',
      headers: binary,
      body: batches[number % batches.length],
    });
    const body = await answer.arrayBuffer();
    if (answer.status === 429) counts.refused++;
    else if (answer.status !== 200) counts.wrong++;
    else if (path === 'train' && JSON.parse(Buffer.from(body).toString()).step !== ++steps) counts.wrong++;
    else counts.done++;
  }
  await fetch(`${url}/models/${id}`, { method: 'DELETE' });
}

async function metric(name) {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
}

async function report() {
  const resident = (await metric('process_resident_memory_bytes')) / 2 ** 20;
  const delay = 1000 * (await metric('nodejs_eventloop_delay_p99_seconds'));
  console.log(`${counts.done} answers, ${resident.toFixed(0)} MiB, event loop p99 ${delay.toFixed(1)} ms`);
}
const watch = setInterval(() => void report(), 10_000);
const ended = await Promise.allSettled(Array.from({ length: CLIENTS }, client));
clearInterval(watch);
const lost = ended.filter(({ status }) => status === 'rejected');
for (const { reason } of lost) console.error(reason);
console.log(`${counts.done} answers, ${counts.refused} refused, ${counts.wrong} wrong, ${lost.length} clients lost`);
exit(counts.wrong + lost.length > 0 ? 1 : 0);
