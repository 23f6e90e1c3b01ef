// What every script needs: where the clone is, and how a script ends.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the clone. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Ends the script with a message for the user, without a stack. */
export class Stop extends Error {}
