import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { addPhone, createCampaign } from '../support/campaigns.js';
import { addMember } from '../support/cast.js';
import { Page } from './support/page.js';
import { serve, type ServedPage } from './support/served-page.js';

let reader: ServedPage;

beforeAll(async () => {
  reader = await serve(Page.open('docs/how-to/choose-an-audience.md'));
});
afterAll(() => reader?.stop());

test('an audience is previewed and resolved, and says who was left out', async () => {
  const { cast, server, shell } = reader;
  const officer = await addMember(server, cast.acme, { email: 'officer@acme.example', role: 'employee' });
  await addPhone(officer);
  const profile = { department: 'Safety', customAttributes: { site: 'LYS' } };
  await server.database.query('update member set profile = $2 where id = $1', [
    officer.userId,
    JSON.stringify(profile),
  ]);
  const groups = cast.alice.client(GroupService);
  const { group } = await groups.createGroup({ name: 'Wardens' });
  await groups.addGroupMembers({ groupId: group?.id, userIds: [cast.erin.userId, cast.max.userId] });
  const campaignId = await createCampaign(cast.alice, []);
  const token = cast.alice.headers.authorization.replace('Bearer ', '');
  await shell.run(`API=${server.url} TOKEN=${token} CAMPAIGN=${campaignId}`);
  await shell.run(`GROUP=${group?.id} AWAY=${cast.max.userId}`);
  await reader.type('call() {');
  await reader.type('CreateAudienceRule');
  expect(await shell.run('echo $RULE')).toMatch(/^[0-9a-f-]{36}\s*$/);
  const preview = await reader.type('PreviewAudience');
  expect(preview).toContain(officer.userId);
  expect(preview).toContain('"size":2');
  expect(await reader.type('ResolveAudience')).toContain('"size":2');
  const { entries } = await cast.alice.client(CampaignService).getCampaignAudience({ campaignId });
  expect(entries.map(({ member }) => member?.userId).sort()).toEqual(
    [officer.userId, cast.erin.userId].sort(),
  );
  const leftOut = await reader.type('ListLeftOut');
  expect(leftOut).toContain(cast.max.userId);
  expect(leftOut).toContain('LEFT_OUT_REASON_EXCLUDED');
  const uploaded = await reader.type('UploadAudience');
  expect(uploaded).toContain('"size":1');
  expect(uploaded).toContain('LEFT_OUT_REASON_UNKNOWN');
  const { entries: fromFile } = await cast.alice.client(CampaignService).getCampaignAudience({ campaignId });
  expect(fromFile.map(({ member }) => member?.variables)).toEqual([
    { entrance: 'B', note: 'Bring the "red" key' },
  ]);
});
