import { Injectable } from '@nestjs/common';
import { setStatement, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type TranslatedText, translationStatus } from '../template/index.js';
import type { PinnedTemplate } from './campaign.js';

const pin = setStatement(
  'campaign_translation.pin',
  `insert into campaign_translation (org_id, campaign_id, template_id, template_version, locale, title, body)
   select t.org_id, $2, t.template_id, t.version, t.locale, t.title, t.body
     from template_translation t
    where t.org_id = $1 and t.status = ${translationStatus.approved}
      and (t.template_id, t.version) in (select * from unnest($3::uuid[], $4::integer[]))`,
);
const list = statement(
  'campaign_translation.list',
  `select locale, title, body from campaign_translation
    where org_id = $1 and campaign_id = $2 and template_id = $3 and template_version = $4`,
);

/** The translations that were approved when a campaign started: all that its recipients ever get. */
@Injectable()
export class CampaignTranslationStore {
  async pin(scope: Scope, campaignId: string, templates: readonly PinnedTemplate[]): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(pin, [
      scope.orgId,
      campaignId,
      templates.map(({ templateId }) => templateId),
      templates.map(({ templateVersion }) => templateVersion),
    ]);
  }

  async list(scope: Scope, campaignId: string, template: PinnedTemplate): Promise<TranslatedText[]> {
    const tx = await scope.tx();
    const { templateId, templateVersion } = template;
    return tx.query<TranslatedText>(list, [scope.orgId, campaignId, templateId, templateVersion]);
  }
}
