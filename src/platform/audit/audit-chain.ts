import { hash } from 'node:crypto';

/** An event of the trail with its place in the chain; every field counts. */
export interface ChainedEvent {
  orgId: string;
  /** From 1, without a gap. */
  seq: number;
  id: string;
  eventType: string;
  actorKind: string;
  actorId: string;
  entityType: string;
  entityId: string;
  metadata: Record<string, string>;
  requestId: string;
  /** `2026-01-31T12:00:00.000000Z`: PostgreSQL knows microseconds, and all of them count. */
  createdAt: string;
}

/** What the first event of an organization follows. */
export const beginning = '0'.repeat(64);

/**
 * SHA-256, in hex, over a JSON array of texts: what the event follows, and the event. JSON keeps the parts apart; pairs of
 * the metadata are sorted by code units of their keys, so that there is one encoding. Part of the format of exports:
 * it never changes, another one gets another first word.
 */
export function hashOf(previous: string, event: ChainedEvent): string {
  const { orgId, seq, id, eventType, actorKind, actorId, entityType, entityId, requestId, createdAt } = event;
  const metadata = Object.entries(event.metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  const encoded = JSON.stringify([
    'dovecote-audit-1',
    previous,
    orgId,
    String(seq),
    id,
    createdAt,
    eventType,
    actorKind,
    actorId,
    entityType,
    entityId,
    metadata,
    requestId,
  ]);
  return hash('sha256', encoded, 'hex');
}
