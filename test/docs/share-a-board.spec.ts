import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Page } from './support/page.js';
import { serve, type ServedPage } from './support/served-page.js';

interface Shown {
  readonly dashboard: {
    readonly displayName: string;
    readonly projectId?: string;
    readonly tiles: readonly { readonly result?: object; readonly errorMessage?: string }[];
  };
}

let reader: ServedPage;

beforeAll(async () => {
  reader = await serve(Page.open('docs/how-to/share-a-board.md'), {}, {}, { analytics: true });
  const { cast, server, shell } = reader;
  const token = cast.alice.headers.authorization.replace('Bearer ', '');
  await shell.run(`API=${server.url} TOKEN=${token} PROJECT=${cast.site.id}`);
  await reader.type('call() {');
});
afterAll(() => reader?.stop());

const shown = async (words: string) => (JSON.parse(await reader.type(words)) as Shown).dashboard;

test('a board from a template is answered, shown by its link, and no longer once that is revoked', async () => {
  const mine = await shown('CreateFromTemplate');
  expect(mine.displayName).toBe('Shop');
  expect(mine.tiles.map(({ errorMessage }) => errorMessage)).toEqual(mine.tiles.map(() => undefined));
  const theirs = await shown('ShareDashboard');
  expect(theirs.tiles).toHaveLength(mine.tiles.length);
  expect(theirs.projectId).toBeUndefined();
  expect(await reader.type('RevokeShare')).toBe('{}');
  const visitor = `curl -sS "$API/public.dashboards.v1.SharedDashboardsService/Query" -H 'content-type: application/json' -d '{"shareId": "'$LINK'"}'`;
  await expect(reader.shell.run(visitor)).rejects.toThrow('DASHBOARD_NOT_FOUND');
});
