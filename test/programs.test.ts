/** The programs of examples/service, examples/safetensors and examples/side_by_side, compiled and run as they stand. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { libtorch } from '../lib/addon/native.js';

const root = join(import.meta.dirname, '..');
const programs = join(root, 'build', 'examples');

beforeAll(() => {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout } = spawnSync(process.execPath, [compiler, '-p', 'examples'], { cwd: root, encoding: 'utf8' });
  expect(stdout).toBe('');
}, 120_000);

function run(command: string, args: readonly string[]) {
  return spawnSync(command, args, { cwd: root, encoding: 'utf8' });
}

describe('examples/side_by_side', () => {
  const expected = readFileSync(join(root, 'examples', 'side_by_side', 'expected.txt'), 'utf8');

  it('prints what PyTorch printed', () => {
    const { stdout, stderr } = run(process.execPath, [join(programs, 'side_by_side', 'loss.js')]);
    expect(stderr).toBe('');
    expect(stdout).toBe(expected);
  });

  it('prints what the PyTorch at hand prints, where there is one', () => {
    const { root: folder } = libtorch();
    const python = [join(dirname(folder), '..', '..', '..', 'bin', 'python'), '/usr/bin/python3'].find(
      (file) => run(file, ['-c', 'import torch']).status === 0,
    );
    const printed = python === undefined ? expected : run(python, ['examples/side_by_side/loss.py']).stdout;
    expect(printed).toBe(expected);
  });
});

describe('examples/safetensors', () => {
  it.each(['540', '128', '7'])('gives the loss that PyTorch gave, in batches of %s', (batch) => {
    const file = 'examples/safetensors/digits.safetensors';
    const { stdout, stderr } = run(process.execPath, [join(programs, 'safetensors', 'evaluate.js'), file, batch]);
    expect(stderr).toBe('');
    expect(stdout).toBe('loss      0.09691187\naccuracy  97.41 %\nsamples   540\n');
  });
});

/** An answer of the service. */
interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A request whose body is sent by the caller. */
function open(path: string, length: number) {
  const headers = { 'content-type': 'application/octet-stream', 'content-length': length };
  const sent = request(`${address}${path}`, { method: 'POST', headers, agent: false });
  const answer = (async (): Promise<Answer> => {
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
  })();
  return { sent, answer };
}

async function post(path: string, body: Buffer): Promise<Answer> {
  const { sent, answer } = open(path, body.length);
  sent.end(body);
  return answer;
}

async function health(): Promise<Record<string, unknown>> {
  return (await (await fetch(`${address}/health`)).json()) as Record<string, unknown>;
}

/** Waits until the service says of itself what is wanted. */
async function reach(wanted: Record<string, unknown>): Promise<void> {
  await expect.poll(health, { timeout: 20_000 }).toMatchObject(wanted);
}

/** A body of labels and logits. */
function batch(labels: readonly number[], logits: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from(Int32Array.from(labels).buffer), Buffer.from(Float32Array.from(logits).buffer)]);
}

/** A batch on which LibTorch works for a while: 6000 samples of 1000 classes. */
function large(): Buffer {
  const logits = new Float32Array(6_000_000).fill(0.5);
  return Buffer.concat([Buffer.alloc(4 * 6000), Buffer.from(logits.buffer)]);
}

let service: ChildProcess;
let address: string;
let complaints: Promise<string>;

describe('examples/service', () => {
  beforeEach(async () => {
    const env = { ...process.env, PORT: '0', LIMIT: '3' };
    service = spawn(process.execPath, [join(programs, 'service', 'main.js')], { cwd: root, env });
    complaints = text(service.stderr as NodeJS.ReadableStream);
    const [line] = (await once(service.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    address = /http:\S+/.exec(line.toString())?.[0] ?? '';
  });
  afterEach(async () => {
    if (service.exitCode === null) service.kill('SIGKILL');
  });

  it('gives the loss that PyTorch gave, and the gradient worked out by hand', async () => {
    const digits = join(root, 'examples', 'digits');
    const read = (name: string) => readFileSync(join(digits, name));
    // The data of a .npy file are at its end.
    const data = (name: string, bytes: number) => Uint8Array.from(read(name).subarray(-bytes)).buffer;
    const logits = new Float32Array(data('logits.npy', 4 * 5400));
    const labels = Array.from(new BigInt64Array(data('labels.npy', 8 * 540)), Number);
    const recorded = JSON.parse(read('expected.json').toString());
    const answer = await post('/step?classes=10', batch(labels, Array.from(logits)));
    expect(answer.status).toBe(200);
    expect(Number(answer.headers['loss'])).toBeCloseTo(recorded['cross_entropy.mean'].float64, 7);
    const gradient = new Float32Array(Uint8Array.from(answer.body).buffer);
    expect(gradient).toHaveLength(5400);
    for (let row = 0; row < 540; row++) {
      const exps = Array.from(logits.subarray(10 * row, 10 * row + 10), Math.exp);
      const total = exps.reduce((sum, value) => sum + value, 0);
      for (const [column, value] of exps.entries()) {
        const expected = (value / total - (column === labels[row] ? 1 : 0)) / 540;
        expect(Math.abs((gradient[10 * row + column] as number) - expected)).toBeLessThan(1e-8);
      }
    }
    const smooth = await post('/step?classes=10&label_smoothing=0.1&reduction=sum', batch(labels, Array.from(logits)));
    expect(Number(smooth.headers['loss']) / 540).toBeCloseTo(
      recorded['cross_entropy.mean.label_smoothing=0.1'].float64,
      5,
    );
    await reach({ status: 'ok', open: 0, done: 2, cancelled: 0, tensors: 0 });
  });

  it('answers with 400 that names the parameter at fault', async () => {
    const body = batch([1, 0], [0.1, 0.2, 0.3, 0.4]);
    const cases: [path: string, body: Buffer, parameter: string][] = [
      ['/step', body, 'classes'],
      ['/step?classes=0', body, 'classes'],
      ['/step?classes=2&label_smoothing=1.5', body, 'label_smoothing'],
      ['/step?classes=2&reduction=none', body, 'reduction'],
      ['/step?classes=2&label_smothing=0.1', body, 'label_smothing'],
      ['/step?classes=3', body, 'body'],
      ['/step?classes=2', batch([1, 2], [0.1, 0.2, 0.3, 0.4]), 'labels'],
    ];
    for (const [path, sent, parameter] of cases) {
      const answer = await post(path, sent);
      expect(answer.status, path).toBe(400);
      expect(JSON.parse(answer.body.toString())).toMatchObject({ parameter, message: expect.any(String) });
    }
    // Without a body there is no content type either.
    const empty = await fetch(`${address}/step?classes=2`, { method: 'POST' });
    expect(empty.status).toBe(400);
    expect(await empty.json()).toMatchObject({ parameter: 'body' });
    await reach({ open: 0, tensors: 0 });
    service.kill('SIGTERM');
    expect(await complaints).toBe('');
  });

  it('answers with 429 when it has as much as it takes, before it reads more', async () => {
    const body = batch([1, 0], [0.1, 0.2, 0.3, 0.4]);
    const held = Array.from({ length: 3 }, () => open('/step?classes=2', body.length));
    for (const { sent } of held) sent.write(body.subarray(0, 4));
    await reach({ open: 3 });
    const refused = await post('/step?classes=2', body);
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('1');
    for (const { sent } of held) sent.end(body.subarray(4));
    const answers = await Promise.all(held.map(({ answer }) => answer));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers[0]?.body.equals(answers[2]?.body as Buffer)).toBe(true);
    await reach({ open: 0, done: 3 });
    expect((await post('/step?classes=2', body)).status).toBe(200);
  });

  it('answers with 413 to a body above the limit, without reading it', async () => {
    const { sent, answer } = open('/step?classes=2', 2 ** 27);
    sent.on('error', () => undefined);
    sent.write(Buffer.alloc(4));
    expect((await answer).status).toBe(413);
    sent.destroy();
    await reach({ open: 0 });
  });

  it('drops the batches of clients that go away', async () => {
    const body = large();
    const gone = [0, 1].map(() => open('/step?classes=1000', body.length));
    for (const { sent, answer } of gone) {
      answer.catch(() => undefined);
      sent.on('error', () => undefined);
      sent.end(body, () => sent.destroy());
    }
    await reach({ open: 0, cancelled: 2, done: 0, tensors: 0 });
    expect((await post('/step?classes=2', batch([0], [1, 2]))).status).toBe(200);
    service.kill('SIGTERM');
    expect(await complaints).toBe('');
  });

  it.runIf(process.platform !== 'win32')('answers what it has on SIGTERM, and exits', async () => {
    const body = large();
    const { sent, answer } = open('/step?classes=1000', body.length);
    sent.end(body);
    await reach({ open: 1 });
    const exited = once(service, 'exit');
    service.kill('SIGTERM');
    const { status, body: gradient } = await answer;
    expect(status).toBe(200);
    expect(gradient).toHaveLength(body.length - 4 * 6000);
    expect(await exited).toEqual([0, null]);
    expect(await complaints).toBe('');
    await expect(fetch(`${address}/health`)).rejects.toThrow();
  });
});
