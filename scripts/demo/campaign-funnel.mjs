// The end of the campaign: what its recipients did in a product, in one funnel with what they did about the message.
import { randomUUID } from 'node:crypto';
import { create, toJsonString } from '@bufbuild/protobuf';
import { timestampFromMs, timestampNow } from '@bufbuild/protobuf/wkt';
import { CampaignFeedService } from '@dovecote/contract/dovecote/campaign/v1/feed_pb';
import { ProjectService } from '@dovecote/contract/dovecote/project/v1/project_pb';
import {
  InsightsService,
  InsightType,
  Operator,
  QueryRequestSchema,
} from '@dovecote/contract/insights/v1/insights_pb';
import { EventsService } from '@dovecote/contract/sdk/events/v1/events_pb';
import { ProfilesSDKService } from '@dovecote/contract/sdk/profiles/v1/profiles_pb';
import { connect } from './clients.mjs';
import { funnel } from './drawing.mjs';
import { projectOf, publicKeyOf } from './project.mjs';
import { note, step, waitFor } from './stage.mjs';

const WEEK = { seconds: 604_800n };
const steps = [
  { name: 'campaign_sent', label: 'Sent' },
  { name: 'campaign_acknowledged', label: 'Acknowledged' },
  { name: 'drill_plan_opened', label: 'Opened the plan' },
];

/** Before the campaign starts: what happens in it is events of the site's project. */
export async function feedSite({ url, apiKey }) {
  const admin = connect(url, 'Connect JSON', apiKey);
  step('Events', 'what happens in campaigns becomes events of a site of yours');
  const project = await projectOf(admin(ProjectService));
  await admin(CampaignFeedService).setCampaignFeed({ enabled: true, projectId: project.id });
  return project;
}

/** One of the recipients opens something in the product, which knows them by an id of the SDK at first. */
export async function showCampaignFunnel({ url, apiKey, apiKeyInShell }, project, { campaignId, reader }) {
  step(`${reader.firstName} opens the plan`, 'on the site, which then says which member that was: Identify');
  const key = await publicKeyOf(connect(url, 'Connect JSON', apiKey)(ProjectService), project.id);
  const site = connect(url, 'Connect binary', undefined, { 'x-api-key': key });
  const anonymousId = `anon-${randomUUID()}`;
  const opened = { eventId: randomUUID(), kind: 'drill_plan_opened', occurTime: timestampNow() };
  await site(EventsService).batchCreate({
    events: [{ ...opened, distinctId: anonymousId, sessionId: randomUUID() }],
  });
  await site(ProfilesSDKService).identify({ externalId: reader.userId, anonymousId });

  const filter = { property: 'campaign_id', operator: Operator.EQUALS, value: campaignId };
  const day = 86_400_000;
  const question = {
    timeRange: { start: timestampFromMs(Date.now() - day), end: timestampFromMs(Date.now() + day) },
    insightType: InsightType.FUNNEL,
    events: steps.map(({ name }, index) => ({ name, filters: index === 0 ? [filter] : [] })),
    conversionWindow: WEEK,
  };
  const insights = connect(url, 'gRPC', apiKey, { 'x-project-id': project.id })(InsightsService);
  step('One funnel', 'from the message to the product, within a week');
  let walked;
  await waitFor(
    'the events can be asked about',
    async () => {
      walked = (await insights.query({ query: question })).funnel;
      return walked.steps.at(-1).count > 0;
    },
    60,
  );
  funnel(
    walked.steps.map(({ count, conversionRate }, index) => ({
      label: steps[index].label,
      count,
      rate: conversionRate,
    })),
  ).forEach(note);
  console.log(`
Ask for it yourself; docs/how-to/link-members-and-product-users.md says how it works:

  curl ${url}/insights.v1.InsightsService/Query -H "authorization: Bearer ${apiKeyInShell}" \\
    -H 'x-project-id: ${project.id}' -H 'content-type: application/json' \\
    -d '${toJsonString(QueryRequestSchema, create(QueryRequestSchema, { query: question }))}'`);
}
