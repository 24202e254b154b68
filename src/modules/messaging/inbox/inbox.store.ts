import { Injectable } from '@nestjs/common';
import { readStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { campaignStatus } from '../campaign/index.js';
import { deliveryKind } from '../delivery/index.js';
import type { InboxEntry } from './inbox-entry.js';

const entries = `
  select d.id as "deliveryId", false as "isTest", d.campaign_id::text as "campaignId", d.step_id as "stepId",
         c.status as "campaignStatus", d.content_id as "contentId", m.title, m.body, m.summary,
         m.preview, m.sender_name as "senderName", m.actions, d.critical, d.status, d.kind,
         d.parent_delivery_id as "parentDeliveryId", d.rendered_locale as "renderedLocale",
         d.created_at as "receivedAt", d.read_at as "readAt",
         (extract(epoch from d.changed_at) * 1000000)::bigint::text as "changedAt", d.changed_at as changed
    from delivery d join message m on m.org_id = d.org_id and m.content_id = d.content_id
    join campaign c on c.org_id = d.org_id and c.id = d.campaign_id
   where d.org_id = $1 and d.user_id = $2 and d.content_id is not null`;
// Actions are offered whatever the campaign does.
const tests = `
  select d.id, true, coalesce(d.campaign_id::text, ''), d.step_id, ${campaignStatus.running}::smallint, d.content_id, d.title,
         d.body, d.summary, d.preview, d.sender_name, d.actions, d.critical, d.status, ${deliveryKind.primary}::smallint,
         null::uuid, d.locale, d.created_at, d.read_at,
         (extract(epoch from d.changed_at) * 1000000)::bigint::text, d.changed_at
    from test_message d where d.org_id = $1 and d.user_id = $2`;
// Each half ends at the limit: sorting the whole inbox would read all of it.
const page = (behind: string): string =>
  `(${entries} ${behind} order by d.changed_at limit $3) union all (${tests} ${behind} order by d.changed_at limit $3)
    order by changed limit $3`;

const fromTheStart = readStatement('inbox.from_the_start', page(''));
const since = readStatement(
  'inbox.since',
  page(`and d.changed_at > timestamptz 'epoch' + $4::bigint * interval '1 microsecond'`),
);
const originals = readStatement(
  'inbox.originals',
  `select d.id, coalesce(m.name, '') as name from delivery d
     left join member m on m.org_id = d.org_id and m.id = d.user_id
    where d.org_id = $1 and d.id = any($2)`,
);
const find = readStatement('inbox.find', `${entries} and d.id = $3 union all ${tests} and d.id = $3`);

type Row = Omit<InboxEntry, 'changedAt' | 'originalRecipientName'> & { changedAt: string };

/** Reads one member's deliveries. */
@Injectable()
export class InboxStore {
  /** The oldest changes behind the cursor (microseconds since the epoch), or from the start. */
  async changes(scope: Scope, cursor: bigint | undefined, limit: number): Promise<InboxEntry[]> {
    const tx = await scope.tx();
    const rows =
      cursor === undefined
        ? await tx.query<Row>(fromTheStart, [scope.orgId, scope.userId, limit])
        : await tx.query<Row>(since, [scope.orgId, scope.userId, limit, cursor.toString()]);
    return this.withNames(scope, rows.map(toEntry));
  }

  /** Copies name the recipient of the message; most inboxes hold none, and are not looked at again. */
  private async withNames(scope: Scope, entries: InboxEntry[]): Promise<InboxEntry[]> {
    const parents = entries.flatMap(({ parentDeliveryId }) => parentDeliveryId ?? []);
    if (parents.length === 0) return entries;
    const tx = await scope.tx();
    const rows = await tx.query<{ id: string; name: string }>(originals, [scope.orgId, parents]);
    const names = new Map(rows.map(({ id, name }) => [id, name]));
    return entries.map((entry) => ({
      ...entry,
      originalRecipientName: names.get(entry.parentDeliveryId ?? '') ?? '',
    }));
  }

  async find(scope: Scope, deliveryId: string): Promise<InboxEntry | undefined> {
    const tx = await scope.tx();
    const row = await tx.queryOne<Row>(find, [scope.orgId, scope.userId, deliveryId]);
    return row && (await this.withNames(scope, [toEntry(row)]))[0];
  }
}

function toEntry(row: Row): InboxEntry {
  return { ...row, originalRecipientName: '', changedAt: BigInt(row.changedAt) };
}
