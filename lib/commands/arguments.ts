/** Argument handling that several commands share. */
import { type ErrorCode, TorchError } from '../base/errors.js';
import { nearest } from '../base/nearest.js';

/** An error for wrong usage. */
export function usage(message: string): TorchError {
  return new TorchError('ERR_USAGE', message);
}

/** Turns an error about an argument into a usage error about the flag it came from. */
export function blame(error: unknown, flag: string): unknown {
  const { code, message } = error as { code?: ErrorCode; message: string };
  const ofCall = code === 'ERR_INVALID_ARG_TYPE' || code === 'ERR_INVALID_ARG_VALUE' || code === 'ERR_UNKNOWN_OPTION';
  return ofCall ? usage(`--${flag}: ${message}`) : error;
}

/** The suggestion for a misspelled flag, as the end of an error; `undefined` if no flag is close. */
export function meantFlag(given: string, names: readonly string[]): string | undefined {
  const { word, distance } = nearest(given.replace(/^--/, ''), names);
  return distance < 3 ? `did you mean --${word}?` : undefined;
}

/** Rewrites `--batch_size` to `--batch-size`, and `--pos-weight` to `--pos_weight`. */
export function spell(args: readonly string[], names: readonly string[]): string[] {
  const end = args.indexOf('--');
  return args.map((arg, index) => {
    const [, name, rest = ''] = /^--([A-Za-z][\w-]*)(=.*)?$/s.exec(arg) ?? [];
    if (name === undefined || names.includes(name) || (end !== -1 && index > end)) return arg;
    const other = names.find((known) => known.replaceAll('-', '_') === name.replaceAll('-', '_'));
    return other === undefined ? arg : `--${other}${rest}`;
  });
}

/** Arguments in which columns of standard input, such as `-#label`, are not taken for short flags by the parser. */
export function joinColumns(args: readonly string[]): string[] {
  const joined: string[] = [];
  const positionals: string[] = [];
  for (const arg of args) {
    const flag = joined.at(-1);
    if (!/^-[#?]/.test(arg) || joined.includes('--')) joined.push(arg);
    else if (flag !== undefined && /^--[A-Za-z][\w-]*$/.test(flag)) joined[joined.length - 1] = `${flag}=${arg}`;
    else positionals.push(arg);
  }
  return positionals.length === 0 ? joined : [...joined, '--', ...positionals];
}

/** The exit code if a `--fail-on` condition holds. */
export const FAILED_CONDITION = 3;

/** An option of a loss as given: for one loss, or for all that have it. */
export interface WrittenOption {
  readonly loss: string | undefined;
  readonly name: string;
  readonly value: unknown;
}

/** Parses `name=value` or `loss.name=value`; the value is a number, true, false or a word. */
export function readOption(text: string): WrittenOption {
  const [, loss, name, value] = /^(?:(\w+)\.)?(\w+)=(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw usage(`--option: expected NAME=VALUE, got '${text}'`);
  if (value === 'true' || value === 'false') return { loss, name, value: value === 'true' };
  return { loss, name, value: value.trim() !== '' && !Number.isNaN(Number(value)) ? Number(value) : value };
}
