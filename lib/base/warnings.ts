import { printable } from './printable.js';

const given = new Set<string>();

/** The warnings of Python that have a class of their own; their texts begin with it. */
const CLASS = /^(TracerWarning): /;

/** Issues each warning once per process, as Python does once per place. */
export function warnOnce(message: string): void {
  if (given.has(message)) return;
  given.add(message);
  const [start, name] = CLASS.exec(message) ?? ['', 'UserWarning'];
  process.emitWarning(printable(message.slice(start.length)), name);
}
