import { describe, expect, test } from '@jest/globals';
import { DatabaseError } from 'pg';
import { fromDatabaseError } from './database-errors.js';

function stateError(code: string): DatabaseError {
  return Object.assign(new DatabaseError('secret value in a message', 0, 'error'), { code });
}

describe('fromDatabaseError', () => {
  test.each(['22003', '22008', '22P02'])(
    '%s: a value that no column can hold is the mistake of the client',
    (code) => {
      const error = fromDatabaseError(stateError(code));
      expect(error?.kind).toBe('invalid_argument');
      expect(JSON.stringify([error?.message, error?.details])).not.toContain('secret');
    },
  );

  test.each(['ENOENT', 'EAGAIN'])('%s: a Unix socket whose server is away may be tried again', (code) => {
    const error = Object.assign(new Error(`connect ${code}`), { code, syscall: 'connect' });
    expect(fromDatabaseError(error)?.kind).toBe('unavailable');
    expect(fromDatabaseError(Object.assign(new Error('no'), { code, syscall: 'open' }))).toBeUndefined();
  });

  test.each(['53100', '53200'])('%s: a full disk or memory may have space later', (code) => {
    expect(fromDatabaseError(stateError(code))).toMatchObject({
      kind: 'unavailable',
      details: { retryAfterSeconds: 10 },
    });
  });

  test('a defect of ours stays one', () => {
    expect(fromDatabaseError(stateError('42P01'))).toBeUndefined();
  });
});
