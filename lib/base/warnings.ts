import { printable } from './printable.js';

const given = new Set<string>();

/** Issues each warning once per process, as Python does once per place. */
export function warnOnce(message: string): void {
  if (given.has(message)) return;
  given.add(message);
  process.emitWarning(printable(message), 'UserWarning');
}
