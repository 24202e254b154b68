// How long does Sync take a member while another organization keeps the server busy?
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Transport } from '@connectrpc/connect';
import type { Client } from 'pg';
import { createCampaign, createTemplate, runCampaign } from './fanout/campaign.js';
import { type Latency, syncWhile } from './fanout/neighbour.js';
import { listing, uploading } from './fairness/calls.js';
import { Load } from './load/load.js';
import { callsInFlight } from './load/shape.js';
import { found } from './rpc/world.js';
import { ownerOf } from './support/database.js';
import { Dovecote } from './support/dovecote.js';
import type { Effort } from './support/effort.js';
import { addMembers } from './support/people.js';
import { readerWith } from './support/reader.js';
import { figure, ratio, type Report } from './support/report.js';
import { createCampaigns, transportTo } from './support/seed.js';
import { adminEmail, Person } from './support/sign-in.js';
import { median } from './support/statistics.js';
import { withTemporaryFolder } from './support/temporary-folder.js';

/** Campaigns of the busy organization: one page of the largest size. */
const CAMPAIGNS = 100;
const RECIPIENTS = 20_000;
/** Entries in the inbox of the member in the quiet organization. */
const ENTRIES = 20;
const UPLOADS_IN_FLIGHT = 4;
/** A 99th percentile needs some hundred calls. */
const LONGER = 3;

/** What the busy organization does; resolves to what it got done. */
interface Neighbour {
  readonly name: string;
  readonly work: (seconds: number) => Promise<string>;
}

interface Measured {
  readonly name: string;
  readonly latencies: Latency[];
  done: string;
}

export async function answerFairness(effort: Effort): Promise<Report> {
  return withTemporaryFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    const server = await Dovecote.start({ dataDir, compileCache: join(folder, 'compiled') });
    const owner = await ownerOf(dataDir);
    const load = new Load();
    try {
      const quiet = await quietMember(server, owner);
      const neighbours = await neighboursOf(server, owner, load);
      return report(await measure(quiet, neighbours, effort), effort);
    } finally {
      load.stop();
      await owner.end();
      await server.stop();
    }
  });
}

async function quietMember(server: Dovecote, owner: Client): Promise<Transport> {
  await found(await Person.signIn(server.url, adminEmail), 'Quiet');
  const { email, orgId } = await readerWith(owner, ENTRIES, 'Quiet');
  const person = await Person.signIn(server.url, email);
  return (await person.in(orgId)).transport;
}

async function neighboursOf(server: Dovecote, owner: Client, load: Load): Promise<Neighbour[]> {
  const transport = transportTo(server);
  const { rows } = await owner.query<{ id: string }>(`select id from organization where name = 'Acme Demo'`);
  const orgId = rows[0]!.id;
  await addMembers(owner, orgId, RECIPIENTS, 'busy-');
  const members = await owner.query<{ id: string }>('select id from member where org_id = $1', [orgId]);
  const userIds = members.rows.map(({ id }) => id);
  await createCampaigns(transport, userIds.slice(0, 1), CAMPAIGNS);
  const templateId = await createTemplate(transport, false);
  const list = await listing(server, CAMPAIGNS);
  const upload = uploading(server, userIds);
  return [
    { name: 'nothing', work: (seconds) => delay(seconds * 1000, '') },
    {
      name: `lists ${CAMPAIGNS} campaigns, ${callsInFlight} calls in flight`,
      work: async (seconds) => {
        const { calls } = await load.pass({ port: server.port, shape: list, seconds });
        return `${figure(calls / seconds)} calls/s`;
      },
    },
    {
      name: `uploads ${Math.round(upload.body.length / 2 ** 20)} MiB, ${UPLOADS_IN_FLIGHT} calls in flight`,
      work: async (seconds) => {
        const { calls } = await load.pass({
          port: server.port,
          shape: upload,
          seconds,
          inFlight: UPLOADS_IN_FLIGHT,
        });
        return `${figure(calls / seconds, 1)} calls/s`;
      },
    },
    {
      name: `sends a campaign to ${figure(RECIPIENTS)} members`,
      work: async () => {
        const campaignId = await createCampaign(transport, owner, templateId, orgId, RECIPIENTS);
        return `${figure(RECIPIENTS / (await runCampaign(transport, owner, campaignId)))} recipients/s`;
      },
    },
  ];
}

async function measure(
  quiet: Transport,
  neighbours: readonly Neighbour[],
  { seconds, passes }: Effort,
): Promise<Measured[]> {
  const measured = neighbours.map(({ name }): Measured => ({ name, latencies: [], done: '' }));
  // The first pass warms up.
  for (let pass = 0; pass <= passes; pass++) {
    process.stderr.write(pass === 0 ? 'Warming up …\n' : `Pass ${pass} of ${passes} …\n`);
    for (const [index, { work }] of neighbours.entries()) {
      const { result, latency } = await syncWhile(quiet, () => work(pass === 0 ? 1 : seconds * LONGER));
      measured[index]!.done = result;
      if (pass > 0) measured[index]!.latencies.push(latency);
    }
  }
  return measured;
}

function report(measured: readonly Measured[], { seconds, passes }: Effort): Report {
  const medians = measured.map(({ name, done, latencies }) => ({
    name,
    done,
    calls: latencies.reduce((sum, { calls }) => sum + calls, 0),
    p50: median(latencies.map(({ p50 }) => p50)),
    p99: median(latencies.map(({ p99 }) => p99)),
    worst: Math.max(...latencies.map(({ worst }) => worst)),
  }));
  const [quiet] = medians;
  return {
    title: 'How long does Sync take a member while another organization keeps the server busy?',
    method: [
      `A member of a quiet organization calls Sync (${ENTRIES} entries), one call after the other with pauses of 5 ms,`,
      'while another organization lists, uploads or sends. An upload is CreateCampaign with as many members as a request',
      'may name; one of them is unknown, so that the server reads, validates and refuses it.',
      `Medians of ${passes} passes of ${seconds * LONGER} s, interleaved, after a warm-up; a campaign runs once in each pass.`,
    ].join('\n'),
    tables: [
      {
        title: 'Sync of the quiet organization',
        head: [
          'the other organization',
          'it got',
          'Syncs',
          'p50 ms',
          'p99 ms',
          'worst ms',
          'p50 ÷ quiet',
          'p99 ÷ quiet',
        ],
        rows: medians.map(({ name, done, calls, p50, p99, worst }) => [
          name,
          done,
          figure(calls),
          figure(p50, 1),
          figure(p99, 1),
          figure(worst, 1),
          ratio(p50, quiet!.p50),
          ratio(p99, quiet!.p99),
        ]),
      },
    ],
    notes: [
      'Nothing is bound to a core: server, PostgreSQL, the load and the caller share the machine.',
      'Listing and uploading are done by a process of the load generator, Sync and the start of the campaign by this one.',
    ],
  };
}
