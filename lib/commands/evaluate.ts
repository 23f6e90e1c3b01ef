import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { open, readTensor } from '../data/index.js';
import { TorchError } from '../errors.js';
import { type EvaluatedLoss, type Evaluation, evaluate } from '../evaluate/index.js';
import type { Source } from '../libtorch/locate.js';
import { PACKAGE_ROOT } from '../libtorch/places.js';
import * as ops from '../mindspore/ops.js';
import { libtorch, native } from '../native.js';
import type { Tensor } from '../tensor.js';
import * as functional from '../torch/functional.js';

/** What `torchloss evaluate --help` prints. */
export const help = `torchloss evaluate [options]

Computes a loss over a network's saved outputs and, where the targets are class indices, over each class.
Without options it evaluates the digits that come with torchloss.

  --loss NAME           the loss function (default cross_entropy)
  --api NAMESPACE       torch.nn.functional (default) or mindspore.ops
  --input FILE          the outputs, samples in the first dimension: .npy, .npz, .safetensors, .arrow, .parquet, .csv;
                        FILE#NAME for one of several arrays
  --target FILE         the targets
  --option NAME=VALUE   an option of the loss, such as label_smoothing=0.1; may be repeated
  --json                print the result as JSON`;

const DIGITS = join(PACKAGE_ROOT, 'examples', 'digits');
const NAMESPACES: Readonly<Record<string, object>> = { 'torch.nn.functional': functional, 'mindspore.ops': ops };
const CLASS_LOSSES: readonly string[] = ['cross_entropy', 'nll_loss', 'multi_margin_loss'];
const INTEGERS: readonly string[] = ['int64', 'int32', 'uint8'];
const SOURCES: Readonly<Record<Source, string>> = {
  LIBTORCH: 'named by LIBTORCH',
  process: 'loaded by another addon',
  setup: 'set up by torchloss',
  python: 'of the active Python environment',
  system: 'of the system',
};

/** Evaluates and prints. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      loss: { type: 'string', default: 'cross_entropy' },
      api: { type: 'string', default: 'torch.nn.functional' },
      input: { type: 'string', default: join(DIGITS, 'logits.npy') },
      target: { type: 'string', default: join(DIGITS, 'labels.npy') },
      option: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
    },
  });
  const loss = findLoss(values.api, values.loss);
  const options = Object.fromEntries(values.option.map(readOption));
  const [input, target] = [await load(values.input), await load(values.target)];
  const hasClasses = input.dim() === 2 && target.dim() === 1 && INTEGERS.includes(target.dtype);
  const result = await evaluate([loss, options], [input, target], {
    ...(hasClasses && { group_by: 'target', accuracy: CLASS_LOSSES.includes(values.loss) }),
  });
  const { version, root, source } = libtorch();
  if (values.json) {
    console.log(
      JSON.stringify({ loss_function: `${values.api}.${values.loss}`, ...result, libtorch: { version, root, source } }),
    );
    return 0;
  }
  const { cpu_capability, num_threads } = native().info();
  console.log(`${values.api}.${values.loss} of ${relative(process.cwd(), values.input) || values.input}`);
  console.log(format(result));
  console.log(
    `LibTorch ${version} ${SOURCES[source]}, in ${root} (CPU ${cpu_capability}, ${count(num_threads, 'thread')})`,
  );
  return 0;
}

function findLoss(api: string, name: string): EvaluatedLoss {
  const namespace = Object.hasOwn(NAMESPACES, api) ? NAMESPACES[api] : undefined;
  if (namespace === undefined)
    throw new TorchError('ERR_USAGE', `--api: expected ${Object.keys(NAMESPACES).join(' or ')}, got '${api}'`);
  const loss = (namespace as Record<string, EvaluatedLoss>)[name];
  if (loss === undefined) throw new TorchError('ERR_USAGE', `--loss: ${api} has no '${name}'`);
  return loss;
}

/** `name=value`: a number, true, false or a word. */
function readOption(text: string): [string, unknown] {
  const [, name, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new TorchError('ERR_USAGE', `--option: expected NAME=VALUE, got '${text}'`);
  if (value === 'true' || value === 'false') return [name, value === 'true'];
  return [name, value !== '' && !Number.isNaN(Number(value)) ? Number(value) : value];
}

async function load(file: string): Promise<Tensor> {
  try {
    const source = await open(file);
    try {
      return await readTensor(source);
    } finally {
      await source.close();
    }
  } catch (error) {
    const { code, message } = error as TorchError;
    throw code === 'ERR_FILE_READ' ? new TorchError('ERR_USAGE', message) : error;
  }
}

function format({ loss, samples, accuracy, groups, seconds }: Evaluation): string {
  const facts = [count(samples, 'sample')];
  if (accuracy !== undefined) facts.push(`${percent(accuracy)} right`);
  facts.push(`${(seconds * 1000).toFixed(2)} ms`);
  const lines = ['', `loss  ${loss.toPrecision(7)}    ${facts.join(', ')}`, ''];
  if (groups === undefined) return lines.join('\n');
  const largest = Math.max(...groups.map((row) => row.loss));
  lines.push('class  samples      loss   right');
  for (const row of groups) {
    const cells = [
      String(row.group).padStart(5),
      String(row.samples).padStart(9),
      row.loss.toFixed(6).padStart(10),
      (row.accuracy === undefined ? '' : percent(row.accuracy)).padStart(8),
    ];
    lines.push(`${cells.join('')}  ${'█'.repeat(Math.round((row.loss / largest) * 30))}`.trimEnd());
  }
  return [...lines, ''].join('\n');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
