// docs/guides/pytorch_names.md: every name of PyTorch, and why some are left out.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ROOT } from '../root.mjs';
import { reasonFor } from './left_out.mjs';

const SPEC = join(ROOT, 'test', 'fixtures', 'spec');
const WIDTH = 120;

/** All names by namespace, each with its entry in the specification. */
export function allNames() {
  const operators = JSON.parse(gunzipSync(readFileSync(join(SPEC, 'operators.json.gz'))));
  const { names } = JSON.parse(readFileSync(join(SPEC, 'names.json'), 'utf8'));
  const found = new Map();
  const add = (entry) => found.set(entry.namespace, [...(found.get(entry.namespace) ?? []), entry]);
  for (const entry of operators.names) if (['method', 'function', 'property'].includes(entry.kind)) add(entry);
  for (const [namespace, list] of Object.entries(names)) for (const name of list) add({ namespace, name });
  return found;
}

/** Whether torchloss has a name. */
export function has({ namespace, name }, torch, Tensor) {
  if (namespace === 'Tensor') return name in Tensor.prototype;
  let holder = torch;
  for (const part of namespace.split('.').slice(1)) holder = holder?.[part];
  if (['torch.nn.Module', 'torch.optim.Optimizer', 'torch.Generator'].includes(namespace)) {
    return name in holder.prototype || FIELDS.has(name);
  }
  return holder !== undefined && Object.hasOwn(holder, name);
}

/** Fields, which do not show as properties of the class. */
const FIELDS = new Set(['training', 'param_groups', 'state', 'defaults']);

/** The text of the page. */
export function namesPage(torch, Tensor) {
  const sections = [...allNames()].map(([namespace, entries]) => sectionOf(namespace, entries, torch, Tensor));
  const count = sections.reduce((sum, { had }) => sum + had, 0);
  const all = sections.reduce((sum, { total }) => sum + total, 0);
  return `# PyTorch's names

What torchloss has of PyTorch 2.13: ${count} of ${all} names, and the reason for each of the others. Names keep their meaning,
parameters and defaults; [Coming from PyTorch](from_pytorch.md) shows how calls are written. A test keeps this page true.

${sections.map(({ text }) => text).join('\n')}`;
}

function sectionOf(namespace, entries, torch, Tensor) {
  const names = [...new Map(entries.map((entry) => [entry.name, entry])).values()];
  const had = names.filter((entry) => has(entry, torch, Tensor));
  const missing = names.filter((entry) => !had.includes(entry));
  const reasons = new Map();
  let last;
  for (const entry of missing) {
    const reason = reasonFor(entry) ?? 'no reason';
    // "likewise" continues the previous entry.
    last = reason === 'likewise' ? last : reason;
    reasons.set(last, [...(reasons.get(last) ?? []), entry.name]);
  }
  const rows = [...reasons].map(
    ([reason, list]) => `| ${list.map((name) => `\`${name}\``).join(' ')} | ${escaped(reason)} |`,
  );
  const table = rows.length === 0 ? '' : `\n| not here | because |\n| --- | --- |\n${rows.join('\n')}\n`;
  return {
    had: had.length,
    total: names.length,
    text: `## ${namespace}\n\n${wrapped(had.map(({ name }) => `\`${name}\``))}\n${table}`,
  };
}

function escaped(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function wrapped(words) {
  const lines = [''];
  for (const word of words) {
    const line = lines.at(-1);
    if (line.length + word.length + 1 > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}
