import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AudienceReplacementSchema, CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import {
  addRecipient,
  createCampaign,
  createTemplate,
  untilStatus,
  untilStep,
  workflow,
} from '../support/campaigns.js';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
let cast: Cast;
let ada: Actor;
let templateId: string;

beforeAll(async () => {
  server = await startTestServer();
  cast = await seedCast(server);
  ada = await addRecipient(server, cast.acme, 'ada');
  templateId = await createTemplate(cast.max);
});
afterAll(() => server.stop());
const campaigns = (actor: Actor) => actor.client(CampaignService);
const draft = () => ({ name: 'Campaign', templateId, workflow });

describe('an audience', () => {
  test('counts a person once, with the variables that came first', async () => {
    const audience = [
      { userId: ada.userId, variables: { seat: '1A' } },
      { userId: ada.userId.toUpperCase(), variables: { seat: '2B' } },
    ];
    const { campaign } = await campaigns(cast.max).createCampaign({ ...draft(), audience });
    expect(campaign?.audienceSnapshotSize).toBe(1);
    const { entries } = await campaigns(cast.max).getCampaignAudience({ campaignId: campaign?.id });
    expect(entries).toMatchObject([
      { member: { variables: { seat: '1A' } }, displayName: 'ada', active: true },
    ]);
  });

  test('leaves out people whose processing is restricted, unless told otherwise', async () => {
    const eve = await addRecipient(server, cast.acme, 'eve');
    await server.database.query('update member set processing_restricted = true where id = $1', [eve.userId]);
    const userIds = [ada.userId, eve.userId];
    const without = await campaigns(cast.max).createCampaign({ ...draft(), userIds });
    const including = await campaigns(cast.max).createCampaign({
      ...draft(),
      userIds,
      includeRestricted: true,
    });
    expect([without, including].map(({ campaign }) => campaign?.audienceSnapshotSize)).toEqual([1, 2]);
  });

  test('is replaced as a whole, even by nobody, and only by presence', async () => {
    const campaignId = await createCampaign(cast.max, [ada.userId]);
    const renamed = await campaigns(cast.max).updateCampaign({ campaignId, name: 'Renamed' });
    expect(renamed.campaign).toMatchObject({ name: 'Renamed', audienceSnapshotSize: 1 });
    const audienceReplacement = create(AudienceReplacementSchema, { members: [] });
    const emptied = await campaigns(cast.max).updateCampaign({ campaignId, audienceReplacement });
    expect(emptied.campaign).toMatchObject({ name: 'Renamed', audienceSnapshotSize: 0 });
    expect(emptied.campaign?.audienceSnapshotRef).not.toBe(renamed.campaign?.audienceSnapshotRef);
  });

  test('of nobody completes at once', async () => {
    const campaignId = await createCampaign(cast.max, []);
    await campaigns(cast.max).startCampaign({ campaignId });
    const campaign = await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
    expect(campaign.totalRecipients).toBe(0);
    expect(campaign.workflowProgress).toBeUndefined();
  });

  test('does not reach people who were deactivated between creation and start', async () => {
    const eve = await addRecipient(server, cast.acme, 'eve');
    const campaignId = await createCampaign(cast.max, [ada.userId, eve.userId]);
    await server.database.query('update member set status = 3 where id = $1', [eve.userId]);
    await campaigns(cast.max).startCampaign({ campaignId });
    await untilStep(cast.max, campaignId, 'wait');
    const { deliveries } = await campaigns(cast.max).listDeliveries({ campaignId });
    expect(deliveries.map(({ userId }) => userId)).toEqual([ada.userId]);
    const { entries } = await campaigns(cast.max).getCampaignAudience({ campaignId });
    expect(entries.map(({ active }) => active)).toEqual([true, false]);
  });
});
