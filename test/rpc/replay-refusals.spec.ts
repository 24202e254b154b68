import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addRecipient, runningCampaign } from '../support/campaigns.js';
import { type Cast, seedCast } from '../support/cast.js';
import { hire } from '../support/members.js';
import {
  clickAt,
  filesOf,
  json,
  recordedOrganization,
  recorder,
  recordingsOf,
  Session,
} from '../support/recordings.js';
import { type Refusal, refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-replay-'));
  s = await startTestServer({ env: { DATA_DIR: folder } });
  cast = await seedCast(s);
});
afterAll(async () => {
  await s?.stop();
  await rm(folder, { recursive: true, force: true });
});

const chunksOf = (orgId: string) =>
  s.database.query<{ sequence: number }>('select sequence from recording_chunk where org_id = $1', [orgId]);

/** The first refusal after so many calls: a bucket fills while they run. */
async function untilRefused(call: () => Promise<unknown>, most: number): Promise<Refusal> {
  for (let n = 0; n < most; n += 1) await call();
  for (let n = 0; n < most; n += 1) {
    const refusal = await refusalOf(call()).catch(() => undefined);
    if (refusal) return refusal;
  }
  throw new Error('No call was refused.');
}

describe('AddChunk refuses', () => {
  test('keys', async () => {
    expect((await refusalOf(new Session(cast.kiosk).send(0))).code).toBe(Code.PermissionDenied);
  });

  test.each<[field: string, bad: object]>([
    ['session_id', { sessionId: 'mine' }],
    ['sequence', { sequence: -1 }],
    ['sequence', { sequence: 10_000 }],
    ['screen', { screen: 'x'.repeat(201) }],
    ['campaign_id', { campaignId: 'spring' }],
    ['events', { events: new Uint8Array() }],
    ['events', { events: Buffer.from('{') }],
    ['events', { events: json({ type: 3 }) }],
    ['events', { events: Buffer.from([0x1f, 0x8b, 1, 2, 3]) }],
    ['events', { events: gzipSync(Buffer.alloc(2 * 1024 * 1024 + 1, ' ')) }],
    ['events', { events: randomBytes(2 * 1024 * 1024 + 1) }],
  ])('a bad %s: %#', async (field, bad) => {
    const request = { sessionId: randomUUID(), sequence: 0, events: json([]), ...bad };
    const refusal = await refusalOf(recorder(cast.erin).addChunk(request));
    expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: [field] });
    expect(await chunksOf(cast.acme.id)).toEqual([]);
  });

  test('a campaign of which the member has no message', async () => {
    const erin = await addRecipient(s, cast.acme, 'erin');
    const campaignId = await runningCampaign(cast.alice, [erin.userId]);
    const other = await runningCampaign(cast.alice, [cast.max.userId]);
    const session = new Session(erin);
    await session.send(0, { campaignId: campaignId.toUpperCase() });
    for (const unknown of [randomUUID(), other])
      expect(await refusalOf(session.send(1, { campaignId: unknown }))).toMatchObject({
        code: Code.NotFound,
        reason: 'CAMPAIGN_NOT_FOUND',
      });
    expect((await refusalOf(new Session(cast.mallory).send(0, { campaignId }))).code).toBe(Code.NotFound);
    const second = await runningCampaign(cast.alice, [erin.userId]);
    expect(await refusalOf(session.send(1, { campaignId: second }))).toMatchObject({
      code: Code.FailedPrecondition,
      reason: 'RECORDING_OF_OTHER_CAMPAIGN',
    });
    await session.send(1);
    expect(await recordingsOf(cast.max, { campaignId })).toHaveLength(1);
    expect(await recordingsOf(cast.max, { campaignId: second })).toEqual([]);
  });

  test('another content under the number of a chunk', async () => {
    const session = new Session(cast.erin);
    await session.send(0);
    expect(await refusalOf(session.add(0, session.events(1)))).toMatchObject({
      code: Code.AlreadyExists,
      reason: 'CHUNK_DIFFERS',
    });
  });

  test('a session that grows too large or too long, and says nothing of a time', async () => {
    const own = await recordedOrganization(s);
    const session = new Session(own.admin);
    await session.send(0);
    await s.database.query('update recording set bytes = 24 * 1024 * 1024 - 10 where org_id = $1', [own.id]);
    const large = await refusalOf(session.send(1));
    expect(large).toMatchObject({ code: Code.ResourceExhausted, reason: 'RECORDING_FULL' });
    expect(large.retryAfterSeconds).toBeUndefined();
    await s.database.query('update recording set bytes = 10 where org_id = $1', [own.id]);
    const late = session.beganAt - 4 * 3_600_000;
    expect(await refusalOf(session.add(1, [clickAt(late)]))).toMatchObject({
      code: Code.ResourceExhausted,
      reason: 'RECORDING_TOO_LONG',
    });
    await session.add(1, [clickAt(late + 2_000)]);
    expect(await filesOf(folder, own.id)).toHaveLength(2);
  });

  test('more than an organization may store, and says when to come back', async () => {
    const own = await recordedOrganization(s);
    const session = new Session(own.admin);
    await session.send(0);
    await s.database.query('update recording_use set bytes = 10 * 1024 ^ 3 where org_id = $1', [own.id]);
    expect(await refusalOf(session.send(1))).toMatchObject({
      code: Code.ResourceExhausted,
      reason: 'RECORDING_STORAGE_FULL',
      retryAfterSeconds: 3_600,
    });
    // What is stored already is answered.
    expect((await session.send(0)).storedEvents).toBe(2);
    expect((await new Session(cast.erin).send(0)).storedEvents).toBe(2);
  });

  test('more chunks or bytes of a member in a minute, and more sessions in a day', async () => {
    const own = await recordedOrganization(s);
    const [loud, wide, busy, quiet] = await Promise.all([1, 2, 3, 4].map(() => hire(s, own)));
    const many = new Session(loud!);
    const refused = await untilRefused(() => many.send(0), 120);
    expect(refused).toMatchObject({
      code: Code.ResourceExhausted,
      reason: 'RATE_LIMITED',
      retryAfterSeconds: 1,
    });
    const large = gzipSync(Buffer.alloc(2 * 1024 * 1024, ' ').fill('[]', 0, 2));
    const sending = () => recorder(wide!).addChunk({ sessionId: randomUUID(), sequence: 0, events: large });
    expect((await untilRefused(sending, 6)).reason).toBe('RATE_LIMITED');
    await s.database.query(
      `insert into daily_use (id, kind, subject, used_at)
       select gen_random_uuid(), 'recording', sha256($1::bytea), now() from generate_series(1, 200)`,
      [Buffer.from(`${own.id}/${busy!.userId}`)],
    );
    expect((await refusalOf(new Session(busy!).send(0))).reason).toBe('DAILY_LIMIT');
    expect((await new Session(quiet!).send(0)).storedEvents).toBe(2);
  });
});
