import { TorchError } from '../base/errors.js';

/**
 * Loads an optional package.
 *
 * @param what - what needs it, as the subject of a sentence
 * @throws TorchError `ERR_MISSING_PACKAGE`, with the command that installs it
 */
export async function loadPeer<T>(load: () => Promise<T>, name: string, what: string): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new TorchError('ERR_MISSING_PACKAGE', `${what} needs the package ${name}: run \`npm install ${name}\``, {
      cause,
    });
  }
}
