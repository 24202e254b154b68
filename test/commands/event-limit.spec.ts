import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import { Command, type CommandResult } from '../support/command.js';
import { testMasterKey } from '../support/template-database.js';
import { cloneDatabase, type TestDatabase } from '../support/test-database.js';

jest.setTimeout(120_000);

const [acme, other] = [uuid(), uuid()];
let database: TestDatabase;

beforeAll(async () => {
  database = await cloneDatabase();
  for (const id of [acme, other])
    await database.query(`insert into organization (id, name, created_at) values ($1, 'o', now())`, [id]);
});
afterAll(() => database?.drop());

function run(...words: string[]): Promise<CommandResult> {
  const env = {
    DATABASE_URL: database.ownerUrl,
    DATABASE_APP_URL: database.appUrl,
    MASTER_KEY: testMasterKey.toString('base64'),
    EVENT_LIMIT_PER_MONTH: '1000',
  };
  return Command.run(['event-limit', ...words], { env, folder: tmpdir() });
}

const limits = () => database.query('select org_id, monthly_events::int, refuses from usage_limit');

describe('dovecote event-limit', () => {
  test.each([
    ['no id', ['--organization', 'Acme'], 'is not the id of an organization'],
    ['an organization that does not exist', ['--organization', uuid(), '--events', '5'], 'not found'],
    ['no number', ['--organization', acme, '--events', '-5'], '--events must be'],
    ['no action', ['--organization', acme, '--above', 'drop'], '--above must be'],
  ])('refuses %s', async (_, words, complaint) => {
    const { exitCode, output } = await run(...words);
    expect(output).toContain(complaint);
    expect(exitCode).toBe(1);
    expect(await limits()).toEqual([]);
  });

  test('shows and sets the limit of one organization', async () => {
    expect((await run('--organization', acme)).output).toContain(
      'may send 1000 events a month; more are accepted',
    );
    const set = await run('--organization', acme, '--events', '500', '--above', 'refuse');
    expect(set.output).toContain('may send 500 events a month; more are refused until the month is over');
    expect(await limits()).toEqual([{ org_id: acme, monthly_events: 500, refuses: true }]);
    expect((await run('--organization', acme, '--events', 'none')).output).toContain('has no limit');
    expect((await run('--organization', acme, '--events', 'default')).output).toContain(
      '1000 events a month; more are refused',
    );
    expect((await run('--organization', other)).output).toContain('1000 events a month; more are accepted');
    const trail = await database.query(
      `select org_id from audit_event where event_type = 'ORG_RESOURCE_QUOTAS_SET'`,
    );
    expect(trail).toEqual([1, 2, 3].map(() => ({ org_id: acme })));
  });
});
