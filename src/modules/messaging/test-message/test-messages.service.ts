import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { Permission } from '../../../platform/access/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import { holdErasures } from '../../../platform/personal-data/index.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { type DailyLimit, DailyLimits } from '../../../platform/throttle/daily-limits.js';
import { group, NamedMemberStore, Rosters } from '../../people/roster/index.js';
import { CampaignMessages } from '../campaign/index.js';
import { type NewTestMessage, TestMessageStore } from '../delivery/index.js';
import { type MessageSource, Renderer, type RenderResult, type RenderWork } from '../render/index.js';
import { failuresOf, marked, MOST_RECIPIENTS, refuseGroupSize } from './test-message.rules.js';

/** `{ batchId }`: a test is deleted. */
export const purgeTask: Task = { name: 'test_message.purge', lane: 'background', priority: 'low' };

const KEPT_MS = 7 * 86_400_000;

const testsByOne: DailyLimit = {
  kind: 'test_message',
  most: 100,
  sentence: 'A person may send 100 test messages a day.',
  subject: 'person',
};

/** What to send, and whom to. */
export interface TestRequest {
  readonly message:
    | { readonly kind: 'campaign'; readonly campaignId: string; readonly stepId: string }
    | { readonly kind: 'template'; readonly templateId: string; readonly version: number };
  /** Empty: the caller. */
  readonly groupId: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Empty: as the campaign and each member have it. */
  readonly locale: string;
}

/** How many members got a test. */
export interface TestOutcome {
  readonly sent: number;
  readonly withoutDevice: number;
  readonly failed: number;
  readonly failures: readonly string[];
  /** Empty when the caller got none. */
  readonly ownDeliveryId: string;
}

/** What is tested: what campaigns and templates have in common. */
interface Tested {
  readonly source: MessageSource;
  readonly templateId: string;
  /** Null for a template. */
  readonly campaignId: string | null;
  readonly stepId: string;
  readonly critical: boolean;
  readonly includeRestricted: boolean;
}

interface Prepared {
  readonly tested: Tested;
  readonly userIds: readonly string[];
  readonly work: RenderWork;
}

@Injectable()
export class TestMessages {
  constructor(
    private readonly store: TestMessageStore,
    private readonly campaigns: CampaignMessages,
    private readonly renderer: Renderer,
    private readonly rosters: Rosters,
    private readonly members: NamedMemberStore,
    private readonly limits: DailyLimits,
    private readonly scopes: Scopes,
  ) {}

  async send(scope: Scope, request: TestRequest): Promise<TestOutcome> {
    // In a separate transaction: another process may render the messages.
    const prepared = await this.scopes.run(originOf(scope), (inner) => this.prepare(inner, request));
    const { tested, userIds, work } = prepared;
    const results = await this.renderer.render(work, scope);
    await holdErasures(scope);
    await this.limits.take(scope, testsByOne, `${scope.orgId}/${scope.userId}`);
    const messages = messagesOf(userIds, results);
    const batchId = uuid();
    const { campaignId, stepId, critical } = tested;
    const sent = await this.store.insert(scope, { id: batchId, campaignId, stepId, critical, messages });
    const runAt = new Date(scope.now().getTime() + KEPT_MS);
    await scope.enqueue({ task: purgeTask, payload: { batchId }, key: batchId, runAt });
    await scope.audit('TEST_MESSAGE_SENT', {
      entityType: campaignId === null ? 'template' : 'campaign',
      entityId: campaignId ?? tested.templateId,
      metadata: { recipients: String(sent.length), ...(request.groupId && { group_id: request.groupId }) },
    });
    return {
      sent: sent.length,
      withoutDevice: sent.filter(({ withoutDevice }) => withoutDevice).length,
      failed: results.length - messages.length,
      failures: failuresOf(results),
      ownDeliveryId: messages.find(({ userId }) => userId === scope.userId)?.id ?? '',
    };
  }

  /** Deletes a test whose time is over. */
  purge(scope: Scope, batchId: string): Promise<void> {
    return this.store.delete(scope, batchId);
  }

  private async prepare(scope: Scope, request: TestRequest): Promise<Prepared> {
    const tested = await this.testedBy(scope, request);
    const recipients = await this.recipientsOf(scope, request.groupId, tested);
    const [profiles, own] = await Promise.all([
      this.renderer.profiles(scope, recipients),
      tested.campaignId === null
        ? new Map<string, Record<string, string>>()
        : this.campaigns.variablesOf(scope, tested.campaignId, recipients),
    ]);
    const present = recipients.flatMap((userId) => {
      const profile = profiles.get(userId);
      return profile
        ? [{ userId, recipient: { ...profile, variables: { ...own.get(userId), ...request.variables } } }]
        : [];
    });
    const source = request.locale ? { ...tested.source, campaignLocale: request.locale } : tested.source;
    return {
      tested,
      userIds: present.map(({ userId }) => userId),
      work: { source, recipients: present.map(({ recipient }) => recipient) },
    };
  }

  private async testedBy(scope: Scope, { message }: TestRequest): Promise<Tested> {
    if (message.kind === 'campaign') {
      const { campaign, stepId, source } = await this.campaigns.find(
        scope,
        message.campaignId,
        message.stepId,
      );
      const { id: campaignId, critical, includeRestricted } = campaign;
      const { templateId } = campaign;
      return { source, templateId, campaignId, stepId, critical, includeRestricted };
    }
    scope.require(Permission.TEMPLATES_READ);
    const texts = await this.renderer.texts(scope, message.templateId.toLowerCase(), message.version);
    const source = { ...texts, senderName: '', actions: [], stepVariables: {}, campaignLocale: '' };
    const { templateId } = texts.template;
    return { source, templateId, campaignId: null, stepId: '', critical: false, includeRestricted: false };
  }

  /** Text that was never approved reaches others only by a caller who may start campaigns. */
  private async recipientsOf(
    scope: Scope,
    groupId: string,
    { includeRestricted }: Tested,
  ): Promise<readonly string[]> {
    if (groupId === '') return [scope.userId];
    scope.require(Permission.CAMPAIGNS_START);
    const { id: targetId } = await this.rosters.find(scope, group, groupId);
    const found = await this.members.resolve(scope, [{ type: 'GROUP', targetId }], {
      includeRestricted,
      most: MOST_RECIPIENTS,
    });
    const refusal = refuseGroupSize(found.total);
    if (refusal) throw refusal;
    return found.userIds;
  }
}

function messagesOf(userIds: readonly string[], results: readonly RenderResult[]): NewTestMessage[] {
  return results.flatMap((result, index) => {
    const userId = userIds[index];
    return result.ok && userId !== undefined ? [{ id: uuid(), userId, content: marked(result.content) }] : [];
  });
}
