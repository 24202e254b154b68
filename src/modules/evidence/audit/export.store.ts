import { Injectable } from '@nestjs/common';
import { beginning } from '../../../platform/audit/audit-chain.js';
import type { TrailFormat, TrailRow } from '../../../platform/audit/trail-file/index.js';
import { setStatement, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { eventColumns } from './chain.store.js';
import type { TimeRange } from './event.rules.js';

/** Numbers of pidgr.v1.PrivacyRequestStatus. */
export const exportStatus = { pending: 1, processing: 2, completed: 3, failed: 4 } as const;

export interface AuditExport extends TimeRange {
  id: string;
  format: TrailFormat;
  status: number;
  attempts: number;
  error: string;
  createdAt: Date;
  completedAt: Date | null;
  expiresAt: Date | null;
}

export interface ListedExport extends AuditExport {
  /** Empty once they are deleted. */
  requestedByEmail: string;
}

/** The part of a chain that an export holds; null numbers: nothing. */
export interface Slice {
  firstSeq: number | null;
  lastSeq: number | null;
}

const columns = `
  x.id, x.format, x.status, x.from_time as "from", x.to_time as "to", x.attempts, x.error, x.created_at as "createdAt",
  x.completed_at as "completedAt", x.expires_at as "expiresAt"`;

const lock = statement(
  'audit_export.lock',
  `select pg_advisory_xact_lock(hashtextextended('audit_export/' || $1, 0))`,
);
const countOpen = statement(
  'audit_export.count_open',
  `select count(*)::integer as open from audit_export
    where org_id = $1 and status in (${exportStatus.pending}, ${exportStatus.processing})`,
);
const insert = statement(
  'audit_export.insert',
  `insert into audit_export (org_id, id, format, status, from_time, to_time, requested_by, created_at)
   values ($1, $2, $3, ${exportStatus.pending}, $4, $5, $6, $7)`,
);
const list = statement(
  'audit_export.list',
  `select ${columns}, coalesce(m.email, '') as "requestedByEmail"
     from audit_export x left join member m on m.org_id = x.org_id and m.id = x.requested_by
    where x.org_id = $1 order by x.created_at desc, x.id desc limit $2`,
);
const begin = statement(
  'audit_export.begin',
  `update audit_export x set status = ${exportStatus.processing}, attempts = attempts + 1
    where org_id = $1 and id = $2 and status in (${exportStatus.pending}, ${exportStatus.processing})
   returning ${columns}`,
);
const whole = statement(
  'audit_chain.whole',
  `select min(seq) as "firstSeq", max(seq) as "lastSeq" from audit_chain where org_id = $1`,
);
const between = setStatement(
  'audit_chain.between',
  `select min(c.seq) as "firstSeq", max(c.seq) as "lastSeq"
     from audit_event e join audit_chain c on c.org_id = e.org_id and c.event_id = e.id
    where e.org_id = $1 and ($2::timestamptz is null or e.created_at >= $2)
      and ($3::timestamptz is null or e.created_at < $3)`,
);
const hashAt = statement(
  'audit_chain.hash_at',
  `select encode(hash, 'hex') as hash from audit_chain where org_id = $1 and seq = $2`,
);
// Each link's event by its key: planned while a trail is short, a join would go on to read all of it.
const rows = statement(
  'audit_chain.rows',
  `select c.seq, encode(c.hash, 'hex') as hash, e.*
     from (select seq, event_id, hash from audit_chain where org_id = $1 and seq > $2 and seq <= $3
            order by seq limit $4) c
    cross join lateral (select ${eventColumns} from audit_event e where e.org_id = $1 and e.id = c.event_id limit 1) e
    order by c.seq`,
);
// A run that was taken for dead does not end what another has ended.
const end = statement(
  'audit_export.end',
  `update audit_export set status = $3, error = $4, completed_at = $5, expires_at = $6
    where org_id = $1 and id = $2 and status = ${exportStatus.processing}`,
);

@Injectable()
export class ExportStore {
  /** How many are being made. Held until the transaction ends: two calls at once cannot both take the last place. */
  async countOpenForInsert(scope: Scope): Promise<number> {
    const tx = await scope.tx();
    await tx.execute(lock, [scope.orgId]);
    return (await tx.queryOne<{ open: number }>(countOpen, [scope.orgId]))?.open ?? 0;
  }

  async insert(scope: Scope, { id, format, from, to }: TimeRange & { id: string; format: TrailFormat }) {
    const values = [scope.orgId, id, format, from, to, scope.userId, scope.now()];
    await (await scope.tx()).execute(insert, values);
  }

  /** Newest first. */
  async list(scope: Scope, most: number): Promise<ListedExport[]> {
    return (await scope.tx()).query<ListedExport>(list, [scope.orgId, most]);
  }

  /** Undefined when it has ended. */
  async begin(scope: Scope, id: string): Promise<AuditExport | undefined> {
    return (await scope.tx()).queryOne<AuditExport>(begin, [scope.orgId, id]);
  }

  /** From the first event of the range to the last. */
  async slice(scope: Scope, { from, to }: TimeRange): Promise<Slice> {
    const tx = await scope.tx();
    const found =
      from || to
        ? await tx.queryOne<Slice>(between, [scope.orgId, from, to])
        : await tx.queryOne<Slice>(whole, [scope.orgId]);
    return found ?? { firstSeq: null, lastSeq: null };
  }

  /** The hash of the event with this number; for number 0, the start of the chain. */
  async hashAt(scope: Scope, seq: number): Promise<string> {
    if (seq === 0) return beginning;
    const found = await (await scope.tx()).queryOne<{ hash: string }>(hashAt, [scope.orgId, seq]);
    if (!found) throw new Error(`The chain has no event ${seq}.`);
    return found.hash;
  }

  /** Those behind `after`, in their order. */
  async rows(
    scope: Scope,
    { after, last, most }: { after: number; last: number; most: number },
  ): Promise<Omit<TrailRow, 'previousHash'>[]> {
    return (await scope.tx()).query(rows, [scope.orgId, after, last, most]);
  }

  async end(
    scope: Scope,
    id: string,
    { status, error = '', expiresAt }: { status: number; error?: string; expiresAt?: Date },
  ): Promise<void> {
    const values = [scope.orgId, id, status, error, scope.now(), expiresAt ?? null];
    await (await scope.tx()).execute(end, values);
  }
}
