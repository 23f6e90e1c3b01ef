/** How the ranks of a group find each other: `env://`, `tcp://` and `file://`, as in Python. */
import { fileURLToPath } from 'node:url';
import { invalidValue, TorchError } from '../base/errors.js';

/** Where the ranks meet, and who this one is. */
export interface Rendezvous {
  readonly host: string;
  readonly port: number;
  /** Whether this rank serves the store where the others look. */
  readonly serves: boolean;
  /** The file that stands for the store, or `''`. */
  readonly file: string;
  /** What the keys in the store begin with. */
  readonly prefix: string;
  readonly rank: number;
  readonly world_size: number;
}

/**
 * Reads where to meet from an address and, where that leaves it open, from the environment that `torchrun` sets.
 *
 * @param rank - this process's rank; -1 to read it from the address or the environment
 * @throws TorchError or RangeError that names what is missing or wrong
 */
export function rendezvous(init_method: string, rank: number, world_size: number): Rendezvous {
  if (!URL.canParse(init_method)) throw wrongMethod(init_method);
  const url = new URL(init_method);
  if (url.protocol === 'env:') {
    const found = whoAmI(url, rank, world_size, 'environment');
    return atServer(fromEnvironment('MASTER_ADDR'), port(fromEnvironment('MASTER_PORT'), 'MASTER_PORT'), found);
  }
  const found = whoAmI(url, rank, world_size, 'init_method');
  if (url.protocol === 'tcp:') {
    if (url.hostname === '' || url.port === '') throw wrongMethod(init_method);
    return atServer(url.hostname.replace(/^\[(.*)\]$/, '$1'), port(url.port, 'init_method'), found);
  }
  if (url.protocol !== 'file:') throw wrongMethod(init_method);
  url.search = '';
  return { host: '', port: 0, serves: false, file: fileURLToPath(url), prefix: '', ...found };
}

/** Rank 0 serves the store, unless the agent of `torchrun` does. */
function atServer(host: string, port: number, found: { rank: number; world_size: number }): Rendezvous {
  const byAgent = process.env.TORCHELASTIC_USE_AGENT_STORE === 'True';
  // A restarted group must not read what the one before it wrote. Newer agents have a new store for each attempt.
  const prefix = byAgent ? `/worker/attempt_${process.env.TORCHELASTIC_RESTART_COUNT ?? 0}` : '';
  return { host, port, serves: !byAgent && found.rank === 0, file: '', prefix, ...found };
}

function whoAmI(url: URL, rank: number, world_size: number, source: 'environment' | 'init_method') {
  const own = integer(read(url, 'rank', rank, source), 'rank');
  const size = integer(read(url, 'world_size', world_size, source), 'world_size');
  if (size < 1) throw invalidValue('world_size', 'at least 1', size);
  if (own < 0 || own >= size) throw invalidValue('rank', `0 to ${size - 1}, for a world_size of ${size}`, own);
  return { rank: own, world_size: size };
}

function read(url: URL, name: 'rank' | 'world_size', given: number, source: 'environment' | 'init_method'): string {
  if (given !== -1) return String(given);
  const found = url.searchParams.get(name);
  if (found !== null) return found;
  if (source === 'environment') return fromEnvironment(name.toUpperCase());
  throw new TorchError('ERR_INVALID_ARG_VALUE', `${name}: expected one for ${url.protocol}//, got none`, {
    parameter: name,
  });
}

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  throw new TorchError(
    'ERR_INVALID_ARG_VALUE',
    `init_method: env:// needs the environment variable ${name}, which torchrun sets`,
    { parameter: 'init_method' },
  );
}

function integer(text: string, name: string): number {
  if (/^-?\d{1,9}$/.test(text)) return Number(text);
  throw invalidValue(name, 'an integer', text);
}

function port(text: string, name: string): number {
  const number = integer(text, name);
  if (number >= 0 && number < 65536) return number;
  throw invalidValue(name, 'a port, 0 to 65535', number);
}

function wrongMethod(init_method: string) {
  return invalidValue('init_method', "'env://', 'tcp://HOST:PORT' or 'file:///PATH'", init_method);
}
