export * from './app-error.js';
export { fromDatabaseError } from './database-errors.js';
export { identification, toConnectError } from './to-connect-error.js';
