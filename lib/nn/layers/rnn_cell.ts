import { callShape, type CallShape, readCall } from '../../base/positional.js';
import { invalidType, invalidValue } from '../../base/errors.js';
import { isArray } from '../../base/plain_object.js';
import type { Tensor } from '../../tensor/tensor.js';
import { op, ops, type Value } from '../../tensor/call.js';
import { uniform_ } from '../init.js';
import { Module } from '../module.js';
import type { Parameter } from '../parameter.js';
import { checkInput, checkInteger, type FactoryOptions, make, parameter } from './layer.js';
import type { LSTMState } from './rnn.js';

/** Options of the cells. */
export interface CellOptions extends FactoryOptions {
  /** Learn biases. Default true. */
  bias?: boolean | undefined;
}

/** Options of {@link RNNCell}. */
export interface RNNCellOptions extends CellOptions {
  /** Default `'tanh'`. */
  nonlinearity?: 'tanh' | 'relu' | undefined;
}

/** The base class of the cells, each a single step of a recurrent layer. */
abstract class CellBase extends Module {
  declare input_size: number;
  declare hidden_size: number;
  declare bias: boolean;
  declare weight_ih: Parameter;
  declare weight_hh: Parameter;
  declare bias_ih: Parameter | null;
  declare bias_hh: Parameter | null;

  protected constructor(shape: CallShape, args: unknown[], gates: number) {
    super();
    const given = readCall<CellOptions & { input_size: number; hidden_size: number; nonlinearity?: string }>(
      shape,
      args,
    );
    const { input_size, hidden_size, bias = true } = given;
    checkInteger(input_size, 'input_size');
    checkInteger(hidden_size, 'hidden_size');
    Object.assign(this, { input_size, hidden_size, bias });
    this.weight_ih = parameter([gates * hidden_size, input_size], given);
    this.weight_hh = parameter([gates * hidden_size, hidden_size], given);
    this.bias_ih = bias ? parameter([gates * hidden_size], given) : null;
    this.bias_hh = bias ? parameter([gates * hidden_size], given) : null;
    this.reset_parameters();
    if (shape.params.includes('nonlinearity'))
      (this as { nonlinearity?: string }).nonlinearity = given.nonlinearity ?? 'tanh';
  }

  /** Redraws the initial values: uniform in ±1/√hidden_size. */
  reset_parameters(): void {
    const bound = this.hidden_size > 0 ? 1 / Math.sqrt(this.hidden_size) : 0;
    for (const weight of this.parameters()) uniform_(weight, -bound, bound);
  }

  /** Runs the operator on a batch; absent states are zeros. */
  protected step(name: string, input: Tensor, hx: readonly Tensor[] | undefined, count: number): Tensor[] {
    checkInput(input);
    if (![1, 2].includes(input.dim())) throw invalidValue('input', '1 or 2 dimensions', input.dim());
    for (const state of hx ?? []) {
      checkInput(state, 'hx');
      if (![1, 2].includes(state.dim())) throw invalidValue('hx', '1 or 2 dimensions', state.dim());
    }
    const isBatched = input.dim() === 2;
    const batched = (tensor: Tensor) => (isBatched ? tensor : op('unsqueeze', tensor, 0));
    const data = batched(input);
    const { dtype, device } = data;
    const states =
      hx?.map(batched) ??
      Array.from({ length: count }, () =>
        make('zeros', [data.size(0), this.hidden_size], { dtype, device: device as 'cpu' }),
      );
    const { weight_ih, weight_hh, bias_ih, bias_hh } = this;
    const values: Value[] = [
      data,
      count === 1 ? (states[0] as Tensor) : states,
      weight_ih,
      weight_hh,
      bias_ih,
      bias_hh,
    ];
    const tensors = count === 1 ? [op(name, ...values)] : ops(name, ...values);
    return isBatched ? tensors : tensors.map((tensor) => op('squeeze', tensor, 0));
  }

  override extra_repr(): string {
    const { nonlinearity } = this as { nonlinearity?: string };
    const more = nonlinearity === undefined || nonlinearity === 'tanh' ? '' : `, nonlinearity=${nonlinearity}`;
    return `${this.input_size}, ${this.hidden_size}${this.bias ? '' : ', bias=False'}${more}`;
  }
}

const RNN_CELL = callShape('RNNCell', 'input_size, hidden_size, bias?, nonlinearity?, device?, dtype?');
const LSTM_CELL = callShape('LSTMCell', 'input_size, hidden_size, bias?, device?, dtype?');
const GRU_CELL = callShape('GRUCell', 'input_size, hidden_size, bias?, device?, dtype?');

/** One step of an `RNN`. */
export class RNNCell extends CellBase {
  declare nonlinearity: string;

  constructor(
    input_size: number,
    hidden_size: number,
    bias?: boolean | RNNCellOptions,
    nonlinearity?: 'tanh' | 'relu' | RNNCellOptions,
    options?: RNNCellOptions,
  );
  /** All by name. */
  constructor(options: RNNCellOptions & { input_size: number; hidden_size: number });
  constructor(...args: unknown[]) {
    super(RNN_CELL, args, 1);
  }

  override forward(input: Tensor, hx?: Tensor | null): Tensor {
    const { nonlinearity } = this;
    if (nonlinearity !== 'tanh' && nonlinearity !== 'relu')
      throw invalidValue('nonlinearity', "'tanh' or 'relu'", nonlinearity);
    return this.step(`rnn_${nonlinearity}_cell`, input, hx == null ? undefined : [hx], 1)[0] as Tensor;
  }
}

/** One step of an `LSTM`: returns hidden state and cell state. */
export class LSTMCell extends CellBase {
  constructor(input_size: number, hidden_size: number, bias?: boolean | CellOptions, options?: CellOptions);
  /** All by name. */
  constructor(options: CellOptions & { input_size: number; hidden_size: number });
  constructor(...args: unknown[]) {
    super(LSTM_CELL, args, 4);
  }

  override forward(input: Tensor, hx?: LSTMState | null): LSTMState {
    if (hx != null && !(isArray(hx) && hx.length === 2)) throw invalidType('hx', 'a pair of Tensors', hx);
    return this.step('lstm_cell', input, hx ?? undefined, 2) as LSTMState;
  }
}

/** One step of a `GRU`. */
export class GRUCell extends CellBase {
  constructor(input_size: number, hidden_size: number, bias?: boolean | CellOptions, options?: CellOptions);
  /** All by name. */
  constructor(options: CellOptions & { input_size: number; hidden_size: number });
  constructor(...args: unknown[]) {
    super(GRU_CELL, args, 3);
  }

  override forward(input: Tensor, hx?: Tensor | null): Tensor {
    return this.step('gru_cell', input, hx == null ? undefined : [hx], 1)[0] as Tensor;
  }
}
