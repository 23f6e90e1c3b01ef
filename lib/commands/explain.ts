import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { LOSS_NAMES, type Options } from './options.js';
import { findLoss, NAMESPACES, pageOf, suggestion } from '../losses/catalogue.js';
import { fileProblem, TorchError } from '../base/errors.js';
import type { Namespace } from '../loss/call_types.js';
import { PACKAGE_ROOT } from '../libtorch/places.js';
import { renderMarkdown, terminal } from '../terminal/markdown.js';
import { printDocument } from './document.js';
import { print, printPatch } from '../terminal/print.js';
import { explainMigration, explainSource } from '../migration/index.js';
import { renderMigration, renderSource } from '../migration/internal.js';

/** What `torchloss explain --help` prints. */
export const help = `torchloss explain NAME
torchloss explain --from CALL [--to NAMESPACE] [--json]
torchloss explain --file PROGRAM.py [--to NAMESPACE] [--json | --diff]

Prints the page of a loss: when to use it, its formula, parameters, shapes and
errors in both frameworks, the differences between them and between their
releases, and an example. NAME is any of its names, in any case, with or without
the namespace. \`torchloss losses\` lists them.

With --from, rewrites a Python call for another namespace and for TypeScript,
and prints what changes. Code around the call, such as \`loss = \` or
\`.mean()\`, is ignored. Import lines may precede it.

With --file, does the same for every call of a loss in a Python program.

  torchloss explain SmoothL1Loss
  torchloss explain mindspore.nn.SmoothL1Loss
  torchloss explain --from "torch.nn.SmoothL1Loss(beta=0.5)" --to mindspore.nn
  torchloss explain --file train.py --to mindspore.nn --diff

  --from CALL      a call in Python, such as "F.cross_entropy(logits, labels)"
  --file FILE      a Python program; - for standard input
  --to NAMESPACE   the target: ${NAMESPACES.slice(0, 2).join(', ')},
                   ${NAMESPACES.slice(2).join(' or ')} (default: that of the call)
  --json           print one JSON document
  --diff           print a unified diff of the program, for patch or git apply

Exit codes
  0  success
  1  a call in the program was not understood, or a file failed
  2  wrong usage: an unknown loss or an invalid call`;

export const options = {
  from: { type: 'string' },
  file: { type: 'string' },
  to: { type: 'string', values: NAMESPACES },
  json: { type: 'boolean' },
  diff: { type: 'boolean' },
} as const satisfies Options;
export const words = LOSS_NAMES;

/** Prints the page of a loss, or a converted call or program. */
export async function run(args: string[]): Promise<number> {
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options });
  const given = [positionals.length > 0, values.from !== undefined, values.file !== undefined];
  if (given.filter(Boolean).length > 1) {
    throw new TorchError('ERR_USAGE', 'explain: expected one of a name, --from and --file, got several');
  }
  if (values.file !== undefined) {
    if (values.json === true && values.diff === true) {
      throw new TorchError('ERR_USAGE', 'explain: expected --json or --diff, got both');
    }
    return explainFile(values.file, namespaceOf(values.to), values.json ? 'json' : values.diff ? 'diff' : 'text');
  }
  if (values.diff === true) throw new TorchError('ERR_USAGE', 'explain: --diff needs --file PROGRAM.py');
  if (values.from !== undefined) return printMigration(values.from, namespaceOf(values.to), values.json === true);
  const [option] = Object.keys(values);
  if (option !== undefined) throw new TorchError('ERR_USAGE', `explain: --${option} needs --from CALL or --file FILE`);
  const [name] = positionals;
  if (name === undefined || positionals.length > 1) {
    throw new TorchError('ERR_USAGE', 'explain: expected the name of one loss; `torchloss losses` lists them');
  }
  const row = findLoss(name);
  if (row === undefined) {
    throw new TorchError('ERR_USAGE', `explain: unknown loss '${name}'${suggestion(name)}`);
  }
  const page = readFileSync(join(PACKAGE_ROOT, 'docs', 'losses', `${pageOf(row)}.md`), 'utf8');
  print(renderMarkdown(page, terminal()));
  return 0;
}

function namespaceOf(to: string | undefined): Namespace | undefined {
  const namespace = NAMESPACES.find((known) => known === to);
  if (to !== undefined && namespace === undefined) {
    throw new TorchError('ERR_USAGE', `--to: expected one of ${NAMESPACES.join(', ')}, got '${to}'`);
  }
  return namespace;
}

function printMigration(call: string, to: Namespace | undefined, json: boolean): number {
  const migration = explainMigration(call, to);
  if (json) printDocument(migration);
  else print(renderMarkdown(renderMigration(migration), terminal()));
  return 0;
}

async function explainFile(file: string, to: Namespace | undefined, form: 'text' | 'json' | 'diff'): Promise<number> {
  const name = file === '-' ? 'stdin.py' : file;
  const source = await readProgram(file);
  const migration = explainSource(source, to);
  if (form === 'json') printDocument({ file: name, ...migration });
  else if (form === 'text') print(renderSource(name, migration));
  else {
    const { createTwoFilesPatch } = await import('diff');
    const patch = createTwoFilesPatch(`a/${name}`, `b/${name}`, source, migration.python, '', '', { context: 3 });
    if (migration.python !== source) printPatch(patch.replace(/^=+\n/, ''));
  }
  return migration.calls.every((call) => call.migration !== undefined) ? 0 : 1;
}

async function readProgram(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new TorchError('ERR_FILE_READ', `--file: ${file}: ${fileProblem(cause)}`, { cause });
  }
}
