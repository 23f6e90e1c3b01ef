/** What a DistributedDataParallel module needs to know: its options, read and checked. */
import { checkBoolean } from '../addon/arguments.js';
import type { ReducerValues } from '../addon/distributed_functions.js';
import { handleOf } from '../addon/handle.js';
import { native } from '../addon/native.js';
import { behaviour } from '../addon/versions.js';
import { ArgumentRangeError, invalidType, invalidValue, TorchError } from '../base/errors.js';
import { callShape, readCall } from '../base/positional.js';
import { warnOnce } from '../base/warnings.js';
import { Embedding, EmbeddingBag } from '../nn/index.js';
import { isModule, type Module } from '../nn/module.js';
import type { Parameter } from '../nn/parameter.js';
import { awaitsShape } from '../nn/uninitialized.js';
import { refuse } from './arguments.js';
import { type Group, groupOf, type ProcessGroup } from './group.js';

/** Options of `DistributedDataParallel`. */
export interface DistributedDataParallelOptions {
  /** Send rank 0's buffers to all ranks before each forward pass in training. Default true. */
  broadcast_buffers?: boolean | undefined;
  /** Check at the beginning that all ranks have the same module, and send rank 0's values. Default true. */
  init_sync?: boolean | undefined;
  /** The processes that train the module. Default: the default group. */
  process_group?: ProcessGroup | null | undefined;
  /** How many MiB of gradients travel together. Default 25, and 1 for those that are ready first. */
  bucket_cap_mb?: number | null | undefined;
  /** Look in each forward pass for parameters that its outputs do not depend on. Default false. */
  find_unused_parameters?: boolean | undefined;
  /** Let gradients lie where they travel, which saves their memory once. Default false. */
  gradient_as_bucket_view?: boolean | undefined;
  /**
   * Promise that each pass uses the same parameters, the same number of times: those that are not used are found once, and
   * `checkpoint` may compute parts twice. Default false.
   */
  static_graph?: boolean | undefined;
  /** PyTorch 2.13's name for `broadcast_buffers`; buffers are then sent at the beginning in any case. */
  forward_sync_buffers?: boolean | null | undefined;
}

/** Options of Python's DistributedDataParallel that are refused, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  device_ids: "move the inputs to the module's device instead",
  output_device: 'outputs stay on the device of the module',
  dim: 'inputs are not split: each process has its own',
  delay_all_reduce_named_params: 'all gradients are reduced during the backward pass',
  param_to_hook_all_reduce: 'all gradients are reduced during the backward pass',
  mixed_precision: 'use torch.autocast instead',
  device_mesh: 'there are no meshes: use process_group',
  skip_all_reduce_unused_params: 'use find_unused_parameters instead',
  bucket_cap_mb_list: 'buckets have one size: use bucket_cap_mb',
  batched_grad_copy: 'gradients are copied one by one',
};

const OPTIONS = callShape(
  'DistributedDataParallel',
  'module, device_ids?, output_device?, dim?, broadcast_buffers?, init_sync?, process_group?, bucket_cap_mb?, ' +
    'find_unused_parameters?, check_reduction?, gradient_as_bucket_view?, static_graph?, ' +
    'delay_all_reduce_named_params?, param_to_hook_all_reduce?, mixed_precision?, device_mesh?, ' +
    'skip_all_reduce_unused_params?, bucket_cap_mb_list?, batched_grad_copy?, forward_sync_buffers?',
);

const FLAGS = [
  'broadcast_buffers',
  'check_reduction',
  'find_unused_parameters',
  'forward_sync_buffers',
  'gradient_as_bucket_view',
  'init_sync',
  'static_graph',
] as const;

/** What belongs to a module, beside its fields. */
export interface Replica {
  readonly id: number;
  readonly group: Group;
  readonly sends: boolean;
  readonly finds: boolean;
  readonly isStatic: boolean;
  /** Whether the next backward pass reduces; see `no_sync`. */
  reduces: boolean;
  /** Whether the next forward pass sends the buffers: not after one whose gradients were not reduced. */
  sendsNext: boolean;
  /** Whether ranks may make different numbers of passes; see `join`. */
  joins: boolean;
  /** Whether `synchronize` has done what comes before the next forward pass. */
  synchronized: boolean;
}

/** Reads the arguments of the constructor. */
export function planOf(args: readonly unknown[]) {
  type Given = DistributedDataParallelOptions & { module: unknown; check_reduction?: unknown };
  const given = readCall<Given>(OPTIONS, args);
  for (const [name, reason] of Object.entries(REFUSED)) refuse(name, given[name as keyof Given], reason);
  const group = groupOf(given.process_group, 'DistributedDataParallel');
  if (group === null) throw invalidValue('process_group', 'a group in which this process is', given.process_group);
  const { module, init_sync = true, bucket_cap_mb, forward_sync_buffers } = given;
  const broadcast_buffers = forward_sync_buffers ?? given.broadcast_buffers ?? true;
  const { find_unused_parameters = false, gradient_as_bucket_view = false, static_graph = false } = given;
  if (!isModule(module)) throw invalidType('module', 'a Module', module);
  for (const name of FLAGS) {
    const value = given[name];
    const isDefault = value === undefined || (value === null && name.endsWith('buffers'));
    if (!isDefault) checkBoolean(value, name);
  }
  if (given.check_reduction === true)
    warnOnce('The `check_reduction` argument in `DistributedDataParallel` is not used.');
  if (bucket_cap_mb != null) {
    if (typeof bucket_cap_mb !== 'number') throw invalidType('bucket_cap_mb', 'a number', bucket_cap_mb);
    if (!(bucket_cap_mb > 0)) throw invalidValue('bucket_cap_mb', 'a number above 0', bucket_cap_mb);
  }
  if (!native().c10d_is_uniform(group.id)) {
    throw new TorchError(
      'ERR_MISMATCH',
      "DistributedDataParallel: expected all ranks to be torchloss; Python's makes other collectives",
    );
  }
  const all = module.parameters();
  if (all.some(awaitsShape))
    throw invalidType('module', 'a module whose parameters have their shapes: call it once first', module);
  const learned = learnedOf(module);
  if (learned.length === 0)
    throw new ArgumentRangeError('module', 'one with a parameter that requires a gradient', 'none');
  if (all.some(({ device }) => device !== all[0]?.device))
    throw new ArgumentRangeError('module', 'all parameters on one device', 'several');
  const sendsFirst = forward_sync_buffers != null || broadcast_buffers;
  const sent = sendsFirst || !behaviour().syncsOnlyWantedBuffers ? module.buffers() : [];
  const states = init_sync ? [...all, ...sent] : [];
  const settings = {
    broadcast_buffers,
    init_sync,
    bucket_cap_mb,
    find_unused_parameters,
    gradient_as_bucket_view,
    static_graph,
  };
  const values: ReducerValues = [
    group.id,
    JSON.stringify(settings),
    learned.map(({ parameter }) => handleOf(parameter, 'module')),
    learned.map(({ name }) => name),
    learned.map(({ sparse }) => sparse),
    states.map((tensor) => handleOf(tensor, 'module')),
    bucket_cap_mb ?? 0,
    find_unused_parameters,
    gradient_as_bucket_view,
    static_graph,
  ];
  const replica = (id: number): Replica => {
    group.reducers.add(id);
    return {
      id,
      group,
      sends: broadcast_buffers,
      finds: find_unused_parameters && !static_graph,
      isStatic: static_graph,
      reduces: true,
      sendsNext: true,
      joins: false,
      synchronized: false,
    };
  };
  return { group, values, replica };
}

/** The parameters that require gradients, in Python's order: that of their modules. */
function learnedOf(module: Module) {
  const found = new Map<Parameter, { parameter: Parameter; name: string; sparse: boolean }>();
  for (const [path, part] of module.named_modules()) {
    const sparse = (part instanceof Embedding || part instanceof EmbeddingBag) && part.sparse;
    for (const [key, parameter] of part.named_parameters({ recurse: false }))
      if (parameter.requires_grad && !found.has(parameter))
        found.set(parameter, { parameter, name: `${path}.${key}`, sparse });
  }
  return [...found.values()];
}
