/** Who computes which shard, by a clock that is passed in: the rules of a queue without any waiting. */
import { LOST_TOO_OFTEN, MOST_ATTEMPTS, MOST_LOST } from './interface.js';

/** A shard in the hands of a worker. */
export interface Lease {
  readonly key: string;
  /** Of two leases of a shard, the later one has the larger number. */
  readonly number: number;
}

interface Entry {
  attempts: number;
  lost: number;
  /** The current lease, while it is being computed. */
  lease: number | undefined;
  until: number;
}

/** Leases of shards, which are named by keys. */
export class LeaseTable {
  readonly #entries = new Map<string, Entry>();
  #waiting: string[] = [];
  #head = 0;
  #leases = 0;
  /** The shards that are being computed. */
  readonly #taken = new Set<string>();
  readonly #failures = new Map<string, string>();

  /** Adds a shard, unless it is there. */
  add(key: string): void {
    if (this.#entries.has(key)) return;
    this.#failures.delete(key);
    this.#entries.set(key, { attempts: 0, lost: 0, lease: undefined, until: 0 });
    this.#waiting.push(key);
  }

  /** Whether a shard is waiting or being computed. */
  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** How many shards have failed for good. */
  get failed(): number {
    return this.#failures.size;
  }

  /** Why a shard has failed for good, or `undefined`. */
  failureOf(key: string): string | undefined {
    return this.#failures.get(key);
  }

  /** Forgets that a shard has failed. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Takes the next shard. */
  take(now: number, duration: number): Lease | undefined {
    this.expire(now);
    const key = this.#waiting[this.#head];
    if (key === undefined) return undefined;
    this.#head += 1;
    if (this.#head > 1024 && 2 * this.#head > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    const entry = this.#entries.get(key) as Entry;
    const number = ++this.#leases;
    Object.assign(entry, { lease: number, until: now + duration });
    this.#taken.add(key);
    return { key, number };
  }

  /** Renews a lease. Returns `false` where the shard has been given to another worker, or is done. */
  renew(lease: Lease, now: number, duration: number): boolean {
    const entry = this.#current(lease);
    if (entry !== undefined) entry.until = now + duration;
    return entry !== undefined;
  }

  /** Ends a lease: the shard is done. */
  finish(lease: Lease): void {
    if (this.#current(lease) !== undefined) this.#remove(lease.key);
  }

  /** Ends a lease: the shard has thrown, and waits again or has failed for good. */
  fail(lease: Lease, error: string): void {
    const entry = this.#current(lease);
    if (entry === undefined) return;
    entry.attempts += 1;
    if (entry.attempts < MOST_ATTEMPTS) this.#wait(lease.key, entry);
    else this.#giveUp(lease.key, error);
  }

  /** Ends a lease: another worker is to compute the shard. */
  giveBack(lease: Lease): void {
    const entry = this.#current(lease);
    if (entry !== undefined) this.#wait(lease.key, entry);
  }

  /** Takes the shards of workers that have not renewed their leases. */
  expire(now: number): void {
    for (const key of this.#taken) {
      const entry = this.#entries.get(key) as Entry;
      if (entry.until > now) continue;
      entry.lost += 1;
      if (entry.lost < MOST_LOST) this.#wait(key, entry);
      else this.#giveUp(key, LOST_TOO_OFTEN);
    }
  }

  #current({ key, number }: Lease): Entry | undefined {
    const entry = this.#entries.get(key);
    return entry?.lease === number ? entry : undefined;
  }

  #wait(key: string, entry: Entry): void {
    entry.lease = undefined;
    this.#taken.delete(key);
    this.#waiting.push(key);
  }

  #remove(key: string): void {
    this.#entries.delete(key);
    this.#taken.delete(key);
  }

  #giveUp(key: string, error: string): void {
    this.#remove(key);
    this.#failures.set(key, error);
  }
}
