/** Scripts with which a shell completes the commands and their options. */
import { parseArgs } from 'node:util';
import { shellQuote as quote } from '../base/shell.js';
import { print } from '../terminal/print.js';
import { usage } from './arguments.js';
import { type Command, type CommandTable, describeOptions, type Options } from './options.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** What `torchloss completion --help` prints. */
export const help = `torchloss completion bash|zsh|fish

Prints a script with which the shell completes commands, options and values.

  source <(torchloss completion bash)       in ~/.bashrc
  source <(torchloss completion zsh)        in ~/.zshrc, after compinit
  torchloss completion fish | source        in ~/.config/fish/config.fish

If torchloss is installed in a project only, write \`npx torchloss\` instead.`;

export const options: Options = {};
export const words = SHELLS;

/** Prints the script for a shell. */
export async function run(args: string[], commands: CommandTable): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: {} });
  const [given, ...others] = positionals;
  const shell = SHELLS.find((known) => known === given);
  if (shell === undefined || others.length > 0)
    throw usage(
      `completion: expected bash, zsh or fish${given === undefined ? '' : `, got '${positionals.join(' ')}'`}`,
    );
  const loaded = await Promise.all(
    Object.entries(commands).map(async ([name, { summary, load }]) => describe(name, summary, await load())),
  );
  const all = [...loaded, { name: 'help', summary: 'explain a command', first: Object.keys(commands), flags: [] }];
  print({ bash, zsh, fish }[shell](all));
  return 0;
}

/** What can follow a word: nothing, files, or one of these words. */
type Values = 'none' | 'files' | readonly string[];

interface Flag {
  readonly name: string;
  readonly short: string | undefined;
  readonly about: string;
  /** Its value; `undefined` if it takes none. */
  readonly values: Values | undefined;
}

interface Described {
  readonly name: string;
  readonly summary: string;
  readonly first: Values;
  readonly flags: readonly Flag[];
}

/** The placeholders of values that are files or folders. */
const PATHS = /FILE|FOLDER|PATH|PLACE/;

function describe(name: string, summary: string, command: Command): Described {
  const helps = describeOptions(command.help);
  const known = Object.entries(command.options).map(([option, { type, short, values }]): Flag => {
    const { about = '', placeholder } = helps.get(option) ?? {};
    // An option that only some losses have is a tensor of theirs.
    const isPath = placeholder === undefined ? !helps.has(option) : PATHS.test(placeholder);
    const own = values ?? (isPath ? 'files' : 'none');
    return {
      name: option,
      short,
      about: sentence(about) || 'a tensor of the loss',
      values: type === 'boolean' ? undefined : own,
    };
  });
  const common: Flag[] = [
    { name: 'threads', short: undefined, about: 'the number of threads for LibTorch', values: 'none' },
    { name: 'help', short: 'h', about: 'explain the command', values: undefined },
  ];
  const { words: first = 'none' } = command;
  return { name, summary, first: first === 'file' ? 'files' : first, flags: [...known, ...common] };
}

/** The first part of a description, short enough for a list. */
function sentence(about: string): string {
  return (
    about
      .replaceAll(/ \([^()]*\)/g, '')
      .split(/[;:]/)[0]
      ?.trim() ?? ''
  );
}

function bash(commands: readonly Described[]): string {
  const complete = (values: Values) => {
    if (values === 'none') return 'return';
    return values === 'files' ? '_torchloss_reply -f' : `_torchloss_reply -W ${quote(values.join(' '))}`;
  };
  const cases = commands.map(({ name, first, flags }) => {
    const values = flags.flatMap(({ name: flag, values: own }) =>
      own === undefined ? [] : [`        --${flag}) ${complete(own)}; return ;;`],
    );
    const names = flags.flatMap((flag) => [`--${flag.name}`, ...(flag.short === undefined ? [] : [`-${flag.short}`])]);
    return `    ${name})
      case $flag in
${values.join('\n')}
      esac
      case $current in
        -*) _torchloss_reply -W ${quote(names.join(' '))} ;;
        *) ${complete(first)} ;;
      esac ;;`;
  });
  return `# bash completion for torchloss, made by: torchloss completion bash
_torchloss_reply() {
  local words
  words=$(compgen "$@" -- "$current")
  local IFS=$'\\n'
  COMPREPLY=($words)
}

_torchloss() {
  local current=\${COMP_WORDS[COMP_CWORD]} flag=\${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  # Bash splits words at =, as in --missing=skip.
  if [ "$current" = = ]; then
    current=
  elif [ "$flag" = = ]; then
    flag=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if [ "$COMP_CWORD" -eq 1 ]; then
    _torchloss_reply -W ${quote([...commands.map(({ name }) => name), '--help', '--version'].join(' '))}
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac
}
complete -o filenames -F _torchloss torchloss`;
}

function zsh(commands: readonly Described[]): string {
  // In a specification of _arguments these end a part.
  const plain = (text: string) => text.replaceAll(/[[\]:\\]/g, String.raw`\$&`);
  const action = (values: Values) => {
    if (values === 'none') return '';
    return values === 'files' ? '_files' : `(${values.map(plain).join(' ')})`;
  };
  const cases = commands.map(({ name, first, flags }) => {
    const specs = flags.flatMap(({ name: flag, short, about, values }) =>
      [`--${flag}`, ...(short === undefined ? [] : [`-${short}`])].map((word) => {
        const value = values === undefined ? '' : `:value:${action(values)}`;
        const isLong = values !== undefined && word.startsWith('--');
        return quote(`*${word}${isLong ? '=' : ''}[${plain(about)}]${value}`);
      }),
    );
    const words = first === 'none' ? [] : [quote(`*:argument:${action(first)}`)];
    return `    ${name})\n      _arguments ${[...specs, ...words].join(' \\\n        ')} ;;`;
  });
  return `#compdef torchloss
# zsh completion for torchloss, made by: torchloss completion zsh
_torchloss() {
  if (( CURRENT == 2 )); then
    local -a commands
    commands=(
${commands.map(({ name, summary }) => `      ${quote(`${name}:${summary}`)}`).join('\n')}
    )
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
compdef _torchloss torchloss`;
}

function fish(commands: readonly Described[]): string {
  const lines = commands.flatMap(({ name, summary, first, flags }) => {
    const within = `complete -c torchloss -n '__fish_seen_subcommand_from ${name}'`;
    const values = (own: Values | undefined) => {
      if (own === undefined) return '';
      if (own === 'files') return ' -r -F';
      return own === 'none' ? ' -x' : ` -x -a ${quote(own.join(' '))}`;
    };
    const words = first === 'none' ? [] : [`${within}${first === 'files' ? ' -F' : ` -a ${quote(first.join(' '))}`}`];
    return [
      `complete -c torchloss -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
      ...words,
      ...flags.map(({ name: flag, short, about, values: own }) => {
        const letter = short === undefined ? '' : ` -s ${short}`;
        return `${within} -l ${flag}${letter}${values(own)} -d ${quote(about)}`;
      }),
    ];
  });
  return `# fish completion for torchloss, made by: torchloss completion fish
complete -c torchloss -f
${lines.join('\n')}`;
}
