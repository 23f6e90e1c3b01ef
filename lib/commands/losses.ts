import { parseArgs } from 'node:util';
import { listLosses, nameIn, NAMESPACES } from '../losses/catalogue.js';
import type { Options } from './options.js';
import { formatTable, terminal } from '../terminal/markdown.js';
import { printDocument } from './document.js';
import { print } from '../terminal/print.js';

/** What `torchloss losses --help` prints. */
export const help = `torchloss losses [--json]

Lists the losses with their names in the four namespaces.
\`torchloss explain NAME\` prints the page of one.

  --json   print one JSON document`;

export const options = { json: { type: 'boolean' } } as const satisfies Options;

/** Prints the table of the losses. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options });
  const rows = listLosses();
  if (values.json) {
    const list = rows.map((row) => ({
      ...Object.fromEntries(NAMESPACES.map((namespace) => [namespace, nameIn(row, namespace) ?? null])),
      formula: row.formula,
    }));
    printDocument({ losses: list });
    return 0;
  }
  const table = rows.map((row) => NAMESPACES.map((namespace) => nameIn(row, namespace) ?? '-'));
  print(formatTable([NAMESPACES, ...table], terminal().width).join('\n'));
  return 0;
}
