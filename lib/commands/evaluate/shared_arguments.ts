/** The arguments that the shards of an evaluation share. */

/** What Node's parser of arguments found. */
export interface ArgumentToken {
  readonly kind: string;
  readonly name?: string;
  readonly value?: string | undefined;
}

/** Flags of one run of the program, which say nothing of what is computed. */
const OWN: readonly string[] = [
  'shard',
  'results',
  'allow-http',
  'queue',
  'shards',
  'checkpoint',
  'resume',
  'per-sample',
  'report',
  'json',
  'quiet',
  'fail-on',
];

/** The arguments without those about shards and output. */
export function sharedArguments(tokens: readonly ArgumentToken[]): string[] {
  return tokens.flatMap(({ kind, name = '', value }) => {
    if (kind !== 'option' || OWN.includes(name)) return [];
    return value === undefined ? [`--${name}`] : [`--${name}`, value];
  });
}
