import { Injectable } from '@nestjs/common';
import { setStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from '../../people/member/index.js';
import type { Span } from './progress.rules.js';

/** Behind every position. */
const LAST_POSITION = 2 ** 31 - 1;

/** One place in the frozen audience, and the member who holds it today. */
export interface Recipient {
  position: number;
  userId: string;
  variables: Record<string, string>;
  reachable: boolean;
  restricted: boolean;
}

const next = setStatement(
  'recipient.next',
  `select a.position, a.user_id as "userId", a.variables,
          coalesce(m.status in (${memberStatus.invited}, ${memberStatus.active}), false) as reachable,
          coalesce(m.processing_restricted, false) as restricted
     from campaign_audience_member a
     left join member m on m.org_id = a.org_id and m.id = a.user_id
    where a.org_id = $1 and a.campaign_id = $2 and a.position >= $3 and a.position < $4
    order by a.position limit $5`,
);

const reachableAmong = setStatement(
  'recipient.reachable_among',
  `select m.id from member m
    where m.org_id = $1 and m.id = any($2) and m.status in (${memberStatus.invited}, ${memberStatus.active})`,
);

/** The frozen audience, as a step goes through it. */
@Injectable()
export class RecipientStore {
  /** Those of the members who are invited or active by now. */
  async reachableAmong(scope: Scope, userIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (userIds.length === 0) return new Set();
    const tx = await scope.tx();
    const rows = await tx.query<{ id: string }>(reachableAmong, [scope.orgId, userIds]);
    return new Set(rows.map(({ id }) => id));
  }

  /** At most so many places of a span, in order. */
  async next(scope: Scope, campaignId: string, [from, to]: Span, most: number): Promise<Recipient[]> {
    const tx = await scope.tx();
    return tx.query<Recipient>(next, [scope.orgId, campaignId, from, to ?? LAST_POSITION, most]);
  }
}
