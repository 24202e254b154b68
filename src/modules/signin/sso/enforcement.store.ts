import { Injectable } from '@nestjs/common';
import { notAhead, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { connectionState } from './connection.js';
import { loginOutcome } from './connection.js';

export interface EnforcementState {
  enforcedAt: Date | null;
  enforcedBy: string | null;
}

/** A way around enforcement for one admin. */
export interface BreakGlass {
  userId: string;
  armedBy: string;
  armedAt: Date;
  expiresAt: Date;
  usedAt: Date | null;
}

const get = statement(
  'organization.sso_enforcement',
  `select sso_enforced_at as "enforcedAt", sso_enforced_by as "enforcedBy" from organization where id = $1`,
);
const getForUpdate = statement('organization.sso_enforcement_for_update', `${get.text} for update`);
const set = statement(
  'organization.set_sso_enforcement',
  `update organization set sso_enforced_at = $2, sso_enforced_by = $3 where id = $1`,
);
const listArmed = statement(
  'sso_break_glass.list',
  `select g.user_id as "userId", g.armed_by as "armedBy", g.armed_at as "armedAt", g.expires_at as "expiresAt",
          (select max(u.used_at) from sso_break_glass_use u where u.org_id = g.org_id and u.user_id = g.user_id
              and u.used_at >= g.armed_at) as "usedAt"
     from sso_break_glass g where g.org_id = $1 and g.expires_at > $2 order by g.expires_at, g.user_id`,
);
const arm = statement(
  'sso_break_glass.arm',
  `insert into sso_break_glass (org_id, user_id, armed_by, armed_at, expires_at) values ($1, $2, $3, $4, $5)
   on conflict (org_id, user_id) do update
     set armed_by = excluded.armed_by, armed_at = excluded.armed_at, expires_at = excluded.expires_at`,
);
const disarm = statement(
  'sso_break_glass.disarm',
  `delete from sso_break_glass where org_id = $1 and user_id = $2 and expires_at > $3`,
);
const lastTest = statement(
  'sso_login.last_test',
  `select max(l.completed_at) as "testedAt" from sso_login l
     join sso_connection c on c.org_id = l.org_id and c.id = l.connection_id
      and c.state = ${connectionState.active}
    where l.org_id = $1 and l.test and l.requested_by = $2 and l.email = $3 and l.outcome = ${loginOutcome.succeeded}
      and ${notAhead('l.completed_at', '$4')}`,
);
const passkeyProof = statement(
  'webauthn_credential.last_proof',
  `select max(w.last_used_at) as "provenAt" from webauthn_credential w
     join member m on m.identity_id = w.identity_id where m.org_id = $1 and m.id = $2
      and ${notAhead('w.last_used_at', '$3')}`,
);

@Injectable()
export class EnforcementStore {
  /** Undefined when there is no such organization. */
  async find(scope: Scope): Promise<EnforcementState | undefined> {
    return (await scope.tx()).queryOne<EnforcementState>(get, [scope.orgId]);
  }

  async get(scope: Scope): Promise<EnforcementState> {
    return this.one(await (await scope.tx()).queryOne<EnforcementState>(get, [scope.orgId]));
  }

  /** Held until the transaction ends. */
  async getForUpdate(scope: Scope): Promise<EnforcementState> {
    return this.one(await (await scope.tx()).queryOne<EnforcementState>(getForUpdate, [scope.orgId]));
  }

  async set(scope: Scope, { enforcedAt, enforcedBy }: EnforcementState): Promise<void> {
    await (await scope.tx()).execute(set, [scope.orgId, enforcedAt, enforcedBy]);
  }

  /** What has not ended, soonest to end first. */
  async listArmed(scope: Scope): Promise<BreakGlass[]> {
    return (await scope.tx()).query<BreakGlass>(listArmed, [scope.orgId, scope.now()]);
  }

  async arm(scope: Scope, userId: string, expiresAt: Date): Promise<void> {
    await (await scope.tx()).execute(arm, [scope.orgId, userId, scope.userId, scope.now(), expiresAt]);
  }

  async disarm(scope: Scope, userId: string): Promise<boolean> {
    const values = [scope.orgId, userId, scope.now()];
    return (await (await scope.tx()).execute(disarm, values)).rowCount === 1;
  }

  /** When the caller's last good test login through a connection that is active was. */
  async lastTest(scope: Scope, email: string): Promise<Date | undefined> {
    const tx = await scope.tx();
    const values = [scope.orgId, scope.userId, email, scope.now()];
    return (await tx.queryOne<{ testedAt: Date | null }>(lastTest, values))?.testedAt ?? undefined;
  }

  async passkeyProvenAt(scope: Scope, userId: string): Promise<Date | undefined> {
    const tx = await scope.tx();
    const row = await tx.queryOne<{ provenAt: Date | null }>(passkeyProof, [
      scope.orgId,
      userId,
      scope.now(),
    ]);
    return row?.provenAt ?? undefined;
  }

  private one(state: EnforcementState | undefined): EnforcementState {
    if (!state) throw new Error('An organization without a row.');
    return state;
  }
}
