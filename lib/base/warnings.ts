const given = new Set<string>();

/** Warns once in the life of the process for each message, as Python's warnings do for one place. */
export function warnOnce(message: string): void {
  if (given.has(message)) return;
  given.add(message);
  process.emitWarning(message, 'UserWarning');
}
