import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findLoss, NAMESPACES, pageOf, suggestion } from '../losses/catalogue.js';
import { TorchError } from '../base/errors.js';
import { PACKAGE_ROOT } from '../libtorch/places.js';
import { renderMarkdown, terminal } from '../terminal/markdown.js';
import { print, printJson } from '../terminal/print.js';
import { explainMigration } from '../migration/index.js';
import { renderMigration } from '../migration/internal.js';

/** What `torchloss explain --help` prints. */
export const help = `torchloss explain NAME
torchloss explain --from CALL [--to NAMESPACE] [--json]

Prints the page of a loss: when to use it, its formula, parameters, shapes and errors in both frameworks, the
differences between them and between their releases, and an example.
NAME is any of its names, in any case, with or without its namespace: SmoothL1Loss, smooth_l1_loss,
mindspore.nn.SmoothL1Loss. \`torchloss losses\` lists them.

With --from, rewrites a Python call for another namespace and for TypeScript, and prints what changes:
torchloss explain --from "torch.nn.SmoothL1Loss(beta=0.5)" --to mindspore.nn

  --from CALL      a call in Python, such as "F.cross_entropy(logits, labels, label_smoothing=0.1)"
  --to NAMESPACE   ${NAMESPACES.join(', ')};
                   the namespace of the call by default
  --json           print the result as JSON`;

/** Prints a page or a migration. Exits with 0, or with 2 for an unknown loss or an invalid call. */
export async function run(args: string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { from: { type: 'string' }, to: { type: 'string' }, json: { type: 'boolean' } },
  });
  if (values.from !== undefined) {
    if (positionals.length > 0) throw new TorchError('ERR_USAGE', 'explain: expected a name or --from, got both');
    return printMigration(values.from, values.to, values.json === true);
  }
  const [option] = Object.keys(values);
  if (option !== undefined) throw new TorchError('ERR_USAGE', `explain: --${option} needs --from CALL`);
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

function printMigration(call: string, to: string | undefined, json: boolean): number {
  const namespace = NAMESPACES.find((known) => known === to);
  if (to !== undefined && namespace === undefined) {
    throw new TorchError('ERR_USAGE', `--to: expected one of ${NAMESPACES.join(', ')}, got '${to}'`);
  }
  const migration = explainMigration(call, namespace);
  if (json) printJson(JSON.stringify(migration, undefined, 2));
  else print(renderMarkdown(renderMigration(migration), terminal()));
  return 0;
}
