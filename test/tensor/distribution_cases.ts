/** Distributions, what they give here, and the program that computes the same in Python. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Tensor, torch } from '../../lib/index.js';
import { TorchError } from '../../lib/base/errors.js';

/** A parameter: a number, the elements of a tensor, or a distribution as its name and its arguments. */
type Argument = number | readonly unknown[] | { readonly [name: string]: Arguments };
export type Arguments = { readonly [name: string]: Argument };

/** One distribution, and where its functions are computed. */
export interface Case {
  readonly name: keyof typeof torch.distributions;
  readonly dtype: 'float32' | 'float64';
  readonly arguments: Arguments;
  readonly value: number | readonly unknown[];
  /** The arguments of another, for the divergence. */
  readonly kl?: Arguments;
  /** Where the inverse of its `cdf` is computed. */
  readonly share?: readonly number[];
  /** Its arguments are distributions. */
  readonly nested?: true;
}

/** Results by name; those that a distribution lacks are `'none'`. */
export type Results = Readonly<Record<string, unknown>>;

const recorded = JSON.parse(readFileSync(new URL('../fixtures/distributions.json', import.meta.url), 'utf8')) as {
  cases: Omit<Case, 'dtype'>[];
  results: Results[];
};

/** What PyTorch 2.13 gave in float64, but for the samples. */
export const RECORDED = recorded.results;

/** All cases in a dtype. */
export function cases(dtype: Case['dtype']): Case[] {
  return recorded.cases.map((each) => ({ ...each, dtype }));
}

/** What Python gives. */
export function inPython(python: string, all: readonly Case[]): Results[] {
  const program = fileURLToPath(new URL('distributions.py', import.meta.url));
  const { status, stdout, stderr } = spawnSync(python, [program], { input: JSON.stringify(all), encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Results[];
}

/** What torchloss gives, in the same form. */
export function here(each: Case): Results {
  const { dtype } = each;
  const given = () =>
    Object.fromEntries(Object.entries(each.arguments).map(([key, entry]) => [key, read(entry, dtype)]));
  const value = torch.tensor(each.value as number, { dtype });
  const m = make(each.name, given());
  const found: Record<string, unknown> = {
    batch_shape: m.batch_shape,
    event_shape: m.event_shape,
    mean: computed(() => m.mean),
    variance: computed(() => m.variance),
    stddev: computed(() => m.stddev),
    mode: computed(() => m.mode),
    entropy: computed(() => m.entropy()),
    log_prob: computed(() => m.log_prob(value)),
    cdf: computed(() => m.cdf(value)),
  };
  const { kl, share: shares } = each;
  if (kl !== undefined) {
    const other = read({ [each.name]: kl }, dtype) as torch.distributions.Distribution;
    found['kl'] = computed(() => torch.distributions.kl_divergence(m, other));
  }
  if (shares !== undefined) found['icdf'] = computed(() => m.icdf(torch.tensor(shares as number[], { dtype })));
  const ofLeaves = (call: (own: torch.distributions.Distribution) => Tensor) =>
    computed(() => gradients(given(), each.name, call));
  if (each.nested !== true) found['log_prob.grad'] = ofLeaves((own) => own.log_prob(value));
  torch.manual_seed(7);
  found['sample'] = computed(() => m.sample([3]));
  const rsample = computed(() => m.rsample([2]));
  if (rsample === 'none') return found;
  found['rsample'] = rsample;
  if (each.nested !== true) found['rsample.grad'] = ofLeaves((own) => own.rsample([2]));
  return found;
}

function read(entry: Argument, dtype: Case['dtype']): unknown {
  if (Array.isArray(entry)) return torch.tensor(entry as number[], { dtype });
  if (typeof entry === 'number') return entry;
  const [[name, args]] = Object.entries(entry) as [[Case['name'], Arguments]];
  return make(name, Object.fromEntries(Object.entries(args).map(([key, item]) => [key, read(item, dtype)])));
}

function make(name: Case['name'], args: object): torch.distributions.Distribution {
  const kind = torch.distributions[name] as unknown as new (args: object) => torch.distributions.Distribution;
  return new kind(args);
}

function gradients(
  args: Record<string, unknown>,
  name: Case['name'],
  call: (own: torch.distributions.Distribution) => Tensor,
): unknown {
  const leaves = Object.values(args).filter((item): item is Tensor => torch.is_tensor(item));
  for (const leaf of leaves) leaf.requires_grad_();
  const result = call(make(name, args));
  if (!result.requires_grad) return 'none';
  const weights = torch.arange(1, result.numel() + 1, { dtype: result.dtype }).view(result.shape as number[]);
  result.mul(weights).sum().backward();
  return leaves.map((leaf) => plain((leaf.grad as Tensor | null)?.tolist() ?? null));
}

function computed(compute: () => unknown): unknown {
  try {
    const result = compute();
    return plain(torch.is_tensor(result) ? result.tolist() : result);
  } catch (error) {
    if (error instanceof TorchError && error.code === 'ERR_NOT_IMPLEMENTED') return 'none';
    throw error;
  }
}

/** Nested arrays, in which numbers that JSON lacks are Python's words. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'number' || Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}
