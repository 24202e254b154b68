import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { encodeTouches } from '../../src/modules/analytics/event/batch-body.js';
import { eventually } from '../support/eventually.js';
import { HeatWorld, ingest, touches } from '../support/heatmaps.js';
import { deletionsOf, doomed, requestedEarlier, sweep } from '../support/organization-deletion.js';
import { untilGone } from '../support/sandboxes.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let w: HeatWorld;

beforeAll(async () => {
  s = await startTestServer({ analytics: true });
  w = new HeatWorld(s);
});
afterAll(() => s?.stop());

/** As if a server had accepted a touch before it heard of the deletion. */
async function acceptLate(orgId: string, number: number): Promise<void> {
  const place = { screen: 'Inbox', campaign: '', kind: 1, x: 100, y: 100, bucket: 1, salted_at: 1 };
  const { events, rawOctets, months, layout, body } = encodeTouches([
    { ...place, day: w.dayAgo(0), touch: '1', expires_on: '2149-06-06' },
  ]);
  await s.database.query(
    `insert into ingest_batch (org_id, id, project, received_at, events, raw_octets, months, layout, body)
     values ($1, gen_random_uuid(), $2, now(), $3, $4, $5, $6, $7)`,
    [orgId, number, events, rawOctets, months, layout, body],
  );
}

const queued = (number: number) => s.database.query('select from ingest_batch where project = $1', [number]);

test('the touches of an organization are deleted with it, also those that still wait, and no others', async () => {
  const { org, name, sam } = await doomed(s);
  const other = await w.organization();
  for (const who of [sam, other.admin]) expect(await ingest(who, touches(12))).toBe(12);
  expect(await w.rowsOf(org.id)).toHaveLength(12);
  const number = await w.numberOf(org.id);

  await deletionsOf(sam).deleteOrganization({ confirmationName: name });
  await acceptLate(org.id, number);
  await requestedEarlier(s.database, org.id, 8);
  await sweep(s.database);
  await untilGone(s.database, org.id);
  expect(await queued(number)).toEqual([]);
  await s.database.query(`select graphile_worker.add_job('project.erase-deleted', payload := '{}')`);
  await eventually('the touches are deleted', async () => (await w.rows(number)).length === 0);

  expect(await w.rowsOf(other.id)).toHaveLength(12);
  expect(await ingest(other.admin, touches(1))).toBe(1);
});
