import { expect } from 'vitest';
import { ArgumentRangeError } from '../../lib/base/errors.js';

/** What a call throws. */
export function thrownBy(call: () => unknown): Error & Record<string, unknown> {
  try {
    call();
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error('nothing was thrown');
}

/** The details of an error about one argument. */
export interface Wrong {
  readonly parameter: string;
  readonly expected: string;
  readonly got: string;
  readonly code?: string;
}

/** Checks an error about one argument: its class, its code, its details and its message, which may end with the fix. */
export function expectWrong(
  call: () => unknown,
  kind: new (...args: never) => Error,
  { code, ...details }: Wrong,
): void {
  const error = thrownBy(call);
  const { parameter, expected, got } = details;
  const [message] = error.message.split('; torch.tensor(array) makes one');
  expect({ message, ...details, code: error.code }).toEqual({
    message: `${parameter}: expected ${expected}, got ${got}`,
    parameter: error.parameter,
    expected: error.expected,
    got: error.got,
    code: code ?? (kind === ArgumentRangeError ? 'ERR_INVALID_ARG_VALUE' : 'ERR_INVALID_ARG_TYPE'),
  });
  expect(error).toBeInstanceOf(kind);
}
