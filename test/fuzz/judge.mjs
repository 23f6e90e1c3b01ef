// Whether a call ended as every call must: with a value, or with an error that is typed or the caller's own.
import { AssertionError } from 'node:assert';

/** Text that appears in a message only with a C++ stack trace or unreadable memory. */
const NATIVE = /Exception raised from|^frame #\d|\(most recent call first\)|\ufffd{4}/m;

/** Why a caller must not get `error`, or `undefined`. `asserts`: the call may throw AssertionErrors. */
export function complaintAbout(error, world, TorchError, asserts = false) {
  if (world.thrown.has(error)) return undefined;
  if (asserts && error instanceof AssertionError) return undefined;
  // A class cannot be called as a callback; the engine reports it.
  if (error instanceof TypeError && /^Class constructors? .*cannot be invoked without 'new'$/.test(error.message)) {
    return undefined;
  }
  if (!(error instanceof Error)) return `threw ${typeof error}`;
  const text = `${error.name}: ${error.message.slice(0, 300)}`;
  if (typeof error.code !== 'string' || !error.code.startsWith('ERR_')) return `no code: ${text}\n${error.stack}`;
  if (!(error instanceof TorchError || error instanceof TypeError || error instanceof RangeError)) {
    return `no type: ${text}\n${error.stack}`;
  }
  if (NATIVE.test(error.message)) return `a message with C++ in it: ${text}`;
  return undefined;
}

/** A recipe as text. */
export function show(recipe) {
  switch (recipe.is) {
    case 'exotic':
      return recipe.name;
    case 'value':
      return typeof recipe.value === 'bigint'
        ? `${recipe.value}n`
        : Object.is(recipe.value, -0)
          ? '-0'
          : String(recipe.value);
    case 'array':
      return `[${recipe.items.map(show).join(', ')}]`;
    case 'options': {
      const entries = recipe.entries.map(([key, item]) => `${key}: ${show(item)}`).join(', ');
      return `${recipe.form === 'plain' ? '' : `(${recipe.form}) `}{ ${entries} }`;
    }
    default: {
      const { shape, dtype, fill, grad, view, state } = recipe;
      const words = [dtype, `[${shape}]`, fill, grad && 'grad', view !== 'none' && view, state !== 'live' && state];
      return `tensor(${words.filter(Boolean).join(' ')})`;
    }
  }
}
