import { Injectable } from '@nestjs/common';
import { setStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { campaignStatus } from './campaign.js';
import { type AudiencePerson, type LeftOutReason, sourceKind } from './resolved-audience.js';

const list = setStatement(
  'omission.list',
  `select o.number, o.user_id as "userId", coalesce(m.email, '') as email, coalesce(m.name, '') as name, o.reason,
          o.file_row as row, json_build_object(
            'kind', s.kind, 'excludes', s.excludes, 'id', s.source_id, 'name', s.name) as source
     from campaign_audience_omission o
     join campaign_audience_source s
       on s.org_id = o.org_id and s.campaign_id = o.campaign_id and s.place = o.place
     left join member m on m.org_id = o.org_id and m.id = o.user_id
    where o.org_id = $1 and o.campaign_id = $2 and o.number > $3 and ($4::smallint is null or o.reason = $4)
    order by o.number limit $5`,
);
const waitingFor = setStatement(
  'audience_source.waiting_for_rule',
  `select c.id from campaign_audience_source s
     join campaign c on c.org_id = s.org_id and c.id = s.campaign_id and c.status = ${campaignStatus.created}
    where s.org_id = $1 and s.source_id = $2 and s.kind = ${sourceKind.rule}
    group by c.id order by c.id limit 10`,
);

export interface LeftOutPerson extends AudiencePerson {
  /** Its place in the list. */
  number: number;
}

/** Which omissions a page begins behind. */
export interface OmissionPage {
  /** Undefined for all. */
  reason: LeftOutReason | undefined;
  after: number;
  limit: number;
}

/** Members who were left out of the audiences of campaigns, and the sources of these audiences. */
@Injectable()
export class OmissionStore {
  async list(
    scope: Scope,
    campaignId: string,
    { reason, after, limit }: OmissionPage,
  ): Promise<LeftOutPerson[]> {
    const tx = await scope.tx();
    return tx.query<LeftOutPerson>(list, [scope.orgId, campaignId, after, reason ?? null, limit]);
  }

  /** Campaigns that have not been started, and were resolved with the rule; the first ten. */
  async campaignsOfRule(scope: Scope, ruleId: string): Promise<string[]> {
    const rows = await (await scope.tx()).query<{ id: string }>(waitingFor, [scope.orgId, ruleId]);
    return rows.map(({ id }) => id);
  }
}
