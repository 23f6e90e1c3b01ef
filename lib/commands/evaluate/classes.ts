/** Which class each score is of, for labels that are text. */
import type { Source } from '../../data/index.js';
import { usage } from '../arguments.js';

/** The most names that an error lists. */
const MOST_NAMES = 10;

/** What is known of the scores. */
interface Scores {
  readonly flag: string;
  readonly source: Pick<Source, 'name' | 'shape' | 'columns'>;
  /** Whether the columns were named, rather than taken because they have numbers. */
  readonly isNamed: boolean;
}

/**
 * The classes in the order of the scores: that of the columns if they are named after the classes, such as `cat,dog` or
 * `p_cat,p_dog`, otherwise `labels` as they are.
 *
 * @param labels - the labels that occur, sorted
 * @throws TorchError `ERR_USAGE` if there are more or fewer scores than labels, and names do not tell which is which
 */
export function classesInOrder(labels: readonly string[], targetFlag: string, scores: Scores): readonly string[] {
  const [, width] = scores.source.shape;
  const { flag, isNamed, source } = scores;
  const { columns = [] } = source;
  const names = namesOf(columns, labels);
  if (names === undefined) {
    if (width === undefined || width === labels.length) return labels;
    throw usage(
      `--${targetFlag}: has ${labels.length} different labels (${list(labels)}), but --${flag} has ${width} scores for each sample${columns.length > 1 ? ` (${list(columns)})` : ''}: name the columns of the scores, or the classes in their order with --classes`,
    );
  }
  if (isNamed || names.length === labels.length) return names;
  const found = columns.filter((_, index) => labels.includes(names[index] as string));
  const others = columns.filter((column) => !found.includes(column));
  throw usage(
    `--${flag}: ${list(others)} of ${source.name} may be no score, for no label is named so: name the columns of the scores, such as ${found.join(',')}`,
  );
}

/** The columns' names without what they begin with in common, if they include all labels. */
function namesOf(columns: readonly string[], labels: readonly string[]): string[] | undefined {
  for (const prefix of ['', commonPrefix(columns)]) {
    const names = columns.map((column) => column.slice(prefix.length));
    if (columns.length > 1 && labels.every((label) => names.includes(label))) return names;
  }
  return undefined;
}

/** The longest common beginning that ends in `_`, `.`, `-` or a space. */
function commonPrefix([first = '', ...others]: readonly string[]): string {
  let length = first.length;
  while (
    length > 0 &&
    !(/[_.\- ]/.test(first[length - 1] as string) && others.every((name) => name.startsWith(first.slice(0, length))))
  )
    length--;
  return first.slice(0, length);
}

function list(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return `${names.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
