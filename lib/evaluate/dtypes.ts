/**
 * In which dtypes a loss takes the arrays of files, which rarely say what they are for: labels come as floats, 0 and 1 as
 * integers or booleans, numbers of a CSV as float64. This is the one place that decides:
 *
 * | what an array is for | dtype |
 * | --- | --- |
 * | class indices: targets of `cross_entropy`, `nll_loss`, `multi_margin_loss`, `multilabel_margin_loss`; targets and lengths of `ctc_loss` | integers as they are; floats and booleans become int64, every value of which has to be whole |
 * | any other tensor of the loss: scores, probabilities, 0/1 labels, values | the float dtype to which `torch.promote_types` brings the floats among them; float64 where there is none |
 * | options, such as `weight` and `pos_weight` | the float dtype of the loss's first tensor |
 *
 * Tensors of the caller's are never converted.
 */
import { isFloat } from '../tensor/dtypes.js';
import type { DType, Shape } from '../base/types.js';
import type { Source } from '../data/index.js';
import { convertSource, promote } from '../data/internal.js';
import type { PlannedLoss } from './plans.js';

/** What is known of an array. */
interface Layout {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** The dtype of an array, and what for, where it is to be another one. */
export interface Fit {
  readonly dtype: DType;
  readonly reason: string;
}

/**
 * The dtypes of a loss's tensors.
 *
 * @param arrays - those of the loss, in order
 */
function fitDTypes(loss: Pick<PlannedLoss, 'indices' | 'takesProbabilities'>, arrays: readonly Layout[]): Fit[] {
  const rank = arrays[0]?.shape.length ?? 0;
  const holdsIndices = (index: number) => {
    if (!loss.indices.includes(index)) return false;
    // A target of cross_entropy with as many dimensions as the input holds probabilities.
    const { dtype, shape } = arrays[index] as Layout;
    return !(loss.takesProbabilities && shape.length === rank && isFloat(dtype));
  };
  const floats = arrays.flatMap(({ dtype }, index) => (isFloat(dtype) && !holdsIndices(index) ? [dtype as DType] : []));
  const common = floats.length === 0 ? 'float64' : floats.reduce(promote);
  return arrays.map(({ dtype }, index) => {
    if (!holdsIndices(index)) return { dtype: common, reason: 'the loss' };
    return { dtype: isFloat(dtype) || dtype === 'bool' ? 'int64' : dtype, reason: 'class labels' };
  });
}

/** The same arrays in the dtypes that a loss takes, by their names. Those that two losses take differently stay. */
export function fitSources(
  losses: readonly PlannedLoss[],
  nameOf: (loss: PlannedLoss, index: number) => string | undefined,
  arrays: ReadonlyMap<string, Layout>,
): Map<string, Fit> {
  const found = new Map<string, Fit | undefined>();
  for (const loss of losses) {
    const names = loss.inputs.map((_, index) => nameOf(loss, index));
    const layouts = names.map((name) => (name === undefined ? undefined : arrays.get(name)));
    if (layouts.includes(undefined)) continue;
    const fits = fitDTypes(loss, layouts as Layout[]);
    for (const [index, name] of names.entries()) {
      const fit = fits[index] as Fit;
      const other = found.get(name as string);
      found.set(name as string, found.has(name as string) && other?.dtype !== fit.dtype ? undefined : fit);
    }
  }
  const changed = [...found].filter(([name, fit]) => fit !== undefined && fit.dtype !== arrays.get(name)?.dtype);
  return new Map(changed as [string, Fit][]);
}

/** An array in another dtype. */
export function fitSource(source: Source, { dtype, reason }: Fit): Source {
  return convertSource(source, dtype, reason);
}
