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
const insert = setStatement(
  'omission.insert',
  `insert into campaign_audience_omission (org_id, campaign_id, number, user_id, reason, place, file_row)
   select $1, $2, $6 + given.position, given.user_id, given.reason, 0, given.file_row
     from unnest($3::uuid[], $4::smallint[], $5::int[])
       with ordinality as given (user_id, reason, file_row, position)`,
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

/** A row of a file, and why it is left out. */
export interface OmittedRow {
  row: number;
  userId: string | null;
  reason: LeftOutReason;
}

/** Batch size: serializing the parameters blocks the event loop. */
const SLICE = 2_000;

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

  /** Rows of a file that are left out, in its order. */
  async insert(scope: Scope, campaignId: string, rows: readonly OmittedRow[]): Promise<void> {
    const tx = await scope.tx();
    for (let start = 0; start < rows.length; start += SLICE) {
      const slice = rows.slice(start, start + SLICE);
      await tx.execute(insert, [
        scope.orgId,
        campaignId,
        slice.map(({ userId }) => userId),
        slice.map(({ reason }) => reason),
        slice.map(({ row }) => row),
        start,
      ]);
    }
  }

  /** Campaigns that have not been started, and were resolved with the rule; the first ten. */
  async campaignsOfRule(scope: Scope, ruleId: string): Promise<string[]> {
    const rows = await (await scope.tx()).query<{ id: string }>(waitingFor, [scope.orgId, ruleId]);
    return rows.map(({ id }) => id);
  }
}
