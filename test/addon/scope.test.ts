import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { outsideScopes } from '../../lib/addon/scope.js';
import * as torch from '../../lib/torch/index.js';
import { liveTensors } from '../helpers/memory.js';
import { rejected, thrown } from '../helpers/recorded.js';

const live = () => torch.memory().tensors;
const step = (x: torch.Tensor) => x.mul(x).sum();

describe('a scope', () => {
  it('disposes of what was made in it, and returns the result', async () => {
    const x = torch.tensor([1, 2, 3]);
    const before = await liveTensors();
    let inner: torch.Tensor | undefined;
    const value = torch.scope(() => {
      inner = x.mul(2);
      return inner.add(1).sum().item();
    });
    expect([value, live(), inner?.disposed, x.disposed]).toEqual([15, before, true, false]);
  });

  it('keeps all tensors inside its return value', async () => {
    const x = torch.tensor([1, 2]);
    const before = await liveTensors();
    const { list, map, set, one } = torch.scope(() => {
      x.exp();
      const circle: unknown[] = [x.add(1)];
      circle.push(circle);
      return { list: circle, map: new Map([[x.add(2), x.add(3)]]), set: new Set([x.add(4)]), one: x.add(5) };
    });
    expect(live()).toBe(before + 5);
    const kept = [list[0] as torch.Tensor, ...[...map].flat(), ...set, one];
    expect(kept.map((tensor) => tensor.tolist())).toEqual([
      [2, 3],
      [3, 4],
      [4, 5],
      [5, 6],
      [6, 7],
    ]);
  });

  it('keeps what keep() names', () => {
    const x = torch.tensor([1, 2]);
    const kept: torch.Tensor[] = [];
    torch.scope((keep) => {
      kept.push(keep(x.add(1)));
      x.add(2);
      expect(thrown(() => keep({} as never))).toMatchObject({ kind: 'TypeError', parameter: 'tensor' });
    });
    expect(kept[0]?.tolist()).toEqual([2, 3]);
  });

  it('within another passes its result on to it', async () => {
    const x = torch.tensor([1, 2]);
    const before = await liveTensors();
    let inner: torch.Tensor | undefined;
    torch.scope(() => {
      inner = torch.scope(() => step(x.add(1)));
      expect(inner.item()).toBe(13);
    });
    expect([inner?.disposed, live()]).toEqual([true, before]);
  });

  it('ends when its function throws', async () => {
    const x = torch.tensor([1]);
    const before = await liveTensors();
    const fail = (): never => {
      x.add(1);
      throw new RangeError('on purpose');
    };
    expect(thrown(() => torch.scope(fail)).message).toBe('on purpose');
    expect((await rejected(() => torch.scope(async () => fail()))).message).toBe('on purpose');
    expect(live()).toBe(before);
  });

  it("stays open across awaits, and leaves other code's tensors alone", async () => {
    const x = torch.tensor([1, 2, 3]);
    const before = await liveTensors();
    const other: torch.Tensor[] = [];
    const elsewhere = (async () => {
      for (let turn = 0; turn < 3; turn++) {
        await setImmediate();
        other.push(x.add(turn));
      }
    })();
    const result = await torch.scope(async () => {
      const doubled = x.mul(2);
      for (let turn = 0; turn < 4; turn++) {
        await setImmediate();
        doubled.add(turn);
      }
      const loss = await torch.nn.functional.mse_loss.async(doubled, x.requires_grad_());
      await loss.backwardAsync();
      return doubled;
    });
    await elsewhere;
    expect(result.tolist()).toEqual([2, 4, 6]);
    expect(other.map((tensor) => tensor.disposed)).toEqual([false, false, false]);
    // The lane's result was made in the scope too: only the scope's result and the other code's three tensors remain.
    expect(live()).toBe(before + 4);
  });

  it('disposes of what is made after its end', async () => {
    const x = torch.ones([1000, 1000], { requires_grad: true });
    let late: Promise<torch.Tensor> | undefined;
    torch.scope(() => {
      late = torch.nn.functional.mse_loss.async(x, torch.zeros([1000, 1000]));
      return undefined;
    });
    expect((await late)?.disposed).toBe(true);
  });

  it.each([false, true])('does not take what later code makes, with or without other open scopes: %s', async (busy) => {
    let late: torch.Tensor | undefined;
    let result: Promise<torch.Tensor> | undefined;
    const made = new Promise<void>((resolve) => {
      torch.scope(() => {
        setTimeout(() => {
          late = torch.ones([2]);
          result = torch.nn.functional.mse_loss.async(torch.ones([2, 2]), torch.zeros([2, 2]));
          resolve();
        }, 5);
      });
    });
    const wait = async () => {
      await made;
      await result;
      await sleep(5);
    };
    await (busy ? torch.scope(wait) : wait());
    expect([late?.disposed, (await result)?.disposed]).toEqual([false, false]);
  });

  it('leaves the tensors of code it started to the enclosing scope while that is open', async () => {
    let late: torch.Tensor | undefined;
    let escaped: torch.Tensor | undefined;
    await torch.scope(async () => {
      const made = new Promise<void>((resolve) => {
        torch.scope(() => {
          setTimeout(() => {
            late = torch.ones([2]);
            escaped = torch.scope(() => torch.ones([3]));
            resolve();
          }, 5);
        });
      });
      await made;
      expect([late?.disposed, escaped?.disposed]).toEqual([false, false]);
    });
    expect([late?.disposed, escaped?.disposed]).toEqual([true, true]);
  });

  it("does not take the results of other code's calls on a lane, even if the first lane was made in it", async () => {
    const lane = torch.scope(() => new torch.Lane());
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const busy = torch.scope(async () => {
      using first = new torch.Lane();
      await torch.nn.functional.mse_loss.async(torch.ones([2]), torch.zeros([2]), { lane: first });
      await gate;
    });
    const loss = await torch.nn.functional.mse_loss.async(torch.ones([2, 2]), torch.zeros([2, 2]), { lane });
    release();
    await busy;
    expect(loss.disposed).toBe(false);
  });

  it('leaves what keep() took out, however deeply it is nested', () => {
    let kept: torch.Tensor | undefined;
    torch.scope(() => torch.scope(() => (kept = torch.tensor([1, 2]).keep())));
    expect(kept?.tolist()).toEqual([1, 2]);
    kept?.dispose();
    expect(thrown(() => kept?.keep()).code).toBe('ERR_DISPOSED');
  });

  it('does not take what is made outside of scopes', async () => {
    const made: torch.Tensor[] = [];
    const fresh = () => made.push(torch.ones([2]));
    await torch.scope(async () => {
      outsideScopes(fresh);
      torch.scope(() => outsideScopes(fresh));
      await outsideScopes(async () => {
        await setImmediate();
        fresh();
        made.push(await torch.nn.functional.mse_loss.async(torch.ones([2, 2]), torch.zeros([2, 2])));
        torch.scope(fresh);
      });
      fresh();
    });
    expect(made.map(({ disposed }) => disposed)).toEqual([false, false, false, false, true, true]);
  });

  it('reports how many tensors it freed', async () => {
    const told: torch.ScopeSummary[] = [];
    const onEnd = (summary: torch.ScopeSummary) => told.push(summary);
    const work = () => {
      const x = torch.ones([2]);
      x.add(1).dispose();
      x.add(2).keep();
      return [x.add(3)];
    };
    torch.scope(work, { onEnd });
    await torch.scope(async () => work(), { onEnd });
    thrown(() =>
      torch.scope(
        () => {
          work();
          throw new Error('on purpose');
        },
        { onEnd },
      ),
    );
    expect(told).toEqual([
      { freed: 1, kept: 2 },
      { freed: 1, kept: 2 },
      { freed: 2, kept: 1 },
    ]);
    expect(thrown(() => torch.scope(work, { onEnd: 1 as never }))).toMatchObject({ parameter: 'onEnd' });
    expect(thrown(() => torch.scope(work, { end: onEnd } as never))).toMatchObject({ code: 'ERR_UNKNOWN_OPTION' });
  });

  it('does not remember tensors that were disposed of in it', async () => {
    const x = torch.tensor([1]);
    const before = await liveTensors();
    torch.scope(() => {
      for (let turn = 0; turn < 5000; turn++) x.add(turn).dispose();
      expect(live()).toBe(before);
      const kept = Array.from({ length: 3000 }, (_, index) => x.add(index));
      expect([live(), kept[2999]?.item()]).toEqual([before + 3000, 3000]);
    });
    expect(live()).toBe(before);
  });

  it('takes a function', () => {
    expect(thrown(() => torch.scope(3 as never))).toMatchObject({ kind: 'TypeError', parameter: 'fn' });
  });
});

describe('a disposed handle', () => {
  it('can be reused for another tensor without harm to the old one', () => {
    const old = torch.tensor([1, 2]);
    old.dispose();
    const next = torch.tensor([3, 4]);
    old.dispose();
    expect(next.tolist()).toEqual([3, 4]);
    expect(thrown(() => old.tolist()).code).toBe('ERR_DISPOSED');
  });

  it('is collected with its tensor', async () => {
    const before = await liveTensors();
    for (let round = 0; round < 20; round++) {
      for (let turn = 0; turn < 500; turn++) {
        torch.tensor([turn]).dispose();
        torch.tensor([turn]);
      }
      await setImmediate();
    }
    expect(live() - before).toBeLessThan(10_000);
  });
});

describe('memory', () => {
  it('is counted by device', async () => {
    await liveTensors();
    const before = torch.memory();
    const x = torch.zeros([1024, 1024]);
    const { tensors, bytes } = torch.memory();
    expect(tensors - before.tensors).toBe(1);
    const taken = (bytes.cpu ?? 0) - (before.bytes.cpu ?? 0);
    expect(taken).toBeGreaterThanOrEqual(4 * 2 ** 20);
    expect(taken).toBeLessThan(4 * 2 ** 20 + 4096);
    x.dispose();
    const after = torch.memory();
    expect([after.tensors, after.bytes]).toEqual([before.tensors, before.bytes]);
    // The cache holds the block for the next tensor of its size.
    expect(after.cache.in_use_bytes).toBe(before.cache.in_use_bytes);
    expect(after.cache.cached_bytes).toBeGreaterThanOrEqual(4 * 2 ** 20);
  });
});

describe('a loss of one number', () => {
  // For some, LibTorch keeps the unreduced losses in the same memory, behind the one element.
  it.each([
    'l1_loss',
    'mse_loss',
    'huber_loss',
    'smooth_l1_loss',
    'soft_margin_loss',
    'kl_div',
    'poisson_nll_loss',
    'hinge_embedding_loss',
    'binary_cross_entropy',
    'binary_cross_entropy_with_logits',
  ] as const)('of %s takes the memory of one', async (name) => {
    const input = torch.rand([512, 512], { requires_grad: true });
    const target = torch.rand([512, 512]);
    await liveTensors();
    for (const reduction of ['mean', 'sum'] as const) {
      const before = torch.memory().bytes.cpu ?? 0;
      const call = torch.nn.functional[name] as (...args: unknown[]) => torch.Tensor;
      const loss = call(input, target, { reduction });
      expect((torch.memory().bytes.cpu ?? 0) - before).toBeLessThan(4096);
      loss.dispose();
    }
  });
});
