/** Cases for a comparison, drawn from the rows of the losses by a seed. */
import { entryOf, pageOf } from '../../losses/catalogue.js';
import type { AnyLossRow, LossEntry } from '../../loss/row.js';
import type { Namespace } from '../../loss/call_types.js';
import { libtorch } from '../../addon/native.js';
import type { Param } from '../../loss/params.js';
import type { Float } from '../../base/types.js';
import type { CaseValue, ParityCase } from './cases.js';
import { Draw, FLAVOURS, type Flavour } from './draw.js';
import { compareVersions } from '../../base/compare_versions.js';
import type { Framework } from '../wire/protocol.js';
import { Random } from './random.js';
import { type Ingredients, NUMBERS, RECIPES } from './recipes.js';

/** What cases to make. */
export interface GenerateOptions {
  readonly framework: Framework;
  readonly losses: readonly AnyLossRow[];
  readonly dtypes: readonly Float[];
  /** The total number; it is spread evenly over losses and dtypes. */
  readonly count: number;
  readonly seed: number;
}

const NAMESPACES: Readonly<Record<Framework, readonly Namespace[]>> = {
  pytorch: ['torch.nn.functional', 'torch.nn'],
  mindspore: ['mindspore.ops', 'mindspore.nn'],
};

/** Cases that MindSpore has no counterpart for, or that would only repeat that its tensors differ. */
const PYTORCH_ONLY: readonly Flavour[] = ['strided', 'legacy'];

/** Makes the cases, loss by loss; the same options give the same cases. */
export function* generateCases(options: GenerateOptions): Generator<ParityCase> {
  const { framework, losses, dtypes, count, seed } = options;
  const cells = losses
    .filter((row) => hasLoss(row, framework))
    .flatMap((row) => dtypes.map((dtype) => ({ row, dtype })));
  for (const [index, { row, dtype }] of cells.entries()) {
    const share = Math.floor(count / cells.length) + (index < count % cells.length ? 1 : 0);
    for (let number = 0; number < share; number++) yield makeCase(row, dtype, number, framework, seed);
  }
}

/** Whether a framework has a loss: PyTorch that of the LibTorch in use. */
export function hasLoss(row: AnyLossRow, framework: Framework): boolean {
  if (!NAMESPACES[framework].some((namespace) => entryOf(row, namespace) !== undefined)) return false;
  return framework !== 'pytorch' || row.since === undefined || isSince(row.since);
}

/** Whether the LibTorch in use is that release or a newer one. */
function isSince(release: string): boolean {
  return compareVersions(libtorch().version, `${release}.0`) >= 0;
}

function makeCase(row: AnyLossRow, dtype: Float, number: number, framework: Framework, seed: number): ParityCase {
  const loss = pageOf(row);
  const flavours = FLAVOURS.filter((flavour) => framework === 'pytorch' || !PYTORCH_ONLY.includes(flavour));
  const flavour = flavours[number % flavours.length] as Flavour;
  const id = `${loss}/${dtype}/${number}/${flavour}`;
  const random = new Random(`${seed} ${framework} ${id}`);
  const present = NAMESPACES[framework].filter((namespace) => entryOf(row, namespace) !== undefined);
  const api = random.pick(present);
  const entry = entryOf(row, api) as LossEntry;
  const draw = new Draw(random, dtype, flavour);
  const ingredients = (RECIPES[loss] as (typeof RECIPES)[string])(draw, framework);
  const args = ingredients.inputs.map((value, index) => ({ name: entry.inputs[index] as string, value }));
  return {
    id,
    loss,
    api,
    name: entry.name,
    dtype,
    note: flavour,
    args,
    kwargs: drawOptions(row, api, draw, ingredients),
  };
}

/** The options of a call: some of them or, in the corresponding flavour, all of them with non-default values. */
function drawOptions(
  row: AnyLossRow,
  api: Namespace,
  draw: Draw,
  { options = {}, always = {} }: Ingredients,
): ParityCase['kwargs'] {
  const { random } = draw;
  const entry = entryOf(row, api) as LossEntry;
  const drawn: Record<string, CaseValue> = {};
  for (const name of entry.options) {
    if (!Object.hasOwn(row.params, name)) continue;
    const param = (row.params as Readonly<Record<string, Param>>)[name] as Param;
    if (param.since !== undefined && !isSince(param.since)) continue;
    // Every reduction is equally likely; other options keep their default half of the time.
    if (param.kind !== 'reduction' && !draw.is('options') && random.chance(0.5)) continue;
    const value = options[name]?.() ?? optionValue(name, param, entry, draw);
    if (value !== undefined) drawn[name] = value;
  }
  Object.assign(drawn, always);
  if (draw.is('legacy') && entry.options.includes('size_average')) {
    // These stand for a reduction.
    delete drawn.reduction;
    const names = random.pick([['size_average'], ['reduce'], ['size_average', 'reduce']]);
    for (const name of names) drawn[name] = random.chance(0.5);
  }
  return drawn;
}

function optionValue(name: string, param: Param, entry: LossEntry, { random }: Draw): CaseValue | undefined {
  switch (param.kind) {
    case 'reduction':
    case 'word':
      return random.pick(param.words as readonly string[]);
    case 'boolean':
      return !(entry.defaults?.[name] ?? param.shownDefault);
    case 'real': {
      const value = random.pick(NUMBERS[name] ?? [0.5, 2]);
      const whole = entry.limits?.[name]?.kind === Number.isInteger;
      return whole ? Math.ceil(value) : { float: value };
    }
    default:
      return undefined;
  }
}
