import { native } from './native.js';

/**
 * Returns the memory of freed tensors to the system and, with LibTorch 2.9 and newer, to CUDA's driver, with the pinned
 * memory of copies to its devices.
 *
 * When a tensor is freed, its blocks of 64 KiB and more are kept for the next tensor of about the same size: the system
 * clears all memory it hands out, which for a large loss takes longer than computing it. At most a quarter of the
 * memory is kept, or as much as the environment variable `TORCHLOSS_CACHE_LIMIT` allows (bytes, or with K, M, G or T).
 * Blocks that stay unused for five seconds are returned without this call, and so are all of them when memory is short.
 * `TORCHLOSS_ALLOCATOR=system` turns the cache off. The memory of live tensors is not affected: dispose of them first.
 *
 * @example
 * ```ts
 * const loss = torch.nn.functional.mse_loss(torch.randn([1000, 1000]), torch.randn([1000, 1000]));
 * torch.empty_cache();
 * ```
 */
export function empty_cache(): void {
  native().empty_cache();
}
