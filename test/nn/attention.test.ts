/** `multi_head_attention_forward`, compared with PyTorch's numbers and with the layer; parity compares the layer's bits. */
import { describe, expect, it } from 'vitest';
import { type Tensor, torch } from '../../lib/index.js';
import { thrownBy } from '../helpers/errors.js';

const { nn } = torch;
const F = nn.functional;

/** The sines of 0, 1, 2, ... */
const sines = (...shape: number[]): Tensor =>
  torch
    .arange(
      shape.reduce((product, size) => product * size, 1),
      { dtype: 'float32' },
    )
    .reshape(shape)
    .sin();
const close = (actual: Tensor, expected: readonly number[]) =>
  expect(torch.allclose(actual.flatten(), torch.tensor([...expected]), { rtol: 1e-4, atol: 1e-4 })).toBe(true);

const [query, key] = [sines(3, 2, 4), sines(5, 2, 4)];
const call = (options: object, joint: Tensor | null = sines(12, 4)) =>
  F.multi_head_attention_forward(
    query,
    key,
    key.mul(2),
    4,
    2,
    joint,
    sines(12),
    null,
    null,
    false,
    0,
    sines(4, 4),
    sines(4),
    options,
  );

describe('multi_head_attention_forward', () => {
  it.each([
    [
      'joint weights',
      () => call({}),
      [1.35443, -1.60736, -2.44023, -0.0423796, -5.07802, 1.93278],
      [0.0954327, 0.0207527, 0.171671, 0.674134, 0.0380095],
    ],
    [
      'keys and values that are projected already',
      () => call({ static_k: sines(4, 5, 2).mul(0.3), static_v: sines(4, 5, 2).mul(0.7) }),
      [0.093113, 0.530042, 0.0793703, 0.640777, 0.0522854, 0.490275],
      [0.226229, 0.20433, 0.137912, 0.21532, 0.216208],
    ],
    [
      'three weights',
      () => {
        const q_proj_weight = sines(4, 4);
        const [k_proj_weight, v_proj_weight] = [q_proj_weight.mul(0.5), q_proj_weight.mul(0.25)];
        return call({ use_separate_proj_weight: true, q_proj_weight, k_proj_weight, v_proj_weight }, null);
      },
      [-0.615738, -0.553956, 0.305057, -1.35422, 0.604334, -1.32428],
      [0.17085, 0.389825, 0.0670386, 0.055647, 0.316639],
    ],
  ])('has the numbers of PyTorch with %s', (_, run, output, weights) => {
    const [out, attention] = run();
    close(out.index([torch.slice(null), 0, torch.slice(null, 2)]), output);
    close((attention as Tensor).index([1, 1]), weights);
  });

  it('returns no weights unless asked', () => {
    const [out, weights] = call({ need_weights: false });
    expect(weights).toBeNull();
    expect(torch.allclose(out, call({})[0], { atol: 1e-5 })).toBe(true);
  });

  it('has the bits of the layer', () => {
    const layer = new nn.MultiheadAttention(4, 2, { add_bias_kv: true, dropout: 0.5 });
    torch.manual_seed(1);
    const [wanted] = layer(query, key, key);
    torch.manual_seed(1);
    const { in_proj_weight, in_proj_bias, bias_k, bias_v, out_proj } = layer;
    const weights = [in_proj_weight, in_proj_bias, bias_k, bias_v] as const;
    const [out] = F.multi_head_attention_forward(
      query,
      key,
      key,
      4,
      2,
      ...weights,
      false,
      0.5,
      out_proj.weight,
      out_proj.bias as Tensor,
    );
    expect(torch.equal(out, wanted)).toBe(true);
  });

  it.each([
    ['in_proj_weight', () => call({}, null)],
    ['q_proj_weight', () => call({ use_separate_proj_weight: true })],
    ['static_k', () => call({ static_k: sines(4, 5, 3) })],
    ['attn_mask', () => call({ is_causal: true })],
    ['attn_mask', () => call({ attn_mask: torch.ones([2, 2]) })],
    ['key_padding_mask', () => call({ key_padding_mask: torch.ones([5]) })],
    ['use_weights', () => call({ use_weights: true })],
  ])('refuses a wrong %s', (parameter, run) => {
    expect(thrownBy(run)).toMatchObject({ parameter });
  });
});
