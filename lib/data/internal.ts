/** What only commands need of files. */

export { convertSource } from './convert.js';
export { DataFile } from './file.js';
export { adviceOn, type Location, nameOfLocation } from './location.js';
export { findLocations, openInput, openTable, type OpenTable, splitFile } from './open.js';
export { promote } from './table/promote.js';
export { globPattern } from './table/select.js';
export type { ColumnPart, Table, TableColumn } from './table/table.js';
