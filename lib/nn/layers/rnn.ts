import { callShape, readCall } from '../../base/positional.js';
import { ArgumentRangeError, invalidType, invalidValue } from '../../base/errors.js';
import { isTensor } from '../../addon/handle.js';
import { isArray, isInstance } from '../../base/plain_object.js';
import { warnOnce } from '../../base/warnings.js';
import type { Tensor } from '../../tensor/tensor.js';
import { op, ops, type Value } from '../../tensor/call.js';
import { uniform_ } from '../init.js';
import { Module } from '../module.js';
import type { Parameter } from '../parameter.js';
import { float, plain } from '../print.js';
import { PackedSequence } from '../utils/rnn.js';
import { checkInput, checkCount, type FactoryOptions, make, parameter } from './layer.js';

/** Options of the recurrent layers. */
export interface RNNOptions extends FactoryOptions {
  /** The number of stacked layers. Default 1. */
  num_layers?: number | undefined;
  /** Learn biases. Default true. */
  bias?: boolean | undefined;
  /** The batch comes first: `[B, T, features]`. Default false: `[T, B, features]`. */
  batch_first?: boolean | undefined;
  /** Dropout after each layer but the last. Default 0. */
  dropout?: number | undefined;
  /** Also process the sequence backwards. Default false. */
  bidirectional?: boolean | undefined;
}

/** Options of {@link RNN}. */
export interface ElmanOptions extends RNNOptions {
  /** Default `'tanh'`. */
  nonlinearity?: 'tanh' | 'relu' | undefined;
}

/** Options of {@link LSTM}. */
export interface LSTMOptions extends RNNOptions {
  /** Project the outputs to this many features. Default 0: no projection. */
  proj_size?: number | undefined;
}

/** The states of an LSTM: hidden state and cell state. */
export type LSTMState = [Tensor, Tensor];

interface Given extends LSTMOptions {
  input_size: number;
  hidden_size: number;
}

const GATES = { rnn_tanh: 1, rnn_relu: 1, gru: 3, lstm: 4 } as const;
type Kind = keyof typeof GATES;

/** The base class of the recurrent layers. */
abstract class RNNBase extends Module {
  declare input_size: number;
  declare hidden_size: number;
  declare num_layers: number;
  declare bias: boolean;
  declare batch_first: boolean;
  declare dropout: number;
  declare bidirectional: boolean;
  declare proj_size: number;
  private readonly kind: Kind;
  private readonly names: string[] = [];

  protected constructor(kind: Kind, given: Given) {
    super();
    this.kind = kind;
    const { input_size, hidden_size, num_layers = 1, bias = true, batch_first = false, dropout = 0 } = given;
    const { bidirectional = false, proj_size = 0 } = given;
    if (typeof proj_size !== 'number') throw invalidType('proj_size', 'an integer', proj_size);
    if (kind !== 'lstm' && proj_size > 0) throw invalidValue('proj_size', '0, since only LSTM projects', proj_size);
    if (typeof dropout !== 'number') throw invalidType('dropout', 'a number', dropout);
    if (!(dropout >= 0 && dropout <= 1)) throw invalidValue('dropout', 'a probability between 0 and 1', dropout);
    if (dropout > 0 && num_layers === 1) {
      warnOnce(
        `dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers greater than 1, but got dropout=${dropout} and num_layers=1`,
      );
    }
    for (const [name, flag] of Object.entries({ bias, batch_first, bidirectional })) {
      if (typeof flag !== 'boolean') throw invalidType(name, 'a boolean', flag);
    }
    for (const [name, size] of Object.entries({ input_size, hidden_size, num_layers })) {
      if (!Number.isSafeInteger(size)) throw invalidType(name, 'an integer', size);
      if (size <= 0) throw invalidValue(name, 'more than 0', size);
    }
    checkCount(num_layers, 'num_layers');
    if (!Number.isSafeInteger(proj_size) || proj_size < 0)
      throw invalidValue('proj_size', 'a positive integer or 0', proj_size);
    if (proj_size >= hidden_size) throw invalidValue('proj_size', `less than hidden_size, ${hidden_size}`, proj_size);
    Object.assign(this, { input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size });
    this.make(given);
    this.reset_parameters();
  }

  private make(factory: FactoryOptions): void {
    const gates = GATES[this.kind] * this.hidden_size;
    const out = this.proj_size > 0 ? this.proj_size : this.hidden_size;
    for (let layer = 0; layer < this.num_layers; layer++) {
      for (const suffix of this.bidirectional ? ['', '_reverse'] : ['']) {
        const input = layer === 0 ? this.input_size : out * (this.bidirectional ? 2 : 1);
        const shapes: [string, number[]][] = [
          ['weight_ih', [gates, input]],
          ['weight_hh', [gates, out]],
          ...(this.bias
            ? ([
                ['bias_ih', [gates]],
                ['bias_hh', [gates]],
              ] as [string, number[]][])
            : []),
          ...(this.proj_size > 0 ? ([['weight_hr', [this.proj_size, this.hidden_size]]] as [string, number[]][]) : []),
        ];
        for (const [word, shape] of shapes) {
          const name = `${word}_l${layer}${suffix}`;
          this.register_parameter(name, parameter(shape, factory));
          this.names.push(name);
        }
      }
    }
  }

  /** Redraws the initial values: uniform in ±1/√hidden_size. */
  reset_parameters(): void {
    const bound = 1 / Math.sqrt(this.hidden_size);
    for (const weight of this.parameters()) uniform_(weight, -bound, bound);
  }

  /** Does nothing: cuDNN's copies are made when they are needed. */
  flatten_parameters(): void {}

  /** The parameters of each layer and direction. */
  get all_weights(): Parameter[][] {
    const weights = this.weights();
    const each = weights.length / (this.num_layers * (this.bidirectional ? 2 : 1));
    return Array.from({ length: weights.length / each }, (_, at) => weights.slice(at * each, (at + 1) * each));
  }

  private weights(): Parameter[] {
    return this.names.map((name) => (this as unknown as Record<string, Parameter>)[name] as Parameter);
  }

  /** Runs the layer; `hx` is one state, or the two of an LSTM. */
  protected run(
    input: Tensor | PackedSequence,
    hx: readonly Tensor[] | undefined,
  ): [Tensor | PackedSequence, Tensor[]] {
    const packed = isInstance(input, PackedSequence) ? input : undefined;
    let data = packed === undefined ? (input as Tensor) : packed.data;
    checkInput(data);
    const isBatched = packed !== undefined || data.dim() === 3;
    const weights = this.weights();
    if (packed === undefined) {
      if (![2, 3].includes(data.dim())) throw invalidValue('input', '2 or 3 dimensions', data.dim());
      if (!isBatched) data = op('unsqueeze', data, this.batch_first ? 0 : 1);
    }
    const batch =
      packed === undefined
        ? data.size(this.batch_first ? 0 : 1)
        : ((packed.batch_sizes.tolist() as number[])[0] as number);
    const directions = this.bidirectional ? 2 : 1;
    const out = this.proj_size > 0 ? this.proj_size : this.hidden_size;
    const states = this.kind === 'lstm' ? [out, this.hidden_size] : [out];
    this.checkInput(data, packed !== undefined, weights);
    const layers = this.num_layers * directions;
    let hidden: Tensor[];
    if (hx === undefined) {
      const { dtype, device } = data;
      hidden = states.map((size) => make('zeros', [layers, batch, size], { dtype, device: device as 'cpu' }));
    } else {
      if (hx.length !== states.length) throw invalidValue('hx', `${states.length} states`, hx.length);
      hidden = hx.map((state) => this.batchedState(state, isBatched));
      if (packed?.sorted_indices != null) {
        const order = packed.sorted_indices;
        hidden = hidden.map((state) => op('index_select', state, 1, order));
      }
      for (const [at, size] of states.entries())
        this.checkState(hidden[at] as Tensor, [layers, batch, size], at, states.length);
    }
    const single = states.length === 1;
    const state = single ? (hidden[0] as Tensor) : hidden;
    const common: Value[] = [
      state,
      weights,
      this.bias,
      this.num_layers,
      this.dropout,
      this.training,
      this.bidirectional,
    ];
    const results =
      packed === undefined
        ? this.callOperator('input', [data, ...common, this.batch_first])
        : this.callOperator('data', [data, packed.batch_sizes, ...common]);
    const [output, ...next] = results as [Tensor, ...Tensor[]];
    if (packed !== undefined) {
      const { batch_sizes, sorted_indices, unsorted_indices } = packed;
      const result = new PackedSequence(output, batch_sizes, sorted_indices, unsorted_indices);
      return [
        result,
        unsorted_indices === null ? next : next.map((item) => op('index_select', item, 1, unsorted_indices)),
      ];
    }
    if (isBatched) return [output, next];
    return [op('squeeze', output, this.batch_first ? 0 : 1), next.map((item) => op('squeeze', item, 1))];
  }

  private callOperator(overload: string, values: readonly Value[]): Tensor[] {
    return ops(`${this.kind}.${overload}`, ...values);
  }

  private batchedState(state: Tensor, isBatched: boolean): Tensor {
    const dims = isBatched ? 3 : 2;
    if (!isTensor(state)) throw invalidType('hx', 'a Tensor', state);
    if (state.dim() !== dims) throw invalidValue('hx', `${dims} dimensions for this input`, state.dim());
    return isBatched ? state : op('unsqueeze', state, 1);
  }

  private checkInput(data: Tensor, isPacked: boolean, [first]: readonly Parameter[]): void {
    const wanted = (first as Parameter).dtype;
    if (data.dtype !== wanted) throw invalidValue('input', `the weights' dtype, ${wanted}`, data.dtype);
    const dims = isPacked ? 2 : 3;
    checkInput(data);
    if (data.dim() !== dims) throw invalidValue('input', `${dims} dimensions`, data.dim());
    if (data.size(-1) !== this.input_size)
      throw invalidValue('input', `a last dimension of input_size, ${this.input_size}`, data.size(-1));
  }

  private checkState(state: Tensor, size: readonly number[], at: number, count: number): void {
    const shape = state.shape as readonly number[];
    if (String(shape) === String(size)) return;
    const name = count === 1 ? 'hx' : `hx[${at}]`;
    throw new ArgumentRangeError(name, `size [${size.join(', ')}]`, `[${shape.join(', ')}]`);
  }

  override extra_repr(): string {
    const { input_size, hidden_size, proj_size, num_layers, bias, batch_first, dropout, bidirectional } = this;
    return [
      `${input_size}, ${hidden_size}`,
      proj_size === 0 ? '' : `, proj_size=${proj_size}`,
      num_layers === 1 ? '' : `, num_layers=${num_layers}`,
      bias ? '' : `, bias=${plain(bias)}`,
      batch_first ? ', batch_first=True' : '',
      dropout === 0 ? '' : `, dropout=${float(dropout)}`,
      bidirectional ? ', bidirectional=True' : '',
    ].join('');
  }
}

const COMMON = 'num_layers?, bias?, batch_first?, dropout?, bidirectional?';
const RNN_ = callShape(
  'RNN',
  'input_size, hidden_size, num_layers?, nonlinearity?, bias?, batch_first?, dropout?, bidirectional?, proj_size?, device?, dtype?',
);
const LSTM_ = callShape('LSTM', `input_size, hidden_size, ${COMMON}, proj_size?, device?, dtype?`);
const GRU_ = callShape('GRU', `input_size, hidden_size, ${COMMON}, proj_size?, device?, dtype?`);

/** An Elman recurrent layer: `h = tanh(W_ih x + b_ih + W_hh h + b_hh)`. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: an instance is a function
export class RNN extends RNNBase {
  declare nonlinearity: string;

  constructor(
    input_size: number,
    hidden_size: number,
    num_layers?: number | ElmanOptions,
    nonlinearity?: 'tanh' | 'relu' | ElmanOptions,
    options?: ElmanOptions,
  );
  /** All by name. */
  constructor(options: ElmanOptions & { input_size: number; hidden_size: number });
  constructor(...args: unknown[]) {
    const given = readCall<Given & { nonlinearity?: string }>(RNN_, args);
    const { nonlinearity = 'tanh' } = given;
    if (nonlinearity !== 'tanh' && nonlinearity !== 'relu')
      throw invalidValue('nonlinearity', "'tanh' or 'relu'", nonlinearity);
    super(nonlinearity === 'tanh' ? 'rnn_tanh' : 'rnn_relu', given);
    this.nonlinearity = nonlinearity;
  }

  /** Returns the outputs of the last layer, and the final states of all layers. */
  override forward<T extends Tensor | PackedSequence>(input: T, hx?: Tensor | null): [T, Tensor] {
    const [output, [state]] = this.run(input, hx == null ? undefined : [hx]);
    return [output as T, state as Tensor];
  }
}

/**
 * Long short-term memory.
 *
 * @example
 * ```ts
 * const layer = new torch.nn.LSTM(3, 5, { num_layers: 2 });
 * const [output, [h, c]] = layer(torch.zeros([7, 4, 3]));
 * output.shape;   // [7, 4, 5]
 * h.shape;   // [2, 4, 5]
 * ```
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: an instance is a function
export class LSTM extends RNNBase {
  constructor(
    input_size: number,
    hidden_size: number,
    num_layers?: number | LSTMOptions,
    bias?: boolean | LSTMOptions,
    batch_first?: boolean | LSTMOptions,
    dropout?: number | LSTMOptions,
    bidirectional?: boolean | LSTMOptions,
    options?: LSTMOptions,
  );
  /** All by name. */
  constructor(options: LSTMOptions & { input_size: number; hidden_size: number });
  constructor(...args: unknown[]) {
    super('lstm', readCall<Given>(LSTM_, args));
  }

  /** Returns the outputs of the last layer, and the final hidden and cell states of all layers. */
  override forward<T extends Tensor | PackedSequence>(input: T, hx?: LSTMState | null): [T, LSTMState] {
    if (hx != null && !isArray(hx)) throw invalidType('hx', 'a pair of Tensors', hx);
    const [output, states] = this.run(input, hx ?? undefined);
    return [output as T, states as LSTMState];
  }
}

/** Gated recurrent units. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: an instance is a function
export class GRU extends RNNBase {
  constructor(
    input_size: number,
    hidden_size: number,
    num_layers?: number | RNNOptions,
    bias?: boolean | RNNOptions,
    batch_first?: boolean | RNNOptions,
    dropout?: number | RNNOptions,
    bidirectional?: boolean | RNNOptions,
    options?: RNNOptions,
  );
  /** All by name. */
  constructor(options: RNNOptions & { input_size: number; hidden_size: number });
  constructor(...args: unknown[]) {
    super('gru', readCall<Given>(GRU_, args));
  }

  /** Returns the outputs of the last layer, and the final states of all layers. */
  override forward<T extends Tensor | PackedSequence>(input: T, hx?: Tensor | null): [T, Tensor] {
    const [output, [state]] = this.run(input, hx == null ? undefined : [hx]);
    return [output as T, state as Tensor];
  }
}

export interface RNN {
  /** Like `forward`: a packed sequence gives a packed one. */
  <T extends Tensor | PackedSequence>(input: T, hx?: Tensor | null): [T, Tensor];
}

export interface LSTM {
  /** Like `forward`: a packed sequence gives a packed one. */
  <T extends Tensor | PackedSequence>(input: T, hx?: LSTMState | null): [T, LSTMState];
}

export interface GRU {
  /** Like `forward`: a packed sequence gives a packed one. */
  <T extends Tensor | PackedSequence>(input: T, hx?: Tensor | null): [T, Tensor];
}
