/** What the commands use of this room beyond its public API. */
export { renderMigration } from './text.js';
