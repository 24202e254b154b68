import { randomUUID } from 'node:crypto';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CampaignSteeringService } from '@dovecote/contract/dovecote/campaign/v1/steering_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus, Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { TemplateService, TemplateVariableSource } from '@dovecote/contract/pidgr/v1/template_pb';
import { createCampaign, untilStatus, untilStep, workflow } from '../support/campaigns.js';
import { type Actor, addApiKey, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { tally } from '../support/follow-ups.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { ask, wait } from '../support/workflows.js';

/** More than a piece of the fan-out, which is 2,000. */
const RECIPIENTS = 2_500;

let s: TestServer;
let cast: Cast;
let templateId: string;
let people: string[];

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  const { template } = await cast.max.client(TemplateService).createTemplate({
    ...{ name: 'Template', title: 'Title', body: 'Use gate {{gate}}.' },
    variables: [{ name: 'gate', source: TemplateVariableSource.CUSTOM, required: true }],
  });
  templateId = template?.id ?? '';
  const rows = await s.database.query<{ id: string }>(
    `with person as (
       insert into identity (id, email)
       select gen_random_uuid(), 'recipient-' || n || '@acme.example' from generate_series(1, $3::int) n
       returning id, email)
     insert into member (org_id, id, identity_id, email, name, status, role_id)
     select $1, gen_random_uuid(), id, email, 'Recipient', 2, $2 from person returning id`,
    [cast.acme.id, cast.acme.roles.employee, RECIPIENTS],
  );
  people = rows.map(({ id }) => id);
});
afterAll(() => s?.stop());

const steering = (actor: Actor = cast.max) => actor.client(CampaignSteeringService);
const campaigns = () => cast.max.client(CampaignService);
const setShare = (campaignId: string, failedPercent: number) =>
  steering().setAutomaticPause({ campaignId, failedPercent });
const steeringOf = (campaignId: string) => steering().getCampaignSteering({ campaignId });

/** A started campaign, of whose recipients so many get no message. */
async function started(
  recipients: number,
  failing: number,
  percent: number,
  steps: object[] = workflow.steps,
) {
  const audience = people.slice(0, recipients).map((userId, index) => {
    const variables: Record<string, string> = index < failing ? {} : { gate: 'North' };
    return { userId, variables };
  });
  const { campaign } = await campaigns().createCampaign({
    ...{ name: 'Campaign', templateId, workflow: { steps }, audience },
  });
  const campaignId = campaign?.id ?? '';
  await setShare(campaignId, percent);
  await campaigns().startCampaign({ campaignId });
  return campaignId;
}

const untilPaused = (campaignId: string) =>
  eventually('the campaign is paused', async () => (await steeringOf(campaignId)).pause);

describe('refuses', () => {
  test('another organization, callers without the permission, and shares out of range', async () => {
    const campaignId = await createCampaign(cast.max, [cast.erin.userId]);
    const starter = await addApiKey(s, cast.acme, [Permission.CAMPAIGNS_START]);
    const refusals = await refusalsOf([
      steering(cast.mallory).setAutomaticPause({ campaignId, failedPercent: 5 }),
      setShare(randomUUID(), 5),
      steering(starter).setAutomaticPause({ campaignId, failedPercent: 5 }),
      steering(cast.erin).setAutomaticPause({ campaignId, failedPercent: 5 }),
      setShare(campaignId, 101),
      setShare(campaignId, -1),
    ]);
    expect(refusals.map(({ code }) => code)).toEqual([
      ...[Code.NotFound, Code.NotFound, Code.PermissionDenied, Code.PermissionDenied],
      ...[Code.InvalidArgument, Code.InvalidArgument],
    ]);
    expect(refusals.at(-1)?.fields).toEqual(['failed_percent']);
    expect((await steeringOf(campaignId)).failedPercent).toBe(0);
  });

  test('a campaign that has ended', async () => {
    const campaignId = await createCampaign(cast.max, [cast.erin.userId]);
    await campaigns().cancelCampaign({ campaignId });
    expect((await refusalOf(setShare(campaignId, 5))).reason).toBe('CAMPAIGN_OVER');
  });
});

describe('a campaign', () => {
  test('pauses itself when its share of messages has failed, says so, and continues once it is resumed', async () => {
    const steps = [ask('send', 'again'), ask('again', 'wait'), wait('wait', 'end')];
    const campaignId = await started(40, 10, 25, steps);
    expect(await untilPaused(campaignId)).toMatchObject({
      ...{ pausedBy: '', reason: 'Of 40 messages, 10 could not be rendered.' },
    });
    const { campaign } = await campaigns().getCampaign({ campaignId });
    expect(campaign).toMatchObject({
      status: CampaignStatus.RUNNING,
      workflowProgress: { currentStepId: 'send' },
    });
    const trail = await s.database.query(
      `select actor_kind as kind, metadata from audit_event where entity_id = $1 and event_type = 'CAMPAIGN_PAUSED'`,
      [campaignId],
    );
    expect(trail).toEqual([
      { kind: 'system', metadata: { cause: 'failures', messages: '40', failed: '10' } },
    ]);
    await steering().resumeCampaign({ campaignId });
    // The second message fails for the same recipients: the caller who resumed it has seen why.
    await untilStep(cast.max, campaignId, 'wait');
    expect((await steeringOf(campaignId)).pause).toBeUndefined();
    expect(await tally(s, campaignId)).toEqual({ FAILED: 20, NO_DEVICE: 60 });
  });

  test('does not wait for the rest of its audience', async () => {
    const campaignId = await started(RECIPIENTS, RECIPIENTS, 50);
    await untilPaused(campaignId);
    const written = (await tally(s, campaignId)).FAILED ?? 0;
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(RECIPIENTS);
    await steering().resumeCampaign({ campaignId });
    await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
    expect(await tally(s, campaignId)).toEqual({ FAILED: RECIPIENTS });
  });

  test.each([
    ['below the share', 40, 9, 25],
    ['of few messages', 19, 19, 1],
    ['that has no share', 40, 40, 0],
  ])('%s does not pause itself', async (_, recipients, failing, percent) => {
    const campaignId = await started(recipients, failing, percent);
    await eventually('everything is written', async () => {
      const { campaign } = await campaigns().getCampaign({ campaignId });
      return campaign?.totalRecipients === recipients && campaign.workflowProgress?.currentStepId !== 'send';
    });
    expect(await steeringOf(campaignId)).toMatchObject({ failedPercent: percent });
    expect((await steeringOf(campaignId)).pause).toBeUndefined();
  });

  test('passes its share on to its duplicate', async () => {
    const campaignId = await createCampaign(cast.max, [cast.erin.userId]);
    await setShare(campaignId, 7);
    const duplicate = await steering().duplicateCampaign({ campaignId });
    expect((await steeringOf(duplicate.campaignId)).failedPercent).toBe(7);
  });
});
