import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const privacy = (who: Actor) => who.client(PrivacyService);

async function told(exportId: string): Promise<unknown[]> {
  const rows = await s.database.query<{ event_type: string; entity_id: string }>(
    `select event_type, entity_id from audit_event where metadata->>'request_id' = $1 order by created_at, id`,
    [exportId],
  );
  return rows.map(({ event_type, entity_id }) => [event_type, entity_id]);
}

describe('the trail tells of an export of the organization', () => {
  test('that it was requested, and that it is there', async () => {
    const { exportId } = await privacy(cast.alice).exportOrgData({});
    await eventually('it is there', async () => (await told(exportId)).length === 2);
    expect(await told(exportId)).toEqual([
      ['ORG_DATA_EXPORT_REQUESTED', cast.acme.id],
      ['ORG_DATA_EXPORT_COMPLETED', cast.acme.id],
    ]);
  });

  test('that it was given up', async () => {
    await s.database.query('alter table roster rename to roster_gone');
    const { exportId } = await privacy(cast.alice).exportOrgData({});
    await s.database.query('update privacy_request set attempts = 100 where id = $1', [exportId]);
    await eventually('it is given up', async () => {
      await s.database.query(
        'update graphile_worker._private_jobs set run_at = now() where locked_at is null',
      );
      return (await told(exportId)).length === 2;
    });
    await s.database.query('alter table roster_gone rename to roster');
    expect(await told(exportId)).toEqual([
      ['ORG_DATA_EXPORT_REQUESTED', cast.acme.id],
      ['ORG_DATA_EXPORT_FAILED', cast.acme.id],
    ]);
  });

  test("in other words than of a person's", async () => {
    const { exportId } = await privacy(cast.erin).exportUserData({ userId: cast.erin.userId });
    const { requests } = await privacy(cast.alice).listPrivacyRequests({});
    expect(requests.map(({ id }) => id)).toContain(exportId);
    expect(await told(exportId)).toEqual([['DATA_EXPORT_REQUESTED', cast.erin.userId]]);
  });
});
