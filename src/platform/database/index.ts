export { Database } from './database.js';
export { StatementTimeout, Transaction, type TransactionSettings } from './transaction.js';
export { notAhead } from './not-ahead.js';
export { loneStatement, readStatement, setStatement, statement, type Statement } from './statement.js';
export { rowSecurityDefects } from './row-security.js';
