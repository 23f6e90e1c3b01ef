/** What the commands use of this room beyond its public API. */
export { renderMigration, renderSource } from './text.js';
