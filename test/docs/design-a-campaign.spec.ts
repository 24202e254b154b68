import { fromJsonString } from '@bufbuild/protobuf';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { WorkflowDefinitionSchema } from '@dovecote/contract/pidgr/v1/common_pb';
import { createTemplate, untilStep } from '../support/campaigns.js';
import { type Cast, seedCast } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { Page } from './support/page.js';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

test('the example workflow is one that the server takes, and starts', async () => {
  const page = Page.open('docs/how-to/design-a-campaign.md');
  const campaigns = cast.max.client(CampaignService);
  const { campaign } = await campaigns.createCampaign({
    name: 'Example',
    templateId: await createTemplate(cast.max),
    userIds: [cast.erin.userId],
    workflow: fromJsonString(WorkflowDefinitionSchema, page.take('STEP_TYPE_ESCALATE')),
  });
  expect(campaign?.workflow?.steps).toHaveLength(6);
  await campaigns.startCampaign({ campaignId: campaign?.id });
  await untilStep(cast.max, campaign?.id ?? '', 'wait');
});
