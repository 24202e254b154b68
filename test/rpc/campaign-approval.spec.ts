import { randomUUID } from 'node:crypto';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  CampaignApproval_State as State,
  CampaignApprovalService,
} from '@dovecote/contract/dovecote/campaign/v1/approval_pb';
import { AudienceService } from '@dovecote/contract/dovecote/campaign/v1/audience_pb';
import { ApiKeyService } from '@dovecote/contract/pidgr/v1/api_key_pb';
import { CampaignStatus, Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import { PersonalData } from '../../src/platform/personal-data/index.js';
import { Scopes } from '../../src/platform/scope/index.js';
import { ApprovalWorld } from '../support/approvals.js';
import { createTemplate, untilStatus } from '../support/campaigns.js';
import { addApiKey, addMember } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { members } from '../support/members.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { ask, mark, wait } from '../support/workflows.js';

let w: ApprovalWorld;

beforeAll(async () => {
  w = await ApprovalWorld.open();
});
beforeEach(() => w.require(true));
afterAll(() => w?.s.stop());

describe('refuses', () => {
  test('another organization, as if the campaign did not exist', async () => {
    const campaignId = await w.created();
    const contentDigest = await w.requested(campaignId);
    const mallory = w.approvals(w.cast.mallory);
    const refusals = await refusalsOf([
      mallory.requestCampaignApproval({ campaignId }),
      mallory.approveCampaign({ campaignId, contentDigest }),
      mallory.rejectCampaign({ campaignId, contentDigest, comment: 'No.' }),
      w.approvals().requestCampaignApproval({ campaignId: randomUUID() }),
    ]);
    expect(refusals.map(({ code }) => code)).toEqual(Array(4).fill(Code.NotFound));
    expect((await mallory.listCampaignApprovals({})).approvals).toEqual([]);
    expect((await mallory.getApprovalPolicy({})).required).toBe(false);
    expect((await w.standing(campaignId)).approval?.state).toBe(State.REQUESTED);
  });

  test('callers without the permission, and API keys where a person has to decide', async () => {
    const campaignId = await w.created();
    const contentDigest = await w.requested(campaignId);
    const writer = await addApiKey(w.s, w.cast.acme, [Permission.CAMPAIGNS_READ, Permission.CAMPAIGNS_WRITE]);
    for (const actor of [w.cast.erin, writer])
      expect((await refusalOf(w.approvals(actor).requestCampaignApproval({ campaignId }))).code).toBe(
        Code.PermissionDenied,
      );
    const decided = await refusalsOf(
      [w.cast.erin, writer, w.cast.kiosk].map((actor) =>
        w.approvals(actor).approveCampaign({ campaignId, contentDigest }),
      ),
    );
    const settings = await refusalsOf([w.cast.max, w.cast.kiosk].map((actor) => w.require(false, actor)));
    expect([...decided, ...settings].map(({ code }) => code)).toEqual(Array(5).fill(Code.PermissionDenied));
    expect((await w.approvals(w.cast.kiosk).getApprovalPolicy({})).required).toBe(true);
  });

  test('a rejection without a reason', async () => {
    const campaignId = await w.created();
    const contentDigest = await w.requested(campaignId);
    const refusal = await refusalOf(w.approvals().rejectCampaign({ campaignId, contentDigest }));
    expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: ['comment'] });
  });

  test('the member who requested, who created, and who edited last', async () => {
    const campaignId = await w.created();
    await w.rename(campaignId, w.mia);
    const contentDigest = await w.requested(campaignId, w.cast.alice);
    const refusals = await refusalsOf(
      [w.cast.max, w.mia, w.cast.alice].flatMap((actor) => [
        w.approvals(actor).approveCampaign({ campaignId, contentDigest }),
        w.approvals(actor).rejectCampaign({ campaignId, contentDigest, comment: 'No.' }),
      ]),
    );
    expect(refusals).toMatchObject(
      Array(6).fill({ code: Code.PermissionDenied, reason: 'SECOND_PERSON_NEEDED' }),
    );
    const noa = await addMember(w.s, w.cast.acme, { email: 'noa@acme.example', role: 'manager' });
    const { approval } = await w.approvals(noa).approveCampaign({ campaignId, contentDigest });
    expect(approval?.state).toBe(State.APPROVED);
  });

  test('the member behind an API key that requested, also behind a key that a key has made', async () => {
    const campaignId = await w.created();
    const permissions = [Permission.ORG_WRITE, Permission.CAMPAIGNS_START];
    const key = await w.cast.alice.client(ApiKeyService).createApiKey({ name: 'deploy', permissions });
    const client = (secret: string) => ({ authorization: `Bearer ${secret}` });
    const child = await w.s
      .client(ApiKeyService, client(key.key))
      .createApiKey({ name: 'child', permissions: [Permission.CAMPAIGNS_START] });
    const { approval } = await w.s
      .client(CampaignApprovalService, client(child.key))
      .requestCampaignApproval({ campaignId });
    const contentDigest = approval?.contentDigest ?? '';
    const refusal = await refusalOf(w.approvals(w.cast.alice).approveCampaign({ campaignId, contentDigest }));
    expect(refusal.reason).toBe('SECOND_PERSON_NEEDED');
    await w.approvals(w.mia).approveCampaign({ campaignId, contentDigest });
  });

  test('a start without an approval, by hand and by an API key', async () => {
    const campaignId = await w.created();
    const refusals = await refusalsOf([w.start(campaignId), w.start(campaignId, w.cast.kiosk)]);
    expect(refusals).toMatchObject(
      Array(2).fill({ code: Code.FailedPrecondition, reason: 'CAMPAIGN_UNAPPROVED' }),
    );
    const contentDigest = await w.requested(campaignId);
    expect((await refusalOf(w.start(campaignId))).message).toContain('waits for a decision');
    await w.approvals().rejectCampaign({ campaignId, contentDigest, comment: 'The date is wrong.' });
    expect((await refusalOf(w.start(campaignId))).message).toContain('was rejected');
    expect(await w.statusOf(campaignId)).toBe(CampaignStatus.CREATED);
  });

  test('a decision about another content than was looked at', async () => {
    const campaignId = await w.created();
    const before = await w.requested(campaignId);
    await w.rename(campaignId);
    const edited = await refusalOf(w.approvals().approveCampaign({ campaignId, contentDigest: before }));
    const after = await w.requested(campaignId);
    const stale = await refusalOf(w.approvals().approveCampaign({ campaignId, contentDigest: before }));
    expect([edited, stale]).toMatchObject(
      Array(2).fill({ code: Code.FailedPrecondition, reason: 'CONTENT_CHANGED' }),
    );
    await w.approvals().approveCampaign({ campaignId, contentDigest: after });
  });

  test('to request what is requested or approved, to decide twice, and a campaign that was started', async () => {
    const campaignId = await w.created();
    const contentDigest = await w.requested(campaignId);
    const again = await refusalOf(w.approvals(w.cast.max).requestCampaignApproval({ campaignId }));
    await w.approvals().approveCampaign({ campaignId, contentDigest });
    const needless = await refusalOf(w.approvals(w.cast.max).requestCampaignApproval({ campaignId }));
    const twice = await refusalOf(w.approvals(w.mia).approveCampaign({ campaignId, contentDigest }));
    await w.start(campaignId);
    const late = await refusalOf(
      w.approvals(w.mia).rejectCampaign({ campaignId, contentDigest, comment: 'No.' }),
    );
    expect([again, needless, twice, late].map(({ reason }) => reason)).toEqual([
      ...['APPROVAL_REQUESTED', 'CAMPAIGN_APPROVED', 'APPROVAL_NOT_REQUESTED', 'CAMPAIGN_ALREADY_STARTED'],
    ]);
  });
});

describe('an approval', () => {
  test('lets the campaign start, and is in the trail', async () => {
    const campaignId = await w.created();
    const { approval: request } = await w.approvals(w.cast.max).requestCampaignApproval({
      campaignId,
      note: 'Checked with the wardens.',
    });
    const contentDigest = request?.contentDigest ?? '';
    expect(request).toMatchObject({
      ...{ campaignId, campaignName: 'Campaign', state: State.REQUESTED, note: 'Checked with the wardens.' },
      ...{ requestedBy: w.cast.max.userId, decidedBy: '', comment: '' },
    });
    expect((await w.approvals(w.mia).listCampaignApprovals({})).approvals[0]).toEqual(request);
    await w.approvals().approveCampaign({ campaignId, contentDigest, comment: 'Fine.' });
    expect(await w.standing(campaignId)).toMatchObject({
      ...{ approvalRequired: true, contentDigest },
      approval: { state: State.APPROVED, decidedBy: w.cast.alice.userId, comment: 'Fine.' },
    });
    const { approvals: waiting } = await w.approvals(w.mia).listCampaignApprovals({});
    expect(waiting.map((one) => one.campaignId)).not.toContain(campaignId);
    await w.start(campaignId);
    await untilStatus(w.cast.max, campaignId, CampaignStatus.RUNNING);
    expect((await w.standing(campaignId)).approval?.state).toBe(State.APPROVED);
    const metadata = { content_digest: contentDigest };
    expect(await w.trailOf(campaignId, 'CAMPAIGN_(APPROV|REJECT)')).toEqual([
      { type: 'CAMPAIGN_APPROVAL_REQUESTED', actor: w.cast.max.userId, metadata },
      { type: 'CAMPAIGN_APPROVED', actor: w.cast.alice.userId, metadata },
    ]);
  });

  test.each([
    ['the title', (campaignId: string) => w.rename(campaignId)],
    ['the name', (campaignId: string) => w.campaigns().updateCampaign({ campaignId, name: 'Other' })],
    ['the sender', (campaignId: string) => w.campaigns().updateCampaign({ campaignId, senderName: 'Other' })],
    [
      'the template',
      async (campaignId: string) =>
        w.campaigns().updateCampaign({ campaignId, templateId: await createTemplate(w.cast.max, 'Other.') }),
    ],
    [
      'the workflow',
      (campaignId: string) =>
        w.campaigns().updateCampaign({
          campaignId,
          workflow: { steps: [ask('send', 'wait'), wait('wait', 'mark'), mark] },
        }),
    ],
    [
      'the audience',
      (campaignId: string) =>
        w.campaigns().updateCampaign({
          campaignId,
          audienceReplacement: { members: [{ userId: w.mia.userId }] },
        }),
    ],
    [
      'the audience, resolved again',
      (campaignId: string) =>
        w.cast.max
          .client(AudienceService)
          .resolveAudience({ campaignId, include: { userIds: [w.mia.userId] } }),
    ],
  ])('is void after an edit of %s', async (_, edit) => {
    const campaignId = await w.created();
    await w.approved(campaignId);
    await edit(campaignId);
    expect((await w.standing(campaignId)).approval?.state).toBe(State.VOID);
    const refusal = await refusalOf(w.start(campaignId));
    expect(refusal.reason).toBe('CAMPAIGN_UNAPPROVED');
    expect(refusal.message).toContain('has changed since');
    await w.approved(campaignId);
    await w.start(campaignId);
  });

  test('outlives an edit that changes nothing', async () => {
    const campaignId = await w.created();
    await w.approved(campaignId);
    await w.campaigns().updateCampaign({ campaignId, name: 'Campaign' });
    await w.start(campaignId);
  });

  test('is void after a translation was approved, and after one was withdrawn', async () => {
    const { campaignId, translationId } = await w.createdWithTranslation();
    await w.approved(campaignId);
    const templates = w.mia.client(TemplateService);
    await templates.approveTemplateTranslation({ translationId });
    expect((await refusalOf(w.start(campaignId))).message).toContain('has changed since');
    await w.approved(campaignId);
    await templates.updateTemplateTranslation({ translationId, status: 1 });
    expect((await refusalOf(w.start(campaignId))).message).toContain('has changed since');
  });

  test('lapses with the permission of the approver, and with the approver', async () => {
    const lee = await addMember(w.s, w.cast.acme, { email: 'lee@acme.example', role: 'manager' });
    const [first, second] = [await w.created(), await w.created()];
    await w.approved(first, lee);
    await members(w.cast.alice).updateUserRole({ userId: lee.userId, roleId: w.cast.acme.roles.employee });
    expect((await w.standing(first)).approval?.state).toBe(State.LAPSED);
    expect((await refusalOf(w.start(first))).message).toContain('may no longer start campaigns');
    await members(w.cast.alice).updateUserRole({ userId: lee.userId, roleId: w.cast.acme.roles.manager });
    await w.approved(second, lee);
    await members(w.cast.alice).deactivateUser({ userId: lee.userId });
    expect((await refusalOf(w.start(second))).reason).toBe('CAMPAIGN_UNAPPROVED');
    // Another one takes its place.
    await w.approved(second);
    await w.start(second);
  });

  test('is not handed on to a duplicate', async () => {
    const campaignId = await w.created();
    await w.approved(campaignId);
    const { campaignId: duplicate } = await w.steering().duplicateCampaign({ campaignId });
    expect((await refusalOf(w.start(duplicate))).reason).toBe('CAMPAIGN_UNAPPROVED');
  });
});

describe('the data of a person', () => {
  test('is exported to each of the two, erased with them, and its approval then counts no more', async () => {
    const [ida, rob] = [
      await addMember(w.s, w.cast.acme, { email: 'ida@acme.example', role: 'manager' }),
      await addMember(w.s, w.cast.acme, { email: 'rob@acme.example', role: 'manager' }),
    ];
    const campaignId = await w.created();
    const { approval } = await w.approvals(ida).requestCampaignApproval({ campaignId, note: 'From Ida.' });
    const contentDigest = approval?.contentDigest ?? '';
    await w.approvals(rob).approveCampaign({ campaignId, contentDigest, comment: 'From Rob.' });
    const privacy = w.cast.alice.client(PrivacyService);
    for (const { userId } of [ida, rob])
      expect((await privacy.getDataExistenceConfirmation({ userId })).dataCategories).toContain(
        'campaign_approvals',
      );
    const [ofIda, ofRob] = await Promise.all([ida, rob].map(({ userId }) => exported(userId)));
    expect(ofIda).toMatchObject({ campaign_id: campaignId, note: 'From Ida.' });
    expect(JSON.stringify(ofIda)).not.toContain('Rob');
    expect(ofRob).toMatchObject({ campaign_id: campaignId, comment: 'From Rob.' });
    expect(JSON.stringify(ofRob)).not.toContain('Ida');
    const { requestId } = await privacy.deleteUserData({ userId: rob.userId });
    await privacy.immediateDelete({ requestId, confirmationEmail: rob.email });
    await eventually('Rob is erased', async () => {
      const rows = await w.s.database.query('select from member where id = $1', [rob.userId]);
      return rows.length === 0;
    });
    expect((await w.standing(campaignId)).approval).toMatchObject({
      ...{ state: State.LAPSED, decidedBy: '', comment: '', requestedBy: ida.userId, note: 'From Ida.' },
    });
    expect((await refusalOf(w.start(campaignId))).reason).toBe('CAMPAIGN_UNAPPROVED');
  });

  /** The one approval in the export about a member. */
  async function exported(userId: string): Promise<object | undefined> {
    const privacyData = w.s.server.app.get(PersonalData, { strict: false });
    const origin = { caller: { kind: 'system', orgId: w.cast.acme.id }, requestId: 'spec' } as const;
    const file = privacyData.files.find(({ name }) => name === 'campaign_approvals');
    const after = '00000000-0000-0000-0000-000000000000';
    const objects = await w.s.server.app
      .get(Scopes, { strict: false })
      .run(origin, async (scope) => file?.page(scope, { userId, personal: false }, { after, most: 10 }));
    expect(objects).toHaveLength(1);
    return objects?.[0]?.object as object;
  }
});
