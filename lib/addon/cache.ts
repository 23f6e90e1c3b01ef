import { native } from './native.js';

/**
 * Gives the memory that freed tensors have left back to the system and, with newer LibTorchs, to CUDA's driver.
 *
 * Blocks of 64 KiB and more are kept when their tensors are freed, for the next tensor of about their size: the system
 * clears all memory it hands out, which for a large loss takes longer than computing it. At most a quarter of the
 * memory is kept, or what the environment variable `TORCHLOSS_CACHE_LIMIT` says (bytes, or with K, M, G or T); what
 * nobody asks for in five seconds, and everything when memory is short, is given back without this call.
 * `TORCHLOSS_ALLOCATOR=system` keeps nothing. Memory that tensors hold stays theirs: dispose of them first.
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
