export * from './app-error.js';
export { summaryOf } from './bounded-violations.js';
export { fromDatabaseError } from './database-errors.js';
export { identification, toConnectError } from './to-connect-error.js';
