export * from './app-error.js';
export { fromDatabaseError } from './database-errors.js';
export { toConnectError } from './to-connect-error.js';
