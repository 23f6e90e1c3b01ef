// Written by `node scripts/surface.mjs`, never by hand.
import type { Tensor } from '../tensor.js';
import { bound } from './bound.js';
import type { DTypeName, Integer, OperatorFunction, Scalar } from './types.js';

/** `aten::special_airy_ai(Tensor x) -> Tensor`. */
export const airy_ai: OperatorFunction<{ (x: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'airy_ai');
/** `aten::special_bessel_j0(Tensor self) -> Tensor`. */
export const bessel_j0: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'bessel_j0');
/** `aten::special_bessel_j1(Tensor self) -> Tensor`. */
export const bessel_j1: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'bessel_j1');
/** `aten::special_bessel_y0(Tensor self) -> Tensor`. */
export const bessel_y0: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'bessel_y0');
/** `aten::special_bessel_y1(Tensor self) -> Tensor`. */
export const bessel_y1: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'bessel_y1');
/** `aten::special_chebyshev_polynomial_t(Tensor x, Tensor n) -> Tensor`. */
export const chebyshev_polynomial_t: OperatorFunction<{ (x: Tensor, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Scalar, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Scalar, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Tensor, n: Scalar, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Scalar; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'chebyshev_polynomial_t');
/** `aten::special_chebyshev_polynomial_u(Tensor x, Tensor n) -> Tensor`. */
export const chebyshev_polynomial_u: OperatorFunction<{ (x: Tensor, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Scalar, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Scalar, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Tensor, n: Scalar, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Scalar; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'chebyshev_polynomial_u');
/** `aten::special_chebyshev_polynomial_v(Tensor x, Tensor n) -> Tensor`. */
export const chebyshev_polynomial_v: OperatorFunction<{ (x: Tensor, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Scalar, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Scalar, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Tensor, n: Scalar, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Scalar; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'chebyshev_polynomial_v');
/** `aten::special_chebyshev_polynomial_w(Tensor x, Tensor n) -> Tensor`. */
export const chebyshev_polynomial_w: OperatorFunction<{ (x: Tensor, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Scalar, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Scalar, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Tensor, n: Scalar, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Scalar; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'chebyshev_polynomial_w');
/** `aten::special_digamma(Tensor self) -> Tensor`. */
export const digamma: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'digamma');
/** `aten::special_entr(Tensor self) -> Tensor`. */
export const entr: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'entr');
/** `aten::special_erf(Tensor self) -> Tensor`. */
export const erf: OperatorFunction<{ <T extends Tensor>(input: T, options?: { out?: Tensor | null | undefined }): Tensor<T['shape'], T['dtype']> }, Tensor> = bound('torch.special', 'erf');
/** `aten::special_erfc(Tensor self) -> Tensor`. */
export const erfc: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'erfc');
/** `aten::special_erfcx(Tensor self) -> Tensor`. */
export const erfcx: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'erfcx');
/** `aten::special_erfinv(Tensor self) -> Tensor`. */
export const erfinv: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'erfinv');
/** `aten::special_exp2(Tensor self) -> Tensor`. */
export const exp2: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'exp2');
/** `aten::special_expit(Tensor self) -> Tensor`. */
export const expit: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'expit');
/** `aten::special_expm1(Tensor self) -> Tensor`. */
export const expm1: OperatorFunction<{ <T extends Tensor>(input: T, options?: { out?: Tensor | null | undefined }): Tensor<T['shape'], T['dtype']> }, Tensor> = bound('torch.special', 'expm1');
/** `aten::special_gammainc(Tensor self, Tensor other) -> Tensor`. */
export const gammainc: OperatorFunction<{ (input: Tensor, other: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (input: Tensor, options: { other: Tensor; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'gammainc');
/** `aten::special_gammaincc(Tensor self, Tensor other) -> Tensor`. */
export const gammaincc: OperatorFunction<{ (input: Tensor, other: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (input: Tensor, options: { other: Tensor; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'gammaincc');
/** `aten::special_gammaln(Tensor self) -> Tensor`. */
export const gammaln: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'gammaln');
/** `aten::special_hermite_polynomial_h(Tensor x, Tensor n) -> Tensor`. */
export const hermite_polynomial_h: OperatorFunction<{ (x: Tensor, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Scalar, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Scalar, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Tensor, n: Scalar, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Scalar; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'hermite_polynomial_h');
/** `aten::special_hermite_polynomial_he(Tensor x, Tensor n) -> Tensor`. */
export const hermite_polynomial_he: OperatorFunction<{ (x: Tensor, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Scalar, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Scalar, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Tensor, n: Scalar, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Scalar; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'hermite_polynomial_he');
/** `aten::special_i0(Tensor self) -> Tensor`. */
export const i0: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'i0');
/** `aten::special_i0e(Tensor self) -> Tensor`. */
export const i0e: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'i0e');
/** `aten::special_i1(Tensor self) -> Tensor`. */
export const i1: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'i1');
/** `aten::special_i1e(Tensor self) -> Tensor`. */
export const i1e: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'i1e');
/** `aten::special_laguerre_polynomial_l(Tensor x, Tensor n) -> Tensor`. */
export const laguerre_polynomial_l: OperatorFunction<{ (x: Tensor, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Scalar, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Scalar, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Tensor, n: Scalar, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Scalar; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'laguerre_polynomial_l');
/** `aten::special_legendre_polynomial_p(Tensor x, Tensor n) -> Tensor`. */
export const legendre_polynomial_p: OperatorFunction<{ (x: Tensor, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Scalar, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Scalar, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Tensor, n: Scalar, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Scalar; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'legendre_polynomial_p');
/** `aten::special_log1p(Tensor self) -> Tensor`. */
export const log1p: OperatorFunction<{ <T extends Tensor>(input: T, options?: { out?: Tensor | null | undefined }): Tensor<T['shape'], T['dtype']> }, Tensor> = bound('torch.special', 'log1p');
/** `aten::special_log_ndtr(Tensor self) -> Tensor`. */
export const log_ndtr: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'log_ndtr');
/** `aten::special_log_softmax(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor`. */
export const log_softmax: OperatorFunction<{ <T extends Tensor>(input: T, dim: Integer, options?: { dtype?: DTypeName | null | undefined }): Tensor<T['shape'], T['dtype']>; <T extends Tensor>(input: T, options: { dim: Integer; dtype?: DTypeName | null | undefined }): Tensor<T['shape'], T['dtype']> }, Tensor> = bound('torch.special', 'log_softmax');
/** `aten::special_logit(Tensor self, float? eps=None) -> Tensor`. */
export const logit: OperatorFunction<{ (input: Tensor, eps?: number | null, options?: { out?: Tensor | null | undefined }): Tensor; (input: Tensor, options?: { eps?: number | null | undefined; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'logit');
/** `aten::special_logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor`. */
export const logsumexp: OperatorFunction<{ (input: Tensor, dim: Integer | readonly Integer[], keepdim?: boolean, options?: { out?: Tensor | null | undefined }): Tensor; (input: Tensor, dim: Integer | readonly Integer[], options?: { keepdim?: boolean | undefined; out?: Tensor | null | undefined }): Tensor; (input: Tensor, options: { dim: Integer | readonly Integer[]; keepdim?: boolean | undefined; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'logsumexp');
/** `aten::special_modified_bessel_i0(Tensor self) -> Tensor`. */
export const modified_bessel_i0: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'modified_bessel_i0');
/** `aten::special_modified_bessel_i1(Tensor self) -> Tensor`. */
export const modified_bessel_i1: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'modified_bessel_i1');
/** `aten::special_modified_bessel_k0(Tensor self) -> Tensor`. */
export const modified_bessel_k0: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'modified_bessel_k0');
/** `aten::special_modified_bessel_k1(Tensor self) -> Tensor`. */
export const modified_bessel_k1: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'modified_bessel_k1');
/** `aten::special_multigammaln(Tensor self, int p) -> Tensor`. */
export const multigammaln: OperatorFunction<{ (input: Tensor, p: Integer, options?: { out?: Tensor | null | undefined }): Tensor; (input: Tensor, options: { p: Integer; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'multigammaln');
/** `aten::special_ndtr(Tensor self) -> Tensor`. */
export const ndtr: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'ndtr');
/** `aten::special_ndtri(Tensor self) -> Tensor`. */
export const ndtri: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'ndtri');
/** `aten::special_polygamma(int n, Tensor self) -> Tensor`. */
export const polygamma: OperatorFunction<{ (n: Integer, input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (n: Integer, options: { input: Tensor; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'polygamma');
/** `aten::special_psi(Tensor self) -> Tensor`. */
export const psi: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'psi');
/** `aten::special_round(Tensor self, *, int decimals=0) -> Tensor`. */
export const round: OperatorFunction<{ <T extends Tensor>(input: T, options?: { decimals?: Integer | undefined; out?: Tensor | null | undefined }): Tensor<T['shape'], T['dtype']> }, Tensor> = bound('torch.special', 'round');
/** `aten::special_scaled_modified_bessel_k0(Tensor x) -> Tensor`. */
export const scaled_modified_bessel_k0: OperatorFunction<{ (x: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'scaled_modified_bessel_k0');
/** `aten::special_scaled_modified_bessel_k1(Tensor x) -> Tensor`. */
export const scaled_modified_bessel_k1: OperatorFunction<{ (x: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'scaled_modified_bessel_k1');
/** `aten::special_shifted_chebyshev_polynomial_t(Tensor x, Tensor n) -> Tensor`. */
export const shifted_chebyshev_polynomial_t: OperatorFunction<{ (x: Tensor, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Scalar, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Scalar, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Tensor, n: Scalar, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Scalar; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'shifted_chebyshev_polynomial_t');
/** `aten::special_shifted_chebyshev_polynomial_u(Tensor x, Tensor n) -> Tensor`. */
export const shifted_chebyshev_polynomial_u: OperatorFunction<{ (x: Tensor, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Scalar, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Scalar, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Tensor, n: Scalar, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Scalar; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'shifted_chebyshev_polynomial_u');
/** `aten::special_shifted_chebyshev_polynomial_v(Tensor x, Tensor n) -> Tensor`. */
export const shifted_chebyshev_polynomial_v: OperatorFunction<{ (x: Tensor, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Scalar, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Scalar, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Tensor, n: Scalar, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Scalar; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'shifted_chebyshev_polynomial_v');
/** `aten::special_shifted_chebyshev_polynomial_w(Tensor x, Tensor n) -> Tensor`. */
export const shifted_chebyshev_polynomial_w: OperatorFunction<{ (x: Tensor, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Scalar, n: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (x: Scalar, options: { n: Tensor; out?: Tensor | null | undefined }): Tensor; (x: Tensor, n: Scalar, options?: { out?: Tensor | null | undefined }): Tensor; (x: Tensor, options: { n: Scalar; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'shifted_chebyshev_polynomial_w');
/** `aten::special_sinc(Tensor self) -> Tensor`. */
export const sinc: OperatorFunction<{ (input: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'sinc');
/** `aten::special_softmax(Tensor self, int dim, ScalarType? dtype=None) -> Tensor`. */
export const softmax: OperatorFunction<{ <T extends Tensor>(input: T, dim: Integer, dtype?: DTypeName | null): Tensor<T['shape'], T['dtype']>; <T extends Tensor>(input: T, dim: Integer, options?: { dtype?: DTypeName | null | undefined }): Tensor<T['shape'], T['dtype']>; <T extends Tensor>(input: T, options: { dim: Integer; dtype?: DTypeName | null | undefined }): Tensor<T['shape'], T['dtype']> }, Tensor> = bound('torch.special', 'softmax');
/** `aten::special_spherical_bessel_j0(Tensor x) -> Tensor`. */
export const spherical_bessel_j0: OperatorFunction<{ (x: Tensor, options?: { out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'spherical_bessel_j0');
/** `aten::special_xlog1py(Tensor self, Tensor other) -> Tensor`. */
export const xlog1py: OperatorFunction<{ (input: Tensor, other: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (input: Tensor, options: { other: Tensor; out?: Tensor | null | undefined }): Tensor; (input: Tensor, other: Scalar, options?: { out?: Tensor | null | undefined }): Tensor; (input: Tensor, options: { other: Scalar; out?: Tensor | null | undefined }): Tensor; (input: Scalar, other: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (input: Scalar, options: { other: Tensor; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'xlog1py');
/** `aten::special_xlogy(Tensor self, Tensor other) -> Tensor`. */
export const xlogy: OperatorFunction<{ (input: Tensor, other: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (input: Tensor, options: { other: Tensor; out?: Tensor | null | undefined }): Tensor; (input: Tensor, other: Scalar, options?: { out?: Tensor | null | undefined }): Tensor; (input: Tensor, options: { other: Scalar; out?: Tensor | null | undefined }): Tensor; (input: Scalar, other: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (input: Scalar, options: { other: Tensor; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'xlogy');
/** `aten::special_zeta(Tensor self, Tensor other) -> Tensor`. */
export const zeta: OperatorFunction<{ (input: Tensor, other: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (input: Tensor, options: { other: Tensor; out?: Tensor | null | undefined }): Tensor; (input: Tensor, other: Scalar, options?: { out?: Tensor | null | undefined }): Tensor; (input: Tensor, options: { other: Scalar; out?: Tensor | null | undefined }): Tensor; (input: Scalar, other: Tensor, options?: { out?: Tensor | null | undefined }): Tensor; (input: Scalar, options: { other: Tensor; out?: Tensor | null | undefined }): Tensor }, Tensor> = bound('torch.special', 'zeta');
