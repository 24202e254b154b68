import { Injectable } from '@nestjs/common';
import { beginning, type ChainedEvent } from '../../../platform/audit/audit-chain.js';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

export interface Link {
  seq: number;
  eventId: string;
  /** In hex. */
  hash: string;
}

export type UnchainedEvent = Omit<ChainedEvent, 'seq'>;

/** An event as the chain reads it, from `audit_event e`. */
export const eventColumns = `
  e.org_id as "orgId", e.id, e.event_type as "eventType", e.actor_kind as "actorKind", e.actor_id as "actorId",
  e.entity_type as "entityType", e.entity_id as "entityId", e.metadata, e.request_id as "requestId",
  to_char(e.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "createdAt"`;

const organizations = statement(
  'audit_backlog.organizations',
  `with recursive waiting as (
     (select organization_id from audit_backlog order by organization_id limit 1)
     union all
     select (select b.organization_id from audit_backlog b where b.organization_id > w.organization_id
              order by b.organization_id limit 1)
       from waiting w where w.organization_id is not null)
   select organization_id as id from waiting where organization_id is not null`,
);
const lock = statement(
  'audit_chain.lock',
  `select pg_advisory_xact_lock(hashtextextended('audit_chain/' || $1, 0))`,
);
const head = statement(
  'audit_chain.head',
  `select seq, encode(hash, 'hex') as hash from audit_chain where org_id = $1 order by seq desc limit 1`,
);
const waiting = statement(
  'audit_backlog.waiting',
  `select ${eventColumns}
     from audit_backlog b join audit_event e on e.org_id = b.organization_id and e.id = b.event_id
    where b.organization_id = $1 order by b.event_id limit $2`,
);
const append = statement(
  'audit_chain.append',
  `insert into audit_chain (org_id, seq, event_id, hash, chained_at)
   select $1, seq, event_id, decode(hash, 'hex'), $5
     from unnest($2::bigint[], $3::uuid[], $4::text[]) as link (seq, event_id, hash)`,
);
const clear = statement(
  'audit_backlog.clear',
  'delete from audit_backlog where organization_id = $1 and event_id = any($2)',
);

@Injectable()
export class ChainStore {
  /** For which something waits; only a scope without an organization sees them. */
  async organizations(scope: Scope): Promise<string[]> {
    const rows = await (await scope.tx()).query<{ id: string }>(organizations);
    return rows.map(({ id }) => id);
  }

  /** The last link, or the beginning. Locked until the transaction ends: two never add the same link. */
  async headForAppend(scope: Scope): Promise<{ seq: number; hash: string }> {
    const tx = await scope.tx();
    await tx.execute(lock, [scope.orgId]);
    const last = await tx.queryOne<{ seq: number; hash: string }>(head, [scope.orgId]);
    return last ?? { seq: 0, hash: beginning };
  }

  /** In the order in which their ids were made, which is nearly that of time. */
  async waiting(scope: Scope, most: number): Promise<UnchainedEvent[]> {
    return (await scope.tx()).query<UnchainedEvent>(waiting, [scope.orgId, most]);
  }

  async append(scope: Scope, links: readonly Link[]): Promise<void> {
    const tx = await scope.tx();
    const eventIds = links.map(({ eventId }) => eventId);
    const seqs = links.map(({ seq }) => seq);
    const hashes = links.map(({ hash }) => hash);
    await tx.execute(append, [scope.orgId, seqs, eventIds, hashes, scope.now()]);
    await tx.execute(clear, [scope.orgId, eventIds]);
  }
}
