import type { Client } from 'pg';

/** Seconds that the rows of a fan-out take when they are written by hand. */
export interface Limit {
  /** Into the tables of the product as they are. */
  readonly plain: number;
  /** With a foreign key for each reference of a delivery and of a push, checked for each row. */
  readonly withKeys: number;
}

/** The rows that a campaign has written, by table, with the columns that the product sets. */
const written = {
  message: 'org_id, content_id, title, body, summary, preview, sender_name, actions, locale',
  delivery:
    'org_id, id, campaign_id, step_id, user_id, kind, status, content_id, critical, rendered_locale, failure, ' +
    'synthetic, created_at, sent_at, changed_at',
  push_outbox: 'org_id, delivery_id, device_id, created_at',
};

const references = {
  delivery: [
    'foreign key (org_id, campaign_id) references campaign (org_id, id)',
    'foreign key (org_id, content_id) references message (org_id, content_id)',
  ],
  push_outbox: ['foreign key (org_id, delivery_id) references delivery (org_id, id)'],
};

/**
 * Writes the rows of the campaign again, into empty tables: one transaction on one connection, without row-level
 * security, with one statement for each table.
 */
export async function writeByHand(owner: Client): Promise<Limit> {
  for (const [table, columns] of Object.entries(written))
    await owner.query(`create temporary table hand_${table} as select ${columns} from ${table}`);
  const plain = await timed(owner);
  for (const [table, keys] of Object.entries(references)) {
    for (const [index, key] of keys.entries())
      await owner.query(`alter table ${table} add constraint hand_${index} ${key} not valid`);
  }
  const withKeys = await timed(owner);
  for (const [table, keys] of Object.entries(references)) {
    for (const index of keys.keys()) await owner.query(`alter table ${table} drop constraint hand_${index}`);
  }
  for (const table of Object.keys(written)) await owner.query(`drop table hand_${table}`);
  return { plain, withKeys };
}

async function timed(owner: Client): Promise<number> {
  await owner.query('truncate push_outbox, delivery, message, inbox');
  await owner.query('checkpoint');
  const begin = performance.now();
  await owner.query('begin');
  await insert(owner, 'message');
  await owner.query(
    `insert into inbox (org_id, user_id, changed_at)
     select org_id, user_id, clock_timestamp() from hand_delivery order by user_id
     on conflict (org_id, user_id) do update
       set changed_at = greatest(excluded.changed_at, inbox.changed_at + interval '1 microsecond')`,
  );
  await insert(owner, 'delivery');
  await insert(owner, 'push_outbox');
  await owner.query('commit');
  return (performance.now() - begin) / 1000;
}

function insert(owner: Client, table: keyof typeof written): Promise<unknown> {
  return owner.query(`insert into ${table} (${written[table]}) select * from hand_${table}`);
}

/** Empties the tables that earlier campaigns have filled, so that each size starts from the same tables. */
export async function clear(owner: Client): Promise<void> {
  await owner.query('truncate push_outbox, delivery, message, inbox, campaign cascade');
  await owner.query('vacuum analyze');
  await owner.query('checkpoint');
}
