/**
 * The distribution of the losses: all of them while they are few, otherwise their counts in buckets, whose memory does
 * not grow.
 */
import type { Histogram, Quantile } from './interface.js';

/** Up to this many samples, quantiles are exact. */
export const EXACT_SAMPLES = 2 ** 16;

/** The levels of the quantiles. */
const SHARES: readonly number[] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];

const BINS = 32;

/** As in `binding/parts/statistics.h`: buckets per power of two, the lowest power, and the bucket of zero. */
export const SKETCH = { parts: 128, lowestPower: -64, zero: 128 * 128 } as const;
const { parts: PARTS, lowestPower: LOWEST_POWER, zero: ZERO } = SKETCH;

/** Bucket numbers range from 0 to this. */
export const LAST_BUCKET = 2 * ZERO;

/** The non-empty buckets with their counts. */
export type Buckets = Map<number, number>;

/** Adds counts that come as buckets and counts in turn. */
export function addBuckets(buckets: Buckets, pairs: ArrayLike<number>): void {
  for (let i = 0; i < pairs.length; i += 2) {
    const bucket = pairs[i] as number;
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + (pairs[i + 1] as number));
  }
}

/** The value that represents a bucket: its middle, at most 0.4 % from each of its losses. */
function middle(bucket: number): number {
  const place = Math.abs(bucket - ZERO);
  if (place === 0) return 0;
  const power = LOWEST_POWER + Math.floor((place - 1) / PARTS);
  const size = 2 ** power * (1 + (((place - 1) % PARTS) + 0.5) / PARTS);
  return bucket < ZERO ? -size : size;
}

/** Losses in order. Each counts as often as `counts` says, or once. */
interface Spread {
  readonly losses: ArrayLike<number>;
  readonly counts: ArrayLike<number> | undefined;
}

/** The finite losses themselves, or the buckets' middles. */
function spreadOf(values: readonly number[] | undefined, buckets: Buckets, least: number, greatest: number): Spread {
  if (values !== undefined) return { losses: Float64Array.from(values).sort(), counts: undefined };
  const order = [...buckets].sort(([a], [b]) => a - b);
  return {
    losses: order.map(([bucket]) => Math.min(greatest, Math.max(least, middle(bucket)))),
    counts: order.map(([, count]) => count),
  };
}

function totalOf({ losses, counts }: Spread): number {
  return counts === undefined ? losses.length : Array.from(counts).reduce((sum, count) => sum + count, 0);
}

/** Quantiles and the histogram of the finite losses. */
export function describeSpread(
  values: readonly number[] | undefined,
  buckets: Buckets,
  least: number,
  greatest: number,
): { quantiles: Quantile[]; histogram: Histogram } {
  const spread = spreadOf(values, buckets, least, greatest);
  const total = totalOf(spread);
  if (total === 0) return { quantiles: [], histogram: { edges: [], counts: [] } };
  return {
    quantiles: SHARES.map((share) => ({ share, loss: quantile(spread, total, share) })),
    histogram: histogramOf(spread, total, least, greatest),
  };
}

function quantile({ losses, counts }: Spread, total: number, share: number): number {
  const rank = share * (total - 1);
  if (counts === undefined) {
    const below = losses[Math.floor(rank)] as number;
    const above = losses[Math.ceil(rank)] as number;
    return below + (above - below) * (rank - Math.floor(rank));
  }
  let seen = 0;
  let index = -1;
  while (seen <= rank && index + 1 < counts.length) seen += counts[++index] as number;
  return losses[index] as number;
}

function histogramOf({ losses, counts }: Spread, total: number, least: number, greatest: number): Histogram {
  const width = (greatest - least) / BINS;
  if (!(width > 0) || !Number.isFinite(width)) return { edges: [least, greatest], counts: [total] };
  const bins = Array.from({ length: BINS }, () => 0);
  for (let index = 0; index < losses.length; index++) {
    const bin = Math.min(BINS - 1, Math.floor(((losses[index] as number) - least) / width));
    bins[bin] = (bins[bin] as number) + (counts === undefined ? 1 : (counts[index] as number));
  }
  return {
    edges: Array.from({ length: BINS + 1 }, (_, i) => (i === BINS ? greatest : least + i * width)),
    counts: bins,
  };
}
