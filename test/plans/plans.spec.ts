import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CampaignReportService } from '@dovecote/contract/dovecote/campaign/v1/report_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus, DeliveryStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import { root } from '../tidy/sources.js';
import { createTemplate, THREE_DAYS_MS, untilStatus, untilStep, workflow } from '../support/campaigns.js';
import { type Actor, addMember, type Cast } from '../support/cast.js';
import { newToken, scimDirectory } from '../support/scim.js';
import { type SsoWorld, startSsoWorld } from '../support/sso.js';
import type { TestServer } from '../support/test-server.js';
import { forget, provision, readTrail, signInAndOut } from './identity-calls.js';
import { fillTables, largeTables } from './large-tables.js';
import { pageOf } from './page.js';
import { Planner, scannedWhole } from './plan.js';
import { recordStatements, type Sent } from './recorder.js';

jest.setTimeout(240_000);

/** Larger than one piece of a fan-out. */
const AUDIENCE = 2_500;

const page = join(root, 'docs', 'plans.md');

let world: SsoWorld;
let s: TestServer;
let cast: Cast;
let planner: Planner;
let largeCampaign: string;
const sent = recordStatements();

beforeAll(async () => {
  world = await startSsoWorld();
  ({ server: s, cast } = world);
  const connections = { acme: world.connection.id, other: world.foreignConnection.id };
  largeCampaign = await fillTables(s.database, cast, connections);
  sent.clear();
  await readEverything();
  await signInAndOut(world);
  await provision(scimDirectory(s, await newToken(cast.alice, connections.acme)), cast.max.email);
  await readTrail(cast.alice);
  await forget(cast.alice, await leaver());
  await runCampaign();
  planner = await Planner.connect(s.database.appUrl, cast.acme.id);
});
afterAll(async () => {
  await planner?.end();
  await world?.stop();
});

/** The first page and the one behind it. */
async function turnPage(
  list: (pagination: {
    pageSize: number;
    pageToken: string;
  }) => Promise<{ pagination?: { nextPageToken: string } }>,
): Promise<void> {
  const { pagination } = await list({ pageSize: 20, pageToken: '' });
  await list({ pageSize: 20, pageToken: pagination?.nextPageToken ?? '' });
}

async function readEverything(): Promise<void> {
  const campaigns = cast.max.client(CampaignService);
  const campaignId = largeCampaign;
  await turnPage((pagination) => campaigns.listDeliveries({ campaignId, pagination }));
  await turnPage((pagination) =>
    campaigns.listDeliveries({ campaignId, statusFilter: DeliveryStatus.SENT, pagination }),
  );
  const reports = cast.max.client(CampaignReportService);
  await reports.getCampaignStatistics({ campaignId });
  const { deliveries } = await campaigns.listDeliveries({ campaignId });
  await reports.getDeliveryTimeline({ deliveryId: deliveries[0]?.id });
  await turnPage((pagination) => campaigns.listCampaigns({ pagination }));
  await turnPage((pagination) => cast.max.client(MemberService).listUsers({ pagination }));
  await turnPage((pagination) => cast.max.client(TemplateService).listTemplates({ pagination }));
  for (const who of [cast.alice, cast.erin]) {
    await turnPage((pagination) => who.client(GroupService).listGroups({ pagination }));
  }
  const inbox = cast.erin.client(InboxService);
  const { nextSince } = await inbox.sync({});
  await inbox.sync({ since: nextSince });
}

/** Somebody who has got some messages, as most have: half of them for themselves alone. */
async function leaver(): Promise<Actor> {
  const actor = await addMember(s, cast.acme, { email: 'leaver@acme.example', role: 'employee' });
  await s.database.query(
    `insert into message (org_id, content_id, title, body, summary, preview, sender_name, actions, locale)
     select $1, 'own ' || n, '', '', '', '', '', '[]', 'en' from generate_series(1, 150) n`,
    [cast.acme.id],
  );
  await s.database.query(
    `insert into delivery (org_id, id, campaign_id, step_id, user_id, kind, status, content_id, created_at, changed_at)
     select $1, gen_random_uuid(), id, 'send', $2, 1, 2,
            case when n <= 150 then 'own ' || n when n < 300 then 'content ' || n end, now(), now()
       from (select id, row_number() over (order by id) as n from campaign where org_id = $1) c where n <= 300`,
    [cast.acme.id, actor.userId],
  );
  await s.database.query(
    `insert into sso_login (org_id, id, connection_id, test, idp_initiated, created_at, expires_at, outcome, detail)
     select $1, gen_random_uuid(), $2, false, false, 'epoch', 'epoch', 1, $3`,
    [cast.acme.id, world.connection.id, `Nobody is called ${actor.email}.`],
  );
  return actor;
}

/** Sent, partly read, and over after three days. */
async function runCampaign(): Promise<void> {
  const rows = await s.database.query<{ id: string }>(
    `select id from member where org_id = $1 and name = 'Reader' limit ${AUDIENCE}`,
    [cast.acme.id],
  );
  const campaigns = cast.max.client(CampaignService);
  const { campaign } = await campaigns.createCampaign({
    name: 'Campaign',
    templateId: await createTemplate(cast.max),
    userIds: [...rows.map(({ id }) => id), cast.erin.userId],
    workflow,
  });
  const campaignId = campaign?.id ?? '';
  await campaigns.getCampaignAudience({ campaignId });
  await campaigns.startCampaign({ campaignId });
  await untilStep(cast.max, campaignId, 'wait');
  await s.travel(THREE_DAYS_MS);
  await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
}

test('what is deleted piece by piece is gone behind the last piece', async () => {
  const left = await s.database.query(
    `select content_id as place from message where content_id like 'own %'
     union all select detail from sso_login where detail like '%leaver@%'`,
  );
  expect(left).toEqual([]);
});

describe('every statement that was sent', () => {
  test('reads no large table from end to end', async () => {
    const scanning: string[] = [];
    for (const [key, entry] of sent) {
      if (isNoQuery(entry)) continue;
      for (const kind of Planner.kindsOf(entry)) {
        const plan = await planner.plan(entry, kind);
        const tables = scannedWhole(plan).filter((table) => largeTables.includes(table));
        if (tables.length > 0) scanning.push(`${key} (${kind}): ${tables.join(', ')}\n${plan}`);
      }
    }
    expect(scanning).toEqual([]);
  });

  test('would be noticed if it did', async () => {
    const text = 'select count(*) from delivery where org_id = $1 and failure = $2';
    const plan = await planner.plan(
      { statement: { name: 'test.scan', text }, values: [randomUUID(), ''] },
      'generic',
    );
    expect(scannedWhole(plan)).toEqual(['delivery']);
  });

  test('is on the page with its plan if it is a hot one', async () => {
    const text = await pageOf(sent, planner);
    if (process.env['PLANS'] === 'write') await writeFile(page, text);
    const committed = await readFile(page, 'utf8');
    // Of the plan only the names: how it is put together depends on a sample of the rows.
    expect(queriesOf(committed)).toEqual(queriesOf(text));
  });
});

/** What PostgreSQL cannot explain: it only calls a function. */
function isNoQuery({ statement }: Sent): boolean {
  return !/\bfrom\b|\binsert\b|\bupdate\b|\bdelete\b/i.test(statement.text);
}

function queriesOf(text: string): string[] {
  return [...text.matchAll(/```sql\n([^]*?)```/g)].map(([, query = '']) => query);
}
