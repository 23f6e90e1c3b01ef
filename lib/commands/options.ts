/** The options of a command: one table for the parser, for suggestions and for shell completion. */
import { entryOf, listLosses, NAMESPACES, pageOf } from '../losses/catalogue.js';
import type { Param } from '../loss/params.js';

/** An option as Node's `parseArgs` takes it, and the values it can have, if they can be listed. */
export interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  readonly default?: string | boolean;
  readonly values?: readonly string[];
}

/** The options of a command, by name. */
export type Options = Readonly<Record<string, Option>>;

/** A command of the program. */
export interface Command {
  readonly help: string;
  readonly options: Options;
  /** The words that can come first, or `'file'`. */
  readonly words?: readonly string[] | 'file';
  /** Does the work and returns the exit code. */
  run(args: string[], commands: CommandTable): Promise<number>;
}

/** All commands, by name. A command is loaded when it is needed. */
export type CommandTable = Readonly<Record<string, { readonly summary: string; load(): Promise<Command> }>>;

/** The names of all losses in `torch.nn.functional`. */
export const LOSS_NAMES: readonly string[] = listLosses().map(pageOf);

/** The flags that give files to losses: every tensor and every tensor option, under its names in all namespaces. */
export function tensorFlags(): string[] {
  const names = listLosses().flatMap((row) =>
    NAMESPACES.flatMap((namespace) => {
      const { inputs = [], options = [] } = entryOf(row, namespace) ?? {};
      const params = row.params as Readonly<Record<string, Param>>;
      return [...inputs, ...options.filter((name) => params[name]?.kind === 'tensor')];
    }),
  );
  return [...new Set(names)];
}

/** What the help of a command says about an option. */
export interface OptionHelp {
  readonly about: string;
  /** The word for its value, such as `FILE`; of an option that is listed twice, `mlp:SIZES or FILE`. */
  readonly placeholder: string | undefined;
}

/** Reads the descriptions of options from a help text. */
export function describeOptions(help: string): Map<string, OptionHelp> {
  const found = new Map<string, OptionHelp>();
  const lines = help.split('\n');
  for (const [index, line] of lines.entries()) {
    const [, words = ''] = /^ {2}(--\w.*)$/.exec(line) ?? [];
    if (words === '') continue;
    const [flags = '', first = ''] = words.split(/ {2,}/);
    const more = [];
    for (let next = index + 1; /^ {6,}\S/.test(lines[next] ?? ''); next++) more.push((lines[next] as string).trim());
    const about = [first, ...more].join(' ').trim();
    for (const flag of flags.split(', ')) {
      const [, name = '', placeholder] = /^--([\w-]+)(?: (\S.*))?$/.exec(flag) ?? [];
      const { about: earlier = about, placeholder: other } = found.get(name) ?? {};
      const both = [other, placeholder].filter((word) => word !== undefined).join(' or ');
      if (name !== '') found.set(name, { about: earlier, placeholder: both === '' ? undefined : both });
    }
  }
  return found;
}
