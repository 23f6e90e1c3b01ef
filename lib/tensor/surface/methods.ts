// Written by `node scripts/surface.mjs`, never by hand.
import type { Device, DType, Shape } from '../../base/types.js';
import type { Compared, Elementwise, Operand, Quotient } from '../operands.js';
import type { Dims, Expand, Matmul, Permute, Reduce, Reversed, Squeeze, Summed, Transpose, Unsqueeze, View } from '../shapes.js';
import type { PythonNumber } from '../scalar.js';
import type { DTypeName, GeneratorLike, Integer, MemoryFormat, Results, Scalar } from './types.js';

declare module '../tensor.js' {
  // biome-ignore lint/suspicious/noExplicitAny: as in the class
  interface Tensor<out S extends Shape = any, out D extends DType = any> {
    /** `aten::matrix_H(Tensor(a) self) -> Tensor(a)`. A view of the same memory. */
    readonly H: Tensor;
    /** `aten::numpy_T(Tensor(a) self) -> Tensor(a)`. A view of the same memory. */
    readonly T: Tensor;
    /** `abs` of each element. */
    abs(options?: { out?: Tensor | null | undefined }): Tensor<S, D>;
    /** `aten::abs_(Tensor(a!) self) -> Tensor(a!)`. */
    abs_(): this;
    /** `aten::absolute(Tensor self) -> Tensor`. */
    absolute(): Tensor;
    /** `aten::absolute_(Tensor(a!) self) -> Tensor(a!)`. */
    absolute_(): this;
    /** `aten::acos(Tensor self) -> Tensor`. */
    acos(): Tensor;
    /** `aten::acos_(Tensor(a!) self) -> Tensor(a!)`. */
    acos_(): this;
    /** `aten::acosh(Tensor self) -> Tensor`. */
    acosh(): Tensor;
    /** `aten::acosh_(Tensor(a!) self) -> Tensor(a!)`. */
    acosh_(): this;
    /** `add` of each element of this tensor and of another one, or a number. */
    add<T extends Tensor, B extends Operand | PythonNumber>(this: T, other: B, options?: { alpha?: Scalar | undefined; out?: Tensor | null | undefined }): Elementwise<T, B>;
    /** `aten::add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)`. */
    add_(other: Tensor | Scalar, options?: { alpha?: Scalar | null | undefined }): this;
    add_(options: { other: Tensor | Scalar; alpha?: Scalar | null | undefined }): this;
    /** `aten::addbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor`. */
    addbmm(batch1: Tensor, batch2: Tensor, options?: { beta?: Scalar | undefined; alpha?: Scalar | undefined }): Tensor;
    addbmm(batch1: Tensor, options: { batch2: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): Tensor;
    addbmm(options: { batch1: Tensor; batch2: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): Tensor;
    /** `aten::addbmm_(Tensor(a!) self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor(a!)`. */
    addbmm_(batch1: Tensor, batch2: Tensor, options?: { beta?: Scalar | undefined; alpha?: Scalar | undefined }): this;
    addbmm_(batch1: Tensor, options: { batch2: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): this;
    addbmm_(options: { batch1: Tensor; batch2: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): this;
    /** `aten::addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor`. */
    addcdiv(tensor1: Tensor, tensor2: Tensor, options?: { value?: Scalar | undefined }): Tensor;
    addcdiv(tensor1: Tensor, options: { tensor2: Tensor; value?: Scalar | undefined }): Tensor;
    addcdiv(options: { tensor1: Tensor; tensor2: Tensor; value?: Scalar | undefined }): Tensor;
    /** `aten::addcdiv_(Tensor(a!) self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor(a!)`. */
    addcdiv_(tensor1: Tensor, tensor2: Tensor, options?: { value?: Scalar | undefined }): this;
    addcdiv_(tensor1: Tensor, options: { tensor2: Tensor; value?: Scalar | undefined }): this;
    addcdiv_(options: { tensor1: Tensor; tensor2: Tensor; value?: Scalar | undefined }): this;
    /** `aten::addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor`. */
    addcmul(tensor1: Tensor, tensor2: Tensor, options?: { value?: Scalar | undefined }): Tensor;
    addcmul(tensor1: Tensor, options: { tensor2: Tensor; value?: Scalar | undefined }): Tensor;
    addcmul(options: { tensor1: Tensor; tensor2: Tensor; value?: Scalar | undefined }): Tensor;
    /** `aten::addcmul_(Tensor(a!) self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor(a!)`. */
    addcmul_(tensor1: Tensor, tensor2: Tensor, options?: { value?: Scalar | undefined }): this;
    addcmul_(tensor1: Tensor, options: { tensor2: Tensor; value?: Scalar | undefined }): this;
    addcmul_(options: { tensor1: Tensor; tensor2: Tensor; value?: Scalar | undefined }): this;
    /** `aten::addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor`. */
    addmm(mat1: Tensor, mat2: Tensor, options?: { beta?: Scalar | undefined; alpha?: Scalar | undefined }): Tensor;
    addmm(mat1: Tensor, options: { mat2: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): Tensor;
    addmm(options: { mat1: Tensor; mat2: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): Tensor;
    /** `aten::addmm_(Tensor(a!) self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor(a!)`. */
    addmm_(mat1: Tensor, mat2: Tensor, options?: { beta?: Scalar | undefined; alpha?: Scalar | undefined }): this;
    addmm_(mat1: Tensor, options: { mat2: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): this;
    addmm_(options: { mat1: Tensor; mat2: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): this;
    /** `aten::addmv(Tensor self, Tensor mat, Tensor vec, *, Scalar beta=1, Scalar alpha=1) -> Tensor`. */
    addmv(mat: Tensor, vec: Tensor, options?: { beta?: Scalar | undefined; alpha?: Scalar | undefined }): Tensor;
    addmv(mat: Tensor, options: { vec: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): Tensor;
    addmv(options: { mat: Tensor; vec: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): Tensor;
    /** `aten::addmv_(Tensor(a!) self, Tensor mat, Tensor vec, *, Scalar beta=1, Scalar alpha=1) -> Tensor(a!)`. */
    addmv_(mat: Tensor, vec: Tensor, options?: { beta?: Scalar | undefined; alpha?: Scalar | undefined }): this;
    addmv_(mat: Tensor, options: { vec: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): this;
    addmv_(options: { mat: Tensor; vec: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): this;
    /** `aten::addr(Tensor self, Tensor vec1, Tensor vec2, *, Scalar beta=1, Scalar alpha=1) -> Tensor`. */
    addr(vec1: Tensor, vec2: Tensor, options?: { beta?: Scalar | undefined; alpha?: Scalar | undefined }): Tensor;
    addr(vec1: Tensor, options: { vec2: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): Tensor;
    addr(options: { vec1: Tensor; vec2: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): Tensor;
    /** `aten::addr_(Tensor(a!) self, Tensor vec1, Tensor vec2, *, Scalar beta=1, Scalar alpha=1) -> Tensor(a!)`. */
    addr_(vec1: Tensor, vec2: Tensor, options?: { beta?: Scalar | undefined; alpha?: Scalar | undefined }): this;
    addr_(vec1: Tensor, options: { vec2: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): this;
    addr_(options: { vec1: Tensor; vec2: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): this;
    /** `aten::adjoint(Tensor(a) self) -> Tensor(a)`. A view of the same memory. */
    adjoint(): Tensor;
    /** `aten::all(Tensor self) -> Tensor`. */
    all(): Tensor;
    all(dim?: readonly Integer[] | null, keepdim?: boolean): Tensor;
    all(dim: readonly Integer[] | null, options?: { keepdim?: boolean | undefined }): Tensor;
    all(options?: { dim?: readonly Integer[] | null | undefined; keepdim?: boolean | undefined }): Tensor;
    all(dim: Integer, keepdim?: boolean): Tensor;
    all(dim: Integer, options?: { keepdim?: boolean | undefined }): Tensor;
    all(options: { dim: Integer; keepdim?: boolean | undefined }): Tensor;
    /** `aten::allclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05, float atol=1e-08, bool equal_nan=False) -> bool`. */
    allclose(other: Tensor, rtol?: number, atol?: number, equal_nan?: boolean): boolean;
    allclose(other: Tensor, rtol: number, atol: number, options?: { equal_nan?: boolean | undefined }): boolean;
    allclose(other: Tensor, rtol: number, options?: { atol?: number | undefined; equal_nan?: boolean | undefined }): boolean;
    allclose(other: Tensor, options?: { rtol?: number | undefined; atol?: number | undefined; equal_nan?: boolean | undefined }): boolean;
    allclose(options: { other: Tensor; rtol?: number | undefined; atol?: number | undefined; equal_nan?: boolean | undefined }): boolean;
    /** `aten::amax(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor`. */
    amax(dim?: Integer | readonly Integer[], keepdim?: boolean): Tensor;
    amax(dim: Integer | readonly Integer[], options?: { keepdim?: boolean | undefined }): Tensor;
    amax(options?: { dim?: Integer | readonly Integer[] | undefined; keepdim?: boolean | undefined }): Tensor;
    /** `aten::amin(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor`. */
    amin(dim?: Integer | readonly Integer[], keepdim?: boolean): Tensor;
    amin(dim: Integer | readonly Integer[], options?: { keepdim?: boolean | undefined }): Tensor;
    amin(options?: { dim?: Integer | readonly Integer[] | undefined; keepdim?: boolean | undefined }): Tensor;
    /** `aten::aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> (Tensor min, Tensor max)`. */
    aminmax(options?: { dim?: Integer | null | undefined; keepdim?: boolean | undefined }): Results<['min', 'max']>;
    /** `aten::angle(Tensor self) -> Tensor`. */
    angle(): Tensor;
    /** `aten::any(Tensor self) -> Tensor`. */
    any(): Tensor;
    any(dim?: readonly Integer[] | null, keepdim?: boolean): Tensor;
    any(dim: readonly Integer[] | null, options?: { keepdim?: boolean | undefined }): Tensor;
    any(options?: { dim?: readonly Integer[] | null | undefined; keepdim?: boolean | undefined }): Tensor;
    any(dim: Integer, keepdim?: boolean): Tensor;
    any(dim: Integer, options?: { keepdim?: boolean | undefined }): Tensor;
    any(options: { dim: Integer; keepdim?: boolean | undefined }): Tensor;
    /** `aten::arccos(Tensor self) -> Tensor`. */
    arccos(): Tensor;
    /** `aten::arccos_(Tensor(a!) self) -> Tensor(a!)`. */
    arccos_(): this;
    /** `aten::arccosh(Tensor self) -> Tensor`. */
    arccosh(): Tensor;
    /** `aten::arccosh_(Tensor(a!) self) -> Tensor(a!)`. */
    arccosh_(): this;
    /** `aten::arcsin(Tensor self) -> Tensor`. */
    arcsin(): Tensor;
    /** `aten::arcsin_(Tensor(a!) self) -> Tensor(a!)`. */
    arcsin_(): this;
    /** `aten::arcsinh(Tensor self) -> Tensor`. */
    arcsinh(): Tensor;
    /** `aten::arcsinh_(Tensor(a!) self) -> Tensor(a!)`. */
    arcsinh_(): this;
    /** `aten::arctan(Tensor self) -> Tensor`. */
    arctan(): Tensor;
    /** `aten::arctan2(Tensor self, Tensor other) -> Tensor`. */
    arctan2(other: Tensor): Tensor;
    arctan2(options: { other: Tensor }): Tensor;
    /** `aten::arctan2_(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    arctan2_(other: Tensor): this;
    arctan2_(options: { other: Tensor }): this;
    /** `aten::arctan_(Tensor(a!) self) -> Tensor(a!)`. */
    arctan_(): this;
    /** `aten::arctanh(Tensor self) -> Tensor`. */
    arctanh(): Tensor;
    /** `aten::arctanh_(Tensor(a!) self) -> Tensor(a!)`. */
    arctanh_(): this;
    /** The index of the largest element, over one dimension or, without `dim`, of the flattened tensor. */
    argmax<T extends Tensor, const D2 extends number | null | undefined = undefined, K extends boolean = false>(this: T, options?: { dim?: D2; keepdim?: K | undefined }): Tensor<Reduce<T['shape'], D2, K>, 'int64'>;
    argmax<T extends Tensor, const D2 extends number | null | undefined = undefined, K extends boolean = false>(this: T, dim: D2, keepdim?: K, options?: { keepdim?: K | undefined }): Tensor<Reduce<T['shape'], D2, K>, 'int64'>;
    argmax<T extends Tensor, const D2 extends number | null | undefined = undefined, K extends boolean = false>(this: T, dim: D2, options: { keepdim?: K | undefined }): Tensor<Reduce<T['shape'], D2, K>, 'int64'>;
    /** The index of the smallest element, likewise. */
    argmin<T extends Tensor, const D2 extends number | null | undefined = undefined, K extends boolean = false>(this: T, options?: { dim?: D2; keepdim?: K | undefined }): Tensor<Reduce<T['shape'], D2, K>, 'int64'>;
    argmin<T extends Tensor, const D2 extends number | null | undefined = undefined, K extends boolean = false>(this: T, dim: D2, keepdim?: K, options?: { keepdim?: K | undefined }): Tensor<Reduce<T['shape'], D2, K>, 'int64'>;
    argmin<T extends Tensor, const D2 extends number | null | undefined = undefined, K extends boolean = false>(this: T, dim: D2, options: { keepdim?: K | undefined }): Tensor<Reduce<T['shape'], D2, K>, 'int64'>;
    /** `aten::argsort.stable(Tensor self, *, bool stable, int dim=-1, bool descending=False) -> Tensor`. */
    argsort(options: { stable: boolean; dim?: Integer | undefined; descending?: boolean | undefined }): Tensor;
    argsort(dim?: Integer, descending?: boolean): Tensor;
    argsort(dim: Integer, options?: { descending?: boolean | undefined }): Tensor;
    argsort(options?: { dim?: Integer | undefined; descending?: boolean | undefined }): Tensor;
    /** `aten::argwhere(Tensor self) -> Tensor`. */
    argwhere(): Tensor;
    /** A view with the given sizes and strides (in elements) over this tensor's storage. */
    as_strided<const S2 extends Shape>(size: S2, stride: readonly number[], storage_offset?: number | null): Tensor<S2, D>;
    as_strided<const S2 extends Shape>(size: S2, options: { stride: readonly number[]; storage_offset?: number | null | undefined }): Tensor<S2, D>;
    /** `aten::as_strided_(Tensor(a!) self, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None) -> Tensor(a!)`. */
    as_strided_(size: readonly Integer[], stride: readonly Integer[], storage_offset?: Integer | null): this;
    as_strided_(size: readonly Integer[], stride: readonly Integer[], options?: { storage_offset?: Integer | null | undefined }): this;
    as_strided_(size: readonly Integer[], options: { stride: readonly Integer[]; storage_offset?: Integer | null | undefined }): this;
    as_strided_(options: { size: readonly Integer[]; stride: readonly Integer[]; storage_offset?: Integer | null | undefined }): this;
    /** `aten::as_strided_scatter(Tensor self, Tensor src, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None) -> Tensor`. */
    as_strided_scatter(src: Tensor, size: readonly Integer[], stride: readonly Integer[], storage_offset?: Integer | null): Tensor;
    as_strided_scatter(src: Tensor, size: readonly Integer[], stride: readonly Integer[], options?: { storage_offset?: Integer | null | undefined }): Tensor;
    as_strided_scatter(src: Tensor, size: readonly Integer[], options: { stride: readonly Integer[]; storage_offset?: Integer | null | undefined }): Tensor;
    as_strided_scatter(src: Tensor, options: { size: readonly Integer[]; stride: readonly Integer[]; storage_offset?: Integer | null | undefined }): Tensor;
    as_strided_scatter(options: { src: Tensor; size: readonly Integer[]; stride: readonly Integer[]; storage_offset?: Integer | null | undefined }): Tensor;
    /** `aten::asin(Tensor self) -> Tensor`. */
    asin(): Tensor;
    /** `aten::asin_(Tensor(a!) self) -> Tensor(a!)`. */
    asin_(): this;
    /** `aten::asinh(Tensor self) -> Tensor`. */
    asinh(): Tensor;
    /** `aten::asinh_(Tensor(a!) self) -> Tensor(a!)`. */
    asinh_(): this;
    /** `aten::atan(Tensor self) -> Tensor`. */
    atan(): Tensor;
    /** `aten::atan2(Tensor self, Tensor other) -> Tensor`. */
    atan2(other: Tensor): Tensor;
    atan2(options: { other: Tensor }): Tensor;
    /** `aten::atan2_(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    atan2_(other: Tensor): this;
    atan2_(options: { other: Tensor }): this;
    /** `aten::atan_(Tensor(a!) self) -> Tensor(a!)`. */
    atan_(): this;
    /** `aten::atanh(Tensor self) -> Tensor`. */
    atanh(): Tensor;
    /** `aten::atanh_(Tensor(a!) self) -> Tensor(a!)`. */
    atanh_(): this;
    /** `aten::baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor`. */
    baddbmm(batch1: Tensor, batch2: Tensor, options?: { beta?: Scalar | undefined; alpha?: Scalar | undefined }): Tensor;
    baddbmm(batch1: Tensor, options: { batch2: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): Tensor;
    baddbmm(options: { batch1: Tensor; batch2: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): Tensor;
    /** `aten::baddbmm_(Tensor(a!) self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor(a!)`. */
    baddbmm_(batch1: Tensor, batch2: Tensor, options?: { beta?: Scalar | undefined; alpha?: Scalar | undefined }): this;
    baddbmm_(batch1: Tensor, options: { batch2: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): this;
    baddbmm_(options: { batch1: Tensor; batch2: Tensor; beta?: Scalar | undefined; alpha?: Scalar | undefined }): this;
    /** `aten::bernoulli(Tensor self, *, Generator? generator=None) -> Tensor`. */
    bernoulli(options?: { generator?: GeneratorLike | null | undefined }): Tensor;
    bernoulli(p: number, options?: { generator?: GeneratorLike | null | undefined }): Tensor;
    bernoulli(options: { p: number; generator?: GeneratorLike | null | undefined }): Tensor;
    /** `aten::bernoulli_.Tensor(Tensor(a!) self, Tensor p, *, Generator? generator=None) -> Tensor(a!)`. */
    bernoulli_(p: Tensor, options?: { generator?: GeneratorLike | null | undefined }): this;
    bernoulli_(options: { p: Tensor; generator?: GeneratorLike | null | undefined }): this;
    bernoulli_(p?: number, options?: { generator?: GeneratorLike | null | undefined }): this;
    bernoulli_(options?: { p?: number | undefined; generator?: GeneratorLike | null | undefined }): this;
    /** `aten::bincount(Tensor self, Tensor? weights=None, SymInt minlength=0) -> Tensor`. */
    bincount(weights?: Tensor | null, minlength?: Integer): Tensor;
    bincount(weights: Tensor | null, options?: { minlength?: Integer | undefined }): Tensor;
    bincount(options?: { weights?: Tensor | null | undefined; minlength?: Integer | undefined }): Tensor;
    /** `aten::bitwise_and.Tensor(Tensor self, Tensor other) -> Tensor`. */
    bitwise_and(other: Tensor): Tensor;
    bitwise_and(options: { other: Tensor }): Tensor;
    bitwise_and(other: Scalar): Tensor;
    bitwise_and(options: { other: Scalar }): Tensor;
    /** `aten::bitwise_and_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    bitwise_and_(other: Tensor): this;
    bitwise_and_(options: { other: Tensor }): this;
    bitwise_and_(other: Scalar): this;
    bitwise_and_(options: { other: Scalar }): this;
    /** `aten::bitwise_left_shift.Tensor(Tensor self, Tensor other) -> Tensor`. */
    bitwise_left_shift(other: Tensor): Tensor;
    bitwise_left_shift(options: { other: Tensor }): Tensor;
    bitwise_left_shift(other: Scalar): Tensor;
    bitwise_left_shift(options: { other: Scalar }): Tensor;
    /** `aten::bitwise_left_shift_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    bitwise_left_shift_(other: Tensor): this;
    bitwise_left_shift_(options: { other: Tensor }): this;
    bitwise_left_shift_(other: Scalar): this;
    bitwise_left_shift_(options: { other: Scalar }): this;
    /** `aten::bitwise_not(Tensor self) -> Tensor`. */
    bitwise_not(): Tensor;
    /** `aten::bitwise_not_(Tensor(a!) self) -> Tensor(a!)`. */
    bitwise_not_(): this;
    /** `aten::bitwise_or.Tensor(Tensor self, Tensor other) -> Tensor`. */
    bitwise_or(other: Tensor): Tensor;
    bitwise_or(options: { other: Tensor }): Tensor;
    bitwise_or(other: Scalar): Tensor;
    bitwise_or(options: { other: Scalar }): Tensor;
    /** `aten::bitwise_or_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    bitwise_or_(other: Tensor): this;
    bitwise_or_(options: { other: Tensor }): this;
    bitwise_or_(other: Scalar): this;
    bitwise_or_(options: { other: Scalar }): this;
    /** `aten::bitwise_right_shift.Tensor(Tensor self, Tensor other) -> Tensor`. */
    bitwise_right_shift(other: Tensor): Tensor;
    bitwise_right_shift(options: { other: Tensor }): Tensor;
    bitwise_right_shift(other: Scalar): Tensor;
    bitwise_right_shift(options: { other: Scalar }): Tensor;
    /** `aten::bitwise_right_shift_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    bitwise_right_shift_(other: Tensor): this;
    bitwise_right_shift_(options: { other: Tensor }): this;
    bitwise_right_shift_(other: Scalar): this;
    bitwise_right_shift_(options: { other: Scalar }): this;
    /** `aten::bitwise_xor.Tensor(Tensor self, Tensor other) -> Tensor`. */
    bitwise_xor(other: Tensor): Tensor;
    bitwise_xor(options: { other: Tensor }): Tensor;
    bitwise_xor(other: Scalar): Tensor;
    bitwise_xor(options: { other: Scalar }): Tensor;
    /** `aten::bitwise_xor_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    bitwise_xor_(other: Tensor): this;
    bitwise_xor_(options: { other: Tensor }): this;
    bitwise_xor_(other: Scalar): this;
    bitwise_xor_(options: { other: Scalar }): this;
    /** `aten::bmm(Tensor self, Tensor mat2) -> Tensor`. */
    bmm(mat2: Tensor): Tensor;
    bmm(options: { mat2: Tensor }): Tensor;
    /** `aten::broadcast_to(Tensor(a) self, SymInt[] size) -> Tensor(a)`. A view of the same memory. */
    broadcast_to(size: readonly Integer[]): Tensor;
    broadcast_to(options: { size: readonly Integer[] }): Tensor;
    broadcast_to(...size: Integer[]): Tensor;
    /** `aten::cauchy_(Tensor(a!) self, float median=0., float sigma=1., *, Generator? generator=None) -> Tensor(a!)`. */
    cauchy_(median?: number, sigma?: number, options?: { generator?: GeneratorLike | null | undefined }): this;
    cauchy_(median: number, options?: { sigma?: number | undefined; generator?: GeneratorLike | null | undefined }): this;
    cauchy_(options?: { median?: number | undefined; sigma?: number | undefined; generator?: GeneratorLike | null | undefined }): this;
    /** `ceil` of each element. */
    ceil(options?: { out?: Tensor | null | undefined }): Tensor<S, D>;
    /** `aten::ceil_(Tensor(a!) self) -> Tensor(a!)`. */
    ceil_(): this;
    /** `aten::cholesky(Tensor self, bool upper=False) -> Tensor`. */
    cholesky(upper?: boolean): Tensor;
    cholesky(options?: { upper?: boolean | undefined }): Tensor;
    /** `aten::cholesky_inverse(Tensor self, bool upper=False) -> Tensor`. */
    cholesky_inverse(upper?: boolean): Tensor;
    cholesky_inverse(options?: { upper?: boolean | undefined }): Tensor;
    /** `aten::cholesky_solve(Tensor self, Tensor input2, bool upper=False) -> Tensor`. */
    cholesky_solve(input2: Tensor, upper?: boolean): Tensor;
    cholesky_solve(input2: Tensor, options?: { upper?: boolean | undefined }): Tensor;
    cholesky_solve(options: { input2: Tensor; upper?: boolean | undefined }): Tensor;
    /** `aten::chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]`. A view of the same memory. */
    chunk(chunks: Integer, dim?: Integer): Tensor[];
    chunk(chunks: Integer, options?: { dim?: Integer | undefined }): Tensor[];
    chunk(options: { chunks: Integer; dim?: Integer | undefined }): Tensor[];
    /** `aten::clamp.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor`. */
    clamp(min?: Tensor | null, max?: Tensor | null): Tensor;
    clamp(min: Tensor | null, options?: { max?: Tensor | null | undefined }): Tensor;
    clamp(options?: { min?: Tensor | null | undefined; max?: Tensor | null | undefined }): Tensor;
    clamp(min?: Scalar | null, max?: Scalar | null): Tensor;
    clamp(min: Scalar | null, options?: { max?: Scalar | null | undefined }): Tensor;
    clamp(options?: { min?: Scalar | null | undefined; max?: Scalar | null | undefined }): Tensor;
    /** `aten::clamp_.Tensor(Tensor(a!) self, Tensor? min=None, Tensor? max=None) -> Tensor(a!)`. */
    clamp_(min?: Tensor | null, max?: Tensor | null): this;
    clamp_(min: Tensor | null, options?: { max?: Tensor | null | undefined }): this;
    clamp_(options?: { min?: Tensor | null | undefined; max?: Tensor | null | undefined }): this;
    clamp_(min?: Scalar | null, max?: Scalar | null): this;
    clamp_(min: Scalar | null, options?: { max?: Scalar | null | undefined }): this;
    clamp_(options?: { min?: Scalar | null | undefined; max?: Scalar | null | undefined }): this;
    /** `aten::clamp_max.Tensor(Tensor self, Tensor max) -> Tensor`. */
    clamp_max(max: Tensor): Tensor;
    clamp_max(options: { max: Tensor }): Tensor;
    clamp_max(max: Scalar): Tensor;
    clamp_max(options: { max: Scalar }): Tensor;
    /** `aten::clamp_max_.Tensor(Tensor(a!) self, Tensor max) -> Tensor(a!)`. */
    clamp_max_(max: Tensor): this;
    clamp_max_(options: { max: Tensor }): this;
    clamp_max_(max: Scalar): this;
    clamp_max_(options: { max: Scalar }): this;
    /** `aten::clamp_min.Tensor(Tensor self, Tensor min) -> Tensor`. */
    clamp_min(min: Tensor): Tensor;
    clamp_min(options: { min: Tensor }): Tensor;
    clamp_min(min: Scalar): Tensor;
    clamp_min(options: { min: Scalar }): Tensor;
    /** `aten::clamp_min_.Tensor(Tensor(a!) self, Tensor min) -> Tensor(a!)`. */
    clamp_min_(min: Tensor): this;
    clamp_min_(options: { min: Tensor }): this;
    clamp_min_(min: Scalar): this;
    clamp_min_(options: { min: Scalar }): this;
    /** `aten::clip.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor`. */
    clip(min?: Tensor | null, max?: Tensor | null): Tensor;
    clip(min: Tensor | null, options?: { max?: Tensor | null | undefined }): Tensor;
    clip(options?: { min?: Tensor | null | undefined; max?: Tensor | null | undefined }): Tensor;
    clip(min?: Scalar | null, max?: Scalar | null): Tensor;
    clip(min: Scalar | null, options?: { max?: Scalar | null | undefined }): Tensor;
    clip(options?: { min?: Scalar | null | undefined; max?: Scalar | null | undefined }): Tensor;
    /** `aten::clip_.Tensor(Tensor(a!) self, Tensor? min=None, Tensor? max=None) -> Tensor(a!)`. */
    clip_(min?: Tensor | null, max?: Tensor | null): this;
    clip_(min: Tensor | null, options?: { max?: Tensor | null | undefined }): this;
    clip_(options?: { min?: Tensor | null | undefined; max?: Tensor | null | undefined }): this;
    clip_(min?: Scalar | null, max?: Scalar | null): this;
    clip_(min: Scalar | null, options?: { max?: Scalar | null | undefined }): this;
    clip_(options?: { min?: Scalar | null | undefined; max?: Scalar | null | undefined }): this;
    /** A copy; gradients flow back through it. */
    clone(options?: { memory_format?: MemoryFormat | undefined }): Tensor<S, D>;
    /** `aten::coalesce(Tensor(a) self) -> Tensor(a)`. A view of the same memory. */
    coalesce(): Tensor;
    /** `aten::conj(Tensor(a) self) -> Tensor(a)`. A view of the same memory. */
    conj(): Tensor;
    /** `aten::conj_physical(Tensor self) -> Tensor`. */
    conj_physical(): Tensor;
    /** `aten::conj_physical_(Tensor(a!) self) -> Tensor(a!)`. */
    conj_physical_(): this;
    /** The same elements in C order in memory. */
    contiguous(options?: { memory_format?: MemoryFormat | undefined }): Tensor<S, D>;
    /** `aten::copysign.Tensor(Tensor self, Tensor other) -> Tensor`. */
    copysign(other: Tensor): Tensor;
    copysign(options: { other: Tensor }): Tensor;
    copysign(other: Scalar): Tensor;
    copysign(options: { other: Scalar }): Tensor;
    /** `aten::copysign_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    copysign_(other: Tensor): this;
    copysign_(options: { other: Tensor }): this;
    copysign_(other: Scalar): this;
    copysign_(options: { other: Scalar }): this;
    /** `aten::corrcoef(Tensor self) -> Tensor`. */
    corrcoef(): Tensor;
    /** `cos` of each element. */
    cos(options?: { out?: Tensor | null | undefined }): Tensor<S, D>;
    /** `aten::cos_(Tensor(a!) self) -> Tensor(a!)`. */
    cos_(): this;
    /** `aten::cosh(Tensor self) -> Tensor`. */
    cosh(): Tensor;
    /** `aten::cosh_(Tensor(a!) self) -> Tensor(a!)`. */
    cosh_(): this;
    /** `aten::count_nonzero(Tensor self, int? dim=None) -> Tensor`. */
    count_nonzero(dim?: Integer | null): Tensor;
    count_nonzero(options?: { dim?: Integer | null | undefined }): Tensor;
    count_nonzero(dim: readonly Integer[]): Tensor;
    count_nonzero(options: { dim: readonly Integer[] }): Tensor;
    count_nonzero(...dim: Integer[]): Tensor;
    /** `aten::cov(Tensor self, *, int correction=1, Tensor? fweights=None, Tensor? aweights=None) -> Tensor`. */
    cov(options?: { correction?: Integer | undefined; fweights?: Tensor | null | undefined; aweights?: Tensor | null | undefined }): Tensor;
    /** `aten::cross(Tensor self, Tensor other, int? dim=None) -> Tensor`. */
    cross(other: Tensor, dim?: Integer | null): Tensor;
    cross(other: Tensor, options?: { dim?: Integer | null | undefined }): Tensor;
    cross(options: { other: Tensor; dim?: Integer | null | undefined }): Tensor;
    /** `aten::cummax(Tensor self, int dim) -> (Tensor values, Tensor indices)`. */
    cummax(dim: Integer): Results<['values', 'indices']>;
    cummax(options: { dim: Integer }): Results<['values', 'indices']>;
    /** `aten::cummin(Tensor self, int dim) -> (Tensor values, Tensor indices)`. */
    cummin(dim: Integer): Results<['values', 'indices']>;
    cummin(options: { dim: Integer }): Results<['values', 'indices']>;
    /** `aten::cumprod(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor`. */
    cumprod(dim: Integer, options?: { dtype?: DTypeName | null | undefined }): Tensor;
    cumprod(options: { dim: Integer; dtype?: DTypeName | null | undefined }): Tensor;
    /** `aten::cumprod_(Tensor(a!) self, int dim, *, ScalarType? dtype=None) -> Tensor(a!)`. */
    cumprod_(dim: Integer, options?: { dtype?: DTypeName | null | undefined }): this;
    cumprod_(options: { dim: Integer; dtype?: DTypeName | null | undefined }): this;
    /** `aten::cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor`. */
    cumsum(dim: Integer, options?: { dtype?: DTypeName | null | undefined }): Tensor;
    cumsum(options: { dim: Integer; dtype?: DTypeName | null | undefined }): Tensor;
    /** `aten::cumsum_(Tensor(a!) self, int dim, *, ScalarType? dtype=None) -> Tensor(a!)`. */
    cumsum_(dim: Integer, options?: { dtype?: DTypeName | null | undefined }): this;
    cumsum_(options: { dim: Integer; dtype?: DTypeName | null | undefined }): this;
    /** `aten::deg2rad(Tensor self) -> Tensor`. */
    deg2rad(): Tensor;
    /** `aten::deg2rad_(Tensor(a!) self) -> Tensor(a!)`. */
    deg2rad_(): this;
    /** `aten::dense_dim(Tensor self) -> int`. */
    dense_dim(): number;
    /** `aten::det(Tensor self) -> Tensor`. */
    det(): Tensor;
    /** `aten::detach_(Tensor(a!) self) -> Tensor(a!)`. */
    detach_(): this;
    /** `aten::diag(Tensor self, int diagonal=0) -> Tensor`. */
    diag(diagonal?: Integer): Tensor;
    diag(options?: { diagonal?: Integer | undefined }): Tensor;
    /** `aten::diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1) -> Tensor`. */
    diag_embed(offset?: Integer, dim1?: Integer, dim2?: Integer): Tensor;
    diag_embed(offset: Integer, dim1: Integer, options?: { dim2?: Integer | undefined }): Tensor;
    diag_embed(offset: Integer, options?: { dim1?: Integer | undefined; dim2?: Integer | undefined }): Tensor;
    diag_embed(options?: { offset?: Integer | undefined; dim1?: Integer | undefined; dim2?: Integer | undefined }): Tensor;
    /** `aten::diagflat(Tensor self, int offset=0) -> Tensor`. */
    diagflat(offset?: Integer): Tensor;
    diagflat(options?: { offset?: Integer | undefined }): Tensor;
    /** `aten::diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1) -> Tensor(a)`. A view of the same memory. */
    diagonal(offset?: Integer, dim1?: Integer, dim2?: Integer): Tensor;
    diagonal(offset: Integer, dim1: Integer, options?: { dim2?: Integer | undefined }): Tensor;
    diagonal(offset: Integer, options?: { dim1?: Integer | undefined; dim2?: Integer | undefined }): Tensor;
    diagonal(options?: { offset?: Integer | undefined; dim1?: Integer | undefined; dim2?: Integer | undefined }): Tensor;
    /** `aten::diagonal_scatter(Tensor self, Tensor src, int offset=0, int dim1=0, int dim2=1) -> Tensor`. */
    diagonal_scatter(src: Tensor, offset?: Integer, dim1?: Integer, dim2?: Integer): Tensor;
    diagonal_scatter(src: Tensor, offset: Integer, dim1: Integer, options?: { dim2?: Integer | undefined }): Tensor;
    diagonal_scatter(src: Tensor, offset: Integer, options?: { dim1?: Integer | undefined; dim2?: Integer | undefined }): Tensor;
    diagonal_scatter(src: Tensor, options?: { offset?: Integer | undefined; dim1?: Integer | undefined; dim2?: Integer | undefined }): Tensor;
    diagonal_scatter(options: { src: Tensor; offset?: Integer | undefined; dim1?: Integer | undefined; dim2?: Integer | undefined }): Tensor;
    /** `aten::diff(Tensor self, int n=1, int dim=-1, Tensor? prepend=None, Tensor? append=None) -> Tensor`. */
    diff(n?: Integer, dim?: Integer, prepend?: Tensor | null, append?: Tensor | null): Tensor;
    diff(n: Integer, dim: Integer, prepend: Tensor | null, options?: { append?: Tensor | null | undefined }): Tensor;
    diff(n: Integer, dim: Integer, options?: { prepend?: Tensor | null | undefined; append?: Tensor | null | undefined }): Tensor;
    diff(n: Integer, options?: { dim?: Integer | undefined; prepend?: Tensor | null | undefined; append?: Tensor | null | undefined }): Tensor;
    diff(options?: { n?: Integer | undefined; dim?: Integer | undefined; prepend?: Tensor | null | undefined; append?: Tensor | null | undefined }): Tensor;
    /** `aten::digamma(Tensor self) -> Tensor`. */
    digamma(): Tensor;
    /** `aten::digamma_(Tensor(a!) self) -> Tensor(a!)`. */
    digamma_(): this;
    /** `aten::dist(Tensor self, Tensor other, Scalar p=2) -> Tensor`. */
    dist(other: Tensor, p?: Scalar): Tensor;
    dist(other: Tensor, options?: { p?: Scalar | undefined }): Tensor;
    dist(options: { other: Tensor; p?: Scalar | undefined }): Tensor;
    /** `div` of each element of this tensor and of another one, or a number. */
    div<T extends Tensor, B extends Operand | PythonNumber>(this: T, other: B, options?: { rounding_mode?: 'trunc' | 'floor' | null | undefined; out?: Tensor | null | undefined }): Quotient<T, B>;
    /** `aten::div_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    div_(other: Tensor | Scalar, options?: { rounding_mode?: string | null | undefined }): this;
    div_(options: { other: Tensor | Scalar; rounding_mode?: string | null | undefined }): this;
    /** `aten::divide.Tensor(Tensor self, Tensor other) -> Tensor`. */
    divide(other: Tensor): Tensor;
    divide(options: { other: Tensor }): Tensor;
    divide(other: Tensor, options: { rounding_mode: string | null }): Tensor;
    divide(options: { other: Tensor; rounding_mode: string | null }): Tensor;
    divide(other: Scalar, options: { rounding_mode: string | null }): Tensor;
    divide(options: { other: Scalar; rounding_mode: string | null }): Tensor;
    divide(other: Scalar): Tensor;
    divide(options: { other: Scalar }): Tensor;
    /** `aten::divide_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    divide_(other: Tensor): this;
    divide_(options: { other: Tensor }): this;
    divide_(other: Tensor, options: { rounding_mode: string | null }): this;
    divide_(options: { other: Tensor; rounding_mode: string | null }): this;
    divide_(other: Scalar, options: { rounding_mode: string | null }): this;
    divide_(options: { other: Scalar; rounding_mode: string | null }): this;
    divide_(other: Scalar): this;
    divide_(options: { other: Scalar }): this;
    /** `aten::dot(Tensor self, Tensor tensor) -> Tensor`. */
    dot(tensor: Tensor): Tensor;
    dot(options: { tensor: Tensor }): Tensor;
    /** `aten::dsplit.int(Tensor(a -> *) self, int sections) -> Tensor(a)[]`. A view of the same memory. */
    dsplit(sections: Integer): Tensor[];
    dsplit(options: { sections: Integer }): Tensor[];
    dsplit(indices: readonly Integer[]): Tensor[];
    dsplit(options: { indices: readonly Integer[] }): Tensor[];
    dsplit(...indices: Integer[]): Tensor[];
    /** `eq` of each element of this tensor and of another one, or a number. */
    eq<T extends Tensor, B extends Operand | PythonNumber>(this: T, other: B, options?: { out?: Tensor | null | undefined }): Compared<T, B>;
    /** `aten::eq_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    eq_(other: Tensor): this;
    eq_(options: { other: Tensor }): this;
    eq_(other: Scalar): this;
    eq_(options: { other: Scalar }): this;
    /** `aten::equal(Tensor self, Tensor other) -> bool`. */
    equal(other: Tensor): boolean;
    equal(options: { other: Tensor }): boolean;
    /** `erf` of each element. */
    erf(options?: { out?: Tensor | null | undefined }): Tensor<S, D>;
    /** `aten::erf_(Tensor(a!) self) -> Tensor(a!)`. */
    erf_(): this;
    /** `aten::erfc(Tensor self) -> Tensor`. */
    erfc(): Tensor;
    /** `aten::erfc_(Tensor(a!) self) -> Tensor(a!)`. */
    erfc_(): this;
    /** `aten::erfinv(Tensor self) -> Tensor`. */
    erfinv(): Tensor;
    /** `aten::erfinv_(Tensor(a!) self) -> Tensor(a!)`. */
    erfinv_(): this;
    /** `exp` of each element. */
    exp(options?: { out?: Tensor | null | undefined }): Tensor<S, D>;
    /** `aten::exp2(Tensor self) -> Tensor`. */
    exp2(): Tensor;
    /** `aten::exp2_(Tensor(a!) self) -> Tensor(a!)`. */
    exp2_(): this;
    /** `aten::exp_(Tensor(a!) self) -> Tensor(a!)`. */
    exp_(): this;
    /** A view with dimensions of size 1 expanded to the given sizes; -1 keeps a size. */
    expand<T extends Tensor, const S2 extends Shape>(this: T, size: S2): Tensor<Expand<T['shape'], S2>, T['dtype']>;
    expand<T extends Tensor, const S2 extends Shape>(this: T, options: { size: S2 }): Tensor<Expand<T['shape'], S2>, T['dtype']>;
    expand<T extends Tensor, const S2 extends Shape>(this: T, ...size: S2): Tensor<Expand<T['shape'], S2>, T['dtype']>;
    /** `aten::expand_as(Tensor(a) self, Tensor other) -> Tensor(a)`. A view of the same memory. */
    expand_as(other: Tensor): Tensor;
    expand_as(options: { other: Tensor }): Tensor;
    /** `expm1` of each element. */
    expm1(options?: { out?: Tensor | null | undefined }): Tensor<S, D>;
    /** `aten::expm1_(Tensor(a!) self) -> Tensor(a!)`. */
    expm1_(): this;
    /** `aten::exponential_(Tensor(a!) self, float lambd=1., *, Generator? generator=None) -> Tensor(a!)`. */
    exponential_(lambd?: number, options?: { generator?: GeneratorLike | null | undefined }): this;
    exponential_(options?: { lambd?: number | undefined; generator?: GeneratorLike | null | undefined }): this;
    /** `aten::fill_.Tensor(Tensor(a!) self, Tensor value) -> Tensor(a!)`. */
    fill_(value: Tensor): this;
    fill_(options: { value: Tensor }): this;
    fill_(value: Scalar): this;
    fill_(options: { value: Scalar }): this;
    /** `aten::fill_diagonal_(Tensor(a!) self, Scalar fill_value, bool wrap=False) -> Tensor(a!)`. */
    fill_diagonal_(fill_value: Scalar, wrap?: boolean): this;
    fill_diagonal_(fill_value: Scalar, options?: { wrap?: boolean | undefined }): this;
    fill_diagonal_(options: { fill_value: Scalar; wrap?: boolean | undefined }): this;
    /** `aten::fix(Tensor self) -> Tensor`. */
    fix(): Tensor;
    /** `aten::fix_(Tensor(a!) self) -> Tensor(a!)`. */
    fix_(): this;
    /** `aten::flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a)`. A view of the same memory. */
    flatten(start_dim?: Integer, end_dim?: Integer): Tensor;
    flatten(start_dim: Integer, options?: { end_dim?: Integer | undefined }): Tensor;
    flatten(options?: { start_dim?: Integer | undefined; end_dim?: Integer | undefined }): Tensor;
    /** `aten::flip(Tensor self, int[] dims) -> Tensor`. */
    flip(dims: readonly Integer[]): Tensor;
    flip(options: { dims: readonly Integer[] }): Tensor;
    flip(...dims: Integer[]): Tensor;
    /** `aten::fliplr(Tensor self) -> Tensor`. */
    fliplr(): Tensor;
    /** `aten::flipud(Tensor self) -> Tensor`. */
    flipud(): Tensor;
    /** `aten::float_power.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor`. */
    float_power(exponent: Tensor): Tensor;
    float_power(options: { exponent: Tensor }): Tensor;
    float_power(exponent: Scalar): Tensor;
    float_power(options: { exponent: Scalar }): Tensor;
    /** `aten::float_power_.Tensor(Tensor(a!) self, Tensor exponent) -> Tensor(a!)`. */
    float_power_(exponent: Tensor): this;
    float_power_(options: { exponent: Tensor }): this;
    float_power_(exponent: Scalar): this;
    float_power_(options: { exponent: Scalar }): this;
    /** `floor` of each element. */
    floor(options?: { out?: Tensor | null | undefined }): Tensor<S, D>;
    /** `aten::floor_(Tensor(a!) self) -> Tensor(a!)`. */
    floor_(): this;
    /** `aten::floor_divide(Tensor self, Tensor other) -> Tensor`. */
    floor_divide(other: Tensor | Scalar, options?: { out?: Tensor | null | undefined }): Tensor;
    floor_divide(options: { other: Tensor | Scalar; out?: Tensor | null | undefined }): Tensor;
    /** `aten::floor_divide_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    floor_divide_(other: Tensor | Scalar): this;
    floor_divide_(options: { other: Tensor | Scalar }): this;
    /** `aten::fmax(Tensor self, Tensor other) -> Tensor`. */
    fmax(other: Tensor): Tensor;
    fmax(options: { other: Tensor }): Tensor;
    /** `aten::fmin(Tensor self, Tensor other) -> Tensor`. */
    fmin(other: Tensor): Tensor;
    fmin(options: { other: Tensor }): Tensor;
    /** `aten::fmod.Tensor(Tensor self, Tensor other) -> Tensor`. */
    fmod(other: Tensor): Tensor;
    fmod(options: { other: Tensor }): Tensor;
    fmod(other: Scalar): Tensor;
    fmod(options: { other: Scalar }): Tensor;
    /** `aten::fmod_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    fmod_(other: Tensor): this;
    fmod_(options: { other: Tensor }): this;
    fmod_(other: Scalar): this;
    fmod_(options: { other: Scalar }): this;
    /** `aten::frac(Tensor self) -> Tensor`. */
    frac(): Tensor;
    /** `aten::frac_(Tensor(a!) self) -> Tensor(a!)`. */
    frac_(): this;
    /** `aten::frexp.Tensor(Tensor self) -> (Tensor mantissa, Tensor exponent)`. */
    frexp(): Results<['mantissa', 'exponent']>;
    /** `aten::gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor`. */
    gather(dim: Integer, index: Tensor, options?: { sparse_grad?: boolean | undefined }): Tensor;
    gather(dim: Integer, options: { index: Tensor; sparse_grad?: boolean | undefined }): Tensor;
    gather(options: { dim: Integer; index: Tensor; sparse_grad?: boolean | undefined }): Tensor;
    /** `aten::gcd(Tensor self, Tensor other) -> Tensor`. */
    gcd(other: Tensor): Tensor;
    gcd(options: { other: Tensor }): Tensor;
    /** `aten::gcd_(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    gcd_(other: Tensor): this;
    gcd_(options: { other: Tensor }): this;
    /** `ge` of each element of this tensor and of another one, or a number. */
    ge<T extends Tensor, B extends Operand | PythonNumber>(this: T, other: B, options?: { out?: Tensor | null | undefined }): Compared<T, B>;
    /** `aten::ge_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    ge_(other: Tensor): this;
    ge_(options: { other: Tensor }): this;
    ge_(other: Scalar): this;
    ge_(options: { other: Scalar }): this;
    /** `aten::geometric_(Tensor(a!) self, float p, *, Generator? generator=None) -> Tensor(a!)`. */
    geometric_(p: number, options?: { generator?: GeneratorLike | null | undefined }): this;
    geometric_(options: { p: number; generator?: GeneratorLike | null | undefined }): this;
    /** `aten::geqrf(Tensor self) -> (Tensor a, Tensor tau)`. */
    geqrf(): Results<['a', 'tau']>;
    /** `aten::ger(Tensor self, Tensor vec2) -> Tensor`. */
    ger(vec2: Tensor): Tensor;
    ger(options: { vec2: Tensor }): Tensor;
    /** `aten::greater.Tensor(Tensor self, Tensor other) -> Tensor`. */
    greater(other: Tensor): Tensor;
    greater(options: { other: Tensor }): Tensor;
    greater(other: Scalar): Tensor;
    greater(options: { other: Scalar }): Tensor;
    /** `aten::greater_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    greater_(other: Tensor): this;
    greater_(options: { other: Tensor }): this;
    greater_(other: Scalar): this;
    greater_(options: { other: Scalar }): this;
    /** `aten::greater_equal.Tensor(Tensor self, Tensor other) -> Tensor`. */
    greater_equal(other: Tensor): Tensor;
    greater_equal(options: { other: Tensor }): Tensor;
    greater_equal(other: Scalar): Tensor;
    greater_equal(options: { other: Scalar }): Tensor;
    /** `aten::greater_equal_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    greater_equal_(other: Tensor): this;
    greater_equal_(options: { other: Tensor }): this;
    greater_equal_(other: Scalar): this;
    greater_equal_(options: { other: Scalar }): this;
    /** `gt` of each element of this tensor and of another one, or a number. */
    gt<T extends Tensor, B extends Operand | PythonNumber>(this: T, other: B, options?: { out?: Tensor | null | undefined }): Compared<T, B>;
    /** `aten::gt_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    gt_(other: Tensor): this;
    gt_(options: { other: Tensor }): this;
    gt_(other: Scalar): this;
    gt_(options: { other: Scalar }): this;
    /** `aten::hardshrink(Tensor self, Scalar lambd=0.5) -> Tensor`. */
    hardshrink(lambd?: Scalar): Tensor;
    hardshrink(options?: { lambd?: Scalar | undefined }): Tensor;
    /** `aten::hash_tensor(Tensor self, int[1] dim=[], *, bool keepdim=False, int mode=0) -> Tensor`. */
    hash_tensor(dim?: Integer | readonly Integer[], options?: { keepdim?: boolean | undefined; mode?: Integer | undefined }): Tensor;
    hash_tensor(options?: { dim?: Integer | readonly Integer[] | undefined; keepdim?: boolean | undefined; mode?: Integer | undefined }): Tensor;
    hash_tensor(...dim: Integer[]): Tensor;
    /** `aten::heaviside(Tensor self, Tensor values) -> Tensor`. */
    heaviside(values: Tensor): Tensor;
    heaviside(options: { values: Tensor }): Tensor;
    /** `aten::heaviside_(Tensor(a!) self, Tensor values) -> Tensor(a!)`. */
    heaviside_(values: Tensor): this;
    heaviside_(options: { values: Tensor }): this;
    /** `aten::histc(Tensor self, int bins=100, Scalar min=0, Scalar max=0) -> Tensor`. */
    histc(bins?: Integer, min?: Scalar, max?: Scalar): Tensor;
    histc(bins: Integer, min: Scalar, options?: { max?: Scalar | undefined }): Tensor;
    histc(bins: Integer, options?: { min?: Scalar | undefined; max?: Scalar | undefined }): Tensor;
    histc(options?: { bins?: Integer | undefined; min?: Scalar | undefined; max?: Scalar | undefined }): Tensor;
    /** `aten::histogram.bins_tensor(Tensor self, Tensor bins, *, Tensor? weight=None, bool density=False) -> (Tensor hist, Tensor bin_edges)`. */
    histogram(bins: Tensor, options?: { weight?: Tensor | null | undefined; density?: boolean | undefined }): Results<['hist', 'bin_edges']>;
    histogram(options: { bins: Tensor; weight?: Tensor | null | undefined; density?: boolean | undefined }): Results<['hist', 'bin_edges']>;
    histogram(bins?: Integer, options?: { range?: readonly number[] | null | undefined; weight?: Tensor | null | undefined; density?: boolean | undefined }): Results<['hist', 'bin_edges']>;
    histogram(options?: { bins?: Integer | undefined; range?: readonly number[] | null | undefined; weight?: Tensor | null | undefined; density?: boolean | undefined }): Results<['hist', 'bin_edges']>;
    /** `aten::hsplit.int(Tensor(a -> *) self, int sections) -> Tensor(a)[]`. A view of the same memory. */
    hsplit(sections: Integer): Tensor[];
    hsplit(options: { sections: Integer }): Tensor[];
    hsplit(indices: readonly Integer[]): Tensor[];
    hsplit(options: { indices: readonly Integer[] }): Tensor[];
    hsplit(...indices: Integer[]): Tensor[];
    /** `aten::hypot(Tensor self, Tensor other) -> Tensor`. */
    hypot(other: Tensor): Tensor;
    hypot(options: { other: Tensor }): Tensor;
    /** `aten::hypot_(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    hypot_(other: Tensor): this;
    hypot_(options: { other: Tensor }): this;
    /** `aten::i0(Tensor self) -> Tensor`. */
    i0(): Tensor;
    /** `aten::i0_(Tensor(a!) self) -> Tensor(a!)`. */
    i0_(): this;
    /** `aten::igamma(Tensor self, Tensor other) -> Tensor`. */
    igamma(other: Tensor): Tensor;
    igamma(options: { other: Tensor }): Tensor;
    /** `aten::igamma_(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    igamma_(other: Tensor): this;
    igamma_(options: { other: Tensor }): this;
    /** `aten::igammac(Tensor self, Tensor other) -> Tensor`. */
    igammac(other: Tensor): Tensor;
    igammac(options: { other: Tensor }): Tensor;
    /** `aten::igammac_(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    igammac_(other: Tensor): this;
    igammac_(options: { other: Tensor }): this;
    /** `aten::imag(Tensor(a) self) -> Tensor(a)`. A view of the same memory. */
    readonly imag: Tensor;
    /** `aten::index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor`. */
    index_add(dim: Integer, index: Tensor, source: Tensor, options?: { alpha?: Scalar | undefined }): Tensor;
    index_add(dim: Integer, index: Tensor, options: { source: Tensor; alpha?: Scalar | undefined }): Tensor;
    index_add(dim: Integer, options: { index: Tensor; source: Tensor; alpha?: Scalar | undefined }): Tensor;
    index_add(options: { dim: Integer; index: Tensor; source: Tensor; alpha?: Scalar | undefined }): Tensor;
    /** `aten::index_add_(Tensor(a!) self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor(a!)`. */
    index_add_(dim: Integer, index: Tensor, source: Tensor, options?: { alpha?: Scalar | undefined }): this;
    index_add_(dim: Integer, index: Tensor, options: { source: Tensor; alpha?: Scalar | undefined }): this;
    index_add_(dim: Integer, options: { index: Tensor; source: Tensor; alpha?: Scalar | undefined }): this;
    index_add_(options: { dim: Integer; index: Tensor; source: Tensor; alpha?: Scalar | undefined }): this;
    /** `aten::index_copy(Tensor self, int dim, Tensor index, Tensor source) -> Tensor`. */
    index_copy(dim: Integer, index: Tensor, source: Tensor): Tensor;
    index_copy(dim: Integer, index: Tensor, options: { source: Tensor }): Tensor;
    index_copy(dim: Integer, options: { index: Tensor; source: Tensor }): Tensor;
    index_copy(options: { dim: Integer; index: Tensor; source: Tensor }): Tensor;
    /** `aten::index_copy_(Tensor(a!) self, int dim, Tensor index, Tensor source) -> Tensor(a!)`. */
    index_copy_(dim: Integer, index: Tensor, source: Tensor): this;
    index_copy_(dim: Integer, index: Tensor, options: { source: Tensor }): this;
    index_copy_(dim: Integer, options: { index: Tensor; source: Tensor }): this;
    index_copy_(options: { dim: Integer; index: Tensor; source: Tensor }): this;
    /** `aten::index_fill.int_Tensor(Tensor self, int dim, Tensor index, Tensor value) -> Tensor`. */
    index_fill(dim: Integer, index: Tensor, value: Tensor): Tensor;
    index_fill(dim: Integer, index: Tensor, options: { value: Tensor }): Tensor;
    index_fill(dim: Integer, options: { index: Tensor; value: Tensor }): Tensor;
    index_fill(options: { dim: Integer; index: Tensor; value: Tensor }): Tensor;
    index_fill(dim: Integer, index: Tensor, value: Scalar): Tensor;
    index_fill(dim: Integer, index: Tensor, options: { value: Scalar }): Tensor;
    index_fill(dim: Integer, options: { index: Tensor; value: Scalar }): Tensor;
    index_fill(options: { dim: Integer; index: Tensor; value: Scalar }): Tensor;
    /** `aten::index_fill_.int_Tensor(Tensor(a!) self, int dim, Tensor index, Tensor value) -> Tensor(a!)`. */
    index_fill_(dim: Integer, index: Tensor, value: Tensor): this;
    index_fill_(dim: Integer, index: Tensor, options: { value: Tensor }): this;
    index_fill_(dim: Integer, options: { index: Tensor; value: Tensor }): this;
    index_fill_(options: { dim: Integer; index: Tensor; value: Tensor }): this;
    index_fill_(dim: Integer, index: Tensor, value: Scalar): this;
    index_fill_(dim: Integer, index: Tensor, options: { value: Scalar }): this;
    index_fill_(dim: Integer, options: { index: Tensor; value: Scalar }): this;
    index_fill_(options: { dim: Integer; index: Tensor; value: Scalar }): this;
    /** `aten::index_put(Tensor self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor`. */
    index_put(indices: readonly (Tensor | null)[] | null, values: Tensor, accumulate?: boolean): Tensor;
    index_put(indices: readonly (Tensor | null)[] | null, values: Tensor, options?: { accumulate?: boolean | undefined }): Tensor;
    index_put(indices: readonly (Tensor | null)[] | null, options: { values: Tensor; accumulate?: boolean | undefined }): Tensor;
    index_put(options: { indices: readonly (Tensor | null)[] | null; values: Tensor; accumulate?: boolean | undefined }): Tensor;
    /** `aten::index_reduce(Tensor self, int dim, Tensor index, Tensor source, str reduce, *, bool include_self=True) -> Tensor`. */
    index_reduce(dim: Integer, index: Tensor, source: Tensor, reduce: string, options?: { include_self?: boolean | undefined }): Tensor;
    index_reduce(dim: Integer, index: Tensor, source: Tensor, options: { reduce: string; include_self?: boolean | undefined }): Tensor;
    index_reduce(dim: Integer, index: Tensor, options: { source: Tensor; reduce: string; include_self?: boolean | undefined }): Tensor;
    index_reduce(dim: Integer, options: { index: Tensor; source: Tensor; reduce: string; include_self?: boolean | undefined }): Tensor;
    index_reduce(options: { dim: Integer; index: Tensor; source: Tensor; reduce: string; include_self?: boolean | undefined }): Tensor;
    /** `aten::index_reduce_(Tensor(a!) self, int dim, Tensor index, Tensor source, str reduce, *, bool include_self=True) -> Tensor(a!)`. */
    index_reduce_(dim: Integer, index: Tensor, source: Tensor, reduce: string, options?: { include_self?: boolean | undefined }): this;
    index_reduce_(dim: Integer, index: Tensor, source: Tensor, options: { reduce: string; include_self?: boolean | undefined }): this;
    index_reduce_(dim: Integer, index: Tensor, options: { source: Tensor; reduce: string; include_self?: boolean | undefined }): this;
    index_reduce_(dim: Integer, options: { index: Tensor; source: Tensor; reduce: string; include_self?: boolean | undefined }): this;
    index_reduce_(options: { dim: Integer; index: Tensor; source: Tensor; reduce: string; include_self?: boolean | undefined }): this;
    /** `aten::index_select(Tensor self, int dim, Tensor index) -> Tensor`. */
    index_select(dim: Integer, index: Tensor): Tensor;
    index_select(dim: Integer, options: { index: Tensor }): Tensor;
    index_select(options: { dim: Integer; index: Tensor }): Tensor;
    /** `aten::indices(Tensor(a) self) -> Tensor(a)`. A view of the same memory. */
    indices(): Tensor;
    /** `aten::inner(Tensor self, Tensor other) -> Tensor`. */
    inner(other: Tensor): Tensor;
    inner(options: { other: Tensor }): Tensor;
    /** `aten::inverse(Tensor self) -> Tensor`. */
    inverse(): Tensor;
    /** `aten::is_coalesced(Tensor self) -> bool`. */
    is_coalesced(): boolean;
    /** `aten::is_complex(Tensor self) -> bool`. */
    is_complex(): boolean;
    /** `aten::is_conj(Tensor self) -> bool`. */
    is_conj(): boolean;
    /** `aten::is_distributed(Tensor self) -> bool`. */
    is_distributed(): boolean;
    /** `aten::is_floating_point(Tensor self) -> bool`. */
    is_floating_point(): boolean;
    /** `aten::is_inference(Tensor self) -> bool`. */
    is_inference(): boolean;
    /** `aten::is_neg(Tensor self) -> bool`. */
    is_neg(): boolean;
    /** `aten::is_nonzero(Tensor self) -> bool`. */
    is_nonzero(): boolean;
    /** `aten::is_same_size(Tensor self, Tensor other) -> bool`. */
    is_same_size(other: Tensor): boolean;
    is_same_size(options: { other: Tensor }): boolean;
    /** `aten::is_set_to(Tensor self, Tensor tensor) -> bool`. */
    is_set_to(tensor: Tensor): boolean;
    is_set_to(options: { tensor: Tensor }): boolean;
    /** `aten::is_signed(Tensor self) -> bool`. */
    is_signed(): boolean;
    /** `aten::isclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05, float atol=1e-08, bool equal_nan=False) -> Tensor`. */
    isclose(other: Tensor, rtol?: number, atol?: number, equal_nan?: boolean): Tensor;
    isclose(other: Tensor, rtol: number, atol: number, options?: { equal_nan?: boolean | undefined }): Tensor;
    isclose(other: Tensor, rtol: number, options?: { atol?: number | undefined; equal_nan?: boolean | undefined }): Tensor;
    isclose(other: Tensor, options?: { rtol?: number | undefined; atol?: number | undefined; equal_nan?: boolean | undefined }): Tensor;
    isclose(options: { other: Tensor; rtol?: number | undefined; atol?: number | undefined; equal_nan?: boolean | undefined }): Tensor;
    /** `aten::isfinite(Tensor self) -> Tensor`. */
    isfinite(): Tensor;
    /** `aten::isinf(Tensor self) -> Tensor`. */
    isinf(): Tensor;
    /** `aten::isnan(Tensor self) -> Tensor`. */
    isnan(): Tensor;
    /** `aten::isneginf(Tensor self) -> Tensor`. */
    isneginf(): Tensor;
    /** `aten::isposinf(Tensor self) -> Tensor`. */
    isposinf(): Tensor;
    /** `aten::isreal(Tensor self) -> Tensor`. */
    isreal(): Tensor;
    /** `istft(self, n_fft, hop_length=None, win_length=None, window=None, center=True, normalized=False, onesided=None, length=None, return_complex=False)`, as PyTorch writes it in Python. */
    istft(n_fft: Integer, hop_length?: Integer | null, win_length?: Integer | null, window?: Tensor | null, center?: boolean, normalized?: boolean, onesided?: boolean | null, length?: Integer | null, return_complex?: boolean): Tensor;
    istft(n_fft: Integer, hop_length: Integer | null, win_length: Integer | null, window: Tensor | null, center: boolean, normalized: boolean, onesided: boolean | null, length: Integer | null, options?: { return_complex?: boolean | undefined }): Tensor;
    istft(n_fft: Integer, hop_length: Integer | null, win_length: Integer | null, window: Tensor | null, center: boolean, normalized: boolean, onesided: boolean | null, options?: { length?: Integer | null | undefined; return_complex?: boolean | undefined }): Tensor;
    istft(n_fft: Integer, hop_length: Integer | null, win_length: Integer | null, window: Tensor | null, center: boolean, normalized: boolean, options?: { onesided?: boolean | null | undefined; length?: Integer | null | undefined; return_complex?: boolean | undefined }): Tensor;
    istft(n_fft: Integer, hop_length: Integer | null, win_length: Integer | null, window: Tensor | null, center: boolean, options?: { normalized?: boolean | undefined; onesided?: boolean | null | undefined; length?: Integer | null | undefined; return_complex?: boolean | undefined }): Tensor;
    istft(n_fft: Integer, hop_length: Integer | null, win_length: Integer | null, window: Tensor | null, options?: { center?: boolean | undefined; normalized?: boolean | undefined; onesided?: boolean | null | undefined; length?: Integer | null | undefined; return_complex?: boolean | undefined }): Tensor;
    istft(n_fft: Integer, hop_length: Integer | null, win_length: Integer | null, options?: { window?: Tensor | null | undefined; center?: boolean | undefined; normalized?: boolean | undefined; onesided?: boolean | null | undefined; length?: Integer | null | undefined; return_complex?: boolean | undefined }): Tensor;
    istft(n_fft: Integer, hop_length: Integer | null, options?: { win_length?: Integer | null | undefined; window?: Tensor | null | undefined; center?: boolean | undefined; normalized?: boolean | undefined; onesided?: boolean | null | undefined; length?: Integer | null | undefined; return_complex?: boolean | undefined }): Tensor;
    istft(n_fft: Integer, options?: { hop_length?: Integer | null | undefined; win_length?: Integer | null | undefined; window?: Tensor | null | undefined; center?: boolean | undefined; normalized?: boolean | undefined; onesided?: boolean | null | undefined; length?: Integer | null | undefined; return_complex?: boolean | undefined }): Tensor;
    istft(options: { n_fft: Integer; hop_length?: Integer | null | undefined; win_length?: Integer | null | undefined; window?: Tensor | null | undefined; center?: boolean | undefined; normalized?: boolean | undefined; onesided?: boolean | null | undefined; length?: Integer | null | undefined; return_complex?: boolean | undefined }): Tensor;
    /** `aten::kron(Tensor self, Tensor other) -> Tensor`. */
    kron(other: Tensor): Tensor;
    kron(options: { other: Tensor }): Tensor;
    /** `aten::kthvalue(Tensor self, SymInt k, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)`. */
    kthvalue(k: Integer, dim?: Integer, keepdim?: boolean): Results<['values', 'indices']>;
    kthvalue(k: Integer, dim: Integer, options?: { keepdim?: boolean | undefined }): Results<['values', 'indices']>;
    kthvalue(k: Integer, options?: { dim?: Integer | undefined; keepdim?: boolean | undefined }): Results<['values', 'indices']>;
    kthvalue(options: { k: Integer; dim?: Integer | undefined; keepdim?: boolean | undefined }): Results<['values', 'indices']>;
    /** `aten::lcm(Tensor self, Tensor other) -> Tensor`. */
    lcm(other: Tensor): Tensor;
    lcm(options: { other: Tensor }): Tensor;
    /** `aten::lcm_(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    lcm_(other: Tensor): this;
    lcm_(options: { other: Tensor }): this;
    /** `aten::ldexp.Tensor(Tensor self, Tensor other) -> Tensor`. */
    ldexp(other: Tensor): Tensor;
    ldexp(options: { other: Tensor }): Tensor;
    /** `aten::ldexp_(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    ldexp_(other: Tensor): this;
    ldexp_(options: { other: Tensor }): this;
    /** `le` of each element of this tensor and of another one, or a number. */
    le<T extends Tensor, B extends Operand | PythonNumber>(this: T, other: B, options?: { out?: Tensor | null | undefined }): Compared<T, B>;
    /** `aten::le_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    le_(other: Tensor): this;
    le_(options: { other: Tensor }): this;
    le_(other: Scalar): this;
    le_(options: { other: Scalar }): this;
    /** `aten::lerp.Tensor(Tensor self, Tensor end, Tensor weight) -> Tensor`. */
    lerp(end: Tensor, weight: Tensor): Tensor;
    lerp(end: Tensor, options: { weight: Tensor }): Tensor;
    lerp(options: { end: Tensor; weight: Tensor }): Tensor;
    lerp(end: Tensor, weight: Scalar): Tensor;
    lerp(end: Tensor, options: { weight: Scalar }): Tensor;
    lerp(options: { end: Tensor; weight: Scalar }): Tensor;
    /** `aten::lerp_.Tensor(Tensor(a!) self, Tensor end, Tensor weight) -> Tensor(a!)`. */
    lerp_(end: Tensor, weight: Tensor): this;
    lerp_(end: Tensor, options: { weight: Tensor }): this;
    lerp_(options: { end: Tensor; weight: Tensor }): this;
    lerp_(end: Tensor, weight: Scalar): this;
    lerp_(end: Tensor, options: { weight: Scalar }): this;
    lerp_(options: { end: Tensor; weight: Scalar }): this;
    /** `aten::less.Tensor(Tensor self, Tensor other) -> Tensor`. */
    less(other: Tensor): Tensor;
    less(options: { other: Tensor }): Tensor;
    less(other: Scalar): Tensor;
    less(options: { other: Scalar }): Tensor;
    /** `aten::less_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    less_(other: Tensor): this;
    less_(options: { other: Tensor }): this;
    less_(other: Scalar): this;
    less_(options: { other: Scalar }): this;
    /** `aten::less_equal.Tensor(Tensor self, Tensor other) -> Tensor`. */
    less_equal(other: Tensor): Tensor;
    less_equal(options: { other: Tensor }): Tensor;
    less_equal(other: Scalar): Tensor;
    less_equal(options: { other: Scalar }): Tensor;
    /** `aten::less_equal_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    less_equal_(other: Tensor): this;
    less_equal_(options: { other: Tensor }): this;
    less_equal_(other: Scalar): this;
    less_equal_(options: { other: Scalar }): this;
    /** `aten::lgamma(Tensor self) -> Tensor`. */
    lgamma(): Tensor;
    /** `aten::lgamma_(Tensor(a!) self) -> Tensor(a!)`. */
    lgamma_(): this;
    /** `log` of each element. */
    log(options?: { out?: Tensor | null | undefined }): Tensor<S, D>;
    /** `aten::log10(Tensor self) -> Tensor`. */
    log10(): Tensor;
    /** `aten::log10_(Tensor(a!) self) -> Tensor(a!)`. */
    log10_(): this;
    /** `log1p` of each element. */
    log1p(options?: { out?: Tensor | null | undefined }): Tensor<S, D>;
    /** `aten::log1p_(Tensor(a!) self) -> Tensor(a!)`. */
    log1p_(): this;
    /** `aten::log2(Tensor self) -> Tensor`. */
    log2(): Tensor;
    /** `aten::log2_(Tensor(a!) self) -> Tensor(a!)`. */
    log2_(): this;
    /** `aten::log_(Tensor(a!) self) -> Tensor(a!)`. */
    log_(): this;
    /** `aten::log_normal_(Tensor(a!) self, float mean=1., float std=2., *, Generator? generator=None) -> Tensor(a!)`. */
    log_normal_(mean?: number, std?: number, options?: { generator?: GeneratorLike | null | undefined }): this;
    log_normal_(mean: number, options?: { std?: number | undefined; generator?: GeneratorLike | null | undefined }): this;
    log_normal_(options?: { mean?: number | undefined; std?: number | undefined; generator?: GeneratorLike | null | undefined }): this;
    /** The logarithm of {@link softmax}, computed stably. */
    log_softmax(dim: number, options?: { dtype?: DTypeName | null | undefined }): Tensor<S, D>;
    log_softmax(options: { dim: number; dtype?: DTypeName | null | undefined }): Tensor<S, D>;
    /** `aten::logaddexp(Tensor self, Tensor other) -> Tensor`. */
    logaddexp(other: Tensor): Tensor;
    logaddexp(options: { other: Tensor }): Tensor;
    /** `aten::logaddexp2(Tensor self, Tensor other) -> Tensor`. */
    logaddexp2(other: Tensor): Tensor;
    logaddexp2(options: { other: Tensor }): Tensor;
    /** `aten::logcumsumexp(Tensor self, int dim) -> Tensor`. */
    logcumsumexp(dim: Integer): Tensor;
    logcumsumexp(options: { dim: Integer }): Tensor;
    /** `aten::logdet(Tensor self) -> Tensor`. */
    logdet(): Tensor;
    /** `aten::logical_and(Tensor self, Tensor other) -> Tensor`. */
    logical_and(other: Tensor): Tensor;
    logical_and(options: { other: Tensor }): Tensor;
    /** `aten::logical_and_(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    logical_and_(other: Tensor): this;
    logical_and_(options: { other: Tensor }): this;
    /** `aten::logical_not(Tensor self) -> Tensor`. */
    logical_not(): Tensor;
    /** `aten::logical_not_(Tensor(a!) self) -> Tensor(a!)`. */
    logical_not_(): this;
    /** `aten::logical_or(Tensor self, Tensor other) -> Tensor`. */
    logical_or(other: Tensor): Tensor;
    logical_or(options: { other: Tensor }): Tensor;
    /** `aten::logical_or_(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    logical_or_(other: Tensor): this;
    logical_or_(options: { other: Tensor }): this;
    /** `aten::logical_xor(Tensor self, Tensor other) -> Tensor`. */
    logical_xor(other: Tensor): Tensor;
    logical_xor(options: { other: Tensor }): Tensor;
    /** `aten::logical_xor_(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    logical_xor_(other: Tensor): this;
    logical_xor_(options: { other: Tensor }): this;
    /** `aten::logit(Tensor self, float? eps=None) -> Tensor`. */
    logit(eps?: number | null): Tensor;
    logit(options?: { eps?: number | null | undefined }): Tensor;
    /** `aten::logit_(Tensor(a!) self, float? eps=None) -> Tensor(a!)`. */
    logit_(eps?: number | null): this;
    logit_(options?: { eps?: number | null | undefined }): this;
    /** `aten::logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor`. */
    logsumexp(dim: Integer | readonly Integer[], keepdim?: boolean): Tensor;
    logsumexp(dim: Integer | readonly Integer[], options?: { keepdim?: boolean | undefined }): Tensor;
    logsumexp(options: { dim: Integer | readonly Integer[]; keepdim?: boolean | undefined }): Tensor;
    /** `lt` of each element of this tensor and of another one, or a number. */
    lt<T extends Tensor, B extends Operand | PythonNumber>(this: T, other: B, options?: { out?: Tensor | null | undefined }): Compared<T, B>;
    /** `aten::lt_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    lt_(other: Tensor): this;
    lt_(options: { other: Tensor }): this;
    lt_(other: Scalar): this;
    lt_(options: { other: Scalar }): this;
    /** `lu(self, pivot=True, get_infos=False)`, as PyTorch writes it in Python. */
    lu(pivot?: boolean, get_infos?: boolean): Tensor[];
    lu(pivot: boolean, options?: { get_infos?: boolean | undefined }): Tensor[];
    lu(options?: { pivot?: boolean | undefined; get_infos?: boolean | undefined }): Tensor[];
    /** `aten::lu_solve(Tensor self, Tensor LU_data, Tensor LU_pivots) -> Tensor`. */
    lu_solve(LU_data: Tensor, LU_pivots: Tensor): Tensor;
    lu_solve(LU_data: Tensor, options: { LU_pivots: Tensor }): Tensor;
    lu_solve(options: { LU_data: Tensor; LU_pivots: Tensor }): Tensor;
    /** `aten::mH(Tensor(a) self) -> Tensor(a)`. A view of the same memory. */
    readonly mH: Tensor;
    /** `aten::mT(Tensor(a) self) -> Tensor(a)`. A view of the same memory. */
    readonly mT: Tensor;
    /** `aten::masked_fill.Tensor(Tensor self, Tensor mask, Tensor value) -> Tensor`. */
    masked_fill(mask: Tensor, value: Tensor): Tensor;
    masked_fill(mask: Tensor, options: { value: Tensor }): Tensor;
    masked_fill(options: { mask: Tensor; value: Tensor }): Tensor;
    masked_fill(mask: Tensor, value: Scalar): Tensor;
    masked_fill(mask: Tensor, options: { value: Scalar }): Tensor;
    masked_fill(options: { mask: Tensor; value: Scalar }): Tensor;
    /** `aten::masked_fill_.Tensor(Tensor(a!) self, Tensor mask, Tensor value) -> Tensor(a!)`. */
    masked_fill_(mask: Tensor, value: Tensor): this;
    masked_fill_(mask: Tensor, options: { value: Tensor }): this;
    masked_fill_(options: { mask: Tensor; value: Tensor }): this;
    masked_fill_(mask: Tensor, value: Scalar): this;
    masked_fill_(mask: Tensor, options: { value: Scalar }): this;
    masked_fill_(options: { mask: Tensor; value: Scalar }): this;
    /** `aten::masked_scatter(Tensor self, Tensor mask, Tensor source) -> Tensor`. */
    masked_scatter(mask: Tensor, source: Tensor): Tensor;
    masked_scatter(mask: Tensor, options: { source: Tensor }): Tensor;
    masked_scatter(options: { mask: Tensor; source: Tensor }): Tensor;
    /** `aten::masked_scatter_(Tensor(a!) self, Tensor mask, Tensor source) -> Tensor(a!)`. */
    masked_scatter_(mask: Tensor, source: Tensor): this;
    masked_scatter_(mask: Tensor, options: { source: Tensor }): this;
    masked_scatter_(options: { mask: Tensor; source: Tensor }): this;
    /** `aten::masked_select(Tensor self, Tensor mask) -> Tensor`. */
    masked_select(mask: Tensor): Tensor;
    masked_select(options: { mask: Tensor }): Tensor;
    /** The matrix product: `[n, k]` by `[k, m]` gives `[n, m]`; batches and vectors as in PyTorch. */
    matmul<T extends Tensor, S2 extends Shape>(this: T, other: Tensor<S2, D>, options?: { out?: Tensor | null | undefined }): Tensor<Matmul<T['shape'], S2>, T['dtype']>;
    /** `aten::matrix_exp(Tensor self) -> Tensor`. */
    matrix_exp(): Tensor;
    /** `aten::matrix_power(Tensor self, int n) -> Tensor`. */
    matrix_power(n: Integer): Tensor;
    matrix_power(options: { n: Integer }): Tensor;
    /** `aten::max(Tensor self) -> Tensor`. */
    max(): Tensor;
    max(other: Tensor): Tensor;
    max(options: { other: Tensor }): Tensor;
    max(dim: Integer, keepdim?: boolean): Results<['values', 'indices']>;
    max(dim: Integer, options?: { keepdim?: boolean | undefined }): Results<['values', 'indices']>;
    max(options: { dim: Integer; keepdim?: boolean | undefined }): Results<['values', 'indices']>;
    /** `aten::maximum(Tensor self, Tensor other) -> Tensor`. */
    maximum(other: Tensor): Tensor;
    maximum(options: { other: Tensor }): Tensor;
    /** The mean of all elements, or over some dimensions. */
    mean<T extends Tensor, const D2 extends Dims | null | undefined = undefined, K extends boolean = false>(this: T, options?: { dim?: D2; keepdim?: K | undefined; dtype?: DTypeName | null | undefined }): Tensor<Reduce<T['shape'], D2, K>, T['dtype']>;
    mean<T extends Tensor, const D2 extends Dims | null | undefined = undefined, K extends boolean = false>(this: T, dim: D2, keepdim?: K, options?: { keepdim?: K | undefined; dtype?: DTypeName | null | undefined }): Tensor<Reduce<T['shape'], D2, K>, T['dtype']>;
    mean<T extends Tensor, const D2 extends Dims | null | undefined = undefined, K extends boolean = false>(this: T, dim: D2, options: { keepdim?: K | undefined; dtype?: DTypeName | null | undefined }): Tensor<Reduce<T['shape'], D2, K>, T['dtype']>;
    /** `aten::median(Tensor self) -> Tensor`. */
    median(): Tensor;
    median(dim: Integer, keepdim?: boolean): Results<['values', 'indices']>;
    median(dim: Integer, options?: { keepdim?: boolean | undefined }): Results<['values', 'indices']>;
    median(options: { dim: Integer; keepdim?: boolean | undefined }): Results<['values', 'indices']>;
    /** `aten::min(Tensor self) -> Tensor`. */
    min(): Tensor;
    min(other: Tensor): Tensor;
    min(options: { other: Tensor }): Tensor;
    min(dim: Integer, keepdim?: boolean): Results<['values', 'indices']>;
    min(dim: Integer, options?: { keepdim?: boolean | undefined }): Results<['values', 'indices']>;
    min(options: { dim: Integer; keepdim?: boolean | undefined }): Results<['values', 'indices']>;
    /** `aten::minimum(Tensor self, Tensor other) -> Tensor`. */
    minimum(other: Tensor): Tensor;
    minimum(options: { other: Tensor }): Tensor;
    /** `aten::mm(Tensor self, Tensor mat2) -> Tensor`. */
    mm(mat2: Tensor): Tensor;
    mm(options: { mat2: Tensor }): Tensor;
    /** `aten::mode(Tensor self, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)`. */
    mode(dim?: Integer, keepdim?: boolean): Results<['values', 'indices']>;
    mode(dim: Integer, options?: { keepdim?: boolean | undefined }): Results<['values', 'indices']>;
    mode(options?: { dim?: Integer | undefined; keepdim?: boolean | undefined }): Results<['values', 'indices']>;
    /** `aten::moveaxis.intlist(Tensor(a) self, int[] source, int[] destination) -> Tensor(a)`. A view of the same memory. */
    moveaxis(source: Integer, destination: Integer): Tensor;
    moveaxis(source: Integer, options: { destination: Integer }): Tensor;
    moveaxis(options: { source: Integer; destination: Integer }): Tensor;
    moveaxis(source: readonly Integer[], destination: readonly Integer[]): Tensor;
    moveaxis(source: readonly Integer[], options: { destination: readonly Integer[] }): Tensor;
    moveaxis(options: { source: readonly Integer[]; destination: readonly Integer[] }): Tensor;
    /** `aten::movedim.int(Tensor(a) self, int source, int destination) -> Tensor(a)`. A view of the same memory. */
    movedim(source: Integer, destination: Integer): Tensor;
    movedim(source: Integer, options: { destination: Integer }): Tensor;
    movedim(options: { source: Integer; destination: Integer }): Tensor;
    movedim(source: readonly Integer[], destination: readonly Integer[]): Tensor;
    movedim(source: readonly Integer[], options: { destination: readonly Integer[] }): Tensor;
    movedim(options: { source: readonly Integer[]; destination: readonly Integer[] }): Tensor;
    /** `aten::msort(Tensor self) -> Tensor`. */
    msort(): Tensor;
    /** `mul` of each element of this tensor and of another one, or a number. */
    mul<T extends Tensor, B extends Operand | PythonNumber>(this: T, other: B, options?: { out?: Tensor | null | undefined }): Elementwise<T, B>;
    /** `aten::mul_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    mul_(other: Tensor | Scalar): this;
    mul_(options: { other: Tensor | Scalar }): this;
    /** `aten::multinomial(Tensor self, SymInt num_samples, bool replacement=False, *, Generator? generator=None) -> Tensor`. */
    multinomial(num_samples: Integer, replacement?: boolean, options?: { generator?: GeneratorLike | null | undefined }): Tensor;
    multinomial(num_samples: Integer, options?: { replacement?: boolean | undefined; generator?: GeneratorLike | null | undefined }): Tensor;
    multinomial(options: { num_samples: Integer; replacement?: boolean | undefined; generator?: GeneratorLike | null | undefined }): Tensor;
    /** `aten::multiply.Tensor(Tensor self, Tensor other) -> Tensor`. */
    multiply(other: Tensor): Tensor;
    multiply(options: { other: Tensor }): Tensor;
    multiply(other: Scalar): Tensor;
    multiply(options: { other: Scalar }): Tensor;
    /** `aten::multiply_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    multiply_(other: Tensor): this;
    multiply_(options: { other: Tensor }): this;
    multiply_(other: Scalar): this;
    multiply_(options: { other: Scalar }): this;
    /** `aten::mv(Tensor self, Tensor vec) -> Tensor`. */
    mv(vec: Tensor): Tensor;
    mv(options: { vec: Tensor }): Tensor;
    /** `aten::mvlgamma(Tensor self, int p) -> Tensor`. */
    mvlgamma(p: Integer): Tensor;
    mvlgamma(options: { p: Integer }): Tensor;
    /** `aten::mvlgamma_(Tensor(a!) self, int p) -> Tensor(a!)`. */
    mvlgamma_(p: Integer): this;
    mvlgamma_(options: { p: Integer }): this;
    /** `aten::nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor`. */
    nan_to_num(nan?: number | null, posinf?: number | null, neginf?: number | null): Tensor;
    nan_to_num(nan: number | null, posinf: number | null, options?: { neginf?: number | null | undefined }): Tensor;
    nan_to_num(nan: number | null, options?: { posinf?: number | null | undefined; neginf?: number | null | undefined }): Tensor;
    nan_to_num(options?: { nan?: number | null | undefined; posinf?: number | null | undefined; neginf?: number | null | undefined }): Tensor;
    /** `aten::nan_to_num_(Tensor(a!) self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor(a!)`. */
    nan_to_num_(nan?: number | null, posinf?: number | null, neginf?: number | null): this;
    nan_to_num_(nan: number | null, posinf: number | null, options?: { neginf?: number | null | undefined }): this;
    nan_to_num_(nan: number | null, options?: { posinf?: number | null | undefined; neginf?: number | null | undefined }): this;
    nan_to_num_(options?: { nan?: number | null | undefined; posinf?: number | null | undefined; neginf?: number | null | undefined }): this;
    /** `aten::nanmean(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor`. */
    nanmean(dim?: Integer | readonly Integer[] | null, keepdim?: boolean, options?: { dtype?: DTypeName | null | undefined }): Tensor;
    nanmean(dim: Integer | readonly Integer[] | null, options?: { keepdim?: boolean | undefined; dtype?: DTypeName | null | undefined }): Tensor;
    nanmean(options?: { dim?: Integer | readonly Integer[] | null | undefined; keepdim?: boolean | undefined; dtype?: DTypeName | null | undefined }): Tensor;
    /** `aten::nanmedian(Tensor self) -> Tensor`. */
    nanmedian(): Tensor;
    nanmedian(dim: Integer, keepdim?: boolean): Results<['values', 'indices']>;
    nanmedian(dim: Integer, options?: { keepdim?: boolean | undefined }): Results<['values', 'indices']>;
    nanmedian(options: { dim: Integer; keepdim?: boolean | undefined }): Results<['values', 'indices']>;
    /** `aten::nanquantile(Tensor self, Tensor q, int? dim=None, bool keepdim=False, *, str interpolation="linear") -> Tensor`. */
    nanquantile(q: Tensor, dim?: Integer | null, keepdim?: boolean, options?: { interpolation?: string | undefined }): Tensor;
    nanquantile(q: Tensor, dim: Integer | null, options?: { keepdim?: boolean | undefined; interpolation?: string | undefined }): Tensor;
    nanquantile(q: Tensor, options?: { dim?: Integer | null | undefined; keepdim?: boolean | undefined; interpolation?: string | undefined }): Tensor;
    nanquantile(options: { q: Tensor; dim?: Integer | null | undefined; keepdim?: boolean | undefined; interpolation?: string | undefined }): Tensor;
    nanquantile(q: number, dim?: Integer | null, keepdim?: boolean, options?: { interpolation?: string | undefined }): Tensor;
    nanquantile(q: number, dim: Integer | null, options?: { keepdim?: boolean | undefined; interpolation?: string | undefined }): Tensor;
    nanquantile(q: number, options?: { dim?: Integer | null | undefined; keepdim?: boolean | undefined; interpolation?: string | undefined }): Tensor;
    nanquantile(options: { q: number; dim?: Integer | null | undefined; keepdim?: boolean | undefined; interpolation?: string | undefined }): Tensor;
    /** `aten::nansum(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor`. */
    nansum(dim?: Integer | readonly Integer[] | null, keepdim?: boolean, options?: { dtype?: DTypeName | null | undefined }): Tensor;
    nansum(dim: Integer | readonly Integer[] | null, options?: { keepdim?: boolean | undefined; dtype?: DTypeName | null | undefined }): Tensor;
    nansum(options?: { dim?: Integer | readonly Integer[] | null | undefined; keepdim?: boolean | undefined; dtype?: DTypeName | null | undefined }): Tensor;
    /** `aten::narrow.Tensor(Tensor(a) self, int dim, Tensor start, SymInt length) -> Tensor(a)`. A view of the same memory. */
    narrow(dim: Integer, start: Tensor, length: Integer): Tensor;
    narrow(dim: Integer, start: Tensor, options: { length: Integer }): Tensor;
    narrow(dim: Integer, options: { start: Tensor; length: Integer }): Tensor;
    narrow(options: { dim: Integer; start: Tensor; length: Integer }): Tensor;
    narrow(dim: Integer, start: Integer, length: Integer): Tensor;
    narrow(dim: Integer, start: Integer, options: { length: Integer }): Tensor;
    narrow(dim: Integer, options: { start: Integer; length: Integer }): Tensor;
    narrow(options: { dim: Integer; start: Integer; length: Integer }): Tensor;
    /** `aten::narrow_copy(Tensor self, int dim, SymInt start, SymInt length) -> Tensor`. */
    narrow_copy(dim: Integer, start: Integer, length: Integer): Tensor;
    narrow_copy(dim: Integer, start: Integer, options: { length: Integer }): Tensor;
    narrow_copy(dim: Integer, options: { start: Integer; length: Integer }): Tensor;
    narrow_copy(options: { dim: Integer; start: Integer; length: Integer }): Tensor;
    /** `ne` of each element of this tensor and of another one, or a number. */
    ne<T extends Tensor, B extends Operand | PythonNumber>(this: T, other: B, options?: { out?: Tensor | null | undefined }): Compared<T, B>;
    /** `aten::ne_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    ne_(other: Tensor): this;
    ne_(options: { other: Tensor }): this;
    ne_(other: Scalar): this;
    ne_(options: { other: Scalar }): this;
    /** `neg` of each element. */
    neg(options?: { out?: Tensor | null | undefined }): Tensor<S, D>;
    /** `aten::neg_(Tensor(a!) self) -> Tensor(a!)`. */
    neg_(): this;
    /** `aten::negative(Tensor self) -> Tensor`. */
    negative(): Tensor;
    /** `aten::negative_(Tensor(a!) self) -> Tensor(a!)`. */
    negative_(): this;
    /** `aten::new_empty(Tensor self, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor`. */
    new_empty(size: readonly Integer[], options?: { dtype?: DTypeName | null | undefined; layout?: string | null | undefined; device?: Device | null | undefined; pin_memory?: boolean | null | undefined; requires_grad?: boolean | null | undefined }): Tensor;
    new_empty(options: { size: readonly Integer[]; dtype?: DTypeName | null | undefined; layout?: string | null | undefined; device?: Device | null | undefined; pin_memory?: boolean | null | undefined; requires_grad?: boolean | null | undefined }): Tensor;
    new_empty(...size: Integer[]): Tensor;
    /** `aten::new_empty_strided(Tensor self, SymInt[] size, SymInt[] stride, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor`. */
    new_empty_strided(size: readonly Integer[], stride: readonly Integer[], options?: { dtype?: DTypeName | null | undefined; layout?: string | null | undefined; device?: Device | null | undefined; pin_memory?: boolean | null | undefined; requires_grad?: boolean | null | undefined }): Tensor;
    new_empty_strided(size: readonly Integer[], options: { stride: readonly Integer[]; dtype?: DTypeName | null | undefined; layout?: string | null | undefined; device?: Device | null | undefined; pin_memory?: boolean | null | undefined; requires_grad?: boolean | null | undefined }): Tensor;
    new_empty_strided(options: { size: readonly Integer[]; stride: readonly Integer[]; dtype?: DTypeName | null | undefined; layout?: string | null | undefined; device?: Device | null | undefined; pin_memory?: boolean | null | undefined; requires_grad?: boolean | null | undefined }): Tensor;
    /** `aten::new_full(Tensor self, SymInt[] size, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor`. */
    new_full(size: readonly Integer[], fill_value: Scalar, options?: { dtype?: DTypeName | null | undefined; layout?: string | null | undefined; device?: Device | null | undefined; pin_memory?: boolean | null | undefined; requires_grad?: boolean | null | undefined }): Tensor;
    new_full(size: readonly Integer[], options: { fill_value: Scalar; dtype?: DTypeName | null | undefined; layout?: string | null | undefined; device?: Device | null | undefined; pin_memory?: boolean | null | undefined; requires_grad?: boolean | null | undefined }): Tensor;
    new_full(options: { size: readonly Integer[]; fill_value: Scalar; dtype?: DTypeName | null | undefined; layout?: string | null | undefined; device?: Device | null | undefined; pin_memory?: boolean | null | undefined; requires_grad?: boolean | null | undefined }): Tensor;
    /** `aten::new_ones(Tensor self, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor`. */
    new_ones(size: readonly Integer[], dtype?: DTypeName | null, device?: Device | null, requires_grad?: boolean, pin_memory?: boolean): Tensor;
    new_ones(size: readonly Integer[], dtype: DTypeName | null, device: Device | null, requires_grad: boolean, options?: { pin_memory?: boolean | undefined }): Tensor;
    new_ones(size: readonly Integer[], dtype: DTypeName | null, device: Device | null, options?: { requires_grad?: boolean | undefined; pin_memory?: boolean | undefined }): Tensor;
    new_ones(size: readonly Integer[], dtype: DTypeName | null, options?: { device?: Device | null | undefined; requires_grad?: boolean | undefined; pin_memory?: boolean | undefined }): Tensor;
    new_ones(size: readonly Integer[], options?: { dtype?: DTypeName | null | undefined; device?: Device | null | undefined; requires_grad?: boolean | undefined; pin_memory?: boolean | undefined }): Tensor;
    new_ones(options: { size: readonly Integer[]; dtype?: DTypeName | null | undefined; device?: Device | null | undefined; requires_grad?: boolean | undefined; pin_memory?: boolean | undefined }): Tensor;
    new_ones(size: readonly Integer[], options?: { dtype?: DTypeName | null | undefined; layout?: string | null | undefined; device?: Device | null | undefined; pin_memory?: boolean | null | undefined; requires_grad?: boolean | null | undefined }): Tensor;
    new_ones(options: { size: readonly Integer[]; dtype?: DTypeName | null | undefined; layout?: string | null | undefined; device?: Device | null | undefined; pin_memory?: boolean | null | undefined; requires_grad?: boolean | null | undefined }): Tensor;
    new_ones(...size: Integer[]): Tensor;
    /** `aten::new_zeros(Tensor self, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor`. */
    new_zeros(size: readonly Integer[], options?: { dtype?: DTypeName | null | undefined; layout?: string | null | undefined; device?: Device | null | undefined; pin_memory?: boolean | null | undefined; requires_grad?: boolean | null | undefined }): Tensor;
    new_zeros(options: { size: readonly Integer[]; dtype?: DTypeName | null | undefined; layout?: string | null | undefined; device?: Device | null | undefined; pin_memory?: boolean | null | undefined; requires_grad?: boolean | null | undefined }): Tensor;
    new_zeros(...size: Integer[]): Tensor;
    /** `aten::nextafter(Tensor self, Tensor other) -> Tensor`. */
    nextafter(other: Tensor): Tensor;
    nextafter(options: { other: Tensor }): Tensor;
    /** `aten::nextafter_(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    nextafter_(other: Tensor): this;
    nextafter_(options: { other: Tensor }): this;
    /** `aten::nonzero_static(Tensor self, *, SymInt size, int fill_value=-1) -> Tensor`. */
    nonzero_static(options: { size: Integer; fill_value?: Integer | undefined }): Tensor;
    /** `norm(self, p="fro", dim=None, keepdim=False, dtype=None)`, as PyTorch writes it in Python. */
    norm(p?: number | string | null, dim?: number | readonly number[] | null, keepdim?: boolean, dtype?: DTypeName | null): Tensor;
    norm(p: number | string | null, dim: number | readonly number[] | null, keepdim: boolean, options?: { dtype?: DTypeName | null | undefined }): Tensor;
    norm(p: number | string | null, dim: number | readonly number[] | null, options?: { keepdim?: boolean | undefined; dtype?: DTypeName | null | undefined }): Tensor;
    norm(p: number | string | null, options?: { dim?: number | readonly number[] | null | undefined; keepdim?: boolean | undefined; dtype?: DTypeName | null | undefined }): Tensor;
    norm(options?: { p?: number | string | null | undefined; dim?: number | readonly number[] | null | undefined; keepdim?: boolean | undefined; dtype?: DTypeName | null | undefined }): Tensor;
    /** `aten::normal_(Tensor(a!) self, float mean=0., float std=1., *, Generator? generator=None) -> Tensor(a!)`. */
    normal_(mean?: number, std?: number, options?: { generator?: GeneratorLike | null | undefined }): this;
    normal_(mean: number, options?: { std?: number | undefined; generator?: GeneratorLike | null | undefined }): this;
    normal_(options?: { mean?: number | undefined; std?: number | undefined; generator?: GeneratorLike | null | undefined }): this;
    /** `aten::not_equal.Tensor(Tensor self, Tensor other) -> Tensor`. */
    not_equal(other: Tensor): Tensor;
    not_equal(options: { other: Tensor }): Tensor;
    not_equal(other: Scalar): Tensor;
    not_equal(options: { other: Scalar }): Tensor;
    /** `aten::not_equal_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    not_equal_(other: Tensor): this;
    not_equal_(options: { other: Tensor }): this;
    not_equal_(other: Scalar): this;
    not_equal_(options: { other: Scalar }): this;
    /** `aten::orgqr(Tensor self, Tensor input2) -> Tensor`. */
    orgqr(input2: Tensor): Tensor;
    orgqr(options: { input2: Tensor }): Tensor;
    /** `aten::ormqr(Tensor self, Tensor input2, Tensor input3, bool left=True, bool transpose=False) -> Tensor`. */
    ormqr(input2: Tensor, input3: Tensor, left?: boolean, transpose?: boolean): Tensor;
    ormqr(input2: Tensor, input3: Tensor, left: boolean, options?: { transpose?: boolean | undefined }): Tensor;
    ormqr(input2: Tensor, input3: Tensor, options?: { left?: boolean | undefined; transpose?: boolean | undefined }): Tensor;
    ormqr(input2: Tensor, options: { input3: Tensor; left?: boolean | undefined; transpose?: boolean | undefined }): Tensor;
    ormqr(options: { input2: Tensor; input3: Tensor; left?: boolean | undefined; transpose?: boolean | undefined }): Tensor;
    /** `aten::outer(Tensor self, Tensor vec2) -> Tensor`. */
    outer(vec2: Tensor): Tensor;
    outer(options: { vec2: Tensor }): Tensor;
    /** A view with the dimensions in another order. */
    permute<T extends Tensor, const S2 extends Shape>(this: T, dims: S2): Tensor<Permute<T['shape'], S2>, T['dtype']>;
    permute<T extends Tensor, const S2 extends Shape>(this: T, options: { dims: S2 }): Tensor<Permute<T['shape'], S2>, T['dtype']>;
    permute<T extends Tensor, const S2 extends Shape>(this: T, ...dims: S2): Tensor<Permute<T['shape'], S2>, T['dtype']>;
    /** `aten::pinverse(Tensor self, float rcond=1.0000000000000001e-15) -> Tensor`. */
    pinverse(rcond?: number): Tensor;
    pinverse(options?: { rcond?: number | undefined }): Tensor;
    /** `aten::polygamma(int n, Tensor self) -> Tensor`. */
    polygamma(n: Integer): Tensor;
    polygamma(options: { n: Integer }): Tensor;
    /** `aten::polygamma_(Tensor(a!) self, int n) -> Tensor(a!)`. */
    polygamma_(n: Integer): this;
    polygamma_(options: { n: Integer }): this;
    /** `aten::positive(Tensor(a) self) -> Tensor(a)`. A view of the same memory. */
    positive(): Tensor;
    /** `pow` of each element of this tensor and of another one, or a number. */
    pow<T extends Tensor, B extends Operand | PythonNumber>(this: T, exponent: B, options?: { out?: Tensor | null | undefined }): Elementwise<T, B>;
    /** `aten::pow_.Tensor(Tensor(a!) self, Tensor exponent) -> Tensor(a!)`. */
    pow_(exponent: Tensor): this;
    pow_(options: { exponent: Tensor }): this;
    pow_(exponent: Scalar): this;
    pow_(options: { exponent: Scalar }): this;
    /** `aten::prelu(Tensor self, Tensor weight) -> Tensor`. */
    prelu(weight: Tensor): Tensor;
    prelu(options: { weight: Tensor }): Tensor;
    /** `aten::prod(Tensor self, *, ScalarType? dtype=None) -> Tensor`. */
    prod(options?: { dtype?: DTypeName | null | undefined }): Tensor;
    prod(dim: Integer, keepdim?: boolean, options?: { dtype?: DTypeName | null | undefined }): Tensor;
    prod(dim: Integer, options?: { keepdim?: boolean | undefined; dtype?: DTypeName | null | undefined }): Tensor;
    prod(options: { dim: Integer; keepdim?: boolean | undefined; dtype?: DTypeName | null | undefined }): Tensor;
    /** `aten::put(Tensor self, Tensor index, Tensor source, bool accumulate=False) -> Tensor`. */
    put(index: Tensor, source: Tensor, accumulate?: boolean): Tensor;
    put(index: Tensor, source: Tensor, options?: { accumulate?: boolean | undefined }): Tensor;
    put(index: Tensor, options: { source: Tensor; accumulate?: boolean | undefined }): Tensor;
    put(options: { index: Tensor; source: Tensor; accumulate?: boolean | undefined }): Tensor;
    /** `aten::put_(Tensor(a!) self, Tensor index, Tensor source, bool accumulate=False) -> Tensor(a!)`. */
    put_(index: Tensor, source: Tensor, accumulate?: boolean): this;
    put_(index: Tensor, source: Tensor, options?: { accumulate?: boolean | undefined }): this;
    put_(index: Tensor, options: { source: Tensor; accumulate?: boolean | undefined }): this;
    put_(options: { index: Tensor; source: Tensor; accumulate?: boolean | undefined }): this;
    /** `aten::qr(Tensor self, bool some=True) -> (Tensor Q, Tensor R)`. */
    qr(some?: boolean): Results<['Q', 'R']>;
    qr(options?: { some?: boolean | undefined }): Results<['Q', 'R']>;
    /** `aten::quantile(Tensor self, Tensor q, int? dim=None, bool keepdim=False, *, str interpolation="linear") -> Tensor`. */
    quantile(q: Tensor, dim?: Integer | null, keepdim?: boolean, options?: { interpolation?: string | undefined }): Tensor;
    quantile(q: Tensor, dim: Integer | null, options?: { keepdim?: boolean | undefined; interpolation?: string | undefined }): Tensor;
    quantile(q: Tensor, options?: { dim?: Integer | null | undefined; keepdim?: boolean | undefined; interpolation?: string | undefined }): Tensor;
    quantile(options: { q: Tensor; dim?: Integer | null | undefined; keepdim?: boolean | undefined; interpolation?: string | undefined }): Tensor;
    quantile(q: number, dim?: Integer | null, keepdim?: boolean, options?: { interpolation?: string | undefined }): Tensor;
    quantile(q: number, dim: Integer | null, options?: { keepdim?: boolean | undefined; interpolation?: string | undefined }): Tensor;
    quantile(q: number, options?: { dim?: Integer | null | undefined; keepdim?: boolean | undefined; interpolation?: string | undefined }): Tensor;
    quantile(options: { q: number; dim?: Integer | null | undefined; keepdim?: boolean | undefined; interpolation?: string | undefined }): Tensor;
    /** `aten::rad2deg(Tensor self) -> Tensor`. */
    rad2deg(): Tensor;
    /** `aten::rad2deg_(Tensor(a!) self) -> Tensor(a!)`. */
    rad2deg_(): this;
    /** `aten::random_(Tensor(a!) self, *, Generator? generator=None) -> Tensor(a!)`. */
    random_(options?: { generator?: GeneratorLike | null | undefined }): this;
    random_(from_: Integer, to: Integer | null, options?: { generator?: GeneratorLike | null | undefined }): this;
    random_(from_: Integer, options: { to: Integer | null; generator?: GeneratorLike | null | undefined }): this;
    random_(options: { from: Integer; to: Integer | null; generator?: GeneratorLike | null | undefined }): this;
    random_(to: Integer, options?: { generator?: GeneratorLike | null | undefined }): this;
    random_(options: { to: Integer; generator?: GeneratorLike | null | undefined }): this;
    /** `aten::ravel(Tensor(a) self) -> Tensor(a)`. A view of the same memory. */
    ravel(): Tensor;
    /** `aten::real(Tensor(a) self) -> Tensor(a)`. A view of the same memory. */
    readonly real: Tensor;
    /** `reciprocal` of each element. */
    reciprocal(options?: { out?: Tensor | null | undefined }): Tensor<S, D>;
    /** `aten::reciprocal_(Tensor(a!) self) -> Tensor(a!)`. */
    reciprocal_(): this;
    /** `relu` of each element. */
    relu(options?: { out?: Tensor | null | undefined }): Tensor<S, D>;
    /** `aten::relu_(Tensor(a!) self) -> Tensor(a!)`. */
    relu_(): this;
    /** `aten::remainder.Tensor(Tensor self, Tensor other) -> Tensor`. */
    remainder(other: Tensor): Tensor;
    remainder(options: { other: Tensor }): Tensor;
    remainder(other: Scalar): Tensor;
    remainder(options: { other: Scalar }): Tensor;
    /** `aten::remainder_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    remainder_(other: Tensor): this;
    remainder_(options: { other: Tensor }): this;
    remainder_(other: Scalar): this;
    remainder_(options: { other: Scalar }): this;
    /** `aten::renorm(Tensor self, Scalar p, int dim, Scalar maxnorm) -> Tensor`. */
    renorm(p: Scalar, dim: Integer, maxnorm: Scalar): Tensor;
    renorm(p: Scalar, dim: Integer, options: { maxnorm: Scalar }): Tensor;
    renorm(p: Scalar, options: { dim: Integer; maxnorm: Scalar }): Tensor;
    renorm(options: { p: Scalar; dim: Integer; maxnorm: Scalar }): Tensor;
    /** `aten::renorm_(Tensor(a!) self, Scalar p, int dim, Scalar maxnorm) -> Tensor(a!)`. */
    renorm_(p: Scalar, dim: Integer, maxnorm: Scalar): this;
    renorm_(p: Scalar, dim: Integer, options: { maxnorm: Scalar }): this;
    renorm_(p: Scalar, options: { dim: Integer; maxnorm: Scalar }): this;
    renorm_(options: { p: Scalar; dim: Integer; maxnorm: Scalar }): this;
    /** `aten::repeat(Tensor self, SymInt[] repeats) -> Tensor`. */
    repeat(repeats: readonly Integer[]): Tensor;
    repeat(options: { repeats: readonly Integer[] }): Tensor;
    repeat(...repeats: Integer[]): Tensor;
    /** `aten::repeat_interleave.self_Tensor(Tensor self, Tensor repeats, int? dim=None, *, SymInt? output_size=None) -> Tensor`. */
    repeat_interleave(repeats: Tensor, dim?: Integer | null, options?: { output_size?: Integer | null | undefined }): Tensor;
    repeat_interleave(repeats: Tensor, options?: { dim?: Integer | null | undefined; output_size?: Integer | null | undefined }): Tensor;
    repeat_interleave(options: { repeats: Tensor; dim?: Integer | null | undefined; output_size?: Integer | null | undefined }): Tensor;
    repeat_interleave(repeats: Integer, dim?: Integer | null, options?: { output_size?: Integer | null | undefined }): Tensor;
    repeat_interleave(repeats: Integer, options?: { dim?: Integer | null | undefined; output_size?: Integer | null | undefined }): Tensor;
    repeat_interleave(options: { repeats: Integer; dim?: Integer | null | undefined; output_size?: Integer | null | undefined }): Tensor;
    /** The same elements in another shape; one size may be -1. */
    reshape<T extends Tensor, const S2 extends Shape>(this: T, shape: S2): Tensor<View<S2>, T['dtype']>;
    reshape<T extends Tensor, const S2 extends Shape>(this: T, options: { shape: S2 }): Tensor<View<S2>, T['dtype']>;
    reshape<T extends Tensor, const S2 extends Shape>(this: T, ...shape: S2): Tensor<View<S2>, T['dtype']>;
    /** `aten::reshape_as(Tensor(a) self, Tensor other) -> Tensor(a)`. A view of the same memory. */
    reshape_as(other: Tensor): Tensor;
    reshape_as(options: { other: Tensor }): Tensor;
    /** `aten::resize_(Tensor(a!) self, SymInt[] size, *, MemoryFormat? memory_format=None) -> Tensor(a!)`. */
    resize_(size: readonly Integer[], options?: { memory_format?: MemoryFormat | null | undefined }): this;
    resize_(options: { size: readonly Integer[]; memory_format?: MemoryFormat | null | undefined }): this;
    resize_(...size: Integer[]): this;
    /** `aten::resize_as_(Tensor(a!) self, Tensor the_template, *, MemoryFormat? memory_format=None) -> Tensor(a!)`. */
    resize_as_(the_template: Tensor, options?: { memory_format?: MemoryFormat | null | undefined }): this;
    resize_as_(options: { the_template: Tensor; memory_format?: MemoryFormat | null | undefined }): this;
    /** `aten::resolve_conj(Tensor(a) self) -> Tensor(a)`. A view of the same memory. */
    resolve_conj(): Tensor;
    /** `aten::resolve_neg(Tensor(a) self) -> Tensor(a)`. A view of the same memory. */
    resolve_neg(): Tensor;
    /** `aten::retain_grad(Tensor(a!) self) -> ()`. */
    retain_grad(): this;
    /** `aten::roll(Tensor self, SymInt[1] shifts, int[1] dims=[]) -> Tensor`. */
    roll(shifts: Integer | readonly Integer[], dims?: Integer | readonly Integer[]): Tensor;
    roll(shifts: Integer | readonly Integer[], options?: { dims?: Integer | readonly Integer[] | undefined }): Tensor;
    roll(options: { shifts: Integer | readonly Integer[]; dims?: Integer | readonly Integer[] | undefined }): Tensor;
    /** `aten::rot90(Tensor self, int k=1, int[] dims=[0, 1]) -> Tensor`. */
    rot90(k?: Integer, dims?: readonly Integer[]): Tensor;
    rot90(k: Integer, options?: { dims?: readonly Integer[] | undefined }): Tensor;
    rot90(options?: { k?: Integer | undefined; dims?: readonly Integer[] | undefined }): Tensor;
    /** `round` of each element. */
    round(options?: { out?: Tensor | null | undefined }): Tensor<S, D>;
    /** `aten::round_(Tensor(a!) self) -> Tensor(a!)`. */
    round_(): this;
    round_(options: { decimals: Integer }): this;
    /** `rsqrt` of each element. */
    rsqrt(options?: { out?: Tensor | null | undefined }): Tensor<S, D>;
    /** `aten::rsqrt_(Tensor(a!) self) -> Tensor(a!)`. */
    rsqrt_(): this;
    /** `aten::scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor`. */
    scatter(dim: Integer, index: Tensor, src: Tensor): Tensor;
    scatter(dim: Integer, index: Tensor, options: { src: Tensor }): Tensor;
    scatter(dim: Integer, options: { index: Tensor; src: Tensor }): Tensor;
    scatter(options: { dim: Integer; index: Tensor; src: Tensor }): Tensor;
    scatter(dim: Integer, index: Tensor, src: Tensor, options: { reduce: string }): Tensor;
    scatter(dim: Integer, index: Tensor, options: { src: Tensor; reduce: string }): Tensor;
    scatter(dim: Integer, options: { index: Tensor; src: Tensor; reduce: string }): Tensor;
    scatter(options: { dim: Integer; index: Tensor; src: Tensor; reduce: string }): Tensor;
    scatter(dim: Integer, index: Tensor, value: Scalar, options: { reduce: string }): Tensor;
    scatter(dim: Integer, index: Tensor, options: { value: Scalar; reduce: string }): Tensor;
    scatter(dim: Integer, options: { index: Tensor; value: Scalar; reduce: string }): Tensor;
    scatter(options: { dim: Integer; index: Tensor; value: Scalar; reduce: string }): Tensor;
    scatter(dim: Integer, index: Tensor, value: Scalar): Tensor;
    scatter(dim: Integer, index: Tensor, options: { value: Scalar }): Tensor;
    scatter(dim: Integer, options: { index: Tensor; value: Scalar }): Tensor;
    scatter(options: { dim: Integer; index: Tensor; value: Scalar }): Tensor;
    /** `aten::scatter_.src(Tensor(a!) self, int dim, Tensor index, Tensor src) -> Tensor(a!)`. */
    scatter_(dim: Integer, index: Tensor, src: Tensor): this;
    scatter_(dim: Integer, index: Tensor, options: { src: Tensor }): this;
    scatter_(dim: Integer, options: { index: Tensor; src: Tensor }): this;
    scatter_(options: { dim: Integer; index: Tensor; src: Tensor }): this;
    scatter_(dim: Integer, index: Tensor, src: Tensor, options: { reduce: string }): this;
    scatter_(dim: Integer, index: Tensor, options: { src: Tensor; reduce: string }): this;
    scatter_(dim: Integer, options: { index: Tensor; src: Tensor; reduce: string }): this;
    scatter_(options: { dim: Integer; index: Tensor; src: Tensor; reduce: string }): this;
    scatter_(dim: Integer, index: Tensor, value: Scalar, options: { reduce: string }): this;
    scatter_(dim: Integer, index: Tensor, options: { value: Scalar; reduce: string }): this;
    scatter_(dim: Integer, options: { index: Tensor; value: Scalar; reduce: string }): this;
    scatter_(options: { dim: Integer; index: Tensor; value: Scalar; reduce: string }): this;
    scatter_(dim: Integer, index: Tensor, value: Scalar): this;
    scatter_(dim: Integer, index: Tensor, options: { value: Scalar }): this;
    scatter_(dim: Integer, options: { index: Tensor; value: Scalar }): this;
    scatter_(options: { dim: Integer; index: Tensor; value: Scalar }): this;
    /** `aten::scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor`. */
    scatter_add(dim: Integer, index: Tensor, src: Tensor): Tensor;
    scatter_add(dim: Integer, index: Tensor, options: { src: Tensor }): Tensor;
    scatter_add(dim: Integer, options: { index: Tensor; src: Tensor }): Tensor;
    scatter_add(options: { dim: Integer; index: Tensor; src: Tensor }): Tensor;
    /** `aten::scatter_add_(Tensor(a!) self, int dim, Tensor index, Tensor src) -> Tensor(a!)`. */
    scatter_add_(dim: Integer, index: Tensor, src: Tensor): this;
    scatter_add_(dim: Integer, index: Tensor, options: { src: Tensor }): this;
    scatter_add_(dim: Integer, options: { index: Tensor; src: Tensor }): this;
    scatter_add_(options: { dim: Integer; index: Tensor; src: Tensor }): this;
    /** `aten::scatter_reduce.two(Tensor self, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True) -> Tensor`. */
    scatter_reduce(dim: Integer, index: Tensor, src: Tensor, reduce: string, options?: { include_self?: boolean | undefined }): Tensor;
    scatter_reduce(dim: Integer, index: Tensor, src: Tensor, options: { reduce: string; include_self?: boolean | undefined }): Tensor;
    scatter_reduce(dim: Integer, index: Tensor, options: { src: Tensor; reduce: string; include_self?: boolean | undefined }): Tensor;
    scatter_reduce(dim: Integer, options: { index: Tensor; src: Tensor; reduce: string; include_self?: boolean | undefined }): Tensor;
    scatter_reduce(options: { dim: Integer; index: Tensor; src: Tensor; reduce: string; include_self?: boolean | undefined }): Tensor;
    /** `aten::scatter_reduce_.two(Tensor(a!) self, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True) -> Tensor(a!)`. */
    scatter_reduce_(dim: Integer, index: Tensor, src: Tensor, reduce: string, options?: { include_self?: boolean | undefined }): this;
    scatter_reduce_(dim: Integer, index: Tensor, src: Tensor, options: { reduce: string; include_self?: boolean | undefined }): this;
    scatter_reduce_(dim: Integer, index: Tensor, options: { src: Tensor; reduce: string; include_self?: boolean | undefined }): this;
    scatter_reduce_(dim: Integer, options: { index: Tensor; src: Tensor; reduce: string; include_self?: boolean | undefined }): this;
    scatter_reduce_(options: { dim: Integer; index: Tensor; src: Tensor; reduce: string; include_self?: boolean | undefined }): this;
    /** `aten::select.int(Tensor(a) self, int dim, SymInt index) -> Tensor(a)`. A view of the same memory. */
    select(dim: Integer, index: Integer): Tensor;
    select(dim: Integer, options: { index: Integer }): Tensor;
    select(options: { dim: Integer; index: Integer }): Tensor;
    /** `aten::select_scatter(Tensor self, Tensor src, int dim, SymInt index) -> Tensor`. */
    select_scatter(src: Tensor, dim: Integer, index: Integer): Tensor;
    select_scatter(src: Tensor, dim: Integer, options: { index: Integer }): Tensor;
    select_scatter(src: Tensor, options: { dim: Integer; index: Integer }): Tensor;
    select_scatter(options: { src: Tensor; dim: Integer; index: Integer }): Tensor;
    /** `aten::set_.source_Tensor(Tensor(a!) self, Tensor source) -> Tensor(a!)`. */
    set_(source: unknown, storage_offset: Integer, size: readonly Integer[], stride: readonly Integer[]): this;
    set_(source: unknown, storage_offset: Integer, size: readonly Integer[], options: { stride: readonly Integer[] }): this;
    set_(source: unknown, storage_offset: Integer, options: { size: readonly Integer[]; stride: readonly Integer[] }): this;
    set_(source: unknown, options: { storage_offset: Integer; size: readonly Integer[]; stride: readonly Integer[] }): this;
    set_(options: { source: unknown; storage_offset: Integer; size: readonly Integer[]; stride: readonly Integer[] }): this;
    set_(source: unknown): this;
    set_(options: { source: unknown }): this;
    set_(source: Tensor): this;
    set_(options: { source: Tensor }): this;
    set_(source: Tensor, storage_offset: Integer, size: readonly Integer[], stride?: readonly Integer[]): this;
    set_(source: Tensor, storage_offset: Integer, size: readonly Integer[], options?: { stride?: readonly Integer[] | undefined }): this;
    set_(source: Tensor, storage_offset: Integer, options: { size: readonly Integer[]; stride?: readonly Integer[] | undefined }): this;
    set_(source: Tensor, options: { storage_offset: Integer; size: readonly Integer[]; stride?: readonly Integer[] | undefined }): this;
    set_(options: { source: Tensor; storage_offset: Integer; size: readonly Integer[]; stride?: readonly Integer[] | undefined }): this;
    /** `aten::sgn(Tensor self) -> Tensor`. */
    sgn(): Tensor;
    /** `aten::sgn_(Tensor(a!) self) -> Tensor(a!)`. */
    sgn_(): this;
    /** `sigmoid` of each element. */
    sigmoid(options?: { out?: Tensor | null | undefined }): Tensor<S, D>;
    /** `aten::sigmoid_(Tensor(a!) self) -> Tensor(a!)`. */
    sigmoid_(): this;
    /** `aten::sign(Tensor self) -> Tensor`. */
    sign(): Tensor;
    /** `aten::sign_(Tensor(a!) self) -> Tensor(a!)`. */
    sign_(): this;
    /** `aten::signbit(Tensor self) -> Tensor`. */
    signbit(): Tensor;
    /** `sin` of each element. */
    sin(options?: { out?: Tensor | null | undefined }): Tensor<S, D>;
    /** `aten::sin_(Tensor(a!) self) -> Tensor(a!)`. */
    sin_(): this;
    /** `aten::sinc(Tensor self) -> Tensor`. */
    sinc(): Tensor;
    /** `aten::sinc_(Tensor(a!) self) -> Tensor(a!)`. */
    sinc_(): this;
    /** `aten::sinh(Tensor self) -> Tensor`. */
    sinh(): Tensor;
    /** `aten::sinh_(Tensor(a!) self) -> Tensor(a!)`. */
    sinh_(): this;
    /** `aten::slice_inverse(Tensor(a) self, Tensor src, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor(a)`. A view of the same memory. */
    slice_inverse(src: Tensor, dim?: Integer, start?: Integer | null, end?: Integer | null, step?: Integer): Tensor;
    slice_inverse(src: Tensor, dim: Integer, start: Integer | null, end: Integer | null, options?: { step?: Integer | undefined }): Tensor;
    slice_inverse(src: Tensor, dim: Integer, start: Integer | null, options?: { end?: Integer | null | undefined; step?: Integer | undefined }): Tensor;
    slice_inverse(src: Tensor, dim: Integer, options?: { start?: Integer | null | undefined; end?: Integer | null | undefined; step?: Integer | undefined }): Tensor;
    slice_inverse(src: Tensor, options?: { dim?: Integer | undefined; start?: Integer | null | undefined; end?: Integer | null | undefined; step?: Integer | undefined }): Tensor;
    slice_inverse(options: { src: Tensor; dim?: Integer | undefined; start?: Integer | null | undefined; end?: Integer | null | undefined; step?: Integer | undefined }): Tensor;
    /** `aten::slice_scatter(Tensor self, Tensor src, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor`. */
    slice_scatter(src: Tensor, dim?: Integer, start?: Integer | null, end?: Integer | null, step?: Integer): Tensor;
    slice_scatter(src: Tensor, dim: Integer, start: Integer | null, end: Integer | null, options?: { step?: Integer | undefined }): Tensor;
    slice_scatter(src: Tensor, dim: Integer, start: Integer | null, options?: { end?: Integer | null | undefined; step?: Integer | undefined }): Tensor;
    slice_scatter(src: Tensor, dim: Integer, options?: { start?: Integer | null | undefined; end?: Integer | null | undefined; step?: Integer | undefined }): Tensor;
    slice_scatter(src: Tensor, options?: { dim?: Integer | undefined; start?: Integer | null | undefined; end?: Integer | null | undefined; step?: Integer | undefined }): Tensor;
    slice_scatter(options: { src: Tensor; dim?: Integer | undefined; start?: Integer | null | undefined; end?: Integer | null | undefined; step?: Integer | undefined }): Tensor;
    /** `aten::slogdet(Tensor self) -> (Tensor sign, Tensor logabsdet)`. */
    slogdet(): Results<['sign', 'logabsdet']>;
    /** Exponentials normalised to sum to 1 over `dim`. */
    softmax(dim: number, options?: { dtype?: DTypeName | null | undefined }): Tensor<S, D>;
    softmax(options: { dim: number; dtype?: DTypeName | null | undefined }): Tensor<S, D>;
    /** `aten::sort.stable(Tensor self, *, bool? stable, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)`. */
    sort(options: { stable: boolean | null; dim?: Integer | undefined; descending?: boolean | undefined }): Results<['values', 'indices']>;
    sort(dim?: Integer, descending?: boolean): Results<['values', 'indices']>;
    sort(dim: Integer, options?: { descending?: boolean | undefined }): Results<['values', 'indices']>;
    sort(options?: { dim?: Integer | undefined; descending?: boolean | undefined }): Results<['values', 'indices']>;
    /** `aten::sparse_dim(Tensor self) -> int`. */
    sparse_dim(): number;
    /** `aten::sparse_mask(Tensor self, Tensor mask) -> Tensor`. */
    sparse_mask(mask: Tensor): Tensor;
    sparse_mask(options: { mask: Tensor }): Tensor;
    /** `split(self, split_size, dim=0)`, as PyTorch writes it in Python. */
    split(split_size: Integer | readonly number[], dim?: number | readonly number[] | null): Tensor[];
    split(split_size: Integer | readonly number[], options?: { dim?: number | readonly number[] | null | undefined }): Tensor[];
    split(options: { split_size: Integer | readonly number[]; dim?: number | readonly number[] | null | undefined }): Tensor[];
    /** `aten::split_with_sizes(Tensor(a -> *) self, SymInt[] split_sizes, int dim=0) -> Tensor(a)[]`. A view of the same memory. */
    split_with_sizes(split_sizes: readonly Integer[], dim?: Integer): Tensor[];
    split_with_sizes(split_sizes: readonly Integer[], options?: { dim?: Integer | undefined }): Tensor[];
    split_with_sizes(options: { split_sizes: readonly Integer[]; dim?: Integer | undefined }): Tensor[];
    /** `sqrt` of each element. */
    sqrt(options?: { out?: Tensor | null | undefined }): Tensor<S, D>;
    /** `aten::sqrt_(Tensor(a!) self) -> Tensor(a!)`. */
    sqrt_(): this;
    /** `square` of each element. */
    square(options?: { out?: Tensor | null | undefined }): Tensor<S, D>;
    /** `aten::square_(Tensor(a!) self) -> Tensor(a!)`. */
    square_(): this;
    /** A view without dimensions of size 1: all of them, or those that are given. */
    squeeze<T extends Tensor, const A extends Dims | undefined = undefined>(this: T, dim?: A): Tensor<Squeeze<T['shape'], A>, T['dtype']>;
    squeeze<T extends Tensor, const A extends Dims>(this: T, options: { dim: A }): Tensor<Squeeze<T['shape'], A>, T['dtype']>;
    /** `aten::squeeze_(Tensor(a!) self) -> Tensor(a!)`. */
    squeeze_(): this;
    squeeze_(dim: Integer): this;
    squeeze_(options: { dim: Integer }): this;
    squeeze_(dim: readonly Integer[]): this;
    squeeze_(options: { dim: readonly Integer[] }): this;
    squeeze_(...dim: Integer[]): this;
    /** `aten::std.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor`. */
    std(dim: Integer | readonly Integer[] | null, unbiased?: boolean, keepdim?: boolean): Tensor;
    std(dim: Integer | readonly Integer[] | null, unbiased: boolean, options?: { keepdim?: boolean | undefined }): Tensor;
    std(dim: Integer | readonly Integer[] | null, options?: { unbiased?: boolean | undefined; keepdim?: boolean | undefined }): Tensor;
    std(options: { dim: Integer | readonly Integer[] | null; unbiased?: boolean | undefined; keepdim?: boolean | undefined }): Tensor;
    std(dim?: Integer | readonly Integer[] | null, options?: { correction?: Scalar | null | undefined; keepdim?: boolean | undefined }): Tensor;
    std(options?: { dim?: Integer | readonly Integer[] | null | undefined; correction?: Scalar | null | undefined; keepdim?: boolean | undefined }): Tensor;
    std(unbiased?: boolean): Tensor;
    std(options?: { unbiased?: boolean | undefined }): Tensor;
    /** `stft(self, n_fft, hop_length=None, win_length=None, window=None, center=True, pad_mode="reflect", normalized=False, onesided=None, return_complex=None, align_to_window=None)`, as PyTorch writes it in Python. */
    stft(n_fft: Integer, hop_length?: Integer | null, win_length?: Integer | null, window?: Tensor | null, center?: boolean, pad_mode?: string, normalized?: boolean, onesided?: boolean | null, return_complex?: boolean | null, align_to_window?: boolean | null): Tensor;
    stft(n_fft: Integer, hop_length: Integer | null, win_length: Integer | null, window: Tensor | null, center: boolean, pad_mode: string, normalized: boolean, onesided: boolean | null, return_complex: boolean | null, options?: { align_to_window?: boolean | null | undefined }): Tensor;
    stft(n_fft: Integer, hop_length: Integer | null, win_length: Integer | null, window: Tensor | null, center: boolean, pad_mode: string, normalized: boolean, onesided: boolean | null, options?: { return_complex?: boolean | null | undefined; align_to_window?: boolean | null | undefined }): Tensor;
    stft(n_fft: Integer, hop_length: Integer | null, win_length: Integer | null, window: Tensor | null, center: boolean, pad_mode: string, normalized: boolean, options?: { onesided?: boolean | null | undefined; return_complex?: boolean | null | undefined; align_to_window?: boolean | null | undefined }): Tensor;
    stft(n_fft: Integer, hop_length: Integer | null, win_length: Integer | null, window: Tensor | null, center: boolean, pad_mode: string, options?: { normalized?: boolean | undefined; onesided?: boolean | null | undefined; return_complex?: boolean | null | undefined; align_to_window?: boolean | null | undefined }): Tensor;
    stft(n_fft: Integer, hop_length: Integer | null, win_length: Integer | null, window: Tensor | null, center: boolean, options?: { pad_mode?: string | undefined; normalized?: boolean | undefined; onesided?: boolean | null | undefined; return_complex?: boolean | null | undefined; align_to_window?: boolean | null | undefined }): Tensor;
    stft(n_fft: Integer, hop_length: Integer | null, win_length: Integer | null, window: Tensor | null, options?: { center?: boolean | undefined; pad_mode?: string | undefined; normalized?: boolean | undefined; onesided?: boolean | null | undefined; return_complex?: boolean | null | undefined; align_to_window?: boolean | null | undefined }): Tensor;
    stft(n_fft: Integer, hop_length: Integer | null, win_length: Integer | null, options?: { window?: Tensor | null | undefined; center?: boolean | undefined; pad_mode?: string | undefined; normalized?: boolean | undefined; onesided?: boolean | null | undefined; return_complex?: boolean | null | undefined; align_to_window?: boolean | null | undefined }): Tensor;
    stft(n_fft: Integer, hop_length: Integer | null, options?: { win_length?: Integer | null | undefined; window?: Tensor | null | undefined; center?: boolean | undefined; pad_mode?: string | undefined; normalized?: boolean | undefined; onesided?: boolean | null | undefined; return_complex?: boolean | null | undefined; align_to_window?: boolean | null | undefined }): Tensor;
    stft(n_fft: Integer, options?: { hop_length?: Integer | null | undefined; win_length?: Integer | null | undefined; window?: Tensor | null | undefined; center?: boolean | undefined; pad_mode?: string | undefined; normalized?: boolean | undefined; onesided?: boolean | null | undefined; return_complex?: boolean | null | undefined; align_to_window?: boolean | null | undefined }): Tensor;
    stft(options: { n_fft: Integer; hop_length?: Integer | null | undefined; win_length?: Integer | null | undefined; window?: Tensor | null | undefined; center?: boolean | undefined; pad_mode?: string | undefined; normalized?: boolean | undefined; onesided?: boolean | null | undefined; return_complex?: boolean | null | undefined; align_to_window?: boolean | null | undefined }): Tensor;
    /** `sub` of each element of this tensor and of another one, or a number. */
    sub<T extends Tensor, B extends Operand | PythonNumber>(this: T, other: B, options?: { alpha?: Scalar | undefined; out?: Tensor | null | undefined }): Elementwise<T, B>;
    /** `aten::sub_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)`. */
    sub_(other: Tensor | Scalar, options?: { alpha?: Scalar | null | undefined }): this;
    sub_(options: { other: Tensor | Scalar; alpha?: Scalar | null | undefined }): this;
    /** `aten::subtract.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor`. */
    subtract(other: Tensor, options?: { alpha?: Scalar | undefined }): Tensor;
    subtract(options: { other: Tensor; alpha?: Scalar | undefined }): Tensor;
    subtract(other: Scalar, alpha?: Scalar): Tensor;
    subtract(other: Scalar, options?: { alpha?: Scalar | undefined }): Tensor;
    subtract(options: { other: Scalar; alpha?: Scalar | undefined }): Tensor;
    /** `aten::subtract_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)`. */
    subtract_(other: Tensor, options?: { alpha?: Scalar | undefined }): this;
    subtract_(options: { other: Tensor; alpha?: Scalar | undefined }): this;
    subtract_(other: Scalar, alpha?: Scalar): this;
    subtract_(other: Scalar, options?: { alpha?: Scalar | undefined }): this;
    subtract_(options: { other: Scalar; alpha?: Scalar | undefined }): this;
    /** The sum of all elements, or over some dimensions. */
    sum<T extends Tensor, const D2 extends Dims | null | undefined = undefined, K extends boolean = false>(this: T, options?: { dim?: D2; keepdim?: K | undefined; dtype?: DTypeName | null | undefined }): Tensor<Reduce<T['shape'], D2, K>, Summed<T['dtype']>>;
    sum<T extends Tensor, const D2 extends Dims | null | undefined = undefined, K extends boolean = false>(this: T, dim: D2, keepdim?: K, options?: { keepdim?: K | undefined; dtype?: DTypeName | null | undefined }): Tensor<Reduce<T['shape'], D2, K>, Summed<T['dtype']>>;
    sum<T extends Tensor, const D2 extends Dims | null | undefined = undefined, K extends boolean = false>(this: T, dim: D2, options: { keepdim?: K | undefined; dtype?: DTypeName | null | undefined }): Tensor<Reduce<T['shape'], D2, K>, Summed<T['dtype']>>;
    /** `aten::sum_to_size(Tensor self, SymInt[] size) -> Tensor`. */
    sum_to_size(size: readonly Integer[]): Tensor;
    sum_to_size(options: { size: readonly Integer[] }): Tensor;
    sum_to_size(...size: Integer[]): Tensor;
    /** `aten::svd(Tensor self, bool some=True, bool compute_uv=True) -> (Tensor U, Tensor S, Tensor V)`. */
    svd(some?: boolean, compute_uv?: boolean): Results<['U', 'S', 'V']>;
    svd(some: boolean, options?: { compute_uv?: boolean | undefined }): Results<['U', 'S', 'V']>;
    svd(options?: { some?: boolean | undefined; compute_uv?: boolean | undefined }): Results<['U', 'S', 'V']>;
    /** `aten::swapaxes(Tensor(a) self, int axis0, int axis1) -> Tensor(a)`. A view of the same memory. */
    swapaxes(axis0: Integer, axis1: Integer): Tensor;
    swapaxes(axis0: Integer, options: { axis1: Integer }): Tensor;
    swapaxes(options: { axis0: Integer; axis1: Integer }): Tensor;
    /** `aten::swapaxes_(Tensor(a!) self, int axis0, int axis1) -> Tensor(a!)`. */
    swapaxes_(axis0: Integer, axis1: Integer): this;
    swapaxes_(axis0: Integer, options: { axis1: Integer }): this;
    swapaxes_(options: { axis0: Integer; axis1: Integer }): this;
    /** `aten::swapdims(Tensor(a) self, int dim0, int dim1) -> Tensor(a)`. A view of the same memory. */
    swapdims(dim0: Integer, dim1: Integer): Tensor;
    swapdims(dim0: Integer, options: { dim1: Integer }): Tensor;
    swapdims(options: { dim0: Integer; dim1: Integer }): Tensor;
    /** `aten::swapdims_(Tensor(a!) self, int dim0, int dim1) -> Tensor(a!)`. */
    swapdims_(dim0: Integer, dim1: Integer): this;
    swapdims_(dim0: Integer, options: { dim1: Integer }): this;
    swapdims_(options: { dim0: Integer; dim1: Integer }): this;
    /** The transposed matrix, as a view. */
    t<T extends Tensor>(this: T): Tensor<Reversed<T['shape']>, T['dtype']>;
    /** `aten::t_(Tensor(a!) self) -> Tensor(a!)`. */
    t_(): this;
    /** `aten::take(Tensor self, Tensor index) -> Tensor`. */
    take(index: Tensor): Tensor;
    take(options: { index: Tensor }): Tensor;
    /** `aten::take_along_dim(Tensor self, Tensor indices, int? dim=None) -> Tensor`. */
    take_along_dim(indices: Tensor, dim?: Integer | null): Tensor;
    take_along_dim(indices: Tensor, options?: { dim?: Integer | null | undefined }): Tensor;
    take_along_dim(options: { indices: Tensor; dim?: Integer | null | undefined }): Tensor;
    /** `aten::tan(Tensor self) -> Tensor`. */
    tan(): Tensor;
    /** `aten::tan_(Tensor(a!) self) -> Tensor(a!)`. */
    tan_(): this;
    /** `tanh` of each element. */
    tanh(options?: { out?: Tensor | null | undefined }): Tensor<S, D>;
    /** `aten::tanh_(Tensor(a!) self) -> Tensor(a!)`. */
    tanh_(): this;
    /** `aten::tensor_split.indices(Tensor(a -> *) self, SymInt[] indices, int dim=0) -> Tensor(a)[]`. A view of the same memory. */
    tensor_split(indices: readonly Integer[], dim?: Integer): Tensor[];
    tensor_split(indices: readonly Integer[], options?: { dim?: Integer | undefined }): Tensor[];
    tensor_split(options: { indices: readonly Integer[]; dim?: Integer | undefined }): Tensor[];
    tensor_split(tensor_indices_or_sections: Tensor, dim?: Integer): Tensor[];
    tensor_split(tensor_indices_or_sections: Tensor, options?: { dim?: Integer | undefined }): Tensor[];
    tensor_split(options: { tensor_indices_or_sections: Tensor; dim?: Integer | undefined }): Tensor[];
    tensor_split(sections: Integer, dim?: Integer): Tensor[];
    tensor_split(sections: Integer, options?: { dim?: Integer | undefined }): Tensor[];
    tensor_split(options: { sections: Integer; dim?: Integer | undefined }): Tensor[];
    /** `aten::tile(Tensor self, SymInt[] dims) -> Tensor`. */
    tile(dims: readonly Integer[]): Tensor;
    tile(options: { dims: readonly Integer[] }): Tensor;
    tile(...dims: Integer[]): Tensor;
    /** `aten::to_dense(Tensor self, ScalarType? dtype=None, *, bool? masked_grad=None) -> Tensor`. */
    to_dense(dtype?: DTypeName | null, options?: { masked_grad?: boolean | null | undefined }): Tensor;
    to_dense(options?: { dtype?: DTypeName | null | undefined; masked_grad?: boolean | null | undefined }): Tensor;
    /** `aten::to_padded_tensor(Tensor self, float padding, SymInt[]? output_size=None) -> Tensor`. */
    to_padded_tensor(padding: number, output_size?: readonly Integer[] | null): Tensor;
    to_padded_tensor(padding: number, options?: { output_size?: readonly Integer[] | null | undefined }): Tensor;
    to_padded_tensor(options: { padding: number; output_size?: readonly Integer[] | null | undefined }): Tensor;
    /** `aten::to_sparse(Tensor self, *, Layout? layout=None, int[2]? blocksize=None, int? dense_dim=None) -> Tensor`. */
    to_sparse(options?: { layout?: string | null | undefined; blocksize?: Integer | readonly Integer[] | null | undefined; dense_dim?: Integer | null | undefined }): Tensor;
    to_sparse(sparse_dim: Integer): Tensor;
    to_sparse(options: { sparse_dim: Integer }): Tensor;
    /** `aten::topk(Tensor self, SymInt k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor values, Tensor indices)`. */
    topk(k: Integer, dim?: Integer, largest?: boolean, sorted?: boolean): Results<['values', 'indices']>;
    topk(k: Integer, dim: Integer, largest: boolean, options?: { sorted?: boolean | undefined }): Results<['values', 'indices']>;
    topk(k: Integer, dim: Integer, options?: { largest?: boolean | undefined; sorted?: boolean | undefined }): Results<['values', 'indices']>;
    topk(k: Integer, options?: { dim?: Integer | undefined; largest?: boolean | undefined; sorted?: boolean | undefined }): Results<['values', 'indices']>;
    topk(options: { k: Integer; dim?: Integer | undefined; largest?: boolean | undefined; sorted?: boolean | undefined }): Results<['values', 'indices']>;
    /** `aten::trace(Tensor self) -> Tensor`. */
    trace(): Tensor;
    /** A view with two dimensions swapped. */
    transpose<T extends Tensor, A extends number, B extends number>(this: T, dim0: A, dim1: B): Tensor<Transpose<T['shape'], A, B>, T['dtype']>;
    transpose<T extends Tensor, A extends number, B extends number>(this: T, options: { dim0: A; dim1: B }): Tensor<Transpose<T['shape'], A, B>, T['dtype']>;
    /** `aten::transpose_(Tensor(a!) self, int dim0, int dim1) -> Tensor(a!)`. */
    transpose_(dim0: Integer, dim1: Integer): this;
    transpose_(dim0: Integer, options: { dim1: Integer }): this;
    transpose_(options: { dim0: Integer; dim1: Integer }): this;
    /** `aten::triangular_solve(Tensor self, Tensor A, bool upper=True, bool transpose=False, bool unitriangular=False) -> (Tensor solution, Tensor cloned_coefficient)`. */
    triangular_solve(A: Tensor, upper?: boolean, transpose?: boolean, unitriangular?: boolean): Results<['solution', 'cloned_coefficient']>;
    triangular_solve(A: Tensor, upper: boolean, transpose: boolean, options?: { unitriangular?: boolean | undefined }): Results<['solution', 'cloned_coefficient']>;
    triangular_solve(A: Tensor, upper: boolean, options?: { transpose?: boolean | undefined; unitriangular?: boolean | undefined }): Results<['solution', 'cloned_coefficient']>;
    triangular_solve(A: Tensor, options?: { upper?: boolean | undefined; transpose?: boolean | undefined; unitriangular?: boolean | undefined }): Results<['solution', 'cloned_coefficient']>;
    triangular_solve(options: { A: Tensor; upper?: boolean | undefined; transpose?: boolean | undefined; unitriangular?: boolean | undefined }): Results<['solution', 'cloned_coefficient']>;
    /** `aten::tril(Tensor self, SymInt diagonal=0) -> Tensor`. */
    tril(diagonal?: Integer): Tensor;
    tril(options?: { diagonal?: Integer | undefined }): Tensor;
    /** `aten::tril_(Tensor(a!) self, SymInt diagonal=0) -> Tensor(a!)`. */
    tril_(diagonal?: Integer): this;
    tril_(options?: { diagonal?: Integer | undefined }): this;
    /** `aten::triu(Tensor self, SymInt diagonal=0) -> Tensor`. */
    triu(diagonal?: Integer): Tensor;
    triu(options?: { diagonal?: Integer | undefined }): Tensor;
    /** `aten::triu_(Tensor(a!) self, SymInt diagonal=0) -> Tensor(a!)`. */
    triu_(diagonal?: Integer): this;
    triu_(options?: { diagonal?: Integer | undefined }): this;
    /** `aten::true_divide.Tensor(Tensor self, Tensor other) -> Tensor`. */
    true_divide(other: Tensor | Scalar, options?: { out?: Tensor | null | undefined }): Tensor;
    true_divide(options: { other: Tensor | Scalar; out?: Tensor | null | undefined }): Tensor;
    /** `aten::true_divide_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    true_divide_(other: Tensor | Scalar): this;
    true_divide_(options: { other: Tensor | Scalar }): this;
    /** `aten::trunc(Tensor self) -> Tensor`. */
    trunc(): Tensor;
    /** `aten::trunc_(Tensor(a!) self) -> Tensor(a!)`. */
    trunc_(): this;
    /** `aten::type_as(Tensor self, Tensor other) -> Tensor`. */
    type_as(other: Tensor): Tensor;
    type_as(options: { other: Tensor }): Tensor;
    /** `aten::unbind.int(Tensor(a -> *) self, int dim=0) -> Tensor(a)[]`. A view of the same memory. */
    unbind(dim?: Integer): Tensor[];
    unbind(options?: { dim?: Integer | undefined }): Tensor[];
    /** `unflatten(self, dim, sizes)`, as PyTorch writes it in Python. */
    unflatten(dim: number | readonly number[] | null, sizes: readonly number[]): Tensor;
    unflatten(dim: number | readonly number[] | null, options: { sizes: readonly number[] }): Tensor;
    unflatten(options: { dim: number | readonly number[] | null; sizes: readonly number[] }): Tensor;
    /** `aten::unfold(Tensor(a) self, int dimension, int size, int step) -> Tensor(a)`. A view of the same memory. */
    unfold(dimension: Integer, size: Integer, step: Integer): Tensor;
    unfold(dimension: Integer, size: Integer, options: { step: Integer }): Tensor;
    unfold(dimension: Integer, options: { size: Integer; step: Integer }): Tensor;
    unfold(options: { dimension: Integer; size: Integer; step: Integer }): Tensor;
    /** `aten::uniform_(Tensor(a!) self, float from=0., float to=1., *, Generator? generator=None) -> Tensor(a!)`. */
    uniform_(from_?: number, to?: number, options?: { generator?: GeneratorLike | null | undefined }): this;
    uniform_(from_: number, options?: { to?: number | undefined; generator?: GeneratorLike | null | undefined }): this;
    uniform_(options?: { from?: number | undefined; to?: number | undefined; generator?: GeneratorLike | null | undefined }): this;
    /** `unique(self, sorted=True, return_inverse=False, return_counts=False, dim=None)`, as PyTorch writes it in Python. */
    unique(sorted?: boolean, return_inverse?: boolean, return_counts?: boolean, dim?: number | readonly number[] | null): Tensor | Tensor[];
    unique(sorted: boolean, return_inverse: boolean, return_counts: boolean, options?: { dim?: number | readonly number[] | null | undefined }): Tensor | Tensor[];
    unique(sorted: boolean, return_inverse: boolean, options?: { return_counts?: boolean | undefined; dim?: number | readonly number[] | null | undefined }): Tensor | Tensor[];
    unique(sorted: boolean, options?: { return_inverse?: boolean | undefined; return_counts?: boolean | undefined; dim?: number | readonly number[] | null | undefined }): Tensor | Tensor[];
    unique(options?: { sorted?: boolean | undefined; return_inverse?: boolean | undefined; return_counts?: boolean | undefined; dim?: number | readonly number[] | null | undefined }): Tensor | Tensor[];
    /** `unique_consecutive(self, return_inverse=False, return_counts=False, dim=None)`, as PyTorch writes it in Python. */
    unique_consecutive(return_inverse?: boolean, return_counts?: boolean, dim?: number | readonly number[] | null): Tensor | Tensor[];
    unique_consecutive(return_inverse: boolean, return_counts: boolean, options?: { dim?: number | readonly number[] | null | undefined }): Tensor | Tensor[];
    unique_consecutive(return_inverse: boolean, options?: { return_counts?: boolean | undefined; dim?: number | readonly number[] | null | undefined }): Tensor | Tensor[];
    unique_consecutive(options?: { return_inverse?: boolean | undefined; return_counts?: boolean | undefined; dim?: number | readonly number[] | null | undefined }): Tensor | Tensor[];
    /** `aten::unsafe_chunk(Tensor self, int chunks, int dim=0) -> Tensor[]`. */
    unsafe_chunk(chunks: Integer, dim?: Integer): Tensor[];
    unsafe_chunk(chunks: Integer, options?: { dim?: Integer | undefined }): Tensor[];
    unsafe_chunk(options: { chunks: Integer; dim?: Integer | undefined }): Tensor[];
    /** `aten::unsafe_split.Tensor(Tensor self, SymInt split_size, int dim=0) -> Tensor[]`. */
    unsafe_split(split_size: Integer, dim?: Integer): Tensor[];
    unsafe_split(split_size: Integer, options?: { dim?: Integer | undefined }): Tensor[];
    unsafe_split(options: { split_size: Integer; dim?: Integer | undefined }): Tensor[];
    /** `aten::unsafe_split_with_sizes(Tensor self, SymInt[] split_sizes, int dim=0) -> Tensor[]`. */
    unsafe_split_with_sizes(split_sizes: readonly Integer[], dim?: Integer): Tensor[];
    unsafe_split_with_sizes(split_sizes: readonly Integer[], options?: { dim?: Integer | undefined }): Tensor[];
    unsafe_split_with_sizes(options: { split_sizes: readonly Integer[]; dim?: Integer | undefined }): Tensor[];
    /** A view with a new dimension of size 1. */
    unsqueeze<T extends Tensor, A extends number>(this: T, dim: A): Tensor<Unsqueeze<T['shape'], A>, T['dtype']>;
    unsqueeze<T extends Tensor, A extends number>(this: T, options: { dim: A }): Tensor<Unsqueeze<T['shape'], A>, T['dtype']>;
    /** `aten::unsqueeze_(Tensor(a!) self, int dim) -> Tensor(a!)`. */
    unsqueeze_(dim: Integer): this;
    unsqueeze_(options: { dim: Integer }): this;
    /** `aten::values(Tensor(a) self) -> Tensor(a)`. A view of the same memory. */
    values(): Tensor;
    /** `aten::var.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor`. */
    var(dim: Integer | readonly Integer[] | null, unbiased?: boolean, keepdim?: boolean): Tensor;
    var(dim: Integer | readonly Integer[] | null, unbiased: boolean, options?: { keepdim?: boolean | undefined }): Tensor;
    var(dim: Integer | readonly Integer[] | null, options?: { unbiased?: boolean | undefined; keepdim?: boolean | undefined }): Tensor;
    var(options: { dim: Integer | readonly Integer[] | null; unbiased?: boolean | undefined; keepdim?: boolean | undefined }): Tensor;
    var(dim?: Integer | readonly Integer[] | null, options?: { correction?: Scalar | null | undefined; keepdim?: boolean | undefined }): Tensor;
    var(options?: { dim?: Integer | readonly Integer[] | null | undefined; correction?: Scalar | null | undefined; keepdim?: boolean | undefined }): Tensor;
    var(unbiased?: boolean): Tensor;
    var(options?: { unbiased?: boolean | undefined }): Tensor;
    /** `aten::vdot(Tensor self, Tensor other) -> Tensor`. */
    vdot(other: Tensor): Tensor;
    vdot(options: { other: Tensor }): Tensor;
    /** The same elements in another shape, over the same memory; one size may be -1. Or the same bytes in another dtype. */
    view<T extends Tensor, const S2 extends Shape>(this: T, size: S2): Tensor<View<S2>, T['dtype']>;
    view<T extends Tensor, const S2 extends Shape>(this: T, options: { size: S2 }): Tensor<View<S2>, T['dtype']>;
    view<D2 extends DType>(dtype: D2): Tensor<Shape, D2>;
    view<T extends Tensor, const S2 extends Shape>(this: T, ...size: S2): Tensor<View<S2>, T['dtype']>;
    /** `aten::view_as(Tensor(a) self, Tensor other) -> Tensor(a)`. A view of the same memory. */
    view_as(other: Tensor): Tensor;
    view_as(options: { other: Tensor }): Tensor;
    /** `aten::vsplit.int(Tensor(a -> *) self, int sections) -> Tensor(a)[]`. A view of the same memory. */
    vsplit(sections: Integer): Tensor[];
    vsplit(options: { sections: Integer }): Tensor[];
    vsplit(indices: readonly Integer[]): Tensor[];
    vsplit(options: { indices: readonly Integer[] }): Tensor[];
    vsplit(...indices: Integer[]): Tensor[];
    /** `aten::where.self(Tensor condition, Tensor self, Tensor other) -> Tensor`. */
    where(condition: Tensor, other: Tensor): Tensor;
    where(condition: Tensor, options: { other: Tensor }): Tensor;
    where(options: { condition: Tensor; other: Tensor }): Tensor;
    where(condition: Tensor, other: Scalar): Tensor;
    where(condition: Tensor, options: { other: Scalar }): Tensor;
    where(options: { condition: Tensor; other: Scalar }): Tensor;
    /** `aten::xlogy.Tensor(Tensor self, Tensor other) -> Tensor`. */
    xlogy(other: Tensor): Tensor;
    xlogy(options: { other: Tensor }): Tensor;
    xlogy(other: Scalar): Tensor;
    xlogy(options: { other: Scalar }): Tensor;
    /** `aten::xlogy_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)`. */
    xlogy_(other: Tensor): this;
    xlogy_(options: { other: Tensor }): this;
    xlogy_(other: Scalar): this;
    xlogy_(options: { other: Scalar }): this;
    /** `aten::zero_(Tensor(a!) self) -> Tensor(a!)`. */
    zero_(): this;
  }
}
