/**
 * The programs of examples/service, examples/ddp, examples/digits, examples/worker, examples/safetensors and
 * examples/side_by_side, compiled and run unchanged.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { libtorch } from '../../lib/addon/native.js';
import { interpreters } from '../../lib/parity/sides/peer.js';
import * as torch from '../../lib/torch/index.js';
import { compileExamples, exampleFolder } from '../helpers/examples.js';
import { temporaryFolder } from '../helpers/libtorch.js';
import { findPython } from '../helpers/python.js';
import { runRanks } from '../helpers/ranks.js';

const root = join(import.meta.dirname, '..', '..');
const programs = exampleFolder();

beforeAll(() => compileExamples(programs), 120_000);
afterAll(() => rmSync(programs, { recursive: true }));

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

  it('prints what a live PyTorch prints, if there is one', () => {
    const { root: folder } = libtorch();
    const python = [join(dirname(folder), '..', '..', '..', 'bin', 'python'), '/usr/bin/python3'].find(
      (file) => run(file, ['-c', 'import torch']).status === 0,
    );
    const printed = python === undefined ? expected : run(python, ['examples/side_by_side/loss.py']).stdout;
    expect(printed).toBe(expected);
  });
});

describe.runIf(torch.distributed.is_available())('examples/ddp', () => {
  it('trains on two processes as Python does', { timeout: 120_000 }, async () => {
    const node = [process.execPath, join(programs, 'ddp', 'train.js')] as const;
    const [first, second] = await runRanks([node, node]);
    expect([first?.status, second?.status, second?.stdout], first?.stderr).toEqual([0, 0, '']);
    expect(first?.stdout).toMatch(/^epoch 1: loss [\d.]+\nepoch 2: loss [\d.]+\nepoch 3: loss [\d.]+\n$/);
    const python = findPython();
    if (python === undefined) return;
    const twin = [python, join(root, 'examples', 'ddp', 'train.py')] as const;
    const [printed] = await runRanks([twin, twin]);
    expect(first?.stdout).toBe(printed?.stdout);
  });
});

describe('examples/digits', () => {
  it('learns to read digits, continues where it stopped, and leaves a checkpoint that Python opens', () => {
    const folder = join(temporaryFolder(), 'run');
    const program = join(programs, 'digits', 'train.js');
    const accuracies = (text: string) =>
      Array.from(text.matchAll(/accuracy ([\d.]+) %/g), ([, value]) => Number(value));
    const first = run(process.execPath, [program, folder]);
    expect(first.stderr).toBe('');
    expect(accuracies(first.stdout)).toHaveLength(6);
    expect(accuracies(first.stdout).at(-1)).toBeGreaterThanOrEqual(97);
    const saved = join(folder, 'step-000000240.pt');
    expect(first.stdout.endsWith(`saved as ${saved}\n`)).toBe(true);
    // As if it had been stopped after the fifth epoch.
    rmSync(saved);
    const second = run(process.execPath, [program, folder]);
    expect(second.stdout).toBe(
      `from ${join(folder, 'step-000000200.pt')}\n${first.stdout.split('\n').slice(5).join('\n')}`,
    );
    const python = interpreters('pytorch', libtorch().root).find(
      (file) => run(file, ['-c', 'import torch']).status === 0,
    );
    if (python === undefined) return;
    const script = `
import torch
c = torch.load('${saved}')
m = torch.nn.ModuleDict(dict(conv1=torch.nn.Conv2d(1, 16, 3), norm1=torch.nn.BatchNorm2d(16), conv2=torch.nn.Conv2d(16, 32, 3), norm2=torch.nn.BatchNorm2d(32), fc=torch.nn.Linear(512, 10)))
m.load_state_dict(c['model'])
print(c['progress']['step'])
`;
    expect(run(python, ['-c', script]).stdout).toBe('240\n');
  }, 600_000);
});

describe('examples/worker', () => {
  it('trains in a worker and transfers the weights', () => {
    const { stdout, stderr } = run(process.execPath, [join(programs, 'worker', 'main.js')]);
    expect(stderr).toBe('');
    const losses = Array.from(stdout.matchAll(/loss ([\d.]+)/g), ([, value]) => Number(value));
    expect(losses).toHaveLength(20);
    expect(losses.at(-1)).toBeLessThan(0.1 * (losses[0] as number));
    const [, said] = /the model predicts ([\d.]+) for 1.00\n$/.exec(stdout) ?? [];
    expect(Math.abs(Number(said) - 1)).toBeLessThan(0.3);
  });
});

describe('examples/safetensors', () => {
  it.each(['540', '128', '7'])('prints the loss of PyTorch, in batches of %s', (batch) => {
    const file = 'examples/safetensors/digits.safetensors';
    const { stdout, stderr } = run(process.execPath, [join(programs, 'safetensors', 'evaluate.js'), file, batch]);
    expect(stderr).toBe('');
    expect(stdout).toBe('loss      0.09691187\naccuracy  97.41 %\nsamples   540\n');
  });
});

/** A response of the service. */
interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A request whose body is sent by the caller. */
function open(path: string, length: number, type = 'application/octet-stream') {
  const headers = { 'content-type': type, 'content-length': length };
  const sent = request(`${address}${path}`, { method: 'POST', headers, agent: false });
  sent.on('error', () => undefined); // the response tells the outcome
  const answer = (async (): Promise<Answer> => {
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
  })();
  return { sent, answer };
}

async function post(path: string, body: Buffer, type?: string): Promise<Answer> {
  const { sent, answer } = open(path, body.length, type);
  sent.end(body);
  return answer;
}

async function health(): Promise<Record<string, unknown>> {
  return (await (await fetch(`${address}/health`)).json()) as Record<string, unknown>;
}

/** Waits until the service reports the expected state. */
async function reach(wanted: Record<string, unknown>): Promise<void> {
  await expect.poll(health, { timeout: 20_000 }).toMatchObject(wanted);
}

/** A body of labels and logits. */
function batch(labels: readonly number[], logits: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from(Int32Array.from(labels).buffer), Buffer.from(Float32Array.from(logits).buffer)]);
}

/** A batch that takes LibTorch a while: 6000 samples of 1000 classes. */
function large(): Buffer {
  const logits = new Float32Array(6_000_000).fill(0.5);
  return Buffer.concat([Buffer.alloc(4 * 6000), Buffer.from(logits.buffer)]);
}

let service: ChildProcess;
let address: string;
let complaints: Promise<string>;

/** Starts the service; `variables` are its limits. */
async function start(variables: Readonly<Record<string, string>> = {}): Promise<void> {
  const env = { ...process.env, PORT: '0', LIMIT: '3', ...variables };
  service = spawn(process.execPath, [join(programs, 'service', 'main.js')], { cwd: root, env });
  complaints = text(service.stderr as NodeJS.ReadableStream);
  const [line] = (await once(service.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  address = /http:\S+/.exec(line.toString())?.[0] ?? '';
}

function stop(): void {
  if (service.exitCode === null) service.kill('SIGKILL');
}

describe('examples/service', () => {
  beforeEach(() => start());
  afterEach(stop);

  it("returns PyTorch's loss, and the gradient worked out by hand", async () => {
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

  it('answers with 400 and names the wrong parameter', async () => {
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

  it('answers with 429 when it is full, before it reads more', async () => {
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

  it('answers a body above the limit with 413, without reading it', async () => {
    const { sent, answer } = open('/step?classes=2', 2 ** 27);
    sent.write(Buffer.alloc(4));
    expect((await answer).status).toBe(413);
    sent.destroy();
    await reach({ open: 0 });
  });

  it('drops the batches of clients that disconnect', async () => {
    const body = large();
    const gone = [0, 1].map(() => open('/step?classes=1000', body.length));
    for (const { sent, answer } of gone) {
      answer.catch(() => undefined);
      sent.end(body, () => sent.destroy());
    }
    await reach({ open: 0, cancelled: 2, done: 0, tensors: 0 });
    expect((await post('/step?classes=2', batch([0], [1, 2]))).status).toBe(200);
    service.kill('SIGTERM');
    expect(await complaints).toBe('');
  });

  it.runIf(process.platform !== 'win32')('answers pending requests on SIGTERM, and exits', async () => {
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

/** A connection on which the caller writes HTTP itself. */
async function connection(): Promise<Socket> {
  const { port, hostname } = new URL(address);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** The status line that arrives on a connection, once the service has closed it. */
async function statusOf(socket: Socket): Promise<string> {
  return (await text(socket)).split('\r\n')[0] ?? '';
}

describe('untrusted input to examples/service', () => {
  afterEach(stop);

  it('is parsed only with the right content type', async () => {
    await start();
    // Parsed as JSON, this would become an array of 1.6 GB.
    const hostile = Buffer.from('{"length":1600000000}');
    const types = ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'x'];
    for (const type of types) {
      const { status, body } = await post('/step?classes=3', hostile, type);
      expect(status, type).toBe(415);
      expect(JSON.parse(body.toString())).toMatchObject({
        parameter: 'content-type',
        message: `expected application/octet-stream, got ${type}`,
      });
    }
    const { status, body } = await post('/step?classes=3', hostile);
    expect(status).toBe(400);
    expect(JSON.parse(body.toString())).toMatchObject({
      parameter: 'body',
      message: 'body: expected a multiple of 16 bytes, got 21 bytes',
    });
    await reach({ open: 0, tensors: 0 });
    service.kill('SIGTERM');
    expect(await complaints).toBe('');
  });

  it('needs a Content-Length', async () => {
    await start();
    const socket = await connection();
    const head = 'POST /step?classes=2 HTTP/1.1\r\nhost: a\r\ncontent-type: application/octet-stream\r\n';
    socket.write(`${head}transfer-encoding: chunked\r\n\r\nc\r\n`);
    expect(await statusOf(socket)).toBe('HTTP/1.1 411 Length Required');
    await reach({ open: 0 });
  });

  it('is answered with 400 for any wrong query', async () => {
    await start();
    const body = batch([1, 0], [0.1, 0.2, 0.3, 0.4]);
    const queries = [
      'classes=1e999',
      'classes=NaN',
      'classes=',
      'classes=2&classes=3',
      'classes=1000001',
      'classes=%00',
    ];
    queries.push('classes=2&ignore_index=1e300', 'classes=2&ignore_index=0.5', 'classes=2&__proto__=1');
    queries.push('classes=2&label_smoothing=Infinity', 'classes=2&reduction=%0d%0aset-cookie:a');
    for (const query of queries) expect((await post(`/step?${query}`, body)).status, query).toBe(400);
    service.kill('SIGTERM');
    expect(await complaints).toBe('');
  });

  it('must arrive in time', async () => {
    await start({ TIMEOUT: '500' });
    const whole = batch([1, 0], [0.1, 0.2, 0.3, 0.4]);
    const slow = Array.from({ length: 3 }, () => open('/step?classes=2', whole.length));
    const answers = slow.map(({ sent, answer }) => {
      sent.write(whole.subarray(0, 4));
      return answer.then(({ status }) => status).catch(() => 'closed');
    });
    const silent = await connection();
    const unfinished = await connection();
    unfinished.write('POST /step HTTP/1.1\r\nhost: a\r\n');
    await reach({ open: 3 });
    for (const status of await Promise.all(answers)) expect([408, 'closed']).toContain(status);
    await reach({ open: 0 });
    expect(await statusOf(silent)).toMatch(/^(HTTP\/1.1 408 Request Timeout)?$/);
    expect(await statusOf(unfinished)).toMatch(/^(HTTP\/1.1 408 Request Timeout)?$/);
    expect((await post('/step?classes=2', whole)).status).toBe(200);
    service.kill('SIGTERM');
    expect(await complaints).toBe('');
  });

  it('holds no place if the client does not read the answer', async () => {
    await start({ TIMEOUT: '3000' });
    const body = large();
    const socket = await connection();
    socket.pause();
    socket.write(
      `POST /step?classes=1000 HTTP/1.1\r\nhost: a\r\ncontent-type: application/octet-stream\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    socket.write(body);
    await reach({ open: 1 });
    // The answer of 24 MB does not fit into any buffer of the system.
    await reach({ open: 0, cancelled: 1, tensors: 0 });
    socket.destroy();
  });

  it('arrives on a limited number of connections', async () => {
    await start({ CONNECTIONS: '4' });
    const held = await Promise.all(Array.from({ length: 4 }, connection));
    // Only a connection that the service has accepted gets an answer.
    for (const socket of held) {
      socket.write('GET /health HTTP/1.1\r\nhost: a\r\n\r\n');
      await once(socket, 'data');
    }
    await expect(health()).rejects.toThrow();
    for (const socket of held) socket.destroy();
    await reach({ open: 0 });
  });

  it.runIf(process.platform === 'linux')(
    'takes no more memory than the README says',
    async () => {
      const [limit, bodyLimit] = [6, 48 * 2 ** 20];
      const classes = 1000;
      const samples = Math.floor(bodyLimit / (4 * (1 + classes)));
      const body = Buffer.alloc(samples * 4 * (1 + classes));
      const peak = () => {
        const status = readFileSync(`/proc/${service.pid}/status`, 'utf8');
        return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
      };
      const allowed = 1.25 * (limit + 5) * bodyLimit;
      let least = Number.POSITIVE_INFINITY;
      // A busy machine delays V8's freeing of the bodies, which only adds to the peak: the least of several processes counts.
      for (let attempt = 0; attempt < 4 && least >= allowed; attempt++) {
        await start({ LIMIT: String(limit), BODY_LIMIT: String(bodyLimit) });
        expect((await post('/step?classes=2', batch([0], [1, 2]))).status).toBe(200);
        const idle = peak();
        for (let round = 0; round < 3; round++) {
          const sent = Array.from({ length: limit + 4 }, () =>
            post(`/step?classes=${classes}&label_smoothing=0.1`, body),
          );
          const answers = await Promise.allSettled(sent);
          const statuses = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.status : 'closed'));
          expect(statuses).toContain(200);
          expect(statuses.every((status) => status === 200 || status === 429 || status === 'closed')).toBe(true);
        }
        least = Math.min(least, peak() - idle);
        await reach({ open: 0, tensors: 0 });
        service.kill('SIGTERM');
        await complaints;
      }
      expect(least).toBeLessThan(allowed);
    },
    120_000,
  );

  it.each(['LIMIT', 'BODY_LIMIT', 'TIMEOUT', 'CONNECTIONS', 'THREADS'])(
    'refuses a %s that is not a limit',
    (variable) => {
      for (const value of ['many', '0', '-1', 'NaN', '']) {
        const env = { ...process.env, PORT: '0', [variable]: value };
        const { status, stderr } = spawnSync(process.execPath, [join(programs, 'service', 'main.js')], {
          cwd: root,
          env,
          encoding: 'utf8',
        });
        expect(status).toBe(1);
        expect(stderr).toContain(`${variable}: expected an integer of at least 1, got '${value}'`);
      }
    },
  );
});
