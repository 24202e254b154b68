// What does row-level security cost?
import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import type { MemberCaller } from '../src/platform/caller/caller.js';
import { contest, type Rival } from './support/contest.js';
import type { Effort } from './support/effort.js';
import type { Stores } from './support/product.js';
import { readerWith } from './support/reader.js';
import { ratio, figure, type Report, type Table } from './support/report.js';
import { withStores } from './support/with-stores.js';

const ENTRIES = 20_000;

const read = {
  name: 'bench.read',
  text: 'select id, name, status from campaign where org_id = $1 and id = $2',
};
const write = {
  name: 'bench.write',
  text: 'insert into inbox (org_id, user_id, changed_at) values ($1, $2, now())',
};

export async function answerTenancy(effort: Effort): Promise<Report> {
  return withStores(async (stores, owner) => {
    const caller = await readerWith(owner, ENTRIES);
    await owner.query('vacuum analyze');
    const { rows } = await owner.query<{ id: string }>('select id from campaign where org_id = $1', [
      caller.orgId,
    ]);
    const ids = rows.map(({ id }) => id);
    let next = 0;
    const values = {
      read: () => [caller.orgId, ids[next++ % ids.length]],
      write: () => [caller.orgId, randomUUID()],
    };
    return report([
      await table('A point read', 'read', read, values.read, stores, caller, effort),
      await table('A write of one row', 'run', write, values.write, stores, caller, effort),
    ]);
  });
}

async function table(
  title: string,
  how: 'read' | 'run',
  statement: { name: string; text: string },
  values: () => unknown[],
  stores: Stores,
  caller: MemberCaller,
  effort: Effort,
): Promise<Table> {
  const rivals: Rival[] = [
    {
      name: 'no transaction, no policy (owner)',
      run: () => stores.owner.query({ ...statement, values: values() }),
    },
    {
      name: 'transaction, no policy (owner), in one flight',
      run: () => inTransaction(stores.owner, (client) => client.query({ ...statement, values: values() })),
    },
    {
      name: 'scope of Dovecote: transaction, organization, policy',
      run: () => stores[how](caller, async (scope) => (await scope.tx()).query(statement, values())),
    },
  ];
  const rates = await contest(rivals, effort);
  return {
    title,
    head: ['how', 'per second', 'of the unscoped one'],
    rows: rivals.map(({ name }, index) => [name, figure(rates[index]!), ratio(rates[index]!, rates[0]!)]),
  };
}

async function inTransaction(pool: Pool, work: (client: PoolClient) => Promise<unknown>): Promise<void> {
  const client = await pool.connect();
  try {
    await Promise.all([client.query('begin'), work(client)]);
    await client.query('commit');
  } finally {
    client.release();
  }
}

function report(tables: readonly Table[]): Report {
  return {
    title: 'What does row-level security cost?',
    method: [
      'One named statement by one process, as the owner, whom no policy binds, and through a scope as every call has',
      'it: to write, begin, the organization and the statement leave together, and commit follows; to read, organization',
      `and statement leave together and are a transaction. ${figure(ENTRIES)} rows.`,
    ].join('\n'),
    tables,
    notes: [
      'The second line pays for the transaction; what is left to the third is the scope and the policy.',
    ],
  };
}
