import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import { addEmployees } from '../fault/fan-out.js';
import type { Actor } from '../support/cast.js';
import { Command } from '../support/command.js';
import { eventually } from '../support/eventually.js';
import { testMasterKey } from '../support/template-database.js';
import type { TestDatabase } from '../support/test-database.js';
import { ask, escalate, mark, startWorkflow, tell, user, wait } from '../support/workflows.js';
import { type DatabaseSnapshot, takeSnapshot } from './database-snapshot.js';

/** Members to whom each campaign goes. */
export const RECIPIENTS = 9;
/** Rounds of the escalation, of which one is over. */
export const ROUNDS = 3;
/** No system listens there. */
export const RECEIVER = '127.0.0.1:9';

/** Campaigns that the previous release was in the middle of, and where each of them stood. */
export interface RunningCampaigns {
  readonly organizationId: string;
  readonly recipients: readonly string[];
  readonly campaigns: Readonly<Record<'waiting' | 'escalating' | 'calling' | 'unsent', string>>;
  readonly database: DatabaseSnapshot;
}

/** Has the program of the previous release begin the campaigns in an empty database. */
export async function beginCampaigns(program: string, database: TestDatabase): Promise<RunningCampaigns> {
  const folder = await mkdtemp(join(tmpdir(), 'dovecote-previous-'));
  const serve = (role: string): Command =>
    Command.start(['serve', '--role', role], {
      program,
      folder,
      env: {
        ENVIRONMENT: 'development',
        DATA_DIR: folder,
        DATABASE_URL: database.ownerUrl,
        MASTER_KEY: testMasterKey.toString('base64'),
        OUTBOUND_ALLOWED_HOSTS: RECEIVER,
        PORT: '0',
        LOG_FORMAT: 'json',
      },
    });
  try {
    const first = serve('all');
    const author = await callerOf(first);
    const { organizationId, people } = await hirePeople(author, database);
    const [boss = '', ...recipients] = people;
    const begin = (steps: object[]): Promise<string> => startWorkflow(author, recipients, steps);
    const call = {
      id: 'call',
      type: StepType.CALL_WEBHOOK,
      config: { case: 'callWebhook' as const, value: { name: 'Hook', url: `http://${RECEIVER}/hook` } },
    };
    const rounds = { targets: [user(boss)], repeatCount: ROUNDS - 1, repeatIntervalMinutes: 60 };
    const waiting = await begin([ask('send', 'wait'), wait('wait', 'mark'), mark]);
    const escalating = await begin([ask('send', 'up'), escalate('up', 'mark', rounds), mark]);
    await untilWaiting(database, waiting);
    await untilWaiting(database, escalating);
    const calling = await begin([{ ...tell, transitions: { completed: 'call' } }, call]);
    await eventually('an attempt has failed', async () => {
      const [found] = await database.query(
        'select from webhook_call where campaign_id = $1 and attempts between 1 and 3 and next_attempt_at > now()',
        [calling],
      );
      return found;
    });
    await first.stop();
    const second = serve('api');
    const unsent = await startWorkflow(await callerOf(second, author), recipients, [
      ask('send', 'wait'),
      wait('wait', 'mark'),
      mark,
    ]);
    await second.stop();
    const campaigns = { waiting, escalating, calling, unsent };
    return { organizationId, recipients, campaigns, database: await takeSnapshot(database.ownerUrl) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A row a line, so that a change reads as such in review. */
export async function writeCampaigns(file: URL, begun: RunningCampaigns): Promise<void> {
  const { database, ...about } = begun;
  const { tables, ...snapshot } = database;
  const lines = Object.entries(tables).map(
    ([name, rows]) =>
      `    ${JSON.stringify(name)}: [\n${rows.map((row) => `      ${JSON.stringify(row)}`).join(',\n')}\n    ]`,
  );
  const head = Object.entries({ ...about }).map(([key, value]) => `  "${key}": ${JSON.stringify(value)}`);
  const inner = Object.entries(snapshot).map(([key, value]) => `    "${key}": ${JSON.stringify(value)}`);
  const text = `{\n${head.join(',\n')},\n  "database": {\n${inner.join(',\n')},\n    "tables": {\n${lines.join(',\n')}\n    }\n  }\n}\n`;
  await writeFile(file, text);
}

/** The caller with the key that the server prints when it has founded the organization of development. */
async function callerOf(server: Command, known?: Caller): Promise<Caller> {
  const [, baseUrl = ''] = await server.printed(/running on (http:\S+)/);
  const [apiKey = ''] = known ? [known.apiKey] : await server.printed(/pidgr_k_\w+/);
  const transport = createGrpcTransport({
    baseUrl,
    interceptors: [
      (next) => (request) => {
        request.header.set('authorization', `Bearer ${apiKey}`);
        return next(request);
      },
    ],
  });
  return { apiKey, client: (service) => createClient(service, transport) };
}

interface Caller extends Pick<Actor, 'client'> {
  readonly apiKey: string;
}

async function hirePeople(
  author: Caller,
  database: TestDatabase,
): Promise<{ organizationId: string; people: string[] }> {
  const { roles } = await author.client(RoleService).listRoles({});
  const [organization] = await database.query<{ id: string }>('select id from organization');
  const organizationId = organization?.id ?? '';
  const employee = roles.find(({ slug }) => slug === 'employee')?.id ?? '';
  const people = await addEmployees(
    { database },
    { id: organizationId, roles: { super_admin: '', admin: '', manager: '', employee } },
    RECIPIENTS + 1,
  );
  return { organizationId, people };
}

async function untilWaiting(database: TestDatabase, campaignId: string): Promise<void> {
  await eventually('the campaign waits', async () => {
    const [run] = await database.query(
      `select from campaign_run r join graphile_worker._private_jobs j on j.key = 'campaign.advance/' || r.campaign_id
        where r.campaign_id = $1 and r.wake_at > now() and j.run_at > now() and j.locked_at is null`,
      [campaignId],
    );
    return run;
  });
}
