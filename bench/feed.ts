// What does it cost to note what happens to deliveries?
import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import type { MemberCaller } from '../src/platform/caller/caller.js';
import { contest } from './support/contest.js';
import type { Effort } from './support/effort.js';
import type { Stores } from './support/product.js';
import { readerWith } from './support/reader.js';
import { ratio, figure, type Report, type Table } from './support/report.js';
import { withStores } from './support/with-stores.js';

/** To acknowledge: as many as no measurement comes to. */
const OPEN = 100_000;
/** Recipients of a piece of a fan-out. */
const PIECE = 2_000;

const acknowledge = {
  name: 'bench.acknowledge',
  text: `update delivery set status = 4, acted_at = now(), delivered_at = coalesce(delivered_at, now()), changed_at = now()
          where org_id = $1 and id = $2`,
};
const fanOut = {
  name: 'bench.fan_out',
  text: `insert into delivery (org_id, id, campaign_id, step_id, user_id, kind, status, content_id, created_at, changed_at, sent_at)
         select $1, id, $2, 'send', id, 1, 2, $3, now(), now(), now() from unnest($4::uuid[]) id`,
};

/** A member of an organization, and their open deliveries. */
interface Place {
  readonly name: string;
  readonly caller: MemberCaller;
  readonly open: string[];
  readonly campaignId: string;
  readonly contentId: string;
}

export async function answerFeed(effort: Effort): Promise<Report> {
  return withStores(async (stores, owner) => {
    await copyOrganization(owner, 'Fed');
    const plain = await placeIn(owner, 'Acme Demo', 'without a feed');
    const fed = await placeIn(owner, 'Fed', 'with a feed');
    await feed(owner, fed.caller.orgId);
    await owner.query('vacuum analyze');
    const tables = [
      await table('An acknowledgement', [plain, fed], effort, (place) => {
        const id = place.open.pop();
        if (!id) throw new Error('Too few deliveries are open.');
        return run(stores, place, acknowledge, [id]);
      }),
      await table(`A piece of a fan-out: ${figure(PIECE)} deliveries`, [plain, fed], effort, (place) =>
        run(stores, place, fanOut, [
          place.campaignId,
          place.contentId,
          Array.from({ length: PIECE }, () => randomUUID()),
        ]),
      ),
    ];
    return {
      title: 'What does it cost to note what happens to deliveries?',
      method: [
        'The statement that changes the deliveries, in one transaction, by an organization that has set no feed of its campaigns and by one',
        'that has. The worker makes events of what is noted at the same time, on the same machine.',
      ].join('\n'),
      tables,
      notes: [],
    };
  });
}

/** An organization with the role that the people of benchmarks have. */
async function copyOrganization(owner: Client, name: string): Promise<void> {
  const orgId = randomUUID();
  await owner.query('insert into organization (id, name) values ($1, $2)', [orgId, name]);
  await owner.query(
    `insert into role (org_id, id, slug, name, name_key, permissions) values ($1, gen_random_uuid(), 'employee', 'Employee', 'employee', '{}')`,
    [orgId],
  );
}

async function feed(owner: Client, orgId: string): Promise<void> {
  const projectId = randomUUID();
  const project = `insert into project (org_id, id, name, name_key) values ($1, $2, 'Site', 'site')`;
  await owner.query(project, [orgId, projectId]);
  await owner.query('insert into campaign_feed (org_id, project_id, changed_at) values ($1, $2, now())', [
    orgId,
    projectId,
  ]);
}

async function placeIn(owner: Client, organization: string, name: string): Promise<Place> {
  const caller = await readerWith(owner, OPEN, organization);
  const { rows } = await owner.query<{ id: string; campaignId: string; contentId: string }>(
    `select id, campaign_id as "campaignId", content_id as "contentId" from delivery where org_id = $1`,
    [caller.orgId],
  );
  const { campaignId = '', contentId = '' } = rows[0] ?? {};
  return { name, caller, open: rows.map(({ id }) => id), campaignId, contentId };
}

function run(
  stores: Stores,
  { caller }: Place,
  statement: { name: string; text: string },
  values: unknown[],
): Promise<unknown> {
  return stores.run(caller, async (scope) => (await scope.tx()).query(statement, [caller.orgId, ...values]));
}

async function table(
  title: string,
  places: readonly Place[],
  effort: Effort,
  work: (place: Place) => Promise<unknown>,
): Promise<Table> {
  const rates = await contest(
    places.map((place) => ({ name: place.name, run: () => work(place) })),
    effort,
  );
  return {
    title,
    head: ['an organization', 'per second', 'of the one without'],
    rows: places.map(({ name }, index) => [name, figure(rates[index]!), ratio(rates[index]!, rates[0]!)]),
  };
}
