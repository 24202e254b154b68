import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Page } from './support/page.js';
import { serve, type ServedPage } from './support/served-page.js';

jest.setTimeout(120_000);

const page = Page.open('docs/how-to/move-from-another-product.md');
let reader: ServedPage;

beforeAll(async () => {
  reader = await serve(page, {}, {}, { analytics: true });
  await reader.type('API_KEY=');
});
afterAll(() => reader?.stop());

interface Status {
  readonly import: {
    readonly eventsStored?: string;
    readonly linesRefused?: string;
    readonly check?: {
      readonly events: string;
      readonly profiles: string;
      readonly problems: readonly unknown[];
    };
  };
}

/** What the last command of a snippet prints: an answer in one line. */
function lastLine(output: string): Status {
  const begin = output.lastIndexOf('{"import":');
  return JSON.parse(output.slice(begin)) as Status;
}

describe('a file of another product', () => {
  test('is imported by the command, after a dry run', async () => {
    await reader.type("<<'END'");
    const dry = await reader.type('--dry-run');
    expect(dry).toContain('Format: segment, as recognized');
    expect(dry).toMatch(/^Line 3: "timestamp" is not a time/m);
    expect(dry).toContain('exit code 2');
    const done = await reader.type('"$FILE" $WHERE ||');
    expect(done).toMatch(/^Stored 1 events and 1 profiles\. There before: 0\./m);
    const id = /^Import (\S+) of/m.exec(done)?.[1] ?? '';
    expect(await reader.shell.run(`npx dovecote import --undo ${id} $WHERE`)).toContain('are deleted');
  });

  test('is uploaded', async () => {
    expect(await reader.type('piece()')).toMatch(/^\{"uploadedBytes":"\d+"\}$/);
  });

  test('is checked, with the line that cannot be taken', async () => {
    const { check } = lastLine(await reader.type('until_state()')).import;
    expect(check).toMatchObject({ events: '1', profiles: '1' });
    expect(check?.problems).toMatchObject([{ line: '3', field: 'timestamp' }]);
  });

  test('is imported', async () => {
    const done = lastLine(await reader.type('StartImport'));
    expect(done.import).toMatchObject({ eventsStored: '1', linesRefused: '1' });
  });

  test('is undone', async () => {
    await reader.type('UndoImport');
    const left = lastLine(await reader.shell.run('status'));
    expect(left.import.eventsStored).toBeUndefined();
  });
});

test('every snippet of the page is run', () => {
  page.leave('npm start', 'A server of the spec runs instead.', 'command');
  expect(page.untaken).toEqual([]);
});
