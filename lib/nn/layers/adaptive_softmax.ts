import { itemsOf } from '../../addon/arguments.js';
import { callShape, readCall } from '../../base/positional.js';
import { ArgumentRangeError, invalidType, invalidValue } from '../../base/errors.js';
import { isArray } from '../../base/plain_object.js';
import type { Tensor } from '../../tensor/tensor.js';
import { inPlace, op } from '../../tensor/call.js';
import { ModuleList, Sequential } from '../containers.js';
import { Module } from '../module.js';
import { checkInput, checkInteger, type FactoryOptions } from './layer.js';
import { Linear } from './linear.js';

/** Options of {@link AdaptiveLogSoftmaxWithLoss}. */
export interface AdaptiveSoftmaxOptions extends FactoryOptions {
  /** Each cluster has a projection of this many times fewer features than the one before. Default 4. */
  div_value?: number | undefined;
  /** Learn a bias of the head. Default false. */
  head_bias?: boolean | undefined;
}

/** The logarithms of the targets' probabilities, and their mean loss. */
export type AdaptiveSoftmaxResult = [output: Tensor, loss: Tensor] & { readonly output: Tensor; readonly loss: Tensor };

const CALL = callShape(
  'AdaptiveLogSoftmaxWithLoss',
  'in_features, n_classes, cutoffs, div_value?, head_bias?, device?, dtype?',
);

/** A softmax over many classes, the frequent ones first, in clusters of which the rare ones cost less; Grave et al. (2017). */
export class AdaptiveLogSoftmaxWithLoss extends Module {
  declare in_features: number;
  declare n_classes: number;
  declare cutoffs: readonly number[];
  declare div_value: number;
  declare head_bias: boolean;
  declare shortlist_size: number;
  declare n_clusters: number;
  declare head_size: number;
  declare head: Linear;
  declare tail: ModuleList;

  /** @param cutoffs - where clusters begin, in rising order, without 0 and `n_classes` */
  constructor(
    in_features: number,
    n_classes: number,
    cutoffs: readonly number[],
    div_value?: number | AdaptiveSoftmaxOptions,
    head_bias?: boolean | AdaptiveSoftmaxOptions,
    options?: AdaptiveSoftmaxOptions,
  );
  /** All by name. */
  constructor(options: AdaptiveSoftmaxOptions & { in_features: number; n_classes: number; cutoffs: readonly number[] });
  constructor(...args: unknown[]) {
    super();
    const given = readCall<
      AdaptiveSoftmaxOptions & { in_features: number; n_classes: number; cutoffs: readonly number[] }
    >(CALL, args);
    const { in_features, n_classes, div_value = 4, head_bias = false, device, dtype } = given;
    checkInteger(in_features, 'in_features');
    checkInteger(n_classes, 'n_classes');
    if (!isArray(given.cutoffs)) throw invalidType('cutoffs', 'an array of integers', given.cutoffs);
    const cutoffs = itemsOf(given.cutoffs, 'cutoffs') as number[];
    const fits = cutoffs.every(
      (cutoff, at) =>
        Number.isInteger(cutoff) && cutoff > (cutoffs[at - 1] ?? 0) && cutoff >= 1 && cutoff <= n_classes - 1,
    );
    if (cutoffs.length === 0 || !fits)
      throw invalidValue('cutoffs', `at least one integer, rising, from 1 to ${n_classes - 1}`, cutoffs);
    const all = [...cutoffs, n_classes];
    const factory = { device, dtype };
    Object.assign(this, { in_features, n_classes, cutoffs: all, div_value, head_bias });
    this.shortlist_size = all[0] as number;
    this.n_clusters = all.length - 1;
    this.head_size = this.shortlist_size + this.n_clusters;
    this.head = new Linear(in_features, this.head_size, { bias: head_bias, ...factory });
    this.tail = new ModuleList();
    for (let at = 0; at < this.n_clusters; at++) {
      const hidden = Math.floor(in_features / div_value ** (at + 1));
      const size = (all[at + 1] as number) - (all[at] as number);
      this.tail.append(
        new Sequential(
          new Linear(in_features, hidden, { bias: false, ...factory }),
          new Linear(hidden, size, { bias: false, ...factory }),
        ),
      );
    }
  }

  /** Draws the first values again. */
  reset_parameters(): void {
    this.head.reset_parameters();
    for (const cluster of this.tail) for (const layer of cluster) (layer as Linear).reset_parameters();
  }

  /** Gives `output`, the logarithm of each target's probability, and `loss`, the mean of their negatives. */
  override forward(input_: Tensor, target_: Tensor): AdaptiveSoftmaxResult {
    checkInput(input_, 'input_');
    checkInput(target_, 'target_');
    const dims = target_.dim();
    if (dims > 1) throw invalidValue('target_', '0 or 1 dimensions', dims);
    if (input_.dim() !== dims + 1)
      throw invalidValue('input_', `${dims + 1} dimensions, as target_ has ${dims}`, input_.dim());
    if (dims === 1 && input_.size(0) !== target_.size(0))
      throw invalidValue('target_', `${input_.size(0)} targets, as input_ has rows`, target_.size(0));
    const input = dims === 1 ? input_ : op('unsqueeze', input_, 0);
    const target = dims === 1 ? target_ : op('unsqueeze', target_, 0);
    const batch = target.size(0);
    const parts = op('new_zeros', input, [batch]);
    const places = op('new_empty', target, [batch]);
    let used = 0;
    for (const [at, high] of this.cutoffs.entries()) {
      const low = at === 0 ? 0 : (this.cutoffs[at - 1] as number);
      const mask = op('bitwise_and.Tensor', op('ge.Scalar', target, low), op('lt.Scalar', target, high));
      const rows = op('squeeze', op('nonzero', mask));
      if (rows.numel() === 0) continue;
      used += rows.numel();
      const chosen = op('index', target, [mask]);
      if (at === 0) {
        inPlace('index_copy_', places, 0, rows, chosen);
        continue;
      }
      const relative = op('sub.Scalar', chosen, low);
      const logits = (this.tail.at(at - 1) as Sequential)(op('index_select', input, 0, rows)) as Tensor;
      inPlace('index_fill_.int_Scalar', places, 0, rows, this.shortlist_size + at - 1);
      const local = op('gather', op('log_softmax.int', logits, 1), 1, op('unsqueeze', relative, 1));
      inPlace('index_copy_', parts, 0, rows, op('squeeze.dim', local, 1));
    }
    if (used !== batch) {
      const found = `${op('min', target).item()} to ${op('max', target).item()}`;
      throw new ArgumentRangeError('target_', `classes from 0 to ${this.n_classes - 1}`, found);
    }
    const head = op('log_softmax.int', this.head(input), 1);
    inPlace('add_', parts, op('squeeze', op('gather', head, 1, op('unsqueeze', places, 1))));
    const loss = op('mean', op('neg', parts));
    const output = dims === 1 ? parts : op('squeeze.dim', parts, 0);
    return Object.assign([output, loss] as [Tensor, Tensor], { output, loss });
  }

  /** The logarithms of the probabilities of all classes, `[N, n_classes]`. */
  log_prob(input: Tensor): Tensor {
    checkInput(input);
    return this.fromHead(input, this.head(input));
  }

  /** The most probable class of each row. */
  predict(input: Tensor): Tensor {
    checkInput(input);
    const head = this.head(input);
    const best = op('argmax', head, 1);
    const rare = op('ge.Scalar', best, this.shortlist_size);
    if (!(op('any', rare).item() as unknown as boolean)) return best;
    if (op('all', rare).item() as unknown as boolean) return op('argmax', this.fromHead(input, head), 1);
    const all = this.fromHead(op('index', input, [rare]), op('index', head, [rare]));
    inPlace('index_put_', best, [rare], op('argmax', all, 1));
    return best;
  }

  private fromHead(input: Tensor, head: Tensor): Tensor {
    const out = op('new_empty', input, [head.size(0), this.n_classes]);
    const logits = op('log_softmax.int', head, 1);
    const columns = (tensor: Tensor, from: number, to: number) => op('slice.Tensor', tensor, 1, from, to);
    inPlace('copy_', columns(out, 0, this.shortlist_size), columns(logits, 0, this.shortlist_size));
    for (let at = 0; at < this.n_clusters; at++) {
      const cluster = op('log_softmax.int', (this.tail.at(at) as Sequential)(input) as Tensor, 1);
      const share = op('unsqueeze', op('select.int', logits, 1, this.shortlist_size + at), 1);
      const [from, to] = [this.cutoffs[at] as number, this.cutoffs[at + 1] as number];
      inPlace('copy_', columns(out, from, to), op('add.Tensor', cluster, share));
    }
    return out;
  }
}
