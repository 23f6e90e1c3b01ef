/** What torchloss and LibTorch do on the host for a CUDA device. */
import { describe, expect, it } from 'vitest';
import { events, run } from './program.js';

const MiB = 2 ** 20;
const total = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);

describe('a copy through pinned memory', () => {
  const upload = `
    const data = torch.arange(0, 70 * 2 ** 18, { dtype: 'float32' });
    begin();
    const there = await data.toAsync({ device: 'cuda' });
    data.zero_();
    const back = there.cpu();
    answer([back.select(0, 3 * 2 ** 20 + 1).item(), back.select(0, -1).item()]);`;
  const last = [3 * MiB + 1, Math.fround(70 * 2 ** 18 - 1)];

  it('pins about as much as it copies, and gives it back', () => {
    const { value, trace } = run(`${upload}; torch.empty_cache();`);
    expect(value).toEqual(last);
    expect(events(trace, 'copy pinned device').map((bytes) => bytes / MiB)).toEqual([32, 32, 6]);
    expect(total(events(trace, 'pin'))).toBeLessThanOrEqual(72 * MiB);
    expect(total(events(trace, 'unpin'))).toBe(total(events(trace, 'pin')));
  });

  it('goes on without, where the system pins no more', () => {
    const { value, trace } = run(upload, { FAKE_CUDA_PINNED: String(40 * MiB) });
    expect(value).toEqual(last);
    expect(events(trace, 'copy pinned device').map((bytes) => bytes / MiB)).toEqual([32]);
    expect(events(trace, 'copy pageable device').map((bytes) => bytes / MiB)).toEqual([32, 6]);
  });

  it('converts before it pins, and pins nothing twice', () => {
    const { value, trace } = run(`
      const data = torch.arange(0, 2 ** 20, { dtype: 'float32' });
      begin();
      const there = data.to({ device: 'cuda', dtype: 'bfloat16', non_blocking: true });
      answer([there.dtype, there.cpu().select(0, 255).item()]);`);
    expect(value).toEqual(['bfloat16', 255]);
    expect(events(trace, 'copy pinned device')).toEqual([2 * MiB]);
    expect(events(trace, 'pin')).toEqual([2 * MiB]);
  });
});

describe('a whole data set on the device', () => {
  it('of wide samples takes few launches and waits', () => {
    const { value, trace } = run(`
      const [x, y] = [torch.ones([64, 150528]).cuda(), torch.zeros([64, 150528]).cuda()];
      await evaluate(F.mse_loss, [x, y]);
      begin();
      answer((await evaluate(F.mse_loss, [x, y])).samples);`);
    expect(value).toBe(64);
    expect(events(trace, 'launch').length).toBeLessThanOrEqual(4);
    expect(events(trace, 'wait').length).toBeLessThanOrEqual(2);
  });

  it('of samples wider than a part is cut into as many blocks as that takes', () => {
    const width = 2 ** 25;
    const { value, trace } = run(
      `const x = torch.ones([2, ${width}]).cuda();
      begin();
      answer((await evaluate(F.mse_loss, [x, x])).samples);`,
      { FAKE_CUDA_MEMORY: String(2 ** 32) },
    );
    expect(value).toBe(2);
    expect(events(trace, 'wait').length).toBeLessThanOrEqual(4);
    // The losses of a block, and the same in float64 to add them up.
    expect(Math.max(...events(trace, 'malloc'))).toBeLessThanOrEqual(8 * 2 ** 24 + 2 * MiB);
  });
});

describe('a device that is lost', () => {
  it('is an error of its own, after which the CPU goes on and the process ends as usual', () => {
    const { value, status } = run(
      `const x = torch.ones([4]).cuda();
      const codes = [
        await codeOf(() => F.mse_loss(x, x).item()),
        await codeOf(() => x.toAsync({ device: 'cpu' })),
        await codeOf(() => torch.ones([4]).cuda()),
        await codeOf(() => torch.ones([4]).toAsync({ device: 'cuda' })),
        await codeOf(() => torch.cuda.synchronize()),
        await codeOf(() => evaluate(F.mse_loss, [x, x])),
        await codeOf(() => valueAndGrad(F.mse_loss, x, x)),
      ];
      let message = '';
      try { x.cpu(); } catch (error) { message = error.message; }
      x.dispose();
      torch.empty_cache();
      answer([codes, message, F.mse_loss(torch.ones([4]), torch.zeros([4])).item()]);`,
      { FAKE_CUDA_ASSERT: '1' },
    );
    const [codes, message, onCpu] = value as [string[], string, number];
    expect(codes).toEqual(Array(7).fill('ERR_DEVICE_LOST'));
    expect(message).toMatch(
      /^the CUDA device is lost to this process, which has to be restarted: CUDA error: device-side assert triggered\. /,
    );
    expect(message).not.toContain('\n');
    expect([onCpu, status]).toEqual([1, 0]);
  });
});

describe('memory that does not suffice', () => {
  it('is an error that names what is alive, wherever it is asked for', () => {
    const { value } = run(`
      const kept = torch.zeros([2 ** 27], { device: 'cuda' });
      const x = torch.zeros([2 ** 25], { device: 'cuda', requires_grad: true });
      const messages = [];
      const attempt = async (run) => {
        try { await run(); messages.push('nothing was thrown'); } catch (error) { messages.push(error.code + ' ' + error.message); }
      };
      const sum = x.sum();
      const more = torch.zeros([2 ** 23], { device: 'cuda' });
      await attempt(() => F.mse_loss(x, x.detach(), { reduction: 'none' }));
      await attempt(() => F.mse_loss.async(x, x.detach(), { reduction: 'none' }));
      await attempt(() => sum.backward());
      await attempt(() => evaluate(F.mse_loss, [x, x]));
      await attempt(() => valueAndGrad(F.mse_loss, x, x.detach()));
      await attempt(() => torch.zeros([2 ** 25]).toAsync({ device: 'cuda' }));
      more.dispose();
      kept.dispose();
      sum.backward();
      answer([messages, x.grad.device, torch.zeros([3]).cuda().cpu().tolist()]);`);
    const [messages, device, zeros] = value as [string[], string, number[]];
    for (const message of messages)
      expect(message).toMatch(
        /^ERR_OUT_OF_MEMORY [^]*\n\d+ tensors are alive in this thread, with 67\d MiB on cuda:0: /,
      );
    expect([messages.length, device, zeros]).toEqual([6, 'cuda:0', [0, 0, 0]]);
  });

  it('of the device is not measured by that of the host', () => {
    const { value, stderr } = run(
      `const kept = Array.from({ length: 64 }, () => torch.empty([2 ** 28], { device: 'cuda' }));
      answer(torch.memory().bytes['cuda:0'] >= 64 * 2 ** 30 && kept.length === 64);`,
      { FAKE_CUDA_MEMORY: String(2 ** 40) },
    );
    expect([value, stderr]).toEqual([true, '']);
  });

  it('is told by device where very many tensors are alive', () => {
    const { stderr } = run(`
      const kept = [];
      for (let i = 0; i < 50100; i++) kept.push(torch.zeros([1]));
      const there = torch.zeros([2 ** 20], { device: 'cuda' });
      for (let i = 0; i < 2000; i++) kept.push(torch.zeros([4096]));
      answer(there.device);`);
    expect(stderr).toMatch(/5\d\d\d\d tensors are alive in this thread, \d+ MiB/);
  });
});

describe('a process', () => {
  it('may end while a device computes', () => {
    const { status, value } = run(`
      const x = torch.ones([2 ** 20]).cuda();
      for (let i = 0; i < 50; i++) F.mse_loss.async(x, x);
      torch.ones([2 ** 22]).toAsync({ device: 'cuda:1' });
      answer('done');
      process.exit(0);`);
    expect([value, status]).toEqual(['done', 0]);
  });

  it('sees as many devices as there are', () => {
    const program = `answer([torch.cuda.device_count(), torch.cuda.is_available(), await codeOf(() => torch.zeros([1], { device: 'cuda:1' }))]);`;
    expect(run(program, { FAKE_CUDA_DEVICES: '1' }).value).toEqual([1, true, 'ERR_TORCH']);
    expect(run(program, { FAKE_CUDA_DEVICES: '3' }).value).toEqual([3, true, 'nothing was thrown']);
  });
});
