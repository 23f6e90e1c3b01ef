/** A word in quotes, as a POSIX shell reads it. */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A word as it is written in a POSIX shell: in quotes, if it needs them. */
export function shellWord(word: string): string {
  return /^[\w./:=,@%+-][\w./:=,@%+#-]*$/.test(word) ? word : shellQuote(word);
}
