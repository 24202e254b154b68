import { Injectable } from '@nestjs/common';
import { setStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { translationStatus } from '../template/index.js';
import type { PinnedTemplate } from './campaign.js';

/**
 * A digest of everything that decides what campaign `c` sends, whom to, and what follows: SHA-256 in hexadecimal. `translations` selects
 * those that it has.
 */
const digestWith = (translations: string): string => `
  encode(sha256(convert_to(jsonb_build_array(
    c.name, c.title, c.sender_name, c.template_id, c.template_version, c.workflow, c.critical, c.include_restricted,
    c.wait_for_enrollment, c.default_locale, c.audience_snapshot_ref,
    (select jsonb_agg(jsonb_build_array(t.template_id, t.version, t.locale, t.title, t.body)
                      order by t.template_id, t.version, t.locale collate "C")
       from (${translations}) t))::text, 'UTF8')), 'hex')`;

const digests = setStatement(
  'campaign_content.digests',
  `with pinned as (
     select * from unnest($2::uuid[], $3::uuid[], $4::integer[]) as p (campaign_id, template_id, version))
   select c.id, ${digestWith(`
     select t.template_id, t.version, t.locale, t.title, t.body from template_translation t
      where t.org_id = $1 and t.status = ${translationStatus.approved}
        and (t.template_id, t.version) in (
          select p.template_id, p.version from pinned p where p.campaign_id = c.id)`)} as digest
     from campaign c where c.org_id = $1 and c.id = any($2)`,
);
const copied = setStatement(
  'campaign_content.copied',
  `select ${digestWith(`
     select t.template_id, t.template_version as version, t.locale, t.title, t.body from campaign_translation t
      where t.org_id = $1 and t.campaign_id = c.id`)} as digest
     from campaign c where c.org_id = $1 and c.id = $2`,
);

/** The templates of a campaign. */
export interface TemplatesOfCampaign {
  readonly id: string;
  readonly templates: readonly PinnedTemplate[];
}

@Injectable()
export class CampaignContentStore {
  /** With the translations that are approved now, by the ids of the campaigns. */
  async digests(scope: Scope, campaigns: readonly TemplatesOfCampaign[]): Promise<Map<string, string>> {
    const rows = campaigns.flatMap(({ id, templates }) => templates.map((template) => ({ id, ...template })));
    const tx = await scope.tx();
    const found = await tx.query<{ id: string; digest: string }>(digests, [
      scope.orgId,
      rows.map(({ id }) => id),
      rows.map(({ templateId }) => templateId),
      rows.map(({ templateVersion }) => templateVersion),
    ]);
    return new Map(found.map(({ id, digest }) => [id, digest]));
  }

  /** With the translations that were copied when it started. */
  async copied(scope: Scope, campaignId: string): Promise<string> {
    const tx = await scope.tx();
    const row = await tx.queryOne<{ digest: string }>(copied, [scope.orgId, campaignId]);
    if (!row) throw new Error(`There is no campaign ${campaignId}.`);
    return row.digest;
  }
}
