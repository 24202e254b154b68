// How much of plain pg's speed is left behind the stores?
import type * as campaignStoreModule from '../src/modules/messaging/campaign/campaign.store.js';
import type * as counterStoreModule from '../src/modules/messaging/delivery/counter.store.js';
import type * as recipientActStoreModule from '../src/modules/messaging/delivery/recipient-act.store.js';
import type * as inboxStoreModule from '../src/modules/messaging/inbox/inbox.store.js';
import type * as roleStoreModule from '../src/modules/people/role/role.store.js';
import type { Client, PoolClient } from 'pg';
import type { MemberCaller } from '../src/platform/caller/caller.js';
import type { Scope } from '../src/platform/scope/index.js';
import { contest } from './support/contest.js';
import type { Effort } from './support/effort.js';
import { product, type Sent, type Stores } from './support/product.js';
import { readerWith } from './support/reader.js';
import { figure, ratio, type Report } from './support/report.js';
import { withStores } from './support/with-stores.js';

const ENTRIES = 20_000;
const PAGE = { limit: 20, after: undefined };

/** How the product runs it: in the scope of a call that only reads, or of one that writes. */
type How = 'read' | 'run';
type Operation = readonly [name: string, how: How, work: (scope: Scope) => Promise<unknown>];

export async function answerOrm(effort: Effort): Promise<Report> {
  return withStores(async (stores, owner) => {
    const caller = await readerWith(owner, ENTRIES);
    await owner.query('vacuum analyze');
    const rows: string[][] = [];
    for (const [name, how, work] of await operations(caller, owner)) {
      const sent = await stores.sentBy(caller, work);
      const [plain, ours] = await contest(
        [
          { name: 'pg', run: () => byHand(stores, caller, sent) },
          { name: 'store', run: () => stores[how](caller, work) },
        ],
        effort,
      );
      rows.push([name, figure(plain!), figure(ours!), ratio(ours!, plain!)]);
    }
    return report(rows);
  });
}

async function operations(caller: MemberCaller, owner: Client): Promise<Operation[]> {
  const { CampaignStore } = await product<typeof campaignStoreModule>(
    'modules/messaging/campaign/campaign.store.js',
  );
  const { CounterStore } = await product<typeof counterStoreModule>(
    'modules/messaging/delivery/counter.store.js',
  );
  const { RecipientActStore } = await product<typeof recipientActStoreModule>(
    'modules/messaging/delivery/recipient-act.store.js',
  );
  const { InboxStore } = await product<typeof inboxStoreModule>('modules/messaging/inbox/inbox.store.js');
  const { RoleStore } = await product<typeof roleStoreModule>('modules/people/role/role.store.js');
  const { rows } = await owner.query<{ id: string; campaignId: string }>(
    'select id, campaign_id as "campaignId" from delivery where user_id = $1 limit 1',
    [caller.userId],
  );
  const { id, campaignId } = rows[0]!;
  const [acts, campaigns, counters, inboxes, roles] = [
    new RecipientActStore(),
    new CampaignStore(),
    new CounterStore(),
    new InboxStore(),
    new RoleStore(),
  ];
  return [
    ['read roles', 'read', (scope) => roles.list(scope)],
    ['read a campaign', 'read', (scope) => campaigns.find(scope, campaignId)],
    ['read 20 campaigns', 'read', (scope) => campaigns.list(scope, PAGE)],
    ['read a message', 'run', (scope) => inboxes.find(scope, id)],
    ['read 20 inbox entries', 'run', (scope) => inboxes.changes(scope, undefined, 20)],
    ['count an acknowledgement', 'run', (scope) => counters.add(scope, campaignId, { acknowledged: 1 })],
    ['mark as delivered', 'run', (scope) => acts.markDelivered(scope, [id])],
  ];
}

/** The same statements in the same kind of transaction, as somebody would write it with pg alone. */
async function byHand(stores: Stores, { orgId }: MemberCaller, sent: readonly Sent[]): Promise<void> {
  const client: PoolClient = await stores.app.connect();
  try {
    const first = [
      client.query('begin'),
      client.query({ name: 'scope', text: `select set_config('app.org_id', $1, true)`, values: [orgId] }),
    ];
    for (const { statement, values } of sent) {
      const { text, plannedEachTime } = statement;
      await Promise.all([
        ...first.splice(0),
        client.query({ name: plannedEachTime ? undefined : statement.name, text, values }),
      ]);
    }
    await client.query('commit');
  } finally {
    client.release();
  }
}

function report(rows: string[][]): Report {
  return {
    title: 'How much of plain pg’s speed is left behind the stores?',
    method: [
      'Hot reads and writes through the stores of the product, each in a scope of its own, against the same statements',
      'in a transaction (same role, same organization, named, in one flight) written with pg alone. What belongs to',
      'calls that only read runs as the product runs it, without begin and commit.',
    ].join('\n'),
    tables: [
      { title: 'Operations', head: ['operation', 'pg, per second', 'store, per second', 'of pg'], rows },
    ],
    notes: ['One process, 8 operations in flight on 8 connections.'],
  };
}
