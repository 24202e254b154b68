import { Injectable } from '@nestjs/common';
import { type PageForm, type PageRequest, Paging } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type Approval, Approvals, type Decision, standingOf } from '../approval/index.js';
import { CampaignContents, Campaigns } from '../campaign/index.js';

/** An approval with what the campaign is called now. */
export interface NamedApproval extends Approval {
  readonly campaignName: string;
}

const listForm: PageForm = { defaultSize: 20, path: '' };

/** Approvals of campaigns that have not been started. Each change takes the lock of the campaign, as starts and edits do. */
@Injectable()
export class CampaignApprovals {
  constructor(
    private readonly approvals: Approvals,
    private readonly campaigns: Campaigns,
    private readonly contents: CampaignContents,
    private readonly paging: Paging,
  ) {}

  isRequired(scope: Scope): Promise<boolean> {
    return this.approvals.isRequired(scope);
  }

  require(scope: Scope, isRequired: boolean): Promise<void> {
    return this.approvals.require(scope, isRequired);
  }

  async request(scope: Scope, campaignId: string, note: string): Promise<NamedApproval> {
    const { id, name } = await this.campaigns.getStartableForUpdate(scope, campaignId);
    const { digest } = await this.contents.get(scope, id);
    return { ...(await this.approvals.request(scope, id, digest, note)), campaignName: name };
  }

  async decide(scope: Scope, campaignId: string, decision: Decision): Promise<NamedApproval> {
    const { id, name } = await this.campaigns.getStartableForUpdate(scope, campaignId);
    const { digest: content } = await this.contents.get(scope, id);
    const authors = await this.campaigns.authors(scope, id);
    const decided = await this.approvals.decide(scope, id, { content, authors }, decision);
    return { ...decided, campaignName: name };
  }

  /** What was requested last, and the content that it is held against. */
  async find(
    scope: Scope,
    campaignId: string,
  ): Promise<{ approval: NamedApproval | undefined; digest: string }> {
    const { name, digest } = await this.contents.get(scope, campaignId);
    const approval = await this.approvals.find(scope, campaignId, digest);
    return { approval: approval && { ...approval, campaignName: name }, digest };
  }

  /** Newest first. */
  async listWaiting(
    scope: Scope,
    request: PageRequest,
  ): Promise<{ items: NamedApproval[]; nextPageToken: string }> {
    const binding = ['campaign_approvals', scope.orgId];
    const page = this.paging.parse(request, binding, listForm);
    const found = await this.approvals.listWaiting(scope, page);
    const listed = found.slice(0, page.limit);
    const ids = listed.map(({ campaignId }) => campaignId);
    const contents = await this.contents.find(scope, ids);
    const items = listed.flatMap((approval) => {
      const content = contents.get(approval.campaignId);
      if (!content) return [];
      return [
        { ...approval, campaignName: content.name, state: standingOf(approval, content.digest, false) },
      ];
    });
    const last = found.length > page.limit ? listed.at(-1) : undefined;
    const nextPageToken = last
      ? this.paging.next({ createdAt: last.requestedAt, id: last.campaignId }, binding)
      : '';
    return { items, nextPageToken };
  }
}
