// What does a campaign cost that sends, reminds, waits, escalates and marks, beside a queue that runs as many empty jobs?
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@connectrpc/connect';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import type { Client } from 'pg';
import { createCampaign, createTemplate } from './fanout/campaign.js';
import { clear } from './fanout/limit.js';
import { type Seen, watch } from './fanout/watch.js';
import { ownerOf, ownerUrlOf } from './support/database.js';
import { Dovecote } from './support/dovecote.js';
import type { Effort } from './support/effort.js';
import { program } from './support/paths.js';
import { addMembers } from './support/people.js';
import { figure, ratio, type Report } from './support/report.js';
import { transportTo } from './support/seed.js';
import { withTemporaryFolder } from './support/temporary-folder.js';
import { runEmptyJobs } from './workflow/empty-jobs.js';
import { chasingSteps } from './workflow/steps.js';

const sizes = [1_000, 10_000];
const largeSize = 100_000;
const POLL_MS = 20;

interface Run {
  readonly recipients: number;
  readonly seconds: number;
  readonly statements: number;
  readonly seen: Seen;
  readonly emptyJobsSeconds: number;
}

interface Stage {
  readonly server: Dovecote;
  readonly owner: Client;
  readonly ownerUrl: string;
  readonly orgId: string;
  readonly managerId: string;
}

export async function answerWorkflow({ large }: Effort): Promise<Report> {
  return withTemporaryFolder(async (folder) => {
    const [dataDir, preload] = [join(folder, 'data'), program('workflow/count-statements')];
    const server = await Dovecote.start({ dataDir, compileCache: join(folder, 'compiled'), preload });
    const owner = await ownerOf(dataDir);
    try {
      const stage = { server, owner, ownerUrl: await ownerUrlOf(dataDir), ...(await organizationOf(owner)) };
      const runs: Run[] = [];
      let members = 0;
      // The first run warms up and does not count.
      for (const recipients of [1_000, ...sizes, ...(large ? [largeSize] : [])]) {
        await addMembers(owner, stage.orgId, recipients - members, `${recipients}-`);
        members = recipients;
        runs.push(await measure(stage, recipients));
      }
      return report(runs.slice(1), large);
    } finally {
      await owner.end();
      await server.stop();
    }
  });
}

async function organizationOf(owner: Client): Promise<{ orgId: string; managerId: string }> {
  const { rows } = await owner.query<{ orgId: string; managerId: string }>(
    `select o.id as "orgId", m.id as "managerId" from organization o join member m on m.org_id = o.id
      where o.name = 'Acme Demo' order by m.created_at limit 1`,
  );
  return rows[0]!;
}

async function measure(stage: Stage, recipients: number): Promise<Run> {
  const { server, owner, ownerUrl, orgId, managerId } = stage;
  await clear(owner);
  const transport = transportTo(server);
  const templateId = await createTemplate(transport, false);
  const steps = chasingSteps(managerId);
  const campaignId = await createCampaign(transport, owner, templateId, orgId, recipients, steps);
  const before = await statementsOf(server);
  const { result: seconds, seen } = await watch(server.pid, owner, async () => {
    const begin = performance.now();
    await createClient(CampaignService, transport).startCampaign({ campaignId });
    await untilOver(owner, campaignId);
    return (performance.now() - begin) / 1000;
  });
  const statements = (await statementsOf(server)) - before;
  await expectAllMissed(owner, campaignId, recipients);
  const emptyJobsSeconds = await runEmptyJobs(owner, ownerUrl, recipients * steps.length);
  return { recipients, seconds, statements, seen, emptyJobsSeconds };
}

async function statementsOf({ child }: Dovecote): Promise<number> {
  const answer = once(child, 'message') as Promise<[number]>;
  child.send('statements');
  return (await answer)[0];
}

/** The minute of the deadline is not waited for: the clocks of the run and of its job are set back. */
async function untilOver(owner: Client, campaignId: string): Promise<void> {
  for (;;) {
    const { rowCount } = await owner.query(
      'select from campaign where id = $1 and completed_at is not null',
      [campaignId],
    );
    if (rowCount) return;
    await owner.query('update campaign_run set wake_at = now() where campaign_id = $1 and wake_at > now()', [
      campaignId,
    ]);
    await owner.query(
      'update graphile_worker._private_jobs set run_at = now() where key = $1 and locked_at is null and run_at > now()',
      [`campaign.advance/${campaignId}`],
    );
    await delay(POLL_MS);
  }
}

async function expectAllMissed(owner: Client, campaignId: string, recipients: number): Promise<void> {
  const { rows } = await owner.query<{ missed: number; copies: number }>(
    `select count(*) filter (where kind = 1 and status = 5)::int as missed, count(*) filter (where kind = 2)::int as copies
       from delivery where campaign_id = $1`,
    [campaignId],
  );
  const { missed, copies } = rows[0]!;
  if (missed !== recipients || copies !== recipients)
    throw new Error(`Of ${recipients} recipients ${missed} are missed, and ${copies} were escalated.`);
}

function report(runs: readonly Run[], large: boolean): Report {
  const { length: steps } = chasingSteps('');
  return {
    title: 'What does a campaign cost that chases people?',
    method: [
      'From StartCampaign until the end of send, reminder, deadline, escalation to one member, and marking, of recipients',
      'with a phone who do nothing. The peer is graphile-worker alone, which runs a job that does nothing for each',
      'recipient and step, ten at once, in the same run on the same PostgreSQL; the jobs are enqueued before. Server,',
      'worker and embedded PostgreSQL share the machine, as with `npm start`.',
    ].join('\n'),
    tables: [
      {
        title: 'A campaign of five steps',
        head: [
          'recipients',
          'seconds',
          'statements',
          'per recipient and step',
          'memory MiB',
          'longest statement ms',
          'empty jobs s',
          's ÷ empty jobs',
        ],
        rows: runs.map(({ recipients, seconds, statements, seen, emptyJobsSeconds }) => [
          figure(recipients),
          figure(seconds, 2),
          figure(statements),
          figure(statements / recipients / steps, 4),
          figure(seen.memoryMiB),
          figure(seen.longestStatementMs),
          figure(emptyJobsSeconds, 2),
          ratio(seconds, emptyJobsSeconds),
        ]),
      },
    ],
    notes: [
      'Statements are all that the server process sends to PostgreSQL until the campaign is over.',
      'The minute of the deadline is not waited for: the clock of the run is set back.',
      'Memory is the largest resident size of the server process, which is API and worker in one.',
      ...(large ? [] : [`A campaign to ${figure(largeSize)} is measured with --large.`]),
    ],
  };
}
