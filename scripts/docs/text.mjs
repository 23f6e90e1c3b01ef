/** A value as it is written in JavaScript. */
export function literal(value) {
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'number' && value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential() : String(value);
}
