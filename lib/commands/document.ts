/** The JSON documents that commands print. The package's `schemas` describe them. */
import { snakeKeys, toJson } from '../base/json.js';
import { printJson } from '../terminal/print.js';

/** The version of all documents except that of evaluate. It changes when a key is removed, renamed or changes its meaning. */
const VERSION = 1;

/** Prints a document with these fields. */
export function printDocument(fields: object): void {
  printJson(toJson({ version: VERSION, ...(snakeKeys(fields) as object) }, 2));
}
