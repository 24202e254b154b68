import { Injectable } from '@nestjs/common';
import { Database, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

/** The campaign that a short code stands for. */
export interface ShortLink {
  orgId: string;
  campaignId: string;
}

/** The data of a short link that needs no authentication. */
export interface LinkedCampaign extends ShortLink {
  organizationName: string;
  /** Title of the campaign's message. */
  title: string;
}

const codeOf = statement(
  'campaign_short_code.code_of',
  `select s.code from campaign c
     left join campaign_short_code s on s.org_id = c.org_id and s.campaign_id = c.id
    where c.org_id = $1 and c.id = $2`,
);
// Conflicts on both keys are possible: the campaign may have a code by now, and another campaign may have
// this code.
const claim = statement(
  'campaign_short_code.claim',
  `insert into campaign_short_code (org_id, campaign_id, code) values ($1, $2, $3)
   on conflict do nothing`,
);
const findByCode = statement(
  'campaign_short_code.find_by_code',
  `select org_id as "orgId", campaign_id as "campaignId" from campaign_short_code where code = $1`,
);
const describe = statement(
  'campaign_short_code.describe',
  `select c.org_id as "orgId", c.id as "campaignId", o.name as "organizationName",
          coalesce(nullif(c.title, ''), t.title) as title
     from campaign c
     join organization o on o.id = c.org_id
     join template t on t.org_id = c.org_id and t.id = c.template_id
    where c.org_id = $1 and c.id = $2
      and o.suspended_at is null and (o.expires_at is null or o.expires_at > $3)`,
);

@Injectable()
export class ShortCodeStore {
  constructor(private readonly database: Database) {}

  /** Undefined: no such campaign; null: one without a code. */
  async codeOf(scope: Scope, campaignId: string): Promise<string | null | undefined> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ code: string | null }>(codeOf, [scope.orgId, campaignId]))?.code;
  }

  /** False when the campaign has a code by now, or the code is taken. */
  async claim(scope: Scope, campaignId: string, code: string): Promise<boolean> {
    const tx = await scope.tx();
    return (await tx.execute(claim, [scope.orgId, campaignId, code])).rowCount === 1;
  }

  /**
   * In a separate transaction, which row-level security opens by the code: the organization is known only
   * afterwards.
   */
  findByCode(code: string): Promise<ShortLink | undefined> {
    const lookup = { kind: 'short_code', key: code } as const;
    return this.database.transaction({ lookup, readOnly: true }, (tx) =>
      tx.queryOne<ShortLink>(findByCode, [code]),
    );
  }

  /** Nothing for an organization that is suspended or has expired. */
  async describe(scope: Scope, campaignId: string): Promise<LinkedCampaign | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<LinkedCampaign>(describe, [scope.orgId, campaignId, scope.now()]);
  }
}
