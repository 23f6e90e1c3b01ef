/** TorchScript files: Python's as recorded, our own, and damaged or malicious ones. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import { libtorch } from '../../lib/addon/native.js';
import { trainStep } from '../../lib/jit/train_step.js';
import { temporaryFolder } from '../helpers/libtorch.js';
import { makeZip } from '../helpers/zip.js';

const { jit, nn, optim } = torch;
const FOLDER = new URL('../fixtures/jit/', import.meta.url);
const FORMAT = { name: 'TorchError', code: 'ERR_FILE_FORMAT' };

interface Recorded {
  readonly names: string[];
  readonly state: string[];
  readonly steps: [loss: number, norm: number][];
  readonly output: number[][];
}

/** What the recorded modules have besides `forward`. */
interface Methods {
  readonly both: Method & { async(...args: unknown[]): Promise<unknown> };
  readonly join: Method;
  readonly pick: Method;
}
type Method = (...args: unknown[]) => unknown;

function data(step: number): [Tensor, Tensor] {
  const x = torch
    .arange(32, { dtype: 'float32' })
    .reshape([8, 4])
    .mul(0.37 + step * 0.1)
    .sin();
  return [x, torch.arange(8, { dtype: 'int64' }).remainder(3)];
}

// LibTorch reads files of older releases.
const RELEASES = ['1.13', '2.13'].filter((release) => release === '1.13' || !libtorch().minor.startsWith('1.'));

describe.each(RELEASES)('a module that Python scripted with PyTorch %s', (release) => {
  const file = new URL(`${release}.pt`, FOLDER);
  const recorded = JSON.parse(readFileSync(new URL(`${release}.json`, FOLDER), 'utf8')) as Recorded;

  it('has the recorded names, trains and computes as recorded', () => {
    const model = jit.load(file);
    expect(model.named_parameters().map(([name]) => name)).toEqual(recorded.names);
    expect(Object.keys(model.state_dict())).toEqual(recorded.state);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
    const step = trainStep({ model, loss: new nn.CrossEntropyLoss(), optimizer, clip_grad_norm: 1 });
    for (const [at, [loss, norm]] of recorded.steps.entries()) {
      const [x, y] = data(at);
      const made = step(x, y);
      expect(made.loss).toBeCloseTo(loss, 4);
      expect(made.grad_norm).toBeCloseTo(norm, 4);
    }
    model.eval();
    const output = model(data(0)[0]);
    expect(output.sub(torch.tensor(recorded.output)).abs().max().item()).toBeLessThan(1e-4);
  });

  it('has the recorded attributes, methods and modes', async () => {
    const model = jit.load(file) as torch.jit.ScriptModule & Methods;
    const block = model.get_submodule('block') as unknown as { scale: number; calls: number; training: boolean };
    expect([block.scale, block.calls, block.training]).toEqual([0.5, 3, true]);
    const [x] = data(0);
    model.eval();
    expect(block.training).toBe(false);
    const [out, bounds, list] = model.both(x) as [Tensor, { least: Tensor; most: Tensor }, Tensor[]];
    expect(bounds.least.item()).toBe(out.min().item());
    expect(list.map((item) => item.shape)).toEqual([out.shape, out.shape]);
    expect((model.join([x, x]) as Tensor).shape).toEqual([16, 4]);
    expect((model.join([x], x, 1) as Tensor).equal(x.mul(2))).toBe(true);
    expect((model.pick({ a: x, b: out }, 'b') as Tensor).equal(out)).toBe(true);
    expect((model.pick(new Map([['a', x]]), 'a') as Tensor).equal(x)).toBe(true);
    expect(() => model.join(x)).toThrow(/parts: expected a value of TorchScript's type List\[Tensor\], got a Tensor/);
    const before = model(x) as Tensor;
    model.train();
    block.scale = 0;
    expect((model(x) as Tensor).equal(before)).toBe(false);
    expect(() => {
      block.scale = 'x' as never;
    }).toThrow(/scale: expected a value of TorchScript's type float, got a string/);
    expect(await model.both.async(x)).toHaveLength(3);
  });
});

describe('files written by torchloss', () => {
  const traced = () => jit.trace(new nn.Sequential(new nn.Linear(3, 2), new nn.ReLU()), torch.ones([1, 3]));

  it('are written atomically and can be read back', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'model.pt');
    writeFileSync(path, 'old');
    const model = traced();
    const x = torch.randn([4, 3]);
    model.save(path);
    const first = readFileSync(path);
    await jit.save.async(model, pathToFileURL(path));
    expect(readdirSync(folder)).toEqual(['model.pt']);
    expect(statSync(path).size).toBe(first.length);
    for (const loaded of [
      jit.load(path),
      jit.load(pathToFileURL(path), { map_location: 'cpu' }),
      jit.load(jit.save(model)),
      await jit.load.async(path, { optimized_execution: false }),
    ]) {
      expect(loaded(x).tolist()).toEqual(model(x).tolist());
      expect(loaded.named_parameters().map(([name]) => name)).toEqual(['0.weight', '0.bias']);
      expect(loaded.original_name).toBe('Sequential');
    }
    // A URL of another realm is of another class.
    const foreign = { href: pathToFileURL(path).href, [Symbol.toStringTag]: 'URL' } as unknown as URL;
    jit.save(model, foreign);
    expect(jit.load(foreign)(x).tolist()).toEqual(model(x).tolist());
    expect(() => jit.save(model, join(folder, 'none', 'model.pt'))).toThrow(
      expect.objectContaining({ code: 'ERR_FILE_WRITE' }),
    );
    expect(() => jit.save(new nn.Linear(1, 1) as never)).toThrow(/module: expected a ScriptModule/);
    expect(() => jit.load(join(folder, 'none.pt'))).toThrow(expect.objectContaining({ code: 'ERR_FILE_READ' }));
    expect(() => jit.load(path, { map_location: 'gpu' as never })).toThrow(/map_location/);
  });

  it('are refused if they are not TorchScript, saying what they are', () => {
    expect(() => jit.load(torch.save({ a: torch.ones([2]) }))).toThrow(
      /no TorchScript file: it has no code: torch\.load reads checkpoints/,
    );
    expect(() => jit.load(Buffer.from('text'))).toThrow(/no TorchScript file: those are zip archives/);
    expect(() => jit.load(new Uint8Array(0))).toThrow(/empty/);
    expect(() => jit.load(makeZip({ 'a.txt': Buffer.from('a') }))).toThrow(expect.objectContaining(FORMAT));
  });

  it('are refused wherever they are cut off', () => {
    const bytes = jit.save(traced());
    for (let length = 0; length < bytes.length; length += 37) {
      expect(() => jit.load(bytes.subarray(0, length))).toThrow(expect.objectContaining(FORMAT));
    }
  });

  it('are refused if their directory marks a tensor as a folder', () => {
    const bytes = jit.save(traced());
    const entry = bytes.lastIndexOf('data/0') - 46 - 'archive/'.length;
    expect(bytes.readUInt32LE(entry)).toBe(0x02014b50);
    const damaged = Buffer.from(bytes);
    damaged[entry + 38] = 0x10;
    expect(() => jit.load(damaged)).toThrow(
      expect.objectContaining({ ...FORMAT, message: expect.stringMatching(/is marked as a folder/) }),
    );
  });

  it('are read correctly or refused if a byte differs', () => {
    const model = traced();
    const bytes = jit.save(model);
    const x = torch.randn([2, 3]);
    const expected = model(x).tolist();
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] as number) ^ change;
        try {
          expect(jit.load(damaged)(x).tolist()).toEqual(expected);
        } catch (error) {
          expect(error).toMatchObject(FORMAT);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('are read or refused if their checksums match the change', () => {
    const entries = unpacked(jit.save(traced()));
    const names = Object.keys(entries).filter((name) => /\.(pkl|py)$/.test(name));
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.nat(), fc.nat(255), (name, place, byte) => {
        const content = Buffer.from(entries[name] as Buffer);
        content[place % content.length] = byte;
        try {
          const model = jit.load(makeZip({ ...entries, [name]: content }));
          model(torch.ones([1, 3]));
        } catch (error) {
          expect(['TorchError', 'TypeError', 'RangeError']).toContain((error as Error).name);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('are refused if they are nested deeply enough to exhaust the stack', () => {
    const entries = unpacked(jit.save(traced()));
    const code = Object.keys(entries).find((name) => name.endsWith('.py')) as string;
    const data = Object.keys(entries).find((name) => name.endsWith('data.pkl')) as string;
    const load = (changed: Record<string, Buffer>) => jit.load(makeZip({ ...entries, ...changed }));
    const text = (body: string) => Buffer.from(`class X(Module):\n  def forward(self) -> int:\n    return ${body}\n`);
    const many = 100_000;
    for (const body of ['('.repeat(many), '-'.repeat(many), 'not '.repeat(many), `1${' + 1'.repeat(many)}`])
      expect(() => load({ [code]: text(body) })).toThrow(expect.objectContaining(FORMAT));
    const head = Buffer.from([0x80, 2]);
    const deep = Buffer.concat([head, Buffer.from(`N${'\x85'.repeat(many)}.`, 'latin1')]);
    const cycle = Buffer.concat([head, Buffer.from(']q\x00h\x00a.', 'latin1')]);
    for (const pickle of [
      deep,
      cycle,
      Buffer.concat([head, Buffer.from('h\x05.')]),
      Buffer.concat([head, Buffer.from('t.')]),
    ])
      expect(() => load({ [data]: pickle })).toThrow(expect.objectContaining(FORMAT));
  });
});

/** The entries of an archive without compression. */
function unpacked(bytes: Buffer): Record<string, Buffer> {
  const entries: Record<string, Buffer> = {};
  let at = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  const count = bytes.readUInt16LE(at + 10);
  at = bytes.readUInt32LE(at + 16);
  for (let index = 0; index < count; index++) {
    const [method, size, nameLength] = [
      bytes.readUInt16LE(at + 10),
      bytes.readUInt32LE(at + 20),
      bytes.readUInt16LE(at + 28),
    ];
    const skipped = bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    const header = bytes.readUInt32LE(at + 42);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const begin = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28);
    const packed = bytes.subarray(begin, begin + size);
    entries[name] = method === 0 ? packed : inflateRawSync(packed);
    at += 46 + nameLength + skipped;
  }
  return entries;
}
