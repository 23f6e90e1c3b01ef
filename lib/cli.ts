#!/usr/bin/env node
import { MOST_THREADS } from './addon/thread_count.js';
import { describe, TorchError } from './base/errors.js';
import { PACKAGE_VERSION } from './libtorch/places.js';
import { nearest } from './base/nearest.js';
import { joinColumns, meantFlag, spell } from './commands/arguments.js';
import type { CommandTable } from './commands/options.js';
import { print, printError } from './terminal/print.js';

const COMMANDS: CommandTable = {
  evaluate: {
    summary: 'evaluate losses over the saved outputs of a network',
    load: () => import('./commands/evaluate/index.js'),
  },
  merge: {
    summary: 'merge the results of the shards of an evaluation',
    load: () => import('./commands/merge.js'),
  },
  worker: {
    summary: 'compute shards of evaluations for a queue',
    load: () => import('./commands/worker.js'),
  },
  inspect: { summary: "show a file's columns, dtypes and first rows", load: () => import('./commands/inspect.js') },
  train: { summary: 'train a model on the samples in files', load: () => import('./commands/train/index.js') },
  parity: { summary: 'compare the losses with PyTorch or MindSpore', load: () => import('./commands/parity.js') },
  losses: {
    summary: 'list the losses and their names in the four namespaces',
    load: () => import('./commands/losses.js'),
  },
  explain: {
    summary: 'print the page of a loss, or convert a Python call',
    load: () => import('./commands/explain.js'),
  },
  setup: {
    summary: 'find or download LibTorch and prepare torchloss to run',
    load: () => import('./commands/setup.js'),
  },
  build: { summary: 'compile the addon for the LibTorch in use', load: () => import('./commands/build.js') },
  completion: { summary: 'print a script for shell completion', load: () => import('./commands/completion.js') },
  info: { summary: 'show the LibTorch in use and what it supports', load: () => import('./commands/info.js') },
};

const ALIASES: Readonly<Record<string, string>> = { doctor: 'info' };

const HELP = `torchloss ${PACKAGE_VERSION}: PyTorch's loss functions for Node.js

Usage: torchloss <command> [options]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`)
  .join('\n')}

  torchloss evaluate --example
  torchloss help evaluate

Every command takes \`--threads N\`, the number of threads for LibTorch.
\`torchloss --version\` prints the version.

Exit codes
  0         success
  1         a failure: the data, a file, Python or LibTorch; a comparison that
            differs
  2         wrong usage; nothing was done
  3         evaluate: a --fail-on condition holds
  130, 143  stopped by SIGINT (Ctrl-C) or SIGTERM`;

async function main([name, ...args]: string[]): Promise<number> {
  if (name === 'help' && args[0] !== undefined && !args[0].startsWith('-')) return main([args[0], '--help']);
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    print(HELP);
    return 0;
  }
  if (name === '--version' || name === '-v' || name === '-V') {
    print(PACKAGE_VERSION);
    return 0;
  }
  const key = ALIASES[name] ?? name;
  const entry = Object.hasOwn(COMMANDS, key) ? COMMANDS[key] : undefined;
  if (!entry) {
    const { word, distance } = nearest(name, Object.keys(COMMANDS));
    const fix = distance < 3 ? `did you mean '${word}'?` : '`torchloss --help` lists them';
    throw new TorchError('ERR_USAGE', `unknown command '${name}'; ${fix}`);
  }
  const command = await entry.load();
  takeThreads(args);
  if (args.includes('--help') || args.includes('-h')) {
    print(`${command.help}\n\nEvery command takes --threads N, the number of threads for LibTorch.`);
    return 0;
  }
  const names = Object.keys(command.options);
  return command.run(spell(joinColumns(args), names), COMMANDS).catch((error: unknown) => {
    throw asOwnError(error, names, key);
  });
}

/** Removes `--threads N`, which every command takes, from the arguments. */
function takeThreads(args: string[]): void {
  const at = args.findIndex((arg) => arg === '--threads' || arg.startsWith('--threads='));
  if (at === -1) return;
  const [flag = ''] = args.splice(at, 1);
  const value = flag === '--threads' ? args.splice(at, 1)[0] : flag.slice('--threads='.length);
  if (value === undefined || !/^\d+$/.test(value) || Number(value) < 1 || Number(value) > MOST_THREADS)
    throw new TorchError(
      'ERR_USAGE',
      `--threads: expected an integer from 1 to ${MOST_THREADS}, got ${describe(value)}`,
    );
  process.env.TORCHLOSS_NUM_THREADS = value;
}

/** Rewords an error of Node's argument parser. */
function asOwnError(error: unknown, names: readonly string[], command: string): unknown {
  const { code = '', message } = error as { code?: string; message: string };
  if (!code.startsWith('ERR_PARSE_ARGS')) return error;
  const [, option = '', word = ''] = /'(?:-\w, )?(--?[\w-]+)|'([^']*)'/.exec(message) ?? [];
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION')
    return new TorchError(
      'ERR_USAGE',
      `unknown option ${option}: ${meantFlag(option, names) ?? `\`torchloss help ${command}\` lists the options`}`,
    );
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL' && command === 'evaluate')
    return new TorchError('ERR_USAGE', `unexpected argument '${option}${word}'; put patterns of files in quotes`);
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL')
    return new TorchError(
      'ERR_USAGE',
      `unexpected argument '${option}${word}'; \`torchloss help ${command}\` shows the usage`,
    );
  if (message.includes('does not take an argument')) return new TorchError('ERR_USAGE', `${option} takes no value`);
  return new TorchError('ERR_USAGE', `${option} needs a value, as in ${option}=VALUE`);
}

/** Prints an error without its stack and returns the exit code: 2 for wrong usage, otherwise 1. */
function report(error: unknown): number {
  const { message, code } = error as { message: string; code?: string };
  printError(`torchloss: ${message}${code ? ` [${code}]` : ''}`);
  return code === 'ERR_USAGE' ? 2 : 1;
}

process.exitCode = await main(process.argv.slice(2)).catch(report);
