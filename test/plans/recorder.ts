import { jest } from '@jest/globals';
import { type Statement, Transaction } from '../../src/platform/database/index.js';

export interface Sent {
  statement: Statement;
  values: unknown[];
}

/**
 * Keeps every statement that a store sends from now on, with the values of its first use. What has another text each time
 * is kept as `name`, `name 2`, and so on.
 */
export function recordStatements(): Map<string, Sent> {
  const sent = new Map<string, Sent>();
  // The method is handed on as it is; only its arguments are looked at.
  const execute = Transaction.prototype.execute;
  jest.spyOn(Transaction.prototype, 'execute').mockImplementation(function (
    this: Transaction,
    statement: Statement,
    values: unknown[] = [],
  ) {
    const key = keyFor(sent, statement);
    if (!sent.has(key)) sent.set(key, { statement, values });
    return execute.call(this, statement, values);
  });
  return sent;
}

function keyFor(sent: ReadonlyMap<string, Sent>, { name, text }: Statement): string {
  let key = name;
  for (let turn = 2; sent.has(key) && sent.get(key)?.statement.text !== text; turn += 1)
    key = `${name} ${turn}`;
  return key;
}
