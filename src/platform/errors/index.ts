export * from './app-error.js';
export { summaryOf } from './bounded-violations.js';
export { constraintErrors } from './constraint-errors.js';
export { fromDatabaseError } from './database-errors.js';
export { identification, toConnectError } from './to-connect-error.js';
