import { isTensor } from '../../addon/handle.js';
import { callShape, readCall } from '../../base/positional.js';
import {
  ArgumentRangeError,
  ArgumentTypeError,
  describe,
  invalidType,
  invalidValue,
  TorchError,
} from '../../base/errors.js';
import { behaviour } from '../../addon/versions.js';
import { dispatchTensor } from '../../tensor/dispatch.js';
import { Tensor } from '../../tensor/tensor.js';
import { inPlace, op, ops, withoutGrad } from '../../tensor/call.js';
import { normal_ } from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import { float } from '../print.js';
import { checkInput, checkInteger, type FactoryOptions, parameter } from './layer.js';

interface Common extends FactoryOptions {
  /** The row of this index is not updated: it gets no gradient. */
  padding_idx?: number | null | undefined;
  /** Rows with a larger norm are scaled down to it when they are used. */
  max_norm?: number | null | undefined;
  /** The order of the norm for `max_norm`. Default 2. */
  norm_type?: number | undefined;
  /** Divide gradients by the number of times that a row was used. Default false. */
  scale_grad_by_freq?: boolean | undefined;
  /** Give the weight a sparse gradient. Default false. */
  sparse?: boolean | undefined;
}

/** Options of {@link Embedding}. */
export interface EmbeddingOptions extends Common {
  /** The rows, instead of random ones. */
  _weight?: Tensor | null | undefined;
  /** Do not learn the rows. Default false. */
  _freeze?: boolean | undefined;
}

/** Options of {@link Embedding.from_pretrained}. */
export interface PretrainedOptions extends Common {
  /** Do not learn the rows. Default true. */
  freeze?: boolean | undefined;
}

const EMBEDDING = callShape(
  'Embedding',
  'num_embeddings, embedding_dim, padding_idx?, max_norm?, norm_type?, scale_grad_by_freq?, sparse?, _weight?, _freeze?, device?, dtype?',
);
const PRETRAINED = callShape(
  'from_pretrained',
  'embeddings, freeze?, padding_idx?, max_norm?, norm_type?, scale_grad_by_freq?, sparse?',
);

function readPadding(padding_idx: number | null | undefined, rows: number): number | null {
  if (padding_idx == null) return null;
  checkInteger(padding_idx, 'padding_idx');
  if (padding_idx >= rows || padding_idx < -rows) {
    throw invalidValue('padding_idx', `an index within num_embeddings, ${rows}`, padding_idx);
  }
  return padding_idx < 0 ? rows + padding_idx : padding_idx;
}

function clearRow(weight: Tensor, row: number | null): void {
  if (row === null) return;
  withoutGrad(() => {
    const place = op('select', weight, 0, row);
    inPlace('fill_', place, 0);
    place.dispose();
  });
}

function renorm(weight: Tensor, input: Tensor, max_norm: number, norm_type: number): void {
  withoutGrad(() => inPlace('embedding_renorm_', op('detach', weight), input, max_norm, norm_type));
}

function rowsOf(
  given: { _weight?: Tensor | null | undefined; _freeze?: boolean | undefined },
  size: number[],
  factory: FactoryOptions,
): Parameter {
  const { _weight, _freeze = false } = given;
  if (_weight == null) {
    const weight = parameter(size, factory);
    if (_freeze) weight.requires_grad_(false);
    return weight;
  }
  if (!isTensor(_weight)) throw invalidType('_weight', 'a Tensor', _weight);
  const shape = _weight.shape as readonly number[];
  if (String(shape) !== String(size))
    throw new ArgumentRangeError('_weight', `shape [${size.join(', ')}]`, `[${shape.join(', ')}]`);
  return new Parameter(_weight, !_freeze);
}

/**
 * A table of vectors: each index in the input selects a row.
 *
 * `weight` is `[num_embeddings, embedding_dim]`; its initial values are drawn from the standard normal distribution.
 *
 * @example
 * ```ts
 * const table = new torch.nn.Embedding(10, 3);
 * table(torch.tensor([[1n, 2n], [4n, 1n]])).shape;   // [2, 2, 3]
 * ```
 */
export class Embedding extends Module {
  declare num_embeddings: number;
  declare embedding_dim: number;
  declare padding_idx: number | null;
  declare max_norm: number | null;
  declare norm_type: number;
  declare scale_grad_by_freq: boolean;
  declare sparse: boolean;
  declare weight: Parameter;

  constructor(
    num_embeddings: number,
    embedding_dim: number,
    padding_idx?: number | null | EmbeddingOptions,
    max_norm?: number | null | EmbeddingOptions,
    norm_type?: number | EmbeddingOptions,
    scale_grad_by_freq?: boolean | EmbeddingOptions,
    sparse?: boolean | EmbeddingOptions,
    options?: EmbeddingOptions,
  );
  /** All by name. */
  constructor(options: EmbeddingOptions & { num_embeddings: number; embedding_dim: number });
  constructor(...args: unknown[]) {
    super();
    const given = readCall<EmbeddingOptions & { num_embeddings: number; embedding_dim: number }>(EMBEDDING, args);
    this.num_embeddings = checkInteger(given.num_embeddings, 'num_embeddings');
    this.embedding_dim = checkInteger(given.embedding_dim, 'embedding_dim');
    this.padding_idx = readPadding(given.padding_idx, this.num_embeddings);
    this.max_norm = given.max_norm ?? null;
    this.norm_type = given.norm_type ?? 2;
    this.scale_grad_by_freq = given.scale_grad_by_freq ?? false;
    this.weight = rowsOf(given, [this.num_embeddings, this.embedding_dim], given);
    this.sparse = given.sparse ?? false;
    if (given._weight == null) this.reset_parameters();
  }

  /** Redraws the rows. */
  reset_parameters(): void {
    normal_(this.weight);
    clearRow(this.weight, this.padding_idx);
  }

  override forward(input: Tensor): Tensor {
    const { weight, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse } = this;
    let indices = input;
    if (max_norm !== null) {
      indices = op('contiguous', input);
      renorm(weight, indices, max_norm, norm_type);
    }
    return op('embedding', weight, indices, padding_idx ?? -1, scale_grad_by_freq, sparse);
  }

  override extra_repr(): string {
    return `${this.num_embeddings}, ${this.embedding_dim}${commonText(this)}`;
  }

  /** Makes a layer from given rows; they are not learned unless `freeze` is false. */
  static from_pretrained(
    embeddings: Tensor,
    freeze?: boolean | PretrainedOptions,
    padding_idx?: number | null | PretrainedOptions,
    options?: PretrainedOptions,
  ): Embedding;
  static from_pretrained(...args: unknown[]): Embedding {
    const {
      embeddings,
      freeze = true,
      ...rest
    } = readCall<PretrainedOptions & { embeddings: Tensor }>(PRETRAINED, args);
    const [rows, columns] = matrix(embeddings);
    return new Embedding(rows, columns, { ...rest, _weight: embeddings, _freeze: freeze });
  }
}

function matrix(embeddings: Tensor): [number, number] {
  const shape = embeddings.shape as readonly number[];
  if (shape.length !== 2) throw invalidValue('embeddings', '2 dimensions', shape.length);
  return shape as unknown as [number, number];
}

function commonText(layer: {
  padding_idx: number | null;
  max_norm: number | null;
  norm_type: number;
  scale_grad_by_freq: boolean;
  sparse: boolean;
}): string {
  const { padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse } = layer;
  return [
    padding_idx === null ? '' : `, padding_idx=${padding_idx}`,
    max_norm === null ? '' : `, max_norm=${float(max_norm)}`,
    norm_type === 2 ? '' : `, norm_type=${float(norm_type)}`,
    scale_grad_by_freq ? ', scale_grad_by_freq=True' : '',
    sparse ? ', sparse=True' : '',
  ].join('');
}

/** Options of {@link EmbeddingBag}. */
export interface EmbeddingBagOptions extends Common {
  /** How the rows of a bag are reduced. Default `'mean'`. */
  mode?: 'sum' | 'mean' | 'max' | undefined;
  /** The last of the `offsets` is the number of indices. Default false. */
  include_last_offset?: boolean | undefined;
  /** The rows, instead of random ones. */
  _weight?: Tensor | null | undefined;
  /** Do not learn the rows. Default false. */
  _freeze?: boolean | undefined;
}

const BAG = callShape(
  'EmbeddingBag',
  'num_embeddings, embedding_dim, max_norm?, norm_type?, scale_grad_by_freq?, mode?, sparse?, _weight?, include_last_offset?, padding_idx?, device?, dtype?, _freeze?',
);
const BAG_PRETRAINED = callShape(
  'from_pretrained',
  'embeddings, freeze?, max_norm?, norm_type?, scale_grad_by_freq?, mode?, sparse?, include_last_offset?, padding_idx?',
);
const BAG_CALL = callShape('EmbeddingBag', 'input, offsets?, per_sample_weights?');
const MODES = ['sum', 'mean', 'max'];

/** The sums, means or maxima of bags of rows of a table. */
export class EmbeddingBag extends Module {
  declare num_embeddings: number;
  declare embedding_dim: number;
  declare max_norm: number | null;
  declare norm_type: number;
  declare scale_grad_by_freq: boolean;
  declare mode: string;
  declare sparse: boolean;
  declare include_last_offset: boolean;
  declare padding_idx: number | null;
  declare weight: Parameter;

  constructor(
    num_embeddings: number,
    embedding_dim: number,
    max_norm?: number | null | EmbeddingBagOptions,
    norm_type?: number | EmbeddingBagOptions,
    scale_grad_by_freq?: boolean | EmbeddingBagOptions,
    mode?: 'sum' | 'mean' | 'max' | EmbeddingBagOptions,
    sparse?: boolean | EmbeddingBagOptions,
    options?: EmbeddingBagOptions,
  );
  /** All by name. */
  constructor(options: EmbeddingBagOptions & { num_embeddings: number; embedding_dim: number });
  constructor(...args: unknown[]) {
    super();
    const given = readCall<EmbeddingBagOptions & { num_embeddings: number; embedding_dim: number }>(BAG, args);
    this.num_embeddings = checkInteger(given.num_embeddings, 'num_embeddings');
    this.embedding_dim = checkInteger(given.embedding_dim, 'embedding_dim');
    this.max_norm = given.max_norm ?? null;
    this.norm_type = given.norm_type ?? 2;
    this.scale_grad_by_freq = given.scale_grad_by_freq ?? false;
    this.padding_idx = readPadding(given.padding_idx, this.num_embeddings);
    this.weight = rowsOf(given, [this.num_embeddings, this.embedding_dim], given);
    this.mode = given.mode ?? 'mean';
    this.sparse = given.sparse ?? false;
    this.include_last_offset = given.include_last_offset ?? false;
    if (given._weight == null) this.reset_parameters();
  }

  /** Redraws the rows. */
  reset_parameters(): void {
    normal_(this.weight);
    clearRow(this.weight, this.padding_idx);
  }

  /**
   * @param input - indices: `[B, N]` with one bag per row, or a flat list
   * @param offsets - where each bag begins in the list
   * @param per_sample_weights - a factor for each index; for `'sum'`
   */
  override forward(
    input: Tensor,
    offsets?: Tensor | null | { offsets?: Tensor | null; per_sample_weights?: Tensor | null },
    per_sample_weights?: Tensor | null | { per_sample_weights?: Tensor | null },
  ): Tensor;
  override forward(...args: unknown[]): Tensor {
    const given = readCall<{ input: Tensor; offsets?: Tensor | null; per_sample_weights?: Tensor | null }>(
      BAG_CALL,
      args,
    );
    let { input, offsets = null, per_sample_weights: factors = null } = given;
    const { weight, mode, max_norm, norm_type, scale_grad_by_freq, sparse, padding_idx } = this;
    let { include_last_offset } = this;
    checkInput(input);
    const shape = input.shape as readonly number[];
    if (factors !== null) checkInput(factors, 'per_sample_weights');
    if (factors !== null && String(factors.shape) !== String(shape)) {
      throw new ArgumentRangeError(
        'per_sample_weights',
        `the shape of the input, [${shape.join(', ')}]`,
        `[${factors.shape.join(', ')}]`,
      );
    }
    if (shape.length === 2) {
      if (offsets !== null)
        throw invalidType('offsets', 'none for an input of 2 dimensions, whose rows are the bags', offsets);
      if (include_last_offset && !behaviour().bagsRowsWithLastOffset) {
        const cause = 'LibTorch before 2 writes past the end of its memory in this case';
        throw new TorchError(
          'ERR_NOT_IMPLEMENTED',
          `EmbeddingBag: include_last_offset with a 2-dimensional input: ${cause}`,
        );
      }
      const { dtype, device } = input;
      const step = Math.max(1, shape[1] as number);
      offsets = new Tensor(dispatchTensor('arange.start_step', [0, input.numel(), step], { dtype, device }));
      include_last_offset = false;
      input = op('reshape', input, [-1]);
      if (factors !== null) factors = op('reshape', factors, [-1]);
    } else if (shape.length === 1) {
      if (offsets === null || !isTensor(offsets) || offsets.dim() !== 1)
        throw new ArgumentTypeError('offsets', 'a 1-dimensional Tensor', describe(offsets));
    } else {
      throw invalidValue('input', '1 or 2 dimensions', shape.length);
    }
    if (!MODES.includes(mode)) throw invalidValue('mode', "'sum', 'mean' or 'max'", mode);
    if (mode === 'max' && scale_grad_by_freq) throw invalidValue('scale_grad_by_freq', "false for mode 'max'", true);
    if (mode === 'max' && sparse) throw invalidValue('sparse', "false for mode 'max'", true);
    if (factors !== null && mode !== 'sum')
      throw invalidValue('per_sample_weights', "none but for mode 'sum'", factors);
    if (max_norm !== null) renorm(weight, input, max_norm, norm_type);
    const values = [weight, input, offsets, scale_grad_by_freq, MODES.indexOf(mode), sparse, factors];
    const results = ops('embedding_bag.padding_idx', ...values, include_last_offset, padding_idx);
    const [bags, ...others] = results as [Tensor, ...Tensor[]];
    for (const other of others) other.dispose();
    return bags;
  }

  override extra_repr(): string {
    const { num_embeddings, embedding_dim, max_norm, norm_type, scale_grad_by_freq, padding_idx, mode } = this;
    return [
      `${num_embeddings}, ${embedding_dim}`,
      max_norm === null ? '' : `, max_norm=${float(max_norm)}`,
      norm_type === 2 ? '' : `, norm_type=${float(norm_type)}`,
      scale_grad_by_freq ? ', scale_grad_by_freq=True' : '',
      `, mode='${mode}'`,
      padding_idx === null ? '' : `, padding_idx=${padding_idx}`,
    ].join('');
  }

  /** Makes a layer from given rows; they are not learned unless `freeze` is false. */
  static from_pretrained(
    embeddings: Tensor,
    freeze?: boolean | (EmbeddingBagOptions & { freeze?: boolean }),
    options?: EmbeddingBagOptions,
  ): EmbeddingBag;
  static from_pretrained(...args: unknown[]): EmbeddingBag {
    const given = readCall<EmbeddingBagOptions & { embeddings: Tensor; freeze?: boolean }>(BAG_PRETRAINED, args);
    const { embeddings, freeze = true, ...rest } = given;
    const [rows, columns] = matrix(embeddings);
    return new EmbeddingBag(rows, columns, { ...rest, _weight: embeddings, _freeze: freeze });
  }
}
