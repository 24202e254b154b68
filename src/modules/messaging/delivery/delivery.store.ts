import { Injectable } from '@nestjs/common';
import { setStatement, statement } from '../../../platform/database/index.js';
import type { Page } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type Delivery, deliveryStatus, type DeliveryStatus } from './delivery.js';

const newestFirst = 'order by d.created_at desc, d.id desc limit $3';

/** The newest deliveries of one status, behind a place in the list if there is one. */
const ofStatus = (status: number | string, behind = ''): string =>
  `(select d.* from delivery d
     where d.org_id = $1 and d.campaign_id = $2 and d.status = ${status}${behind} ${newestFirst})`;

// The newest of every status, merged: one index serves the list with a filter and without.
const ofAnyStatus = (behind?: string): string =>
  Object.values(deliveryStatus)
    .map((status) => ofStatus(status, behind))
    .join(' union all ');

const page = (source: string): string => `
  select d.id, d.user_id as "userId", d.campaign_id as "campaignId", d.status, d.kind,
         d.parent_delivery_id as "parentDeliveryId", d.rendered_locale as "renderedLocale", d.synthetic,
         d.created_at as "createdAt", d.delivered_at as "deliveredAt", d.read_at as "readAt", d.acted_at as "actedAt",
         coalesce(m.email, '') as "recipientEmail"
    from (select d.* from (${source}) d ${newestFirst}) d
    left join member m on m.org_id = d.org_id and m.id = d.user_id
   order by d.created_at desc, d.id desc`;

const firstPage = setStatement('delivery.first_page', page(ofAnyStatus()));
const nextPage = setStatement(
  'delivery.next_page',
  page(ofAnyStatus(' and (d.created_at, d.id) < ($4, $5)')),
);
const firstPageByStatus = setStatement('delivery.first_page_by_status', page(ofStatus('$4')));
const nextPageByStatus = setStatement(
  'delivery.next_page_by_status',
  page(ofStatus('$4', ' and (d.created_at, d.id) < ($5, $6)')),
);
// Counted as they are written: counting a million rows for each page would be the most of its cost.
const count = statement(
  'delivery.count',
  `select coalesce(sum(recipients + copies), 0)::int as count from campaign_counter where org_id = $1 and campaign_id = $2`,
);
const countByStatus = setStatement(
  'delivery.count_by_status',
  'select count(*)::int as count from delivery where org_id = $1 and campaign_id = $2 and status = $3',
);

const isRecipient = statement(
  'delivery.is_recipient',
  'select from delivery where org_id = $1 and campaign_id = $2 and user_id = $3 limit 1',
);

/** The ledger of a campaign, as an administrator reads it. */
@Injectable()
export class DeliveryStore {
  async list(
    scope: Scope,
    campaignId: string,
    status: DeliveryStatus | undefined,
    page: Page,
  ): Promise<Delivery[]> {
    const tx = await scope.tx();
    const base = [scope.orgId, campaignId, page.limit + 1];
    const after = page.after ? [page.after.createdAt, page.after.id] : [];
    if (status === undefined) {
      return tx.query<Delivery>(page.after ? nextPage : firstPage, [...base, ...after]);
    }
    return tx.query<Delivery>(page.after ? nextPageByStatus : firstPageByStatus, [...base, status, ...after]);
  }

  async count(scope: Scope, campaignId: string, status: DeliveryStatus | undefined): Promise<number> {
    const tx = await scope.tx();
    const row =
      status === undefined
        ? await tx.queryOne<{ count: number }>(count, [scope.orgId, campaignId])
        : await tx.queryOne<{ count: number }>(countByStatus, [scope.orgId, campaignId, status]);
    return row?.count ?? 0;
  }

  async isRecipient(scope: Scope, campaignId: string, userId: string): Promise<boolean> {
    const tx = await scope.tx();
    return (await tx.query(isRecipient, [scope.orgId, campaignId, userId])).length > 0;
  }
}
