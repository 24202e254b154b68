// How long do sign-ins wait for campaigns, acknowledgements for each other, and lanes for the backlogs of others?
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { createCampaign, createTemplate, runCampaign } from './fanout/campaign.js';
import { acknowledgeAll, rivals } from './growth/acknowledgements.js';
import { BACKLOG, type Fetched, measureFetches } from './growth/fetching.js';
import { createOrganizations, startCampaigns } from './growth/organizations.js';
import { untilChecked, untilMailed, type Waits, waitsUntil } from './growth/waiting.js';
import { ownerOf } from './support/database.js';
import { Dovecote } from './support/dovecote.js';
import type { Effort } from './support/effort.js';
import { addMembers } from './support/people.js';
import { figure, ratio, type Report, type Table } from './support/report.js';
import { transportTo } from './support/seed.js';
import { median } from './support/statistics.js';
import { withStores } from './support/with-stores.js';
import { withTemporaryFolder } from './support/temporary-folder.js';

/** As many as a worker has slots for campaigns. */
const CAMPAIGNS = 4;
const ORGANIZATIONS = 50;
const MEMBERS = 40;

interface Waited {
  readonly name: string;
  readonly quiet: Waits;
  readonly busy: Waits;
}

interface Acknowledged {
  readonly name: string;
  readonly perSecond: number;
}

export async function answerGrowth(effort: Effort): Promise<Report> {
  const recipients = effort.large ? 100_000 : 10_000;
  const waited = await measureWaits(effort, recipients);
  const acknowledged = await measureAcknowledgements(effort);
  const fetched = await measureFetches(effort);
  return {
    title:
      'How long do sign-ins wait for campaigns, acknowledgements for each other, and lanes for the backlogs of others?',
    method: [
      `Sign-in: from RequestSignInCode until the mail is sent, one after the other, while ${CAMPAIGNS} campaigns of`,
      `${figure(recipients)} recipients are sent, as many as a worker has slots for campaigns. The peer is a job without effect in the lane`,
      'of the campaigns, where sign-in codes were in earlier releases.',
      `Acknowledgements: ${figure(ORGANIZATIONS)} organizations with ${MEMBERS} members, each with a campaign that waits for all members. All`,
      'acknowledge in random order, eight at a time, through the service of the product. The peer counts the open deliveries',
      `and enqueues a check each time, as earlier releases did.`,
      `Fetching: the statement of graphile-worker for a lane, while another lane has ${figure(BACKLOG)} ready jobs. The peer is the same`,
      `statement with the indexes of graphile-worker only. Medians of ${effort.passes} interleaved passes after a warm-up.`,
    ].join('\n'),
    tables: [waitsTable(waited), acknowledgedTable(acknowledged), fetchedTable(fetched)],
    notes: [
      'Server, worker, embedded PostgreSQL and this process share the machine.',
      ...(effort.large ? [] : ['Campaigns of 100,000 are measured with --large.']),
    ],
  };
}

function measureWaits(
  { seconds }: Effort,
  recipients: number,
): Promise<{ waits: Waited[]; perSecond: number }> {
  return withTemporaryFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    const server = await Dovecote.start({ dataDir, compileCache: join(folder, 'compiled') });
    const owner = await ownerOf(dataDir);
    // Separate connections: their polls do not wait for each other.
    const onlookers = [await ownerOf(dataDir), await ownerOf(dataDir)] as const;
    try {
      const { rows } = await owner.query<{ id: string }>(
        `select id from organization where name = 'Acme Demo'`,
      );
      const orgId = rows[0]!.id;
      await addMembers(owner, orgId, recipients, 'growth-');
      const code = untilMailed(server.url, onlookers[0], await emailsOf(owner, orgId));
      const look = untilChecked(onlookers[1], orgId);
      const during = async (work: () => Promise<unknown>): Promise<[Waits, Waits]> => {
        let isOver = false;
        const working = work().finally(() => (isOver = true));
        const waits = await Promise.all([waitsUntil(() => isOver, code), waitsUntil(() => isOver, look)]);
        await working;
        return waits;
      };
      await during(() => delay(1_000));
      const quiet = await during(() => delay(Math.max(seconds, 3) * 1_000));
      const transport = transportTo(server);
      const templateId = await createTemplate(transport, false);
      const campaignIds: string[] = [];
      for (let n = 0; n < CAMPAIGNS; n++)
        campaignIds.push(await createCampaign(transport, owner, templateId, orgId, recipients));
      const begin = performance.now();
      const busy = await during(() =>
        Promise.all(campaignIds.map((campaignId) => runCampaign(transport, owner, campaignId))),
      );
      const perSecond = (CAMPAIGNS * recipients) / ((performance.now() - begin) / 1000);
      const names = ['a sign-in code', 'a job in the lane of the campaigns'];
      return { perSecond, waits: names.map((name, n) => ({ name, quiet: quiet[n]!, busy: busy[n]! })) };
    } finally {
      for (const client of [owner, ...onlookers]) await client.end();
      await server.stop();
    }
  });
}

async function emailsOf(owner: Client, orgId: string): Promise<Iterator<string>> {
  const { rows } = await owner.query<{ email: string }>(
    `select email from member where org_id = $1 and name = 'Reader'`,
    [orgId],
  );
  return rows.map(({ email }) => email).values();
}

function measureAcknowledgements({ passes }: Effort): Promise<Acknowledged[]> {
  return withStores(async (stores, owner) => {
    await createOrganizations(owner, ORGANIZATIONS, MEMBERS);
    const measured = (await rivals()).map((rival) => ({ ...rival, rates: new Array<number>() }));
    // The first pass warms up.
    for (let pass = 0; pass <= passes; pass++) {
      for (const { inboxes, rates } of measured) {
        const rate = await acknowledgeAll(stores, inboxes, await startCampaigns(owner));
        if (pass > 0) rates.push(rate);
      }
    }
    return measured.map(({ name, rates }) => ({ name, perSecond: median(rates) }));
  });
}

function waitsTable({ waits, perSecond }: { waits: readonly Waited[]; perSecond: number }): Table {
  return {
    title: `Waiting while campaigns send ${figure(perSecond)} messages a second`,
    head: [
      'what waits',
      'quiet p50 ms',
      'quiet p99 ms',
      'times',
      'busy p50 ms',
      'busy p99 ms',
      'busy worst ms',
    ],
    rows: waits.map(({ name, quiet, busy }) => [
      name,
      figure(quiet.p50, 1),
      figure(quiet.p99, 1),
      figure(busy.count),
      figure(busy.p50, 1),
      figure(busy.p99, 1),
      figure(busy.worst, 1),
    ]),
  };
}

function fetchedTable(fetched: readonly Fetched[]): Table {
  return {
    title: `Fetching a job beside a backlog of ${figure(BACKLOG)} jobs`,
    head: ['a lane', 'ms', 'blocks', 'peer ms', 'peer blocks', 'peer ÷ ours'],
    rows: fetched.map(({ lane, ours, peer }) => [
      lane,
      figure(ours.ms, 1),
      figure(ours.blocks),
      figure(peer.ms, 1),
      figure(peer.blocks),
      ratio(peer.ms, ours.ms),
    ]),
  };
}

function acknowledgedTable(acknowledged: readonly Acknowledged[]): Table {
  const [ours] = acknowledged;
  return {
    title: 'Acknowledgements in many small organizations',
    head: ['an acknowledgement', 'a second', 'ours ÷ this'],
    rows: acknowledged.map(({ name, perSecond }) => [
      name,
      figure(perSecond),
      ratio(ours!.perSecond, perSecond),
    ]),
  };
}
