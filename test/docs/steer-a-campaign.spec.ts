import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createCampaign, runningCampaign } from '../support/campaigns.js';
import { Page } from './support/page.js';
import { serve, type ServedPage } from './support/served-page.js';

let page: Page;
let reader: ServedPage;

beforeAll(async () => {
  page = Page.open('docs/how-to/steer-a-campaign.md');
  reader = await serve(page);
  const { cast, server, shell } = reader;
  const token = cast.max.headers.authorization.replace('Bearer ', '');
  const campaignId = await createCampaign(cast.max, [cast.erin.userId]);
  await shell.run(`API=${server.url} TOKEN=${token} CAMPAIGN=${campaignId}`);
  await reader.type('steer() {');
});
afterAll(() => reader?.stop());

test('a start is scheduled, seen and taken back', async () => {
  expect(await reader.type('ScheduleCampaignStart')).toContain('"localTime":"LOCAL_TIME_UNIQUE"');
  expect(await reader.type('GetCampaignSteering')).toContain('"state":"STATE_WAITING"');
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
