/** The queue that a command is given. */
import type { TorchError } from '../base/errors.js';
import { redisQueue, type ShardQueue } from '../distributed/index.js';
import { printError } from '../terminal/print.js';
import { usage } from './arguments.js';

/** The variable with the URL of the queue, which keeps its password out of the list of processes. */
const VARIABLE = 'TORCHLOSS_QUEUE';

/**
 * Opens the queue of a flag, or else of the environment.
 *
 * @param clear - clears a line of progress before something is printed
 */
export async function openQueue(url: string | undefined, flag: string, clear = () => {}): Promise<ShardQueue> {
  const given = url ?? process.env[VARIABLE];
  if (given === undefined || given === '')
    throw usage(`${flag}: expected the URL of a queue, here or in the variable ${VARIABLE}, such as redis://HOST:6379`);
  let name = '';
  try {
    const queue = await redisQueue(given, {
      onConnection(isThere) {
        clear();
        printError(`torchloss: ${name}: ${isThere ? 'connected again' : 'the connection is lost; trying again'}`);
      },
    });
    name = queue.name;
    return queue;
  } catch (error) {
    if ((error as TorchError).code === 'ERR_USAGE') throw usage(`${flag}: ${(error as Error).message}`);
    throw error;
  }
}
