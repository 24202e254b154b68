import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { Code } from '@connectrpc/connect';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { heatmaps, HeatWorld } from '../support/heatmaps.js';
import { hire } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let w: HeatWorld;
let cast: Cast;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-screenshots-'));
  s = await startTestServer({ env: { DATA_DIR: folder } });
  w = new HeatWorld(s);
  cast = await seedCast(s);
});
afterAll(async () => {
  await s?.stop();
  await rm(folder, { recursive: true, force: true });
});

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

/** One pixel of this red, with a text of so many bytes. */
function png(red: number, text = 0): Buffer {
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', Buffer.from('00000001000000010802000000', 'hex')),
    ...(text > 0 ? [chunk('tEXt', Buffer.alloc(text, 'Erin'))] : []),
    chunk('IDAT', deflateSync(Buffer.from([0, red, 0, 0]))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

async function upload(who: Actor, screenName: string, imageData: Buffer, appVersion = ''): Promise<string> {
  return (await heatmaps(who).uploadScreenshot({ screenName, appVersion, imageData })).url;
}

/** The link as this server answers it: its public URL says port 0 in the tests. */
const follow = (url: string): Promise<Response> => fetch(s.url + new URL(url).pathname);

async function filesOf(orgId: string): Promise<string[]> {
  return readdir(join(folder, 'objects', orgId, 'screenshots')).catch(() => []);
}

async function listed(who: Actor): Promise<string[]> {
  const { screenshots } = await heatmaps(who).listScreenshots({});
  return screenshots.map(({ screenName, appVersion }) => `${screenName} ${appVersion}`);
}

describe('UploadScreenshot', () => {
  test('is for members, and not for keys', async () => {
    const refusal = await refusalOf(upload(cast.kiosk, 'Inbox', png(1)));
    expect(refusal.code).toBe(Code.PermissionDenied);
  });

  test.each<[field: string, bad: { screenName?: string; appVersion?: string; imageData?: Buffer }]>([
    ['screen_name', { screenName: '' }],
    ['screen_name', { screenName: 'x'.repeat(201) }],
    ['screen_name', { screenName: 'In\u0007box' }],
    ['app_version', { appVersion: '1\u0007' }],
    ['app_version', { appVersion: '1'.repeat(201) }],
    ['image_data', { imageData: Buffer.alloc(0) }],
    ['image_data', { imageData: Buffer.from('<svg/>') }],
    ['image_data', { imageData: Buffer.concat([png(1), Buffer.from('PK')]) }],
    ['image_data', { imageData: png(1, 524_288) }],
  ])('refuses a bad %s: %j', async (field, bad) => {
    const request = { screenName: 'Inbox', imageData: png(1), ...bad };
    const refusal = await refusalOf(heatmaps(cast.erin).uploadScreenshot(request));
    expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: [field] });
    expect(await filesOf(cast.acme.id)).toEqual([]);
  });

  test('is refused where nothing is collected', async () => {
    const own = await w.organization();
    const rita = await hire(s, own);
    await own.admin.client(PrivacyService).restrictProcessing({ userId: rita.userId, restricted: true });
    expect(await refusalOf(upload(rita, 'Inbox', png(1)))).toMatchObject({
      code: Code.FailedPrecondition,
      reason: 'PROCESSING_RESTRICTED',
    });
    const organization = own.admin.client(OrganizationService);
    await organization.updateOrgPrivacySettings({ behavioralAnalyticsEnabled: false });
    expect(await refusalOf(upload(own.admin, 'Inbox', png(1)))).toMatchObject({
      code: Code.FailedPrecondition,
      reason: 'BEHAVIORAL_ANALYTICS_OFF',
    });
    expect(await filesOf(own.id)).toEqual([]);
  });

  test('has a limit for each member and day', async () => {
    const own = await w.organization();
    const [loud, quiet] = await Promise.all([hire(s, own), hire(s, own)]);
    for (let n = 0; n < 100; n += 1) await upload(loud, 'Inbox', png(1));
    expect(await refusalOf(upload(loud, 'Inbox', png(1)))).toMatchObject({
      code: Code.ResourceExhausted,
      reason: 'DAILY_LIMIT',
    });
    expect(await upload(quiet, 'Inbox', png(1))).not.toBe('');
  });

  test('answers a link for an hour to the picture, without its texts and without who sent it', async () => {
    const own = await w.organization();
    const erin = await hire(s, own);
    const url = await upload(erin, 'Inbox', png(7, 1_000), '1.0');
    const response = await follow(url);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(png(7));
    const rows = await s.database.query('select * from screenshot where org_id = $1', [own.id]);
    expect(JSON.stringify(rows)).not.toContain(erin.userId);
    await s.travel(3_600_001);
    expect((await follow(url)).status).toBe(404);
  });

  test('keeps the latest of a screen and version, and deletes the file of the one before', async () => {
    const own = await w.organization();
    await upload(own.admin, 'Inbox', png(1), '1.0');
    await upload(own.admin, 'Inbox', png(2), '2.0');
    await Promise.all([3, 4].map((red) => upload(own.admin, 'Inbox', png(red), '2.0')));
    await upload(own.admin, 'Inbox', png(5), '2.0');
    expect(await listed(own.admin)).toEqual(['Inbox 2.0', 'Inbox 1.0']);
    // Also of those that were uploaded at once, of which only one was replaced.
    await s.travel(600_000);
    await eventually('two files are left', async () => (await filesOf(own.id)).length === 2);
    const { screenshotUrl } = await heatmaps(own.admin).queryHeatmapData({ screenName: 'Inbox' });
    expect(Buffer.from(await (await follow(screenshotUrl)).arrayBuffer())).toEqual(png(5));
  });

  test('makes room by deleting the oldest', async () => {
    const own = await w.organization();
    await upload(own.admin, 'First', png(1));
    await s.database.query(
      `insert into screenshot (org_id, screen_name, app_version, id, uploaded_at)
       select $1, 'Screen ' || n, '', gen_random_uuid(), now() + interval '3 hours' from generate_series(1, 499) n`,
      [own.id],
    );
    expect(await listed(own.admin)).toHaveLength(500);
    await upload(own.admin, 'Last', png(1));
    const left = await listed(own.admin);
    expect(left).toHaveLength(500);
    expect(left).toContain('Last ');
    expect(left).not.toContain('First ');
  });
});

describe('ListScreenshots', () => {
  test('needs CAMPAIGNS_READ', async () => {
    const refusal = await refusalOf(heatmaps(cast.erin).listScreenshots({}));
    expect(refusal.code).toBe(Code.PermissionDenied);
  });

  test('shows those of the organization, and to no other one', async () => {
    const own = await w.organization();
    await upload(own.admin, 'Profile', png(1));
    await upload(own.admin, 'Inbox', png(2), '1.0');
    expect(await listed(own.admin)).toEqual(['Inbox 1.0', 'Profile ']);
    const { screenshots } = await heatmaps(own.admin).listScreenshots({});
    for (const { url } of screenshots) expect((await follow(url)).status).toBe(200);
    expect(await listed(cast.mallory)).toEqual([]);
    expect(await heatmaps(cast.mallory).queryHeatmapData({ screenName: 'Inbox' })).toMatchObject({
      screenshotUrl: '',
    });
  });
});
