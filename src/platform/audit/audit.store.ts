import { statement, type Transaction } from '../database/index.js';

export interface AuditEvent {
  id: string;
  orgId: string;
  /** An AuditEventType, or a word of a sibling service. */
  type: string;
  actorKind: string;
  actorId: string;
  entityType: string;
  entityId: string;
  metadata?: Record<string, string>;
  requestId: string;
  createdAt: Date;
}

const insert = statement(
  'audit_event.insert',
  `insert into audit_event
     (org_id, id, event_type, actor_kind, actor_id, entity_type, entity_id, metadata, request_id, created_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
);

export async function insertAuditEvent(tx: Transaction, event: AuditEvent): Promise<void> {
  await tx.execute(insert, [
    event.orgId,
    event.id,
    event.type,
    event.actorKind,
    event.actorId,
    event.entityType,
    event.entityId,
    JSON.stringify(event.metadata ?? {}),
    event.requestId,
    event.createdAt,
  ]);
}
