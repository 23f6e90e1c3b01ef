/** `torch.distributed`: process groups and collectives. */
export {
  all_gather,
  all_gather_into_tensor,
  all_reduce,
  barrier,
  broadcast,
  gather,
  recv,
  reduce,
  reduce_scatter,
  ReduceOp,
  type ReduceOptions,
  scatter,
  send,
} from './collectives.js';
export {
  destroy_process_group,
  get_backend,
  get_rank,
  get_world_size,
  init_process_group,
  type InitOptions,
  is_available,
  is_gloo_available,
  is_initialized,
  is_nccl_available,
  is_torchelastic_launched,
} from './process_group.js';
