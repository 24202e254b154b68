import { Injectable } from '@nestjs/common';
import { MAX as lastUuid } from 'uuid';
import { type AuditEvent, insertAuditEvent } from '../../../platform/audit/audit.store.js';
import { setStatement, statement } from '../../../platform/database/index.js';
import type { Page } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type EventClass, managementTypes, type TimeRange } from './event.rules.js';

export interface EventFilter extends TimeRange {
  /** Null: any. */
  eventType: string | null;
  actorId: string | null;
  eventClass: EventClass | null;
}

export interface ListedEvent {
  orgId: string;
  id: string;
  eventType: string;
  actorId: string;
  entityType: string;
  entityId: string;
  metadata: Record<string, string>;
  createdAt: Date;
}

// Planned for the filters at hand: a plan for all of them would read the trail from end to end.
const list = setStatement(
  'audit_event.list',
  `select org_id as "orgId", id, event_type as "eventType", actor_id as "actorId", entity_type as "entityType",
          entity_id as "entityId", metadata, created_at as "createdAt"
     from audit_event
    where org_id = $1 and (created_at, id) < ($2, $3)
      and ($4::text is null or event_type = $4) and ($5::text is null or actor_id = $5)
      and ($6::timestamptz is null or created_at >= $6) and ($7::timestamptz is null or created_at < $7)
      and ($8::boolean is null or (event_type = any($9)) = $8)
    order by created_at desc, id desc limit $10`,
);
const organizationExists = statement(
  'audit_event.organization_exists',
  'select id from organization where id = $1',
);

@Injectable()
export class EventStore {
  /** Newest first, and one more than the page holds. */
  async list(scope: Scope, filter: EventFilter, { limit, after }: Page): Promise<ListedEvent[]> {
    const tx = await scope.tx();
    return tx.query<ListedEvent>(list, [
      scope.orgId,
      after?.createdAt ?? 'infinity',
      after?.id ?? lastUuid,
      filter.eventType,
      filter.actorId,
      filter.from,
      filter.to,
      filter.eventClass && filter.eventClass === 'management',
      managementTypes,
      limit + 1,
    ]);
  }

  /** False when there is no such organization. */
  async append(scope: Scope, event: AuditEvent): Promise<boolean> {
    const tx = await scope.tx();
    if (!(await tx.queryOne(organizationExists, [event.orgId]))) return false;
    await insertAuditEvent(tx, event);
    return true;
  }
}
