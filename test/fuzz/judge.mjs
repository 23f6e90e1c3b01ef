// Whether a call ended as every call must: with a value, or with an error that is typed or the caller's own.
import { AssertionError } from 'node:assert';

/** What only a C++ stack trace or unreadable memory leaves in a message. */
const NATIVE = /Exception raised from|^frame #\d|\(most recent call first\)|\ufffd{4}/m;

/** Why `error` is none that a caller may get, or `undefined`. `asserts`: of a call that throws AssertionErrors. */
export function complaintAbout(error, world, TorchError, asserts = false) {
  if (world.thrown.has(error)) return undefined;
  if (asserts && error instanceof AssertionError) return undefined;
  // A class as a callback cannot be called, which is the engine's to say.
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
