export * from './app-error.js';
export { boundedViolations, inOneDetail, summaryOf } from './bounded-violations.js';
export { constraintErrors } from './constraint-errors.js';
export { fromDatabaseError } from './database-errors.js';
export {
  type ErrorOrigin,
  shippedIdentification,
  toDocumentedError,
  toShippedError,
} from './public-contracts.js';
export { identification, toConnectError } from './to-connect-error.js';
