import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { addRecipient, runningCampaign } from '../support/campaigns.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

// No foreign key protects what deliveries refer to: statement triggers do. See ADR 61.

let s: TestServer;
let cast: Cast;
let campaignId: string;
let contentId: string;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  const ada = await addRecipient(s, cast.acme, 'ada');
  campaignId = await runningCampaign(cast.max, [ada.userId]);
  const [sent] = await eventually('the message is sent', async () => {
    const rows = await s.database.query<{ contentId: string }>(
      `select content_id as "contentId" from delivery where campaign_id = $1`,
      [campaignId],
    );
    return rows.length > 0 && rows;
  });
  contentId = sent?.contentId ?? '';
});
afterAll(() => s?.stop());

/** A transaction of the server's role, in Acme. */
async function begin(): Promise<Client> {
  const client = new Client({ connectionString: s.database.appUrl });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('begin');
  await client.query(`select set_config('app.org_id', $1, true)`, [cast.acme.id]);
  return client;
}

/** Another campaign without deliveries, as a row. */
async function newCampaign(): Promise<string> {
  const id = randomUUID();
  await s.database.query(
    `insert into campaign select (jsonb_populate_record(c, jsonb_build_object('id', $2::text))).* from campaign c
      where id = $1`,
    [campaignId, id],
  );
  return id;
}

async function newMessage(): Promise<string> {
  const id = randomUUID();
  await s.database.query(
    `insert into message select (jsonb_populate_record(m, jsonb_build_object('content_id', $2::text))).* from message m
      where content_id = $1`,
    [contentId, id],
  );
  return id;
}

/** Two deliveries in one statement, the first of them to what exists. */
function deliver(client: Client, campaign: string, message: string | null): Promise<unknown> {
  return client.query(
    `insert into delivery (org_id, id, campaign_id, step_id, user_id, kind, status, content_id, created_at, changed_at)
     select $1::uuid, gen_random_uuid(), given.campaign, 'other', gen_random_uuid(), 1, 2, given.content, now(), now()
       from (values ($2::uuid, $3::text), ($4, $5)) as given (campaign, content)`,
    [cast.acme.id, campaignId, contentId, campaign, message],
  );
}

const drop = {
  campaign: (client: Client, id: string) => client.query('delete from campaign where id = $1', [id]),
  message: (client: Client, id: string) => client.query('delete from message where content_id = $1', [id]),
};
const make = { campaign: newCampaign, message: newMessage };
const deliverTo = {
  campaign: (client: Client, id: string) => deliver(client, id, contentId),
  message: (client: Client, id: string) => deliver(client, campaignId, id),
};
const refusal = (table: string) => ({ code: '23503', constraint: `delivery_${table}_fkey` });

async function waits(): Promise<void> {
  await eventually('a statement waits for a lock', async () => {
    const waiting = await s.database.query(
      `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
    );
    return waiting.length > 0;
  });
}

/** Whether a statement succeeds that has to wait for the end of another transaction. */
async function afterTheOther(statement: Promise<unknown>, end: () => Promise<unknown>): Promise<unknown> {
  const settled = statement.then(
    () => 'done',
    (error: unknown) => error,
  );
  await waits();
  await end();
  return settled;
}

describe.each(['campaign', 'message'] as const)('a %s', (table) => {
  test('that does not exist takes no delivery, nor do the others of the statement', async () => {
    const client = await begin();
    try {
      await expect(deliverTo[table](client, randomUUID())).rejects.toMatchObject(refusal(table));
    } finally {
      await client.end();
    }
  });

  test('is sought in the own organization only', async () => {
    const id = await make[table]();
    const client = await begin();
    try {
      await client.query(`select set_config('app.org_id', $1, true)`, [cast.other.id]);
      const delivered = client.query(
        `insert into delivery (org_id, id, campaign_id, step_id, user_id, kind, status, content_id, created_at, changed_at)
         values ($1, gen_random_uuid(), $2, 'other', gen_random_uuid(), 1, 2, $3, now(), now())`,
        [cast.other.id, table === 'campaign' ? id : campaignId, table === 'message' ? id : null],
      );
      // The campaign is looked for first.
      await expect(delivered).rejects.toMatchObject(refusal('campaign'));
    } finally {
      await client.end();
    }
  });

  test('with deliveries is not deleted', async () => {
    const client = await begin();
    try {
      const deleted = drop[table](client, table === 'campaign' ? campaignId : contentId);
      await expect(deleted).rejects.toMatchObject(refusal(table));
    } finally {
      await client.end();
    }
  });

  test('without deliveries is', async () => {
    const client = await begin();
    try {
      expect(await drop[table](client, await make[table]())).toMatchObject({ rowCount: 1 });
    } finally {
      await client.end();
    }
  });

  test('is not deleted while a delivery to it is being written', async () => {
    const [writer, deleter, id] = [await begin(), await begin(), await make[table]()];
    try {
      await deliverTo[table](writer, id);
      const outcome = await afterTheOther(drop[table](deleter, id), () => writer.query('commit'));
      expect(outcome).toMatchObject(refusal(table));
    } finally {
      await Promise.all([writer.end(), deleter.end()]);
    }
  });

  test('takes no delivery while it is being deleted', async () => {
    const [writer, deleter, id] = [await begin(), await begin(), await make[table]()];
    try {
      await drop[table](deleter, id);
      const outcome = await afterTheOther(deliverTo[table](writer, id), () => deleter.query('commit'));
      expect(outcome).toMatchObject(refusal(table));
    } finally {
      await Promise.all([writer.end(), deleter.end()]);
    }
  });

  test('takes one after all when it is not deleted in the end', async () => {
    const [writer, deleter, id] = [await begin(), await begin(), await make[table]()];
    try {
      await drop[table](deleter, id);
      const outcome = await afterTheOther(deliverTo[table](writer, id), () => deleter.query('rollback'));
      expect(outcome).toBe('done');
    } finally {
      await Promise.all([writer.end(), deleter.end()]);
    }
  });

  test('is not waited for by two who write deliveries to it', async () => {
    const [one, two, id] = [await begin(), await begin(), await make[table]()];
    try {
      await deliverTo[table](one, id);
      await deliverTo[table](two, id);
    } finally {
      await Promise.all([one.end(), two.end()]);
    }
  });
});

describe('a delivery', () => {
  test.each([
    ['campaign', 'campaign_id', () => newCampaign()],
    ['message', 'content_id', () => newMessage()],
  ])('keeps its %s', async (_name, column, other) => {
    const client = await begin();
    try {
      const moved = client.query(`update delivery set ${column} = $1 where campaign_id = $2`, [
        await other(),
        campaignId,
      ]);
      await expect(moved).rejects.toMatchObject({
        code: '23514',
        constraint: 'delivery_keeps_references',
      });
    } finally {
      await client.end();
    }
  });

  test('may lose its message, and takes its pushes with it', async () => {
    const client = await begin();
    const pushes = async () => {
      const { rows } = await client.query<{ count: number }>(
        `select count(*)::int as count from push_outbox p join delivery d on d.org_id = p.org_id and d.id = p.delivery_id
          where d.campaign_id = $1`,
        [campaignId],
      );
      const { rows: all } = await client.query<{ count: number }>(
        'select count(*)::int as count from push_outbox',
      );
      return { ofCampaign: rows[0]?.count, all: all[0]?.count };
    };
    try {
      expect(await pushes()).toEqual({ ofCampaign: 1, all: 1 });
      await client.query('update delivery set content_id = null where campaign_id = $1', [campaignId]);
      await client.query('delete from delivery where campaign_id = $1', [campaignId]);
      expect(await pushes()).toEqual({ ofCampaign: 0, all: 0 });
    } finally {
      await client.end();
    }
  });
});
