import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from '../../people/member/index.js';
import type { EmailProviderRow } from './email-provider.js';

const columns = `kind, from_address as "from", reply_to as "replyTo", sealed_settings as "sealedSettings",
          updated_at as "updatedAt", failing_since as "failingSince"`;

const find = statement('email_provider.find', `select ${columns} from email_provider where org_id = $1`);
const findForUpdate = statement(
  'email_provider.find_for_update',
  `select ${columns} from email_provider where org_id = $1 for update`,
);
// What failed before says nothing about the new settings.
const upsert = statement(
  'email_provider.upsert',
  `insert into email_provider (org_id, kind, from_address, reply_to, sealed_settings, updated_by, updated_at)
   values ($1, $2, $3, $4, $5, $6, $7)
   on conflict (org_id) do update
     set kind = excluded.kind, from_address = excluded.from_address, reply_to = excluded.reply_to,
         sealed_settings = excluded.sealed_settings, updated_by = excluded.updated_by,
         updated_at = excluded.updated_at, failing_since = null, reported_at = null`,
);
const remove = statement(
  'email_provider.delete',
  'delete from email_provider where org_id = $1 returning from_address as "from"',
);
// An attempt with settings that have been replaced in the meantime counts for nothing.
const noteFailure = statement(
  'email_provider.note_failure',
  `update email_provider set failing_since = coalesce(failing_since, $3) where org_id = $1 and updated_at = $2
   returning failing_since as "failingSince", reported_at as "reportedAt"`,
);
const noteReport = statement(
  'email_provider.note_report',
  'update email_provider set reported_at = $2 where org_id = $1',
);
const noteSuccess = statement(
  'email_provider.note_success',
  'update email_provider set failing_since = null, reported_at = null where org_id = $1 and updated_at = $2',
);
// Two rows are enough to know that it is not the only one. Invitations count: the person may become a member there.
const membershipsOf = statement(
  'email_provider.memberships',
  `select m.org_id as "orgId", m.status = ${memberStatus.active} as "isActive",
          exists (select from sso_domain d where d.org_id = m.org_id and d.verified_at is not null
                     and d.name = split_part(m.email, '@', 2)) as "hasProvenDomain"
     from member m where m.identity_id = $1 limit 2`,
);

/** A failed attempt, and what came before. */
export interface NotedFailure {
  failingSince: Date;
  reportedAt: Date | null;
}

export interface OwnMembership {
  orgId: string;
  isActive: boolean;
  /** The organization has proven that the domain of the person's address is its own. */
  hasProvenDomain: boolean;
}

@Injectable()
export class EmailProviderStore {
  async find(scope: Scope): Promise<EmailProviderRow | undefined> {
    return (await scope.tx()).queryOne<EmailProviderRow>(find, [scope.orgId]);
  }

  async findForUpdate(scope: Scope): Promise<EmailProviderRow | undefined> {
    return (await scope.tx()).queryOne<EmailProviderRow>(findForUpdate, [scope.orgId]);
  }

  async upsert(scope: Scope, row: EmailProviderRow): Promise<void> {
    const { kind, from, replyTo, sealedSettings, updatedAt } = row;
    const tx = await scope.tx();
    const author = scope.actorId || null;
    await tx.execute(upsert, [scope.orgId, kind, from, replyTo, sealedSettings, author, updatedAt]);
  }

  /** Returns false when there was no provider. */
  async delete(scope: Scope): Promise<boolean> {
    return (await (await scope.tx()).queryOne(remove, [scope.orgId])) !== undefined;
  }

  /** Locks the row until the transaction ends. Undefined: the provider has been replaced. */
  async noteFailure(scope: Scope, setAt: Date): Promise<NotedFailure | undefined> {
    return (await scope.tx()).queryOne<NotedFailure>(noteFailure, [scope.orgId, setAt, scope.now()]);
  }

  async noteReport(scope: Scope): Promise<void> {
    await (await scope.tx()).execute(noteReport, [scope.orgId, scope.now()]);
  }

  async noteSuccess(scope: Scope, setAt: Date): Promise<void> {
    await (await scope.tx()).execute(noteSuccess, [scope.orgId, setAt]);
  }

  /** At most two; in the scope of the person. */
  async membershipsOf(scope: Scope): Promise<OwnMembership[]> {
    return (await scope.tx()).query<OwnMembership>(membershipsOf, [scope.identityId]);
  }
}
