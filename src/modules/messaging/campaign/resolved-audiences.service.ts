import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { AudienceStore } from './audience.store.js';
import type { AudienceMember, Campaign } from './campaign.js';
import { CampaignEdits } from './campaign-edits.service.js';
import { refuseAudienceSize, refuseEdit } from './campaign.rules.js';
import { CampaignStore } from './campaign.store.js';
import { type LeftOutPerson, type OmissionPage, OmissionStore, type OmittedRow } from './omission.store.js';
import { type FoundPerson, type PreviewPage, ResolutionStore } from './resolution.store.js';
import {
  type AudienceSummary,
  type FileMember,
  type FileRow,
  leftOutReason,
  type LeftOutReason,
  type MemberKey,
  type ResolvableSource,
  sourceKind,
} from './resolved-audience.js';

/** Audiences that are resolved here, and not named by the client. */
@Injectable()
export class ResolvedAudiences {
  constructor(
    private readonly campaigns: CampaignStore,
    private readonly audiences: AudienceStore,
    private readonly resolutions: ResolutionStore,
    private readonly omissions: OmissionStore,
    private readonly edits: CampaignEdits,
  ) {}

  /** How many, and one page of who; nothing is written. */
  preview(
    scope: Scope,
    sources: readonly ResolvableSource[],
    includeRestricted: boolean,
    page: PreviewPage,
  ): Promise<{ summary: AudienceSummary; people: FoundPerson[] }> {
    return this.resolutions.preview(scope, sources, includeRestricted, page);
  }

  /** Replaces the audience of a campaign that has not been started by those whom the sources name now. */
  async replace(
    scope: Scope,
    campaignId: string,
    sources: readonly ResolvableSource[],
  ): Promise<{ summary: AudienceSummary; snapshotRef: string }> {
    const campaign = await this.editable(scope, campaignId);
    await this.audiences.clear(scope, campaign.id);
    const summary = await this.resolutions.freeze(scope, campaign.id, sources, campaign.includeRestricted);
    const refusal = refuseAudienceSize(summary.size);
    if (refusal) throw refusal;
    return { summary, snapshotRef: await this.finish(scope, campaign, summary.size) };
  }

  /** The member of each row, in their order. */
  findMembers(scope: Scope, rows: readonly MemberKey[]): Promise<(FileMember | undefined)[]> {
    return this.audiences.findByKeys(scope, rows);
  }

  /** Replaces the audience by the members of a file. */
  async replaceByRows(
    scope: Scope,
    campaignId: string,
    rows: readonly FileRow[],
  ): Promise<{ summary: AudienceSummary; snapshotRef: string }> {
    const campaign = await this.editable(scope, campaignId);
    const { includeRestricted } = campaign;
    const members: AudienceMember[] = [];
    const omitted: OmittedRow[] = [];
    for (const { row, userId, variables, restricted, reason } of rows) {
      // Restricted members are given as well: the campaign remembers them.
      if (reason === null && userId !== null) members.push({ userId, variables });
      if (reason !== null) omitted.push({ row, userId, reason });
      else if (restricted && !includeRestricted)
        omitted.push({ row, userId, reason: leftOutReason.restricted });
    }
    const size = await this.audiences.freeze(scope, campaign.id, members, includeRestricted);
    await this.resolutions.noteSources(scope, campaign.id, [
      { kind: sourceKind.file, excludes: false, id: null, name: '' },
    ]);
    await this.omissions.insert(scope, campaign.id, omitted);
    const leftOut = new Map<LeftOutReason, number>();
    for (const { reason } of omitted) leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
    const again = rows.filter(({ reason }) => reason === leftOutReason.namedTwice);
    const namedRepeatedly = new Set(again.map(({ userId }) => userId)).size;
    const snapshotRef = await this.finish(scope, campaign, size);
    return { summary: { size, namedRepeatedly, leftOut }, snapshotRef };
  }

  /** Lists who was left out of the audience, in the order of its sources. */
  async leftOut(scope: Scope, campaignId: string, page: OmissionPage): Promise<LeftOutPerson[]> {
    if (!(await this.campaigns.find(scope, campaignId))) throw notFound('campaign');
    return this.omissions.list(scope, campaignId, page);
  }

  /** Campaigns that have not been started, and whose audiences were resolved with the rule; the first ten. */
  campaignsOfRule(scope: Scope, ruleId: string): Promise<string[]> {
    return this.omissions.campaignsOfRule(scope, ruleId);
  }

  /** Locked until the transaction ends: two audiences at once take turns, and no campaign starts in between. */
  private async editable(scope: Scope, campaignId: string): Promise<Campaign> {
    const campaign = await this.campaigns.findForUpdate(scope, campaignId);
    if (!campaign) throw notFound('campaign');
    const refusal = refuseEdit(campaign.status);
    if (refusal) throw refusal;
    return campaign;
  }

  private async finish(scope: Scope, campaign: Campaign, size: number): Promise<string> {
    const audienceSnapshotRef = uuid();
    await this.edits.write(scope, { ...campaign, audienceSnapshotRef, audienceSize: size });
    await scope.audit('CAMPAIGN_UPDATED', {
      entityType: 'campaign',
      entityId: campaign.id,
      metadata: { audience_size: String(size) },
    });
    return audienceSnapshotRef;
  }
}
