import { Inject, Injectable } from '@nestjs/common';
import { runInPieces } from '@dovecote/rpc';
import type { UncheckedDefinition, WorkflowDefinition } from '@dovecote/workflow';
import { v7 as uuid } from 'uuid';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import {
  failedPrecondition,
  type FieldViolation,
  invalidArgument,
  notFound,
} from '../../../platform/errors/index.js';
import type { Page } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Approvals } from '../approval/index.js';
import { Deliveries, type Delivery, type DeliveryStatus } from '../delivery/index.js';
import { Devices } from '../device/index.js';
import { Templates } from '../template/index.js';
import { WebhookCalls, WebhookPosts } from '../webhook/index.js';
import { AudienceSizes } from './audience-sizes.js';
import { AudienceStore } from './audience.store.js';
import { CampaignContents } from './campaign-contents.service.js';
import { CampaignEdits } from './campaign-edits.service.js';
import { CampaignRuns } from './campaign-run.service.js';
import {
  type AudienceEntry,
  type AudienceMember,
  type Campaign,
  type CampaignReport,
  campaignStatus,
  type CampaignStatus,
  type CampaignView,
  type PinnedTemplate,
} from './campaign.js';
import {
  checkAudience,
  type EntryPath,
  checkedWorkflow,
  isOver,
  refuseAudience,
  refuseCancel,
  refuseEdit,
  refuseOtherContent,
  refuseStart,
} from './campaign.rules.js';
import { CampaignStore } from './campaign.store.js';
import { Targets } from './target.service.js';

/** An audience as it came, and where in the request each entry stands. */
export interface GivenAudience {
  members: readonly AudienceMember[];
  path: EntryPath;
}

export interface NewCampaign {
  name: string;
  templateId: string;
  /** 0: the latest. */
  templateVersion: number;
  senderName: string;
  title: string;
  workflow: UncheckedDefinition;
  audience: GivenAudience;
  critical: boolean;
  includeRestricted: boolean;
  waitForEnrollment: boolean;
  defaultLocale: string;
}

/** An empty text, a 0 or an absent part stays as it is. */
export interface CampaignChange {
  id: string;
  name: string;
  templateId: string;
  templateVersion: number;
  senderName: string;
  title: string;
  workflow?: UncheckedDefinition;
  audience?: GivenAudience;
}

@Injectable()
export class Campaigns {
  constructor(
    private readonly store: CampaignStore,
    private readonly audiences: AudienceStore,
    private readonly sizes: AudienceSizes,
    private readonly deliveries: Deliveries,
    private readonly runs: CampaignRuns,
    private readonly edits: CampaignEdits,
    private readonly contents: CampaignContents,
    private readonly approvals: Approvals,
    private readonly templates: Templates,
    private readonly devices: Devices,
    private readonly targets: Targets,
    private readonly webhooks: WebhookCalls,
    private readonly posts: WebhookPosts,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async create(scope: Scope, input: NewCampaign): Promise<CampaignReport> {
    const template = await this.templates.getVersion(
      scope,
      input.templateId.toLowerCase(),
      input.templateVersion,
    );
    const pinned = { templateId: template.templateId, templateVersion: template.version };
    const workflow = await this.pinTemplates(scope, await this.checked(scope, input.workflow), pinned);
    const members = await this.checkMembers(scope, input.audience);
    const campaign: Campaign = {
      ...pinned,
      id: uuid(),
      name: input.name,
      senderName: input.senderName,
      title: input.title,
      status: campaignStatus.created,
      workflow,
      critical: input.critical,
      includeRestricted: input.includeRestricted,
      waitForEnrollment: input.waitForEnrollment,
      defaultLocale: input.defaultLocale,
      pauseAtFailedPercent: 0,
      synthetic: false,
      audienceSnapshotRef: uuid(),
      audienceSize: 0,
      createdAt: scope.now(),
      startedAt: null,
      completedAt: null,
    };
    await this.store.insert(scope, campaign);
    campaign.audienceSize = await this.audiences.freeze(
      scope,
      campaign.id,
      members,
      campaign.includeRestricted,
    );
    await this.store.update(scope, campaign);
    await scope.audit('CAMPAIGN_CREATED', {
      entityType: 'campaign',
      entityId: campaign.id,
      metadata: { audience_size: String(campaign.audienceSize) },
    });
    return this.get(scope, campaign.id);
  }

  async update(scope: Scope, change: CampaignChange): Promise<CampaignReport> {
    const campaign = await this.lock(scope, change.id);
    const refusal = refuseEdit(campaign.status);
    if (refusal) throw refusal;
    const pinned = await this.changedTemplate(scope, campaign, change);
    const workflow = change.workflow ? await this.checked(scope, change.workflow) : campaign.workflow;
    const changed: Campaign = {
      ...campaign,
      ...pinned,
      name: change.name || campaign.name,
      senderName: change.senderName || campaign.senderName,
      title: change.title || campaign.title,
      workflow: await this.pinTemplates(scope, workflow, pinned),
    };
    if (change.audience) {
      const members = await this.checkMembers(scope, change.audience);
      changed.audienceSize = await this.audiences.freeze(
        scope,
        campaign.id,
        members,
        campaign.includeRestricted,
      );
      changed.audienceSnapshotRef = uuid();
    }
    await this.edits.write(scope, changed);
    await scope.audit('CAMPAIGN_UPDATED', { entityType: 'campaign', entityId: campaign.id });
    return this.get(scope, campaign.id);
  }

  /** A campaign that can be started, locked until the transaction ends. */
  async getStartableForUpdate(scope: Scope, id: string): Promise<Campaign> {
    const campaign = await this.lock(scope, id);
    const refusal = refuseStart(campaign.status);
    if (refusal) throw refusal;
    return campaign;
  }

  /** `digest`: the only content to start with; null for any that may start. */
  async start(scope: Scope, id: string, digest: string | null = null): Promise<CampaignReport> {
    const campaign = await this.getStartableForUpdate(scope, id);
    await this.store.start(scope, campaign.id, campaignStatus.running);
    await this.devices.enqueueRetirement(scope);
    await this.runs.begin(scope, campaign);
    // Behind the copies of the translations: one that is approved at this moment is among them, or is not sent.
    const content = await this.contents.started(scope, campaign.id);
    const refusal = refuseOtherContent(content, digest);
    if (refusal) throw refusal;
    await this.approvals.requireForStart(scope, campaign.id, content);
    await scope.audit('CAMPAIGN_STARTED', { entityType: 'campaign', entityId: campaign.id });
    return this.get(scope, campaign.id);
  }

  async cancel(scope: Scope, id: string): Promise<CampaignReport> {
    // Locks the run first, in the same order as the worker that advances the campaign; a refusal rolls it
    // back.
    await this.runs.abandon(scope, id);
    const campaign = await this.lock(scope, id);
    const refusal = refuseCancel(campaign.status);
    if (refusal) throw refusal;
    // That of a start that was committed between the two locks.
    await this.runs.abandon(scope, id);
    await this.store.end(scope, campaign.id, campaignStatus.cancelled);
    await this.webhooks.cancel(scope, campaign.id);
    await this.posts.cancel(scope, campaign.id);
    await scope.audit('CAMPAIGN_CANCELLED', { entityType: 'campaign', entityId: campaign.id });
    return this.get(scope, campaign.id);
  }

  /** The members and API keys that made the content of a campaign. */
  authors(scope: Scope, id: string): Promise<string[]> {
    return this.store.authors(scope, id);
  }

  async getStatus(scope: Scope, id: string): Promise<CampaignStatus> {
    return (await this.getExisting(scope, id)).status;
  }

  /** The campaign stays locked until the transaction ends. */
  async getStatusForUpdate(scope: Scope, id: string): Promise<CampaignStatus> {
    return (await this.lock(scope, id)).status;
  }

  running(scope: Scope): Promise<string[]> {
    return this.store.inStatus(scope, campaignStatus.running);
  }

  async get(scope: Scope, id: string): Promise<CampaignReport> {
    const [report] = await this.report(scope, [await this.getExisting(scope, id)]);
    if (!report) throw new Error('A campaign without a report.');
    return report;
  }

  async list(scope: Scope, page: Page): Promise<{ campaigns: CampaignReport[]; total: number }> {
    const [campaigns, total] = await Promise.all([this.store.list(scope, page), this.store.count(scope)]);
    return { campaigns: await this.report(scope, campaigns), total };
  }

  async audience(scope: Scope, id: string): Promise<AudienceEntry[]> {
    await this.getExisting(scope, id);
    return this.audiences.entries(scope, id);
  }

  /** What the steps of a campaign are; it stays as it is once the campaign was started. */
  async workflow(scope: Scope, id: string): Promise<WorkflowDefinition> {
    const campaign = await this.store.find(scope, id);
    if (!campaign) throw notFound('campaign');
    return campaign.workflow;
  }

  async listDeliveries(
    scope: Scope,
    id: string,
    status: DeliveryStatus | undefined,
    page: Page,
  ): Promise<{ deliveries: Delivery[]; total: number }> {
    await this.getExisting(scope, id);
    return this.deliveries.list(scope, id, status, page);
  }

  /** Archetypes come with the service that finds them; until then no campaign was written for one. */
  async archetypeBreakdown(scope: Scope, id: string): Promise<never> {
    await this.getExisting(scope, id);
    throw failedPrecondition(
      'CAMPAIGN_HAS_NO_ARCHETYPE',
      'This campaign was not written for an archetype: it has no originating archetype to compare with.',
    );
  }

  /** What is over stays as large as it was. */
  private async report(scope: Scope, campaigns: readonly CampaignView[]): Promise<CampaignReport[]> {
    const sizes = await this.sizes.current(
      scope,
      campaigns.filter(({ status }) => !isOver(status)),
    );
    return campaigns.map((campaign) => ({
      ...campaign,
      currentAudienceSize: sizes.get(campaign.id) ?? campaign.audienceSize,
    }));
  }

  private async getExisting(scope: Scope, id: string): Promise<CampaignView> {
    const campaign = await this.store.find(scope, id);
    if (!campaign) throw notFound('campaign');
    return campaign;
  }

  private async lock(scope: Scope, id: string): Promise<Campaign> {
    const campaign = await this.store.findForUpdate(scope, id);
    if (!campaign) throw notFound('campaign');
    return campaign;
  }

  private async checkMembers(scope: Scope, { members, path }: GivenAudience): Promise<AudienceMember[]> {
    const audience = await runInPieces(checkAudience(members, path));
    const unknown = await this.audiences.unknown(scope, audience.members);
    const refusal = refuseAudience(
      audience,
      unknown.map((position) => audience.indexes[position] ?? 0),
      path,
    );
    if (refusal) throw refusal;
    return audience.members;
  }

  private async changedTemplate(
    scope: Scope,
    campaign: Campaign,
    change: CampaignChange,
  ): Promise<PinnedTemplate> {
    const templateId = change.templateId.toLowerCase() || campaign.templateId;
    const keepsTemplate = templateId === campaign.templateId;
    if (keepsTemplate && change.templateVersion === 0) return campaign;
    const template = await this.templates.getVersion(scope, templateId, change.templateVersion);
    return { templateId: template.templateId, templateVersion: template.version };
  }

  /** What can be carried out, with targets that the organization has. */
  private async checked(scope: Scope, definition: UncheckedDefinition): Promise<WorkflowDefinition> {
    const workflow = checkedWorkflow(definition, this.config.outbound.allowedHosts);
    const violations = await this.targets.violations(scope, workflow, 'workflow');
    if (violations.length > 0) throw invalidArgument(violations);
    return workflow;
  }

  /** A step with its own template keeps the version that is the latest now, whatever is edited later. */
  private async pinTemplates(
    scope: Scope,
    workflow: WorkflowDefinition,
    campaign: PinnedTemplate,
  ): Promise<WorkflowDefinition> {
    const steps = [];
    const violations: FieldViolation[] = [];
    for (const [index, step] of workflow.steps.entries()) {
      const { config } = step;
      if (
        config?.kind !== 'SEND_NOTIFICATION' ||
        (config.templateId === '' && config.templateVersion === 0)
      ) {
        steps.push(step);
        continue;
      }
      const templateId = config.templateId.toLowerCase() || campaign.templateId;
      const ownVersion = templateId === campaign.templateId ? campaign.templateVersion : 0;
      const template = await this.templates.findVersion(
        scope,
        templateId,
        config.templateVersion || ownVersion,
      );
      if (!template) {
        const field = `workflow.steps[${index}].send_notification.template_id`;
        violations.push({ field, description: 'is not a template, or not a version, of this organization' });
        continue;
      }
      steps.push({ ...step, config: { ...config, templateId, templateVersion: template.version } });
    }
    if (violations.length > 0) throw invalidArgument(violations);
    return { steps };
  }
}
