/** Complex tensors, read and printed. */
import { describe, expect, it } from 'vitest';
import { torch } from '../../lib/index.js';
import { thrownBy } from '../helpers/errors.js';

const made = () => torch.complex(torch.tensor([1, 2.5, 0]), torch.tensor([-2, 0.25, 3]));

describe('complex tensors', () => {
  it('are read as { re, im }, or as interleaved parts', async () => {
    const x = made();
    const items = [
      { re: 1, im: -2 },
      { re: 2.5, im: 0.25 },
      { re: 0, im: 3 },
    ];
    expect(x.tolist()).toEqual(items);
    expect(await x.tolistAsync()).toEqual(items);
    expect(x.index([1]).item()).toEqual(items[1]);
    expect(await x.index([1]).itemAsync()).toEqual(items[1]);
    expect(JSON.parse(JSON.stringify(x))).toEqual(items);
    expect([...x.toTypedArray()]).toEqual([1, -2, 2.5, 0.25, 0, 3]);
    expect(x.conj().index([0]).item()).toEqual({ re: 1, im: 2 });
    expect(x.to(torch.complex128).toTypedArray()).toBeInstanceOf(Float64Array);
    expect(thrownBy(() => x.toTransferable())).toMatchObject({ parameter: 'tensor' });
    expect(thrownBy(() => x.item())).toMatchObject({ code: 'ERR_TORCH' });
  });

  // What PyTorch 2.13 prints.
  it.each([
    ['parts of different widths', made, 'tensor([1.0000-2.0000j, 2.5000+0.2500j, 0.0000+3.0000j])'],
    [
      'a non-default dtype',
      () => made().to(torch.complex128),
      'tensor([1.0000-2.0000j, 2.5000+0.2500j, 0.0000+3.0000j],\n       dtype=torch.complex128)',
    ],
    ['a conjugate', () => made().conj(), 'tensor([1.0000+2.0000j, 2.5000-0.2500j, 0.0000-3.0000j])'],
    ['NaN', () => torch.complex(torch.tensor(1), torch.tensor(Number.NaN)), 'tensor(1.+nanj)'],
    ['nothing', () => torch.view_as_complex(torch.zeros([0, 2])), 'tensor([], dtype=torch.complex64)'],
    [
      'rows with integers and a small part',
      () =>
        torch.view_as_complex(
          torch.tensor([
            [
              [1, 1e-5],
              [2, 0],
            ],
            [
              [-3, 4],
              [0, -1],
            ],
          ]),
        ),
      'tensor([[ 1.+1.0000e-05j,  2.+0.0000e+00j],\n        [-3.+4.0000e+00j,  0.-1.0000e+00j]])',
    ],
  ])('print %s as in Python', (_, make, text) => {
    expect(String(make())).toBe(text);
  });

  it('print the edges of large ones', () => {
    const x = torch.arange(2000);
    const text = String(torch.complex(x, x.neg()));
    expect(text.startsWith('tensor([0.0000e+00-0.0000e+00j, 1.0000e+00-1.0000e+00j, 2.0000e+00-2.0000e+00j')).toBe(
      true,
    );
    expect(text.endsWith('1.9990e+03-1.9990e+03j])')).toBe(true);
  });
});
