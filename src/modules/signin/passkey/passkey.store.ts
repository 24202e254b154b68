import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { NewCredential, Passkey, VerifiedUse } from './passkey.js';

/** A passkey and the address of whose it is. */
export interface OwnedPasskey extends Passkey {
  email: string;
}

const columns = `c.id, c.credential_id as "credentialId", c.identity_id as "identityId", c.public_key as "publicKey",
  c.sign_count::float8 as "signCount", c.transports, c.backup_eligible as "backupEligible",
  c.backed_up as "backedUp", c.aaguid, c.name, c.created_at as "createdAt", c.last_used_at as "lastUsedAt",
  c.counter_went_back_at as "counterWentBackAt"`;

// Serializes additions and removals of one person, so that concurrent calls cannot exceed the limit.
const lockOwner = statement(
  'webauthn_credential.lock_owner',
  `select email from identity where id = $1 for update`,
);
const listOf = statement(
  'webauthn_credential.list_of',
  `select ${columns} from webauthn_credential c where c.identity_id = $1 order by c.created_at desc, c.id desc`,
);
const listByEmail = statement(
  'webauthn_credential.list_by_email',
  `select ${columns} from webauthn_credential c join identity i on i.id = c.identity_id
    where i.email = $1 order by c.created_at desc, c.id desc`,
);
const find = statement(
  'webauthn_credential.find',
  `select ${columns}, i.email from webauthn_credential c join identity i on i.id = c.identity_id
    where c.credential_id = $1`,
);
const insert = statement(
  'webauthn_credential.insert',
  `insert into webauthn_credential (id, credential_id, identity_id, public_key, sign_count, transports,
     backup_eligible, backed_up, aaguid, name, created_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (credential_id) do nothing`,
);
const use = statement(
  'webauthn_credential.use',
  `update webauthn_credential set sign_count = $2, backed_up = $3, last_used_at = $4
    where credential_id = $1 and (sign_count < $2 or (sign_count = 0 and $2 = 0))`,
);
const noteCounter = statement(
  'webauthn_credential.note_counter',
  `update webauthn_credential set counter_went_back_at = $2 where credential_id = $1`,
);
const rename = statement(
  'webauthn_credential.rename',
  `update webauthn_credential c set name = $3 where c.id = $1 and c.identity_id = $2 returning ${columns}`,
);
const remove = statement(
  'webauthn_credential.remove',
  `delete from webauthn_credential where id = $1 and identity_id = $2`,
);
const hasAny = statement(
  'webauthn_credential.has_any',
  'select exists (select from webauthn_credential where identity_id = $1) as registered',
);
const markEnrolled = statement(
  'identity.mark_passkey_enrolled',
  'update identity set passkey_enrolled = true where id = $1 and not passkey_enrolled',
);
const clearEnrollment = statement(
  'identity.clear_passkey_enrolled',
  `update identity set passkey_enrolled = false where id = $1 and passkey_enrolled
     and not exists (select from webauthn_credential where identity_id = $1)`,
);

/** The passkeys of people. They belong to no organization. */
@Injectable()
export class PasskeyStore {
  /**
   * The caller's passkeys and current address. Locks out additions and removals until the transaction ends.
   */
  async listOwnForUpdate(scope: Scope): Promise<{ passkeys: Passkey[]; email: string }> {
    const tx = await scope.tx();
    const owner = await tx.queryOne<{ email: string }>(lockOwner, [scope.identityId]);
    if (!owner) throw new Error('A passkey without an identity.');
    return { passkeys: await tx.query<Passkey>(listOf, [scope.identityId]), email: owner.email };
  }

  async listOwn(scope: Scope): Promise<Passkey[]> {
    return (await scope.tx()).query<Passkey>(listOf, [scope.identityId]);
  }

  async listByEmail(scope: Scope, email: string): Promise<Passkey[]> {
    return (await scope.tx()).query<Passkey>(listByEmail, [email]);
  }

  async find(scope: Scope, credentialId: Buffer): Promise<OwnedPasskey | undefined> {
    return (await scope.tx()).queryOne<OwnedPasskey>(find, [credentialId]);
  }

  /** Whether the caller has a passkey. */
  async hasAny(scope: Scope): Promise<boolean> {
    const row = await (await scope.tx()).queryOne<{ registered: boolean }>(hasAny, [scope.identityId]);
    return row?.registered ?? false;
  }

  /** Returns false when the caller was enrolled before. */
  async markEnrolled(scope: Scope): Promise<boolean> {
    return (await (await scope.tx()).execute(markEnrolled, [scope.identityId])).rowCount === 1;
  }

  /** Returns false when the credential is already registered, by any person. */
  async insert(
    scope: Scope,
    passkey: NewCredential & { id: string; name: string; createdAt: Date },
  ): Promise<boolean> {
    const { id, credentialId, publicKey, signCount, transports, backupEligible, backedUp } = passkey;
    const { rowCount } = await (
      await scope.tx()
    ).execute(insert, [
      ...[id, credentialId, scope.identityId, publicKey, signCount, transports],
      ...[backupEligible, backedUp, passkey.aaguid, passkey.name, passkey.createdAt],
    ]);
    return rowCount === 1;
  }

  /** False when another use got there first, with the same count or a higher one. */
  async use(scope: Scope, credentialId: Buffer, { signCount, backedUp }: VerifiedUse): Promise<boolean> {
    const values = [credentialId, signCount, backedUp, scope.now()];
    return (await (await scope.tx()).execute(use, values)).rowCount === 1;
  }

  async noteCounter(scope: Scope, credentialId: Buffer): Promise<void> {
    await (await scope.tx()).execute(noteCounter, [credentialId, scope.now()]);
  }

  /** Undefined when the caller has no such passkey. */
  async rename(scope: Scope, id: string, name: string): Promise<Passkey | undefined> {
    return (await scope.tx()).queryOne<Passkey>(rename, [id, scope.identityId, name]);
  }

  /** With the last one goes the note that the caller has any. */
  async remove(scope: Scope, id: string): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(remove, [id, scope.identityId]);
    await tx.execute(clearEnrollment, [scope.identityId]);
  }
}
