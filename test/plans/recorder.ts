import { jest } from '@jest/globals';
import { type Statement, Transaction } from '../../src/platform/database/index.js';

export interface Sent {
  statement: Statement;
  values: unknown[];
}

/** Keeps every statement that a store sends from now on, with the values of its first use. */
export function recordStatements(): Map<string, Sent> {
  const sent = new Map<string, Sent>();
  // The method is handed on as it is; only its arguments are looked at.
  const execute = Transaction.prototype.execute;
  jest.spyOn(Transaction.prototype, 'execute').mockImplementation(function (
    this: Transaction,
    statement: Statement,
    values: unknown[] = [],
  ) {
    if (!sent.has(statement.name)) sent.set(statement.name, { statement, values });
    return execute.call(this, statement, values);
  });
  return sent;
}
