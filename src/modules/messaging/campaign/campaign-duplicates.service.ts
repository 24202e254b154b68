import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { AudienceStore } from './audience.store.js';
import { type Campaign, campaignStatus, type DuplicatedCampaign } from './campaign.js';
import { refuseDuplicate } from './campaign.rules.js';
import { CampaignStore } from './campaign.store.js';
import { Targets } from './target.service.js';

/** As many members who have left as an answer names. */
const MOST_NAMED = 1_000;

/** New campaigns like others. */
@Injectable()
export class CampaignDuplicates {
  constructor(
    private readonly store: CampaignStore,
    private readonly audiences: AudienceStore,
    private readonly targets: Targets,
  ) {}

  /**
   * Has the same template version, workflow and audience, without those who have left, and the sources of the audience. Who was left out
   * when these were resolved belongs to the other one. An empty name stays the same.
   */
  async create(scope: Scope, id: string, name: string): Promise<DuplicatedCampaign> {
    // Locked, so that nothing of it changes between two statements.
    const original = await this.store.findForUpdate(scope, id);
    if (!original) throw notFound('campaign');
    const refusal = refuseDuplicate(await this.targets.violations(scope, original.workflow, 'workflow'));
    if (refusal) throw refusal;
    const duplicate: Campaign = {
      ...original,
      ...{ id: uuid(), name: name || original.name, status: campaignStatus.created, synthetic: false },
      ...{ audienceSnapshotRef: uuid(), audienceSize: 0 },
      ...{ createdAt: scope.now(), startedAt: null, completedAt: null },
    };
    await this.store.insert(scope, duplicate);
    const { includeRestricted } = duplicate;
    const audienceSize = await this.audiences.copy(scope, original.id, duplicate.id, includeRestricted);
    await this.store.update(scope, { ...duplicate, audienceSize });
    const left = await this.audiences.gone(scope, original.id, MOST_NAMED);
    await scope.audit('CAMPAIGN_CREATED', {
      entityType: 'campaign',
      entityId: duplicate.id,
      metadata: { audience_size: String(audienceSize), duplicate_of: original.id },
    });
    return { id: duplicate.id, audienceSize, left };
  }
}
