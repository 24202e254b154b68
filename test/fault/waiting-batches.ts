import { v7 as uuid } from 'uuid';
import { encodeBody } from '../../src/modules/analytics/event/batch-body.js';
import type { TestProject } from '../support/cast.js';
import type { TestDatabase } from '../support/test-database.js';

function batchOf(ids: readonly string[]): ReturnType<typeof encodeBody> {
  return encodeBody(
    ids.map((distinctId) => ({
      project: 0,
      batch_id: '',
      received_at: '',
      kind: 'waiting',
      occur_time: '2026-06-01 10:00:00.000',
      distinct_id: distinctId,
      event_id: uuid(),
      properties: {},
      numbers: {},
      types: {},
    })),
  );
}

/** A newer version wrote it: no worker drains it. */
const LATER_LAYOUT = 99;

/** An event of each id in the queue, in a batch that stays there, and in a dead letter. */
export async function addWaiting(
  database: TestDatabase,
  { orgId, number }: TestProject,
  ids: readonly string[],
): Promise<void> {
  const { events, rawOctets, months, layout, body } = batchOf(ids);
  const values = [orgId, uuid(), number, events, rawOctets, months, body];
  await database.query(
    `insert into ingest_batch (org_id, id, project, received_at, events, raw_octets, months, layout, body)
     values ($1, $2, $3, now(), $4, $5, $6, ${LATER_LAYOUT}, $7)`,
    values,
  );
  await database.query(
    `insert into ingest_dead_letter
       (org_id, id, project, received_at, events, raw_octets, months, layout, failed_at, error, body)
     values ($1, $2, $3, now(), $4, $5, $6, ${layout}, now(), 'x', $7)`,
    values,
  );
}
