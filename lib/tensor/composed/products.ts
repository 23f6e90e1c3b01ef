/** Products, norms and decompositions, where Python's code does more than call an operator. */
import { isTensor } from '../../addon/handle.js';
import { invalidType, invalidValue, TorchError } from '../../base/errors.js';
import { isArray } from '../../base/plain_object.js';
import type { Tensor } from '../tensor.js';
import { type Body, checkTensorArgument, op, step, type Steps } from './steps.js';

type Optional = Tensor | null;

/** The letters for subscripts given as numbers. */
function letters(subscripts: unknown): string {
  if (!isArray(subscripts)) throw invalidType('subscripts', 'an array of numbers', subscripts);
  return subscripts
    .map((item) => {
      if (item === '...') return item;
      if (!Number.isInteger(item) || (item as number) < 0 || (item as number) >= 52)
        throw invalidValue('subscripts', 'numbers from 0 up to 51', item);
      return String.fromCharCode((item as number) < 26 ? 65 + (item as number) : 71 + (item as number));
    })
    .join('');
}

/** `einsum('ij,jk->ik', x, y)`, or `einsum(x, [0, 1], y, [1, 2], [0, 2])`. */
const einsum: Body = (args: readonly unknown[]) => {
  if (args.length < 2) throw invalidValue('equation', 'an equation and at least one operand', args.length);
  if (!isTensor(args[0])) {
    const operands = args.length === 2 && isArray(args[1]) ? args[1] : args.slice(1);
    return step('einsum', args[0], operands);
  }
  const inputs = args.filter((_, index) => index % 2 === 1).map((item) => letters(item));
  const equation = inputs.join(',');
  if (args.length % 2 === 0)
    return step(
      'einsum',
      equation,
      args.filter((_, index) => index % 2 === 0),
    );
  const operands = args.slice(0, -1).filter((_, index) => index % 2 === 0);
  return step('einsum', `${equation}->${letters(args.at(-1))}`, operands);
};

const tensordot: Body = (
  a: Tensor,
  b: Tensor,
  dims: number | Tensor | readonly (readonly number[])[],
  out: Optional,
) => {
  checkTensorArgument(a, 'a');
  checkTensorArgument(b, 'b');
  let pairs: readonly (readonly number[])[];
  const value = isTensor(dims) ? tolist(dims as Tensor) : dims;
  if (isArray(value)) {
    if (value.length !== 2) throw invalidValue('dims', 'a number of dimensions, or two lists of them', value);
    pairs = value as readonly (readonly number[])[];
  } else {
    const count = Number(value);
    if (!(count >= 0)) throw new TorchError('ERR_TORCH', `tensordot expects dims >= 0, but got dims=${count}`);
    if (count > Math.min(a.dim(), b.dim())) {
      throw new TorchError('ERR_TORCH', `tensordot expects dims < ndim_a or ndim_b, but got dims=${count}`);
    }
    const range = Array.from({ length: count }, (_, index) => index);
    pairs = [range.map((index) => index - count), range];
  }
  return step('tensordot', a, b, ...pairs, ...(out === null ? [] : [{ out }]));
};

function tolist(dims: Tensor): unknown {
  const list: unknown = dims.tolist();
  return isArray(list) && list.length === 1 && !isArray(list[0]) ? list[0] : list;
}

const MODES: Readonly<Record<string, number | null>> = {
  use_mm_for_euclid_dist_if_necessary: null,
  use_mm_for_euclid_dist: 1,
  donot_use_mm_for_euclid_dist: 2,
};

/** `torch.norm`: the vector norm over all elements or over one or two dimensions, or a matrix norm given by name. */
const norm: Body = (
  input: Tensor,
  p: number | string | null,
  dim: number | readonly number[] | null,
  keepdim: boolean,
  out: Optional,
  dtype: string | null,
) => {
  checkTensorArgument(input, 'input');
  const dims = dim === null ? null : isArray(dim) ? dim : [dim];
  const options = { dtype: dtype ?? undefined, out: out ?? undefined };
  if (typeof p !== 'string' || (p === 'fro' && (dims?.length ?? 0) <= 2)) {
    return step('linalg_vector_norm', input, p === 'fro' ? 2 : (p ?? 2), dims, keepdim, options);
  }
  const all = dims ?? Array.from({ length: input.dim() }, (_, index) => index);
  return step(`linalg_matrix_norm.str_ord${out === null ? '' : '_out'}`, input, p, all, keepdim, options);
};

function* lu(A: Tensor, pivot: boolean, get_infos: boolean, out: readonly Tensor[] | null = null): Steps {
  const all = yield* op<Tensor[]>('_lu_with_info', A, pivot, !get_infos);
  const results = get_infos ? all : all.slice(0, 2);
  if (out === null) return results;
  if (out.length !== results.length) throw invalidValue('out', `${results.length} Tensors`, out.length);
  for (const [index, result] of results.entries()) {
    yield* op('copy_', yield* op('resize_as_', out[index], result), result);
  }
  return out;
}

const adjoint = (A: Tensor) => op('mH', A);

/** An approximate orthonormal basis of the range of a matrix. */
function* basis(A: Tensor, q: number, niter: number): Steps<Tensor> {
  const options = { dtype: A.dtype, device: A.device };
  let Q = yield* op('randn', [A.size(-1), q], options);
  Q = (yield* op<Tensor[]>('linalg_qr', yield* op('matmul', A, Q)))[0] as Tensor;
  for (let round = 0; round < niter; round++) {
    Q = (yield* op<Tensor[]>('linalg_qr', yield* op('matmul', yield* adjoint(A), Q)))[0] as Tensor;
    Q = (yield* op<Tensor[]>('linalg_qr', yield* op('matmul', A, Q)))[0] as Tensor;
  }
  return Q;
}

function* lowRank(given: Tensor, q: number | null, niter: number | null, M: Optional): Steps<Tensor[]> {
  checkTensorArgument(given, 'A');
  // More rounds would take hours.
  if ((niter ?? 0) > 2 ** 20) throw invalidValue('niter', 'at most 1048576 rounds', niter);
  const [m, n] = [given.size(-2), given.size(-1)];
  let A = M === null ? given : yield* op('sub', given, yield* op('broadcast_to', M, given.shape));
  if (m < n) A = yield* adjoint(A);
  const Q = yield* basis(A, q ?? 6, niter ?? 2);
  const B = yield* op('matmul', yield* adjoint(Q), A);
  const [inner, S, Vh] = yield* op<[Tensor, Tensor, Tensor]>('linalg_svd', B, false);
  const V = yield* adjoint(Vh);
  const U = yield* op('matmul', Q, inner);
  return m < n ? [V, S, U] : [U, S, V];
}

function* principal(A: Tensor, q: number | null, center: boolean, niter: number): Steps {
  checkTensorArgument(A, 'A');
  const least = Math.min(A.size(-2), A.size(-1));
  const rank = q ?? Math.min(6, least);
  if (!(rank >= 0 && rank <= least)) throw invalidValue('q', `0 to ${least}`, q);
  if (!(niter >= 0)) throw invalidValue('niter', 'an integer of at least 0', niter);
  const centred = center ? yield* op('sub', A, yield* op('mean.dim', A, [-2], true)) : A;
  return yield* lowRank(centred, rank, niter, null);
}

export const products: Record<string, Body> = {
  einsum,
  tensordot,
  norm,
  lu,
  chain_matmul: (matrices, out: Optional) => step('chain_matmul', matrices, ...(out === null ? [] : [{ out }])),
  cdist(x1, x2, p: number, compute_mode: string) {
    if (!(compute_mode in MODES)) throw invalidValue('compute_mode', Object.keys(MODES).join(', '), compute_mode);
    return step('cdist', x1, x2, p, MODES[compute_mode]);
  },
  svd_lowrank: lowRank,
  pca_lowrank: principal,
};
