import { describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { csvRecord } from './csv-record.js';

describe('a record', () => {
  test.each([
    ['quotes', 'say "hi", then\r\ngo', '"say ""hi"", then\r\ngo"'],
    ['a formula', '=HYPERLINK("http://evil.example")', `"'=HYPERLINK(""http://evil.example"")"`],
    ['a plus', '+1', `"'+1"`],
    ['a minus', '-1', `"'-1"`],
    ['an at', '@SUM(A1)', `"'@SUM(A1)"`],
    ['a tab', '\t=1', `"'\t=1"`],
    ['the guard itself', "'x", `"''x"`],
    ['nothing', '', '""'],
  ])('holds a text with %s', (_, text, cell) => expect(csvRecord([text])).toBe(`${cell}\r\n`));

  test('holds numbers as they are', () => expect(csvRecord([-1.5, 0])).toBe('-1.5,0\r\n'));

  test('is read as it was written, by a reader that knows the guard', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (cells) => {
        const [read] = parse(csvRecord(cells));
        expect(read?.map((cell) => cell.replace(/^'/, ''))).toEqual(cells);
      }),
    );
  });
});
