/** Finds the word that was probably meant by a misspelled one. */

/** The word in a list that is closest to a text, and its edit distance, ignoring case. */
export function nearest(text: string, words: readonly string[]): { readonly word: string; readonly distance: number } {
  return words
    .map((word) => ({ word, distance: editDistance(word.toLowerCase(), text.toLowerCase()) }))
    .reduce((best, next) => (next.distance < best.distance ? next : best), { word: '', distance: Infinity });
}

/** The end of an error about an unknown name: `did you mean 'reduction'?`, if one of `words` is close enough. */
export function didYouMean(name: string, words: readonly string[]): string | undefined {
  if (words.length === 0) return undefined;
  const { word, distance } = nearest(name, words);
  return distance <= Math.max(1, Math.min(3, name.length / 3)) ? `did you mean '${word}'?` : undefined;
}

/** How many letters must be inserted, deleted, changed or swapped with the next to turn one text into the other. */
function editDistance(first: string, second: string): number {
  let before: number[] = [];
  let above = Array.from({ length: second.length + 1 }, (_, index) => index);
  for (const [row, letter] of Array.from(first).entries()) {
    const current = [row + 1];
    for (let column = 0; column < second.length; column++) {
      const change = (above[column] as number) + (letter === second[column] ? 0 : 1);
      const isSwapped = row > 0 && column > 0 && letter === second[column - 1] && first[row - 1] === second[column];
      const swap = isSwapped ? (before[column - 1] as number) + 1 : Number.POSITIVE_INFINITY;
      current.push(Math.min(change, swap, (above[column + 1] as number) + 1, (current[column] as number) + 1));
    }
    before = above;
    above = current;
  }
  return above[second.length] as number;
}
