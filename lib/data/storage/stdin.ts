import { isatty } from 'node:tty';
import { TorchError } from '../../base/errors.js';
import { LocalStore } from './local.js';
import type { Store } from './store.js';

/** The copy of standard input, which can be read only once. */
let received: Promise<LocalStore> | undefined;

/**
 * Copies standard input to a temporary file, which is kept until the process ends, so that several columns can be opened
 * one after another.
 *
 * @throws TorchError `ERR_FILE_READ` if it is a terminal, or cannot be read
 */
export async function openStdin(name: string): Promise<Store> {
  if (isatty(0)) throw new TorchError('ERR_FILE_READ', `${name}: expected a file or a pipe, got a terminal`);
  received ??= LocalStore.ofStream(name, process.stdin);
  const store = await received;
  return {
    size: store.size,
    modified: undefined,
    read: (bytes, position) => store.read(bytes, position),
    checkUnchanged: () => store.checkUnchanged(),
    close: async () => undefined,
  };
}
