import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findLoss, NAMESPACES, pageOf, suggest } from '../losses/catalogue.js';
import { TorchError } from '../base/errors.js';
import { PACKAGE_ROOT } from '../libtorch/places.js';
import { renderMarkdown, terminal } from '../terminal/markdown.js';
import { explainMigration } from '../migration/index.js';
import { renderMigration } from '../migration/internal.js';

/** What `torchloss explain --help` prints. */
export const help = `torchloss explain NAME
torchloss explain --from CALL [--to NAMESPACE] [--json]

Prints the page of a loss: its formula, parameters, shapes and errors in both frameworks, where these differ, what other
releases of them do, and an example.
NAME is any of its names, in any case and with or without its namespace: SmoothL1Loss, smooth_l1_loss,
mindspore.nn.SmoothL1Loss. \`torchloss losses\` lists them.

With --from, prints how a Python call is written in another namespace and in TypeScript, and what changes:
torchloss explain --from "torch.nn.SmoothL1Loss(beta=0.5)" --to mindspore.nn

  --from CALL      a call in Python, such as "F.cross_entropy(logits, labels, label_smoothing=0.1)"
  --to NAMESPACE   ${NAMESPACES.join(', ')};
                   that of the call by default
  --json           print the same as JSON`;

/** Prints a page or a migration. Exits with 0, and with 2 for a name that no loss has or a call that is none. */
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
  if (option !== undefined) throw new TorchError('ERR_USAGE', `explain: --${option} goes with --from CALL`);
  const [name] = positionals;
  if (name === undefined || positionals.length > 1) {
    throw new TorchError('ERR_USAGE', 'explain: expected the name of one loss; `torchloss losses` lists them');
  }
  const row = findLoss(name);
  if (row === undefined) {
    throw new TorchError('ERR_USAGE', `explain: there is no loss '${name}'; did you mean '${suggest(name)}'?`);
  }
  const page = readFileSync(join(PACKAGE_ROOT, 'docs', 'losses', `${pageOf(row)}.md`), 'utf8');
  console.log(renderMarkdown(page, terminal()));
  return 0;
}

function printMigration(call: string, to: string | undefined, json: boolean): number {
  const namespace = NAMESPACES.find((known) => known === to);
  if (to !== undefined && namespace === undefined) {
    throw new TorchError('ERR_USAGE', `--to: expected one of ${NAMESPACES.join(', ')}, got '${to}'`);
  }
  const migration = explainMigration(call, namespace);
  console.log(json ? JSON.stringify(migration, undefined, 2) : renderMarkdown(renderMigration(migration), terminal()));
  return 0;
}
