/** Places that keep the results of shards. */

/** A place for the results of shards: each is written once, and whole. */
export interface ResultStore {
  /** How the place is shown to people: without credentials. */
  readonly name: string;
  /**
   * Writes a result.
   *
   * @returns `false` where there is one of this name already, which stays as it is
   * @throws TorchError `ERR_FILE_WRITE` if the place refuses it
   */
  create(name: string, text: string): Promise<boolean>;
  /**
   * Reads a result, or `undefined` where there is none.
   *
   * @throws TorchError `ERR_FILE_READ` if the place refuses it
   */
  read(name: string): Promise<string | undefined>;
  /** The names of the results, or `undefined` where the place cannot list them. */
  list(): Promise<readonly string[] | undefined>;
}

/** A shard, counted from 1, and how many there are. */
export interface ShardNumber {
  readonly index: number;
  readonly count: number;
}

/** The name of a shard's result: `shard-03-of-16.json`, so that names sort as shards do. */
export function shardName({ index, count }: ShardNumber): string {
  return `shard-${String(index).padStart(String(count).length, '0')}-of-${count}.json`;
}

/** The shard that a result's name says, or `undefined` for another name. */
export function shardOfName(name: string): ShardNumber | undefined {
  const [, index, count] = (/^shard-(\d{1,9})-of-(\d{1,9})\.json$/.exec(name) ?? []).map(Number);
  if (index === undefined || count === undefined || index < 1 || index > count) return undefined;
  return { index, count };
}
