import { checkBoolean } from '../addon/arguments.js';
import { DTYPES, isFloat } from '../tensor/dtypes.js';
import { invalidValue } from '../base/errors.js';
import { isInstance } from '../base/plain_object.js';
import { callShape, readCall } from '../base/positional.js';
import type { Float } from '../base/types.js';
import { optional, type Param } from '../loss/params.js';

/** What `chunking_method` can be. */
export type ChunkingMethod = 'auto' | 'aspect_ratio' | `aspect_ratio:${number}`;

/** What is computed in `acc_dtype`, and what in the dtype of the input. */
export type AccPolicy = 'auto' | 'accurate' | 'balanced' | 'compact';

/** The fields of {@link LinearCrossEntropyOptions}. */
export interface LinearCrossEntropyFields {
  /**
   * Allow more than one backward pass with `retain_graph`, at the cost of a copy of each gradient. Reduction `'none'`
   * always allows it. Default false.
   */
  allow_retain_graph?: boolean | undefined;
  /** The number of rows of a chunk, instead of a `chunking_method`. Default: what `chunking_method` gives. */
  batch_chunk_size?: number | null | undefined;
  /**
   * How to choose the number of rows. `'aspect_ratio'`: as many as make the logits of a chunk about as large as the
   * input, rounded up to a power of 2; `'aspect_ratio:N'`: an N-th of that. `'auto'`: `'aspect_ratio'` for float16 and
   * bfloat16 on the CPU, otherwise `'aspect_ratio:2'`. `null`: `batch_chunk_size`, or all rows at once. Default
   * `'auto'`.
   */
  chunking_method?: ChunkingMethod | null | undefined;
  /**
   * How much is computed in `acc_dtype`. `'accurate'`: as much as possible; `'balanced'`: only what gradients depend on
   * most; `'compact'`: like `'balanced'`, without the memory for the gradient of linear_weight in `acc_dtype`. `'auto'`:
   * `'accurate'` for float16 and bfloat16 on the CPU, otherwise `'compact'`. Default `'auto'`.
   */
  acc_policy?: AccPolicy | undefined;
  /**
   * The dtype of sums: that of the input, or float32 for float16 and bfloat16. Default: with `acc_policy` `'auto'`
   * float32 for float16 and bfloat16, otherwise the dtype of the input.
   */
  acc_dtype?: Float | null | undefined;
}

/** The policies by their numbers, as in `binding/losses/linear_cross_entropy.h`. */
export const ACC_POLICIES = { auto: 0, accurate: 1, balanced: 2, compact: 3 } as const;

/** What stands for a value that the call chooses, and for an absent one, as in `binding/losses/linear_cross_entropy.h`. */
export const CHOSEN = -1;
export const ABSENT = 0;

const SHAPE = callShape(
  'LinearCrossEntropyOptions',
  'allow_retain_graph?, batch_chunk_size?, chunking_method?, acc_policy?, acc_dtype?',
);

/**
 * How `linear_cross_entropy` computes a batch in chunks of rows, so that the logits of all rows are never in memory at
 * once. It pays where there are more rows and more classes than features.
 *
 * The gradients are computed together with the loss, so a second backward pass needs `allow_retain_graph`. They have no
 * gradients of their own.
 *
 * @example
 * ```ts
 * const options = new torch.nn.LinearCrossEntropyOptions({ batch_chunk_size: 512 });
 * options.chunking_method;   // 'auto'
 * ```
 */
export class LinearCrossEntropyOptions implements Readonly<Required<LinearCrossEntropyFields>> {
  readonly allow_retain_graph: boolean;
  readonly batch_chunk_size: number | null;
  readonly chunking_method: ChunkingMethod | null;
  readonly acc_policy: AccPolicy;
  readonly acc_dtype: Float | null;

  /** Fields by name, or by position in the order of Python's. */
  constructor(fields?: LinearCrossEntropyFields);
  constructor(
    allow_retain_graph?: boolean,
    batch_chunk_size?: number | null,
    chunking_method?: ChunkingMethod | null,
    acc_policy?: AccPolicy,
    acc_dtype?: Float | null,
  );
  constructor(...args: unknown[]) {
    const given = readCall<LinearCrossEntropyFields>(SHAPE, args);
    const { allow_retain_graph = false, batch_chunk_size = null, chunking_method = 'auto' } = given;
    const { acc_policy = 'auto', acc_dtype = null } = given;
    checkBoolean(allow_retain_graph, 'allow_retain_graph');
    if (typeof acc_policy !== 'string' || !Object.hasOwn(ACC_POLICIES, acc_policy)) {
      throw invalidValue('acc_policy', "'auto', 'accurate', 'balanced' or 'compact'", acc_policy);
    }
    if (chunking_method !== null && factorOf(chunking_method) === undefined) {
      throw invalidValue(
        'chunking_method',
        "'auto', 'aspect_ratio', 'aspect_ratio:N' with an N of 1 or more, or null",
        chunking_method,
      );
    }
    if (batch_chunk_size !== null && !(Number.isSafeInteger(batch_chunk_size) && batch_chunk_size > 0)) {
      throw invalidValue('batch_chunk_size', 'an integer of 1 or more, or null', batch_chunk_size);
    }
    if (acc_dtype !== null && !isFloat(acc_dtype)) {
      throw invalidValue('acc_dtype', 'float16, bfloat16, float32, float64 or null', acc_dtype);
    }
    this.allow_retain_graph = allow_retain_graph;
    this.batch_chunk_size = batch_chunk_size;
    this.chunking_method = chunking_method;
    this.acc_policy = acc_policy;
    this.acc_dtype = acc_dtype;
    Object.freeze(this);
  }

  /** What Python prints. */
  toString(): string {
    const { allow_retain_graph, batch_chunk_size, chunking_method, acc_policy, acc_dtype } = this;
    const fields = {
      allow_retain_graph: allow_retain_graph ? 'True' : 'False',
      batch_chunk_size: batch_chunk_size ?? 'None',
      chunking_method: chunking_method === null ? 'None' : `'${chunking_method}'`,
      acc_policy: `'${acc_policy}'`,
      acc_dtype: acc_dtype === null ? 'None' : `torch.${acc_dtype}`,
    };
    const list = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
    return `LinearCrossEntropyOptions(${list.join(', ')})`;
  }
}

/** The factor of a chunking method; `undefined` for anything else. */
function factorOf(method: unknown): number | undefined {
  if (method === 'auto') return CHOSEN;
  const [, factor] = /^aspect_ratio(?::(\d+))?$/.exec(typeof method === 'string' ? method : '') ?? ['', '0'];
  const number = Number(factor ?? 1);
  return Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

/** The option that holds them; `null` for none. */
export const chunkingOptions: Param = optional(
  'object',
  (value) => isInstance(value, LinearCrossEntropyOptions),
  'a torch.nn.LinearCrossEntropyOptions',
);

/** The fields as the addon takes them, after a flag that says whether there are any. */
export function loweredOptions(options: LinearCrossEntropyOptions | undefined): (number | boolean)[] {
  if (options === undefined) return [false, false, ABSENT, ABSENT, ACC_POLICIES.auto, CHOSEN];
  const { allow_retain_graph, batch_chunk_size, chunking_method, acc_policy, acc_dtype } = options;
  return [
    true,
    allow_retain_graph,
    batch_chunk_size ?? ABSENT,
    factorOf(chunking_method) ?? ABSENT,
    ACC_POLICIES[acc_policy],
    acc_dtype === null ? CHOSEN : DTYPES[acc_dtype].code,
  ];
}
