// How many recipients does a started campaign reach in a second, what does that cost, and who notices?
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient, type Transport } from '@connectrpc/connect';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import type { Client } from 'pg';
import { createCampaign, createTemplate, expectAllSent, runCampaign } from './fanout/campaign.js';
import { clear, type Limit, writeByHand } from './fanout/limit.js';
import { type Latency, syncWhile } from './fanout/neighbour.js';
import { type Seen, watch } from './fanout/watch.js';
import { ownerOf } from './support/database.js';
import { Dovecote } from './support/dovecote.js';
import type { Effort } from './support/effort.js';
import { addMembers } from './support/people.js';
import { figure, ratio, type Report, type Table } from './support/report.js';
import { transportTo } from './support/seed.js';
import { adminEmail, Person } from './support/sign-in.js';
import { withTemporaryFolder } from './support/temporary-folder.js';

const sizes = [1_000, 10_000, 100_000];
const largestSize = 1_000_000;
const QUIET_MS = 5_000;

interface Run {
  readonly recipients: number;
  readonly personal: boolean;
  readonly seconds: number;
  readonly limit: Limit;
  readonly seen: Seen;
  readonly latency: Latency;
}

interface Stage {
  readonly server: Dovecote;
  readonly owner: Client;
  readonly orgId: string;
  /** The organization of the campaigns. */
  readonly transport: Transport;
  /** The organization of the neighbour. */
  readonly neighbourId: string;
  readonly neighbour: Person;
}

export async function answerFanout({ large }: Effort): Promise<Report> {
  return withTemporaryFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    const server = await Dovecote.start({ dataDir, compileCache: join(folder, 'compiled') });
    const owner = await ownerOf(dataDir);
    try {
      const stage = await prepare(server, owner);
      const quiet = await syncWhile(await neighbourOf(stage), () => delay(QUIET_MS));
      const runs: Run[] = [];
      let members = 0;
      // The first run warms up and does not count.
      for (const recipients of [1_000, ...sizes, ...(large ? [largestSize] : [])]) {
        for (const personal of [false, true]) {
          if (personal && recipients > 100_000) continue;
          await addMembers(owner, stage.orgId, recipients - members, `${recipients}-`);
          members = Math.max(members, recipients);
          runs.push(await measure(stage, recipients, personal));
        }
      }
      return report(runs.slice(2), quiet.latency, large);
    } finally {
      await owner.end();
      await server.stop();
    }
  });
}

async function prepare(server: Dovecote, owner: Client): Promise<Stage> {
  const neighbour = await Person.signIn(server.url, adminEmail);
  const person = createClient(OrganizationService, await neighbour.transport());
  const { organization } = await person.createOrganization({ name: 'Neighbour' });
  const { rows } = await owner.query<{ id: string }>(`select id from organization where name = 'Acme Demo'`);
  return {
    server,
    owner,
    orgId: rows[0]!.id,
    transport: transportTo(server),
    neighbourId: organization!.id,
    neighbour,
  };
}

/** Somebody in another organization. */
function neighbourOf({ neighbour, neighbourId }: Stage): Promise<Transport> {
  return neighbour.transport({ 'x-org-id': neighbourId });
}

async function measure(stage: Stage, recipients: number, personal: boolean): Promise<Run> {
  const { server, owner, orgId, transport } = stage;
  await clear(owner);
  const templateId = await createTemplate(transport, personal);
  const campaignId = await createCampaign(transport, owner, templateId, orgId, recipients);
  const neighbour = await neighbourOf(stage);
  const { result, seen } = await watch(server.pid, owner, () =>
    syncWhile(neighbour, () => runCampaign(transport, owner, campaignId)),
  );
  await expectAllSent(owner, campaignId, recipients);
  const limit = await writeByHand(owner);
  return { recipients, personal, seconds: result.result, limit, seen, latency: result.latency };
}

function report(runs: readonly Run[], quiet: Latency, large: boolean): Report {
  return {
    title: 'How fast does a campaign go out?',
    method: [
      'From StartCampaign until every recipient has a delivery in status SENT, a moved inbox clock and a push for',
      'their phone. The limit is the same rows (message, inbox, delivery, push) written by hand in the same run: into the',
      'same tables, emptied before, in one transaction on one connection with one statement a table, without row-level',
      'security. The limit with keys has a foreign key for each reference, checked for each row. Server, worker and',
      'embedded PostgreSQL share the machine, as with `npm start`.',
    ].join('\n'),
    tables: [speed(runs), presence(runs, quiet)],
    notes: [
      'Memory is the largest resident size of the server process, which is API and worker in one.',
      'The longest statement is what a look at pg_stat_activity every 50 ms found running for the longest time.',
      'Sync is called by somebody in another organization, one call after the other with pauses of 5 ms.',
      'The audience is in no order that an index has. The first size runs twice; its first run does not count.',
      ...(large ? [] : [`A campaign to ${figure(largestSize)} is measured with --large.`]),
    ],
  };
}

function speed(runs: readonly Run[]): Table {
  return {
    title: 'Recipients',
    head: [
      'recipients',
      'text',
      'seconds',
      'recipients/s',
      'limit/s',
      'of the limit',
      'limit with keys/s',
      'of that limit',
    ],
    rows: runs.map(({ recipients, personal, seconds, limit }) => [
      figure(recipients),
      personal ? 'personal' : 'same for all',
      figure(seconds, 2),
      figure(recipients / seconds),
      figure(recipients / limit.plain),
      ratio(limit.plain, seconds),
      figure(recipients / limit.withKeys),
      ratio(limit.withKeys, seconds),
    ]),
  };
}

function presence(runs: readonly Run[], quiet: Latency): Table {
  return {
    title: 'Meanwhile',
    head: [
      'recipients',
      'text',
      'memory MiB',
      'longest statement ms',
      'Sync p50 ms',
      'p99 ms',
      'worst ms',
      'p99 ÷ quiet',
    ],
    rows: [
      ['none', '', '', '', figure(quiet.p50, 1), figure(quiet.p99, 1), figure(quiet.worst, 1), ''],
      ...runs.map(({ recipients, personal, seen, latency }) => [
        figure(recipients),
        personal ? 'personal' : 'same for all',
        figure(seen.memoryMiB),
        figure(seen.longestStatementMs),
        figure(latency.p50, 1),
        figure(latency.p99, 1),
        figure(latency.worst, 1),
        ratio(latency.p99, quiet.p99),
      ]),
    ],
  };
}
