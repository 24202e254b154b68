import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { EventsService } from '@dovecote/contract/sdk/events/v1/events_pb';
import { addMember, addOrganization, addProject } from '../test/support/cast.js';
import { startTestServer, type TestServer } from '../test/support/test-server.js';
import { seedDemonstration } from './first-start.js';

let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'dovecote-first-start-'));
});

afterAll(() => rm(dataDir, { recursive: true }));

describe('the demonstration', () => {
  let s: TestServer;

  beforeAll(async () => {
    s = await startTestServer({ env: { DATA_DIR: dataDir } });
  });

  afterAll(() => s.stop());

  test('is prepared once, however many start together, and found again later', async () => {
    const { app } = s.server;
    const made = await Promise.all([seedDemonstration(app), seedDemonstration(app)]);
    const again = await seedDemonstration(app);
    const organizations = await s.database.query<{ id: string; name: string }>('select * from organization');
    expect(organizations).toMatchObject([{ id: again?.organizationId, name: 'Acme Demo' }]);
    expect(made.map((one) => one?.organizationId)).toEqual([again?.organizationId, again?.organizationId]);
    expect(await s.database.query('select email, status from member')).toEqual([
      { email: again?.adminEmail, status: 2 },
    ]);
  });

  test('comes with a key that works and that only its owner may read', async () => {
    const demonstration = await seedDemonstration(s.server.app);
    const file = join(dataDir, 'demo-api-key');
    expect((await readFile(file, 'utf8')).trim()).toBe(demonstration?.apiKey);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const client = s.client(OrganizationService, { authorization: `Bearer ${demonstration?.apiKey}` });
    expect((await client.getOrganization({})).organization?.name).toBe('Acme Demo');
  });

  test('has a project that takes events, with one public key, the same at each start', async () => {
    const { projectKey } = (await seedDemonstration(s.server.app)) ?? {};
    const demo = await s.database.query(
      `select p.name, k.family from project p join project_key k on k.project_id = p.id
         join organization o on o.id = p.org_id where o.name = 'Acme Demo'`,
    );
    expect(demo).toEqual([{ name: 'Demo shop', family: 'public' }]);
    const sender = s.client(EventsService, { 'x-api-key': projectKey ?? '' });
    const eventId = randomUUID();
    const event = {
      eventId,
      kind: 'signup',
      occurTime: timestampNow(),
      distinctId: 'ada',
      sessionId: eventId,
    };
    expect(await sender.batchCreate({ events: [event] })).toMatchObject({ accepted: 1 });
    const other = await addOrganization(s, 'Other');
    await addProject(s, other, 'Demo shop');
    expect((await seedDemonstration(s.server.app))?.projectKey).toBe(projectKey);
    await s.database.query('update project_key set revoked_at = now() where org_id = $1', [
      '019a9f00-0000-7000-8000-00000000ac3e',
    ]);
    expect((await seedDemonstration(s.server.app))?.projectKey).toBeUndefined();
  });

  test('says nothing of a key whose file is gone', async () => {
    await rm(join(dataDir, 'demo-api-key'));
    expect((await seedDemonstration(s.server.app))?.apiKey).toBeUndefined();
  });
});

describe('where somebody is already', () => {
  test('nothing is prepared', async () => {
    const s = await startTestServer({ env: { DATA_DIR: dataDir } });
    try {
      const organization = await addOrganization(s, 'Real');
      await addMember(s, organization, { email: 'rea@real.example', role: 'super_admin' });
      expect(await seedDemonstration(s.server.app)).toBeUndefined();
      expect(await s.database.query('select name from organization')).toEqual([{ name: 'Real' }]);
      expect(await s.database.query('select name from project')).toEqual([]);
    } finally {
      await s.stop();
    }
  });
});
