import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findLoss, pageOf, suggest } from '../catalogue.js';
import { TorchError } from '../errors.js';
import { PACKAGE_ROOT } from '../libtorch/places.js';
import { renderMarkdown, terminal } from '../markdown.js';

/** What `torchloss explain --help` prints. */
export const help = `torchloss explain NAME

Prints the page of a loss: its formula, parameters, errors, an example, and where the two frameworks differ.
NAME is any of its names, in any case and with or without its namespace: SmoothL1Loss, smooth_l1_loss,
mindspore.nn.SmoothL1Loss. \`torchloss losses\` lists them.`;

/** Prints a page. Exits with 0, and with 2 for a name that no loss has. */
export async function run(args: string[]): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: {} });
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
