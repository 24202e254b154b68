// Does a look into an inbox cost more when the inbox is long?
import type * as inboxStoreModule from '../src/modules/messaging/inbox/inbox.store.js';
import type { MemberCaller } from '../src/platform/caller/caller.js';
import type { InboxStore as InboxStoreType } from '../src/modules/messaging/inbox/inbox.store.js';
import { contest } from './support/contest.js';
import type { Effort } from './support/effort.js';
import { product, type Sent, type Stores } from './support/product.js';
import { readerWith } from './support/reader.js';
import { figure, ratio, type Report, type Table } from './support/report.js';
import { withStores } from './support/with-stores.js';

const sizes = [10, 1_000, 100_000];
/** As many as the smallest inbox holds, so that all answers are of one length. */
const LIMIT = 10;

interface Measured {
  readonly entries: number;
  readonly what: string;
  readonly perSecond: number;
  readonly buffers: number;
}

export async function answerInbox(effort: Effort): Promise<Report> {
  return withStores(async (stores, owner) => {
    const readers: { entries: number; caller: MemberCaller }[] = [];
    for (const entries of sizes) readers.push({ entries, caller: await readerWith(owner, entries) });
    await owner.query('vacuum analyze');
    const { InboxStore } = await product<typeof inboxStoreModule>('modules/messaging/inbox/inbox.store.js');
    return report(await measure(stores, new InboxStore(), readers, effort));
  });
}

async function measure(
  stores: Stores,
  inboxes: InboxStoreType,
  readers: readonly { entries: number; caller: MemberCaller }[],
  effort: Effort,
): Promise<Measured[]> {
  const cells = [];
  for (const { entries, caller } of readers) {
    const all = await stores.run(caller, (scope) => inboxes.changes(scope, undefined, entries));
    const middle = all[Math.max(0, entries - LIMIT - 1)]!.changedAt;
    for (const [what, cursor] of [
      ['the oldest', undefined],
      ['the newest', middle],
      ['nothing new', all.at(-1)!.changedAt],
    ] as const) {
      const run = (): Promise<unknown> =>
        stores.run(caller, (scope) => inboxes.changes(scope, cursor, LIMIT));
      const [sent] = await stores.sentBy(caller, (scope) => inboxes.changes(scope, cursor, LIMIT));
      cells.push({ name: what, run, entries, buffers: await buffersOf(stores, caller, sent!) });
    }
  }
  const rates = await contest(cells, effort);
  return cells.map(({ name, entries, buffers }, index) => ({
    what: name,
    entries,
    buffers,
    perSecond: rates[index]!,
  }));
}

/** Pages of tables and indexes that PostgreSQL touches for it. */
async function buffersOf(
  stores: Stores,
  { orgId }: MemberCaller,
  { statement, values }: Sent,
): Promise<number> {
  const client = await stores.app.connect();
  try {
    await client.query(`select set_config('app.org_id', $1, false)`, [orgId]);
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
      `explain (analyze, buffers, format json) ${statement.text}`,
      values,
    );
    const plan = rows[0]!['QUERY PLAN'][0].Plan;
    return plan['Shared Hit Blocks']! + plan['Shared Read Blocks']!;
  } finally {
    client.release(true);
  }
}

function report(measured: readonly Measured[]): Report {
  const tables = [...new Set(measured.map(({ what }) => what))].map((what): Table => {
    const rows = measured.filter((cell) => cell.what === what);
    return {
      title: `Sync that finds ${what}`,
      head: ['entries in the inbox', 'Syncs/s', 'pages read', 'Syncs/s ÷ smallest inbox'],
      rows: rows.map(({ entries, perSecond, buffers }) => [
        figure(entries),
        figure(perSecond),
        figure(buffers),
        ratio(perSecond, rows[0]!.perSecond),
      ]),
    };
  });
  return {
    title: 'Does a look into an inbox cost more when the inbox is long?',
    method: [
      'Sync’s read through the product’s store: a transaction under row-level security and at most',
      `${LIMIT} entries. Pages read are what PostgreSQL touches for the statement, cached or not.`,
    ].join('\n'),
    tables,
    notes: ['All inboxes lie in one table and are read in interleaved passes by one process.'],
  };
}
