/** examples/training_service: models over HTTP that outlive the process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { torch } from '../../lib/index.js';
import { load, save } from '../../lib/safetensors/index.js';
import { compileExamples, exampleFolder } from '../helpers/examples.js';
import { temporaryFolder } from '../helpers/libtorch.js';

const programs = exampleFolder();
const program = join(programs, 'training_service', 'main.js');
const children: ChildProcess[] = [];

beforeAll(() => compileExamples(programs), 600_000);
afterAll(() => rmSync(programs, { recursive: true }));

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function start(folder: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, PORT: '0', DATA: folder, EVERY: '4', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = await once(child.stdout, 'data');
  const address = /http:[^\s,]+/.exec(String(line))?.[0] as string;
  const ask = (path: string, options: RequestInit = {}) => fetch(`${address}${path}`, options);
  const post = (path: string, body: Buffer) =>
    ask(path, { method: 'POST', body: new Uint8Array(body), headers: { 'content-type': 'application/octet-stream' } });
  const create = async (spec: object) => {
    const answer = await ask('/models', {
      method: 'POST',
      body: JSON.stringify(spec),
      headers: { 'content-type': 'application/json' },
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, never> };
  };
  const end = async (signal: NodeJS.Signals) => {
    const ended = once(child, 'exit');
    child.kill(signal);
    return ended;
  };
  return { ask, post, create, end };
}

/** The batch of a step, by number. */
function batch(number: number): Buffer {
  torch.manual_seed(100 + number);
  return save({ input: torch.randn([8, 4]), target: torch.randint(0, 3, [8]) });
}

describe('examples/training_service', () => {
  const spec = { layers: [4, 16, 3], lr: 0.01, seed: 7 };

  it('continues with the same bits after SIGKILL and SIGTERM', async () => {
    const folder = temporaryFolder();
    const first = await start(folder);
    const { body, status } = await first.create(spec);
    expect(status).toBe(201);
    const path = `/models/${String(body.id)}`;
    const reference = `/models/${String((await first.create(spec)).body.id)}`;
    for (let step = 1; step <= 14; step++) await first.post(`${reference}/train`, batch(step));
    for (let step = 1; step <= 10; step++) {
      const answer = await first.post(`${path}/train`, batch(step));
      expect(await answer.json()).toMatchObject({ step, lr: 0.01 });
    }
    expect(await first.end('SIGKILL')).toEqual([null, 'SIGKILL']);

    const second = await start(folder);
    // Training since the last checkpoint is lost.
    expect(await (await second.ask(path)).json()).toMatchObject({
      steps: 8,
      layers: [4, 16, 3],
      loss: 'cross_entropy',
    });
    for (let step = 9; step <= 11; step++) await second.post(`${path}/train`, batch(step));
    expect(await second.end('SIGTERM')).toEqual([0, null]);

    const third = await start(folder);
    expect(await (await third.ask(path)).json()).toMatchObject({ steps: 11 });
    for (let step = 12; step <= 14; step++) await third.post(`${path}/train`, batch(step));
    const lost = (await (await third.ask(reference)).json()) as { steps: number };
    for (let step = lost.steps + 1; step <= 14; step++) await third.post(`${reference}/train`, batch(step));
    const outputs = await Promise.all(
      [path, reference].map(async (model) => (await third.post(`${model}/predict`, batch(0))).arrayBuffer()),
    );
    const [output, expected] = outputs.map((bytes) => load(Buffer.from(bytes)).output);
    expect(output?.shape).toEqual([8, 3]);
    expect(output?.tolist()).toEqual(expected?.tolist());
    expect(await third.end('SIGTERM')).toEqual([0, null]);
  }, 600_000);

  it('checks its input, bounds what waits, and reports metrics', async () => {
    const service = await start(temporaryFolder(), { WAITING: '2' });
    expect((await service.create({ layers: [4] })).status).toBe(400);
    expect((await service.create({ ...spec, loss: 'mse' })).body.message).toBe(
      'body/loss must be equal to one of the allowed values: cross_entropy, mse_loss',
    );
    const form = await service.ask('/models', { method: 'POST', body: new URLSearchParams({ layers: '4' }) });
    expect([form.status, ((await form.json()) as { message: string }).message]).toEqual([
      415,
      expect.stringContaining('expected content-type application/json to create a model'),
    ]);
    expect((await service.create({ ...spec, lr: -1 })).status).toBe(400);
    expect((await service.create({ ...spec, epochs: 3 })).status).toBe(400);
    const path = `/models/${String((await service.create(spec)).body.id)}`;
    const refused: [Buffer, string][] = [
      [Buffer.from('no tensors'), ''],
      [
        save({ input: torch.ones([8, 5]), target: torch.randint(0, 3, [8]) }),
        'input: expected float32 of shape [N, 4]',
      ],
      [save({ input: torch.ones([8, 4]) }), 'target: expected int64 of shape [8], got none'],
      [save({ input: torch.ones([2, 4]), target: torch.tensor([0n, 9n]) }), '9'],
    ];
    for (const [body, message] of refused) {
      const answer = await service.post(`${path}/train`, body);
      expect(answer.status).toBe(400);
      expect(((await answer.json()) as { message: string }).message).toContain(message);
    }
    expect(
      (
        await service.ask(`${path}/train`, {
          method: 'POST',
          body: '{}',
          headers: { 'content-type': 'application/json' },
        })
      ).status,
    ).toBe(415);

    const events = await service.ask(`${path}/events`);
    const reader = (events.body as ReadableStream<Uint8Array>).getReader();
    const answers = await Promise.all(Array.from({ length: 12 }, (_, at) => service.post(`${path}/train`, batch(at))));
    const codes = answers.map(({ status }) => status);
    expect(new Set(codes)).toEqual(new Set([200, 429]));
    expect(answers.find(({ status }) => status === 429)?.headers.get('retry-after')).toBe('1');
    const done = codes.filter((code) => code === 200).length;
    const { value } = await reader.read();
    expect(Buffer.from(value as Uint8Array).toString()).toMatch(
      /^event: step\ndata: \{"step":1,"loss":[\d.]+,"grad_norm":[\d.]+,"lr":0\.01\}\n\n/,
    );
    await reader.cancel();

    expect(await (await service.post(`${path}/evaluate`, batch(0))).json()).toMatchObject({
      samples: 8,
      accuracy: expect.any(Number),
    });
    expect(await (await service.ask(`${path}/checkpoint`, { method: 'POST' })).json()).toEqual({ step: done });
    const metrics = await (await service.ask('/metrics')).text();
    expect(metrics).toContain(
      '# HELP torchloss_models number of models\n# TYPE torchloss_models gauge\ntorchloss_models 1\n',
    );
    expect(metrics).toMatch(/^nodejs_eventloop_delay_p99_seconds [\d.e-]+$/m);
    expect(metrics).toContain(`torchloss_steps_total ${done}\n`);
    expect(metrics).toContain(`torchloss_refused_total ${12 - done}\n`);
    expect((await service.ask(path, { method: 'DELETE' })).status).toBe(204);
    expect((await service.ask(path)).status).toBe(404);
    expect(await (await service.ask('/models')).json()).toEqual([]);
    expect(await service.end('SIGTERM')).toEqual([0, null]);
  }, 600_000);
});
