/** Settings of LibTorch that hold for all threads of the process. */
import { checkBoolean } from '../addon/arguments.js';
import { checkThreads } from '../addon/lane.js';
import { native } from '../addon/native.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { callShape, readCall } from '../base/positional.js';

const DETERMINISTIC = callShape('use_deterministic_algorithms', 'mode, warn_only?');
const MODES = ['default', 'warn', 'error'];
const PRECISIONS = ['highest', 'high', 'medium'] as const;

/** How exact matrix products of float32 are, where the processor has faster ones. */
export type MatmulPrecision = (typeof PRECISIONS)[number];

/**
 * Has LibTorch choose algorithms that give the same bits in each run, and throw where an operator has none. It holds for
 * all threads of the process.
 *
 * @param mode - whether only such algorithms are allowed
 * @param warn_only - warn instead of throwing. Default false
 * @example
 * ```ts
 * torch.use_deterministic_algorithms(true, { warn_only: true });
 * torch.are_deterministic_algorithms_enabled();   // true
 * torch.use_deterministic_algorithms(false);
 * ```
 */
export function use_deterministic_algorithms(
  mode: boolean,
  warn_only?: boolean | { warn_only?: boolean | undefined },
): void;
export function use_deterministic_algorithms(...args: unknown[]): void {
  const { mode, warn_only = false } = readCall<{ mode: boolean; warn_only?: boolean }>(DETERMINISTIC, args);
  checkBoolean(mode, 'mode');
  checkBoolean(warn_only, 'warn_only');
  native().set_deterministic_mode(mode ? (warn_only ? 1 : 2) : 0);
}

/** Whether {@link use_deterministic_algorithms} is on. */
export function are_deterministic_algorithms_enabled(): boolean {
  return native().deterministic_mode() !== 0;
}

/** Whether {@link use_deterministic_algorithms} is on and only warns. */
export function is_deterministic_algorithms_warn_only_enabled(): boolean {
  return native().deterministic_mode() === 1;
}

/** The same as {@link use_deterministic_algorithms}: 0 or `'default'` is off, 1 or `'warn'` warns, 2 or `'error'` throws. */
export function set_deterministic_debug_mode(debug_mode: 0 | 1 | 2 | 'default' | 'warn' | 'error'): void {
  const mode = typeof debug_mode === 'string' ? MODES.indexOf(debug_mode) : debug_mode;
  if (![0, 1, 2].includes(mode))
    throw invalidValue('debug_mode', "0 or 'default', 1 or 'warn', 2 or 'error'", debug_mode);
  native().set_deterministic_mode(mode);
}

/** What {@link set_deterministic_debug_mode} has set, as a number. */
export function get_deterministic_debug_mode(): number {
  return native().deterministic_mode();
}

/**
 * Sets how exact matrix products of float32 are: `'highest'` computes them in float32, `'high'` and `'medium'` may take
 * fewer bits where the processor is faster then. It holds for all threads of the process.
 */
export function set_float32_matmul_precision(precision: MatmulPrecision): void {
  if (typeof precision !== 'string') throw invalidType('precision', 'a string', precision);
  if (!PRECISIONS.includes(precision))
    throw invalidValue('precision', PRECISIONS.map((word) => `'${word}'`).join(', '), precision);
  native().set_matmul_precision(precision);
}

/** How exact matrix products of float32 are. Default `'highest'`. */
export function get_float32_matmul_precision(): MatmulPrecision {
  return native().matmul_precision() as MatmulPrecision;
}

/** The number of threads on which TorchScript runs independent parts side by side. */
export function get_num_interop_threads(): number {
  return native().interop_threads();
}

/** Sets that number, once, before the first such part runs. */
export function set_num_interop_threads(threads: number): void {
  checkThreads(threads, 'threads');
  native().set_interop_threads(threads);
}
