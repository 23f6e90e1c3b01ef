/**
 * The errors that torchloss throws, and the functions that create them.
 *
 * A wrong argument is a `TypeError` or a `RangeError` in one message form:
 * `PARAMETER: expected WHAT, got WHAT`. A call that LibTorch rejects is a {@link TorchError} with
 * LibTorch's own message. Each carries a stable `code`.
 */

import { types } from 'node:util';
import { oneLine, printable } from './printable.js';
import { isArray, isRevoked } from './plain_object.js';

/** The stable identifier of an error, in `error.code`. */
export type ErrorCode =
  | 'ERR_INVALID_ARG_TYPE'
  | 'ERR_INVALID_ARG_VALUE'
  | 'ERR_UNKNOWN_OPTION'
  | 'ERR_DISPOSED'
  | 'ERR_BUSY'
  | 'ERR_TORCH'
  | 'ERR_NODE_API'
  | 'ERR_NOT_IMPLEMENTED'
  | 'ERR_OUT_OF_MEMORY'
  | 'ERR_DEVICE_LOST'
  | 'ERR_UNKNOWN_OPERATOR'
  | 'ERR_LIBTORCH_NOT_FOUND'
  | 'ERR_LIBTORCH_BAD'
  | 'ERR_LIBTORCH_VERSION'
  | 'ERR_LIBTORCH_CONFLICT'
  | 'ERR_LIBTORCH_LOAD'
  | 'ERR_NO_BINARY'
  | 'ERR_NO_CUDA'
  | 'ERR_PLATFORM'
  | 'ERR_BUNDLED'
  | 'ERR_SETUP'
  | 'ERR_BUILD'
  | 'ERR_FILE_CHANGED'
  | 'ERR_FILE_FORMAT'
  | 'ERR_FILE_READ'
  | 'ERR_FILE_WRITE'
  | 'ERR_MISSING_PACKAGE'
  | 'ERR_PEER'
  | 'ERR_NO_DISTRIBUTED'
  | 'ERR_NOT_INITIALIZED'
  | 'ERR_CONNECTION'
  | 'ERR_TIMEOUT'
  | 'ERR_MISMATCH'
  | 'ERR_QUEUE'
  | 'ERR_SHARDS'
  | 'ERR_USAGE';

/** The parameter of a wrong argument, what was expected and what was passed. */
export interface ArgumentDetails {
  readonly parameter: string;
  readonly expected: string;
  readonly got: string;
}

/** An error that is not about a single argument, or that LibTorch raised. */
export class TorchError extends Error {
  override readonly name = 'TorchError';
  readonly code: ErrorCode;
  /** The parameter at fault, if known. */
  declare readonly parameter?: string;
  declare readonly expected?: string;
  declare readonly got?: string;

  constructor(code: ErrorCode, message: string, details: Partial<ArgumentDetails> & { cause?: unknown } = {}) {
    const { cause, ...fields } = details;
    super(printable(message), cause === undefined ? undefined : { cause });
    this.code = code;
    Object.assign(this, fields);
  }
}

/** An argument of the wrong type: a `TypeError` with the argument's details. */
export class ArgumentTypeError extends TypeError implements ArgumentDetails {
  readonly code: ErrorCode;
  readonly parameter: string;
  readonly expected: string;
  readonly got: string;

  /** @param fix - how to fix it, where that is not obvious, as the end of the message */
  constructor(
    parameter: string,
    expected: string,
    got: string,
    code: ErrorCode = 'ERR_INVALID_ARG_TYPE',
    fix?: string,
  ) {
    super(printable(`${parameter}: expected ${expected}, got ${got}${fix === undefined ? '' : `; ${fix}`}`));
    this.code = code;
    this.parameter = parameter;
    this.expected = expected;
    this.got = got;
  }
}

/** An argument of the right type with a bad value: a `RangeError` with the argument's details. */
export class ArgumentRangeError extends RangeError implements ArgumentDetails {
  readonly code: ErrorCode;
  readonly parameter: string;
  readonly expected: string;
  readonly got: string;

  constructor(parameter: string, expected: string, got: string, code: ErrorCode = 'ERR_INVALID_ARG_VALUE') {
    super(printable(`${parameter}: expected ${expected}, got ${got}`));
    this.code = code;
    this.parameter = parameter;
    this.expected = expected;
    this.got = got;
  }
}

/** Creates the error for an argument of the wrong type. */
export function invalidType(parameter: string, expected: string, value: unknown): ArgumentTypeError {
  const fix = isArray(value) && /^a Tensor\b/.test(expected) ? 'torch.tensor(array) makes one' : undefined;
  return new ArgumentTypeError(parameter, expected, describe(value), undefined, fix);
}

/** Creates the error for a value out of range. */
export function invalidValue(parameter: string, expected: string, value: unknown): ArgumentRangeError {
  return new ArgumentRangeError(parameter, expected, describe(value));
}

/** Creates the error for something that is too large to allocate. */
export function outOfMemory(what: string): TorchError {
  return new TorchError('ERR_OUT_OF_MEMORY', `${what} do not fit into this process's memory`);
}

/** A path is shown whole. */
const MAX_PATH = 1024;

/** Creates the error for a file with the wrong contents. */
export function formatError(name: string, problem: string, cause?: unknown): TorchError {
  return new TorchError('ERR_FILE_FORMAT', `${oneLine(name, MAX_PATH)}: ${problem}`, { cause });
}

const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is exceeded',
  EMFILE: 'too many files are open in this process',
  ENFILE: 'too many files are open on this system',
  ELOOP: 'its symbolic links form a loop',
  ENAMETOOLONG: 'its name is too long',
  EIO: 'the device failed',
};

/** Why a file operation failed, in words, without the path. */
export function fileProblem(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return FILE_PROBLEMS[code ?? ''] ?? message;
}

/** Functions that name objects unknown to this layer, such as tensors. */
const namers: ((value: object) => string | undefined)[] = [];

/** Registers a function with which {@link describe} names objects. */
export function describeWith(namer: (value: object) => string | undefined): void {
  namers.push(namer);
}

/** Names a value in a few words, for the end of an error message. Never runs the value's own code. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `'${oneLine(value, 40)}'`;
    case 'bigint':
      return `${value}n`;
    case 'number':
    case 'boolean':
    case 'undefined':
    case 'symbol':
      return String(value);
    case 'function':
      return 'a function';
    default:
      if (value === null) return 'null';
      if (isRevoked(value)) return 'a revoked proxy';
      if (isArray(value)) return `an array of length ${value.length}`;
      if (ArrayBuffer.isView(value)) return `a ${Object.prototype.toString.call(value).slice(8, -1)}`;
      for (const name of namers) {
        const text = name(value as object);
        if (text !== undefined) return text;
      }
      return className(value as object) ?? 'an object';
  }
}

/** An object of a class, by the class's name; nothing for a plain one, and for proxies, which would run code. */
function className(value: object): string | undefined {
  if (types.isProxy(value)) return undefined;
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null || types.isProxy(prototype)) return undefined;
  const made = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  if (typeof made !== 'function' || types.isProxy(made)) return undefined;
  const name = Object.getOwnPropertyDescriptor(made, 'name')?.value;
  return typeof name === 'string' && name !== '' && name !== 'Object' ? `an instance of ${name}` : undefined;
}
