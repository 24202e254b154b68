import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CampaignApprovalService } from '@dovecote/contract/dovecote/campaign/v1/approval_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { createCampaign, runningCampaign } from '../support/campaigns.js';
import type { Actor } from '../support/cast.js';
import { Page } from './support/page.js';
import { serve, type ServedPage } from './support/served-page.js';

let page: Page;
let reader: ServedPage;

beforeAll(async () => {
  page = Page.open('docs/how-to/steer-a-campaign.md');
  reader = await serve(page);
  const { cast, server, shell } = reader;
  const campaignId = await createCampaign(cast.max, [cast.erin.userId]);
  await shell.run(`API=${server.url} TOKEN=${tokenOf(cast.max)} CAMPAIGN=${campaignId}`);
  await shell.run(`ADMIN=${tokenOf(cast.alice)} SECOND=${tokenOf(cast.alice)}`);
  await reader.type('steer() {');
});
afterAll(() => reader?.stop());

const tokenOf = (actor: Actor): string => actor.headers.authorization.replace('Bearer ', '');

test('a message is tried out on oneself and on a group', async () => {
  const { cast, shell } = reader;
  const groups = cast.alice.client(GroupService);
  const { group } = await groups.createGroup({ name: 'Wardens' });
  await groups.addGroupMembers({ groupId: group?.id, userIds: [cast.erin.userId] });
  await shell.run(`GROUP=${group?.id}`);
  await reader.type('try() {');
  expect(await reader.type('"groupId"')).toMatch(/"sent":1.*"sent":1/s);
});

test('a campaign is approved by a second person', async () => {
  expect(await reader.type('SetApprovalPolicy')).toBe('{}');
  expect(await reader.type('RequestCampaignApproval')).toContain('"state":"STATE_REQUESTED"');
  expect(await reader.type('ApproveCampaign')).toContain('"state":"STATE_APPROVED"');
  await reader.cast.alice.client(CampaignApprovalService).setApprovalPolicy({ required: false });
});

test('a start is scheduled, seen and taken back', async () => {
  expect(await reader.type('ScheduleCampaignStart')).toContain('"localTime":"LOCAL_TIME_UNIQUE"');
  expect(await reader.type('GetCampaignSteering')).toContain('"state":"STATE_WAITING"');
  expect(await reader.type('ListScheduledStarts')).toContain('"state":"STATE_WAITING"');
  expect(await reader.type('CancelScheduledStart')).toContain('"state":"STATE_CANCELLED"');
});

test('a running campaign is paused, seen as paused, resumed, and repeated', async () => {
  const { cast, shell } = reader;
  const campaignId = await runningCampaign(cast.max, [cast.erin.userId]);
  await shell.run(`CAMPAIGN=${campaignId}`);
  expect(await reader.type('PauseCampaign')).toContain('"reason":"The date in the text is wrong"');
  expect(await reader.type('ResumeCampaign')).toContain('"pausedAt"');
  expect(await reader.type('SetAutomaticPause')).toBe('{}');
  expect(await reader.type('DuplicateCampaign')).toContain('"audienceSize":1');
  expect(page.untaken).toEqual([]);
});
