/** `torch.nn.utils.rnn`: sequences of different lengths, padded and packed. */
import { callShape, readCall } from '../../base/positional.js';
import { ArgumentRangeError, invalidType } from '../../base/errors.js';
import { itemsOf } from '../../addon/arguments.js';
import { isTensor } from '../../addon/handle.js';
import { isArray, isInstance } from '../../base/plain_object.js';
import { tensor as makeTensor } from '../../tensor/creation.js';
import type { Tensor } from '../../tensor/tensor.js';
import { op, ops } from '../../tensor/call.js';

/** Sequences of different lengths without padding, ordered by time step. */
export class PackedSequence {
  /** The elements. */
  readonly data: Tensor;
  /** The number of sequences at each time step. int64, on the CPU. */
  readonly batch_sizes: Tensor;
  /** The index of each sequence in the batch, the longest first; `null` if they were already sorted. */
  readonly sorted_indices: Tensor | null;
  /** The inverse of `sorted_indices`. */
  readonly unsorted_indices: Tensor | null;

  constructor(
    data: Tensor,
    batch_sizes: Tensor,
    sorted_indices: Tensor | null = null,
    unsorted_indices?: Tensor | null,
  ) {
    if (!isTensor(data)) throw invalidType('data', 'a Tensor', data);
    if (!isTensor(batch_sizes)) throw invalidType('batch_sizes', 'a Tensor', batch_sizes);
    this.data = data;
    this.batch_sizes = batch_sizes;
    for (const [name, value] of Object.entries({ sorted_indices, unsorted_indices }))
      if (value != null && !isTensor(value)) throw invalidType(name, 'a Tensor or null', value);
    this.sorted_indices = sorted_indices;
    this.unsorted_indices = unsorted_indices ?? (sorted_indices === null ? null : invert_permutation(sorted_indices));
  }

  /** Converts to another dtype or device. */
  to(target: Parameters<Tensor['to']>[0]): PackedSequence {
    return new PackedSequence(
      this.data.to(target as never),
      this.batch_sizes,
      this.sorted_indices,
      this.unsorted_indices,
    );
  }

  /** Data, batch sizes and both orders, as in Python's tuple. */
  *[Symbol.iterator](): IterableIterator<Tensor | null> {
    yield* [this.data, this.batch_sizes, this.sorted_indices, this.unsorted_indices];
  }
}

/** The inverse of a permutation. */
export function invert_permutation(permutation: Tensor): Tensor {
  if (!isTensor(permutation)) throw invalidType('permutation', 'a Tensor', permutation);
  const places = op('arange', permutation.numel());
  return op('scatter', op('empty_like', permutation), 0, permutation, op('to', places, permutation));
}

/** Options of {@link pack_padded_sequence}. */
export interface PackOptions {
  /** The batch comes first: `[B, T, ...]`. Default false: `[T, B, ...]`. */
  batch_first?: boolean | undefined;
  /** The sequences must be sorted by length, the longest first. Default true. */
  enforce_sorted?: boolean | undefined;
}

const PACK = callShape('pack_padded_sequence', 'input, lengths, batch_first?, enforce_sorted?');
const PAD_PACKED = callShape('pad_packed_sequence', 'sequence, batch_first?, padding_value?, total_length?');
const PAD = callShape('pad_sequence', 'sequences, batch_first?, padding_value?, padding_side?');
const UNPAD = callShape('unpad_sequence', 'padded_sequences, lengths, batch_first?');
const PACK_SEQUENCE = callShape('pack_sequence', 'sequences, enforce_sorted?');

/** Packs padded sequences. `lengths` is an array, or an int64 tensor on the CPU. */
export function pack_padded_sequence(
  input: Tensor,
  lengths: Tensor | readonly (number | bigint)[],
  batch_first?: boolean | PackOptions,
  enforce_sorted?: boolean | PackOptions,
  options?: PackOptions,
): PackedSequence;
export function pack_padded_sequence(...args: unknown[]): PackedSequence {
  const given = readCall<{ input: Tensor; lengths: Tensor | readonly number[] } & PackOptions>(PACK, args);
  const { batch_first = false, enforce_sorted = true } = given;
  let { input } = given;
  let lengths = lengthsOf(given.lengths);
  let sorted: Tensor | null = null;
  if (!enforce_sorted) {
    const [ordered, indices] = ops('sort', lengths, -1, true) as [Tensor, Tensor];
    lengths = ordered;
    sorted = indices;
    input = op('index_select', input, batch_first ? 0 : 1, sorted);
  }
  const [data, sizes] = ops('_pack_padded_sequence', input, lengths, batch_first) as [Tensor, Tensor];
  return new PackedSequence(data, sizes, sorted);
}

function lengthsOf(lengths: Tensor | readonly (number | bigint)[]): Tensor {
  if (isTensor(lengths)) return lengths as Tensor;
  if (!isArray(lengths)) throw invalidType('lengths', 'a Tensor or an array of integers', lengths);
  const list = itemsOf(lengths, 'lengths');
  const whole = list.every((length) => typeof length === 'bigint' || Number.isSafeInteger(length));
  if (!whole) throw new ArgumentRangeError('lengths', 'integers', 'others');
  return makeTensor(BigInt64Array.from(list as number[], (length) => BigInt(length)));
}

/** Options of {@link pad_packed_sequence}. */
export interface PadPackedOptions {
  /** Return the batch first. Default false. */
  batch_first?: boolean | undefined;
  /** The padding value. Default 0. */
  padding_value?: number | undefined;
  /** Pad to this length, at least that of the longest sequence. */
  total_length?: number | null | undefined;
}

/** Unpacks sequences into padded ones, and returns their lengths. */
export function pad_packed_sequence(
  sequence: PackedSequence,
  batch_first?: boolean | PadPackedOptions,
  padding_value?: number | PadPackedOptions,
  total_length?: number | null | PadPackedOptions,
  options?: PadPackedOptions,
): [Tensor, Tensor];
export function pad_packed_sequence(...args: unknown[]): [Tensor, Tensor] {
  const given = readCall<{ sequence: PackedSequence } & PadPackedOptions>(PAD_PACKED, args);
  const { sequence, batch_first = false, padding_value = 0, total_length } = given;
  if (!isInstance(sequence, PackedSequence)) throw invalidType('sequence', 'a PackedSequence', sequence);
  let longest = sequence.batch_sizes.size(0);
  if (total_length != null) {
    if (total_length < longest) {
      throw new ArgumentRangeError(
        'total_length',
        `at least ${longest}, the length of the longest sequence`,
        String(total_length),
      );
    }
    longest = total_length;
  }
  const { data, batch_sizes, unsorted_indices } = sequence;
  const [padded, lengths] = ops('_pad_packed_sequence', data, batch_sizes, batch_first, padding_value, longest) as [
    Tensor,
    Tensor,
  ];
  if (unsorted_indices === null) return [padded, lengths];
  return [
    op('index_select', padded, batch_first ? 0 : 1, unsorted_indices),
    op('index_select', lengths, 0, unsorted_indices.device === 'cpu' ? unsorted_indices : unsorted_indices.cpu()),
  ];
}

/** Options of {@link pad_sequence}. */
export interface PadOptions {
  /** Return the batch first. Default false. */
  batch_first?: boolean | undefined;
  /** The padding value. Default 0. */
  padding_value?: number | undefined;
  /** The side of the padding. Default `'right'`. PyTorch 2.5 and newer. */
  padding_side?: 'right' | 'left' | undefined;
}

/** Joins sequences of different lengths in one tensor, padded to the longest. */
export function pad_sequence(
  sequences: readonly Tensor[],
  batch_first?: boolean | PadOptions,
  padding_value?: number | PadOptions,
  padding_side?: 'right' | 'left' | PadOptions,
  options?: PadOptions,
): Tensor;
export function pad_sequence(...args: unknown[]): Tensor {
  const given = readCall<{ sequences: readonly Tensor[] } & PadOptions>(PAD, args);
  const { sequences, batch_first = false, padding_value = 0, padding_side = 'right' } = given;
  if (!isArray(sequences)) throw invalidType('sequences', 'an array of Tensors', sequences);
  const values = [sequences, batch_first, padding_value] as const;
  return padding_side === 'right' ? op('pad_sequence', ...values) : op('pad_sequence', ...values, padding_side);
}

/** Splits padded sequences into a list without padding. */
export function unpad_sequence(
  padded_sequences: Tensor,
  lengths: Tensor,
  batch_first?: boolean | { batch_first?: boolean },
): Tensor[];
export function unpad_sequence(...args: unknown[]): Tensor[] {
  const given = readCall<{ padded_sequences: Tensor; lengths: Tensor; batch_first?: boolean }>(UNPAD, args);
  const { padded_sequences, lengths, batch_first = false } = given;
  if (!isTensor(padded_sequences)) throw invalidType('padded_sequences', 'a Tensor', padded_sequences);
  const rows = batch_first ? padded_sequences : op('transpose', padded_sequences, 1, 0);
  const counts = (lengthsOf(lengths).tolist() as (number | bigint)[]).map(Number);
  return counts.map((length, at) => op('slice', op('select', rows, 0, at), 0, 0, length));
}

/** Packs sequences of different lengths. */
export function pack_sequence(
  sequences: readonly Tensor[],
  enforce_sorted?: boolean | { enforce_sorted?: boolean },
): PackedSequence;
export function pack_sequence(...args: unknown[]): PackedSequence {
  const given = readCall<{ sequences: readonly Tensor[]; enforce_sorted?: boolean }>(PACK_SEQUENCE, args);
  const { sequences, enforce_sorted = true } = given;
  if (!isArray(sequences)) throw invalidType('sequences', 'an array of Tensors', sequences);
  const lengths = itemsOf(sequences, 'sequences').map((sequence, at) => {
    if (!isTensor(sequence)) throw invalidType(`sequences[${at}]`, 'a Tensor', sequence);
    return (sequence as Tensor).size(0);
  });
  return pack_padded_sequence(pad_sequence(sequences), lengths, { enforce_sorted });
}

/** Unpacks sequences into a list. */
export function unpack_sequence(packed_sequences: PackedSequence): Tensor[] {
  const [padded, lengths] = pad_packed_sequence(packed_sequences, { batch_first: true });
  return unpad_sequence(padded, lengths, { batch_first: true });
}
