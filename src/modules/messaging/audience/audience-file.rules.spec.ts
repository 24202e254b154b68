import { describe, expect, test } from '@jest/globals';
import { judgeRows, readHeader, readRow, refuseUnknownRows } from './audience-file.rules.js';

const id = '0199b0f0-0000-7000-8000-000000000001';
const columns = { count: 3, userId: 0, email: 1, variables: [{ name: 'code', index: 2 }] };

describe('a header', () => {
  test('names members and variables, in any order', () => {
    expect(readHeader([' Email ', 'code', 'USER_ID'])).toEqual({
      ...{ count: 3, userId: 2, email: 0 },
      variables: [{ name: 'code', index: 1 }],
    });
  });

  test.each([
    ['without a member', ['code'], /email or user_id/],
    ['with a column twice', ['email', 'code', 'code'], /column 3 has the name/],
    ['with the address twice', ['email', 'EMAIL'], /column 2 has the name/],
    ['with a nameless column', ['email', ' '], /column 2 must have a name/],
    ['with a long name', ['email', 'x'.repeat(101)], /at most 100 characters/],
    [
      'with too many columns',
      ['email', ...Array.from({ length: 102 }, (_, index) => String(index))],
      /at most 102 columns/,
    ],
    [
      'with too many variables',
      ['email', ...Array.from({ length: 101 }, (_, index) => String(index))],
      /100 columns of variables/,
    ],
  ])('%s is refused', (_, cells, description) => {
    expect(readHeader(cells)).toEqual([
      { field: 'file.rows[1]', description: expect.stringMatching(description) },
    ]);
  });
});

describe('a row', () => {
  test('names a member by id, or by address where the id is empty', () => {
    expect(readRow(2, [id.toUpperCase(), 'who@x', 'A'], columns)).toEqual({
      ...{ row: 2, userId: id, email: null, variables: { code: 'A' } },
    });
    expect(readRow(3, ['', ' Ann@Acme.Example ', ''], columns)).toEqual({
      ...{ row: 3, userId: null, email: 'ann@acme.example', variables: {} },
    });
  });

  test('keeps what looks like a formula, and a variable called __proto__', () => {
    const named = { ...columns, variables: [{ name: '__proto__', index: 2 }] };
    const row = readRow(2, [id, '', '=1+1'], named);
    expect(JSON.stringify(row)).toContain('"__proto__":"=1+1"');
  });

  test.each([
    ['with too few cells', [id], 'file.rows[9]'],
    ['without a member', ['', '', 'A'], 'file.rows[9].email'],
    ['with a wrong id', ['7', '', 'A'], 'file.rows[9].user_id'],
    ['with a wrong address', ['', 'ann', 'A'], 'file.rows[9].email'],
    ['with a long cell', [id, '', 'x'.repeat(10_001)], 'file.rows[9].code'],
    ['with a null character', [id, '', 'a\0'], 'file.rows[9].code'],
  ])('%s is refused', (_, cells, field) => {
    expect(readRow(9, cells, columns)).toMatchObject([{ field }]);
  });
});

test('the first row of a member counts, and unknown rows are named', () => {
  const named = [2, 3, 4].map((row) => ({ row, userId: null, email: 'a@x.example', variables: {} }));
  const member = { userId: id, deactivated: false, restricted: false };
  const judged = judgeRows(named, [member, undefined, member]);
  expect(judged.map(({ reason }) => reason)).toEqual([null, 1, 5]);
  expect(refuseUnknownRows(named, judged)?.details.violations).toEqual([
    {
      field: 'file.rows[3].email',
      description: 'row 3, column "email": is not a member of this organization',
    },
  ]);
});
