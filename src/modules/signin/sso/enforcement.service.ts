import { Injectable } from '@nestjs/common';
import { failedPrecondition, notFound } from '../../../platform/errors/index.js';
import { Mailer } from '../../../platform/mail/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type Member, Members } from '../../people/member/index.js';
import { type BreakGlassNotice, breakGlassArmedMail, breakGlassUsedMail } from './break-glass.mail.js';
import { connectionState } from './connection.js';
import { admitsAnyMember } from './connection.rules.js';
import { ConnectionStore } from './connection.store.js';
import { Domains } from './domain.service.js';
import { enforcementEndedMail } from './enforcement-ended.mail.js';
import { breakGlassEnd, refuseArming, refuseEnforcement } from './enforcement.rules.js';
import { type BreakGlass, type EnforcementState, EnforcementStore } from './enforcement.store.js';

export interface Enforced extends EnforcementState {
  breakGlass: BreakGlass[];
}

/** Whether single sign-on is a must, and who has a way around it for how long. */
@Injectable()
export class Enforcement {
  constructor(
    private readonly store: EnforcementStore,
    private readonly connections: ConnectionStore,
    private readonly domains: Domains,
    private readonly members: Members,
    private readonly mailer: Mailer,
  ) {}

  async get(scope: Scope): Promise<Enforced> {
    const [state, breakGlass] = await Promise.all([this.store.get(scope), this.store.listArmed(scope)]);
    return { ...state, breakGlass };
  }

  /** Repeating it changes nothing. */
  async set(scope: Scope, enforced: boolean): Promise<Enforced> {
    // Before the organization's row, as wherever else both are locked.
    const connections = await this.connections.listForUpdate(scope);
    const { enforcedAt } = await this.store.getForUpdate(scope);
    if ((enforcedAt !== null) === enforced) return this.get(scope);
    if (enforced) {
      const { email } = await this.members.self(scope);
      const refusal = refuseEnforcement(
        {
          activeConnection: connections.some(({ state }) => state === connectionState.active),
          connectionForAll: connections.some(admitsAnyMember),
          provenDomain: await this.domains.anyProven(scope),
          testedAt: await this.store.lastTest(scope, email),
        },
        scope.now(),
      );
      if (refusal) throw refusal;
    }
    await this.store.set(
      scope,
      enforced
        ? { enforcedAt: scope.now(), enforcedBy: scope.userId }
        : { enforcedAt: null, enforcedBy: null },
    );
    await scope.announceRevocation(`organization:${scope.orgId}`);
    await this.record(scope, scope.orgId, { change: enforced ? 'enforced' : 'enforcement_ended' });
    return this.get(scope);
  }

  /**
   * Ends enforcement when no member can sign in, and notifies the super admins. Returns the organization's
   * name.
   */
  async endByOperator(scope: Scope): Promise<string> {
    if (!(await this.store.find(scope))) throw notFound('organization');
    const organization = await this.members.organizationName(scope);
    const { enforcedAt } = await this.store.getForUpdate(scope);
    if (enforcedAt === null) {
      throw failedPrecondition('NOT_ENFORCED', `${organization} does not enforce single sign-on.`);
    }
    await this.store.set(scope, { enforcedAt: null, enforcedBy: null });
    await scope.announceRevocation(`organization:${scope.orgId}`);
    await this.record(scope, scope.orgId, { change: 'enforcement_ended', by: 'operator' });
    for (const { email } of await this.members.superAdmins(scope)) {
      await this.mailer.send(scope, enforcementEndedMail(email, organization));
    }
    return organization;
  }

  async arm(scope: Scope, userId: string, hours: number): Promise<Enforced> {
    const member = await this.members.get(scope, userId);
    const admins = await this.members.superAdmins(scope);
    const refusal = refuseArming(
      {
        isActiveSuperAdmin: admins.some(({ id }) => id === member.id),
        passkeyProvenAt: await this.store.passkeyProvenAt(scope, member.id),
      },
      scope.now(),
    );
    if (refusal) throw refusal;
    const expiresAt = breakGlassEnd(hours, scope.now());
    await this.store.arm(scope, member.id, expiresAt);
    await announceChange(scope, member);
    await this.record(scope, member.id, {
      change: 'break_glass_armed',
      expires_at: expiresAt.toISOString(),
    });
    await this.tell(scope, admins, { member, expiresAt }, breakGlassArmedMail);
    return this.get(scope);
  }

  async disarm(scope: Scope, userId: string): Promise<Enforced> {
    const member = await this.members.get(scope, userId);
    if (await this.store.disarm(scope, member.id)) {
      await announceChange(scope, member);
      await this.record(scope, member.id, { change: 'break_glass_disarmed' });
    }
    return this.get(scope);
  }

  /**
   * Records a break-glass sign-in and notifies every super admin, even when access was disarmed in the
   * meantime.
   */
  async noteUse(scope: Scope, userId: string, sessionId: string): Promise<void> {
    const armed = (await this.store.listArmed(scope)).find((one) => one.userId === userId);
    const [member] = await this.members.listByIds(scope, [userId]);
    if (!member) return;
    await this.record(scope, userId, { change: 'break_glass_used', session_id: sessionId });
    const admins = await this.members.superAdmins(scope);
    await this.tell(scope, admins, { member, expiresAt: armed?.expiresAt }, breakGlassUsedMail);
  }

  private async tell(
    scope: Scope,
    admins: readonly Member[],
    { member, expiresAt }: { member: Member; expiresAt: Date | undefined },
    mail: (to: string, news: BreakGlassNotice) => ReturnType<typeof breakGlassArmedMail>,
  ): Promise<void> {
    const organization = await this.members.organizationName(scope);
    for (const { email } of admins) {
      await this.mailer.send(scope, mail(email, { organization, email: member.email, expiresAt }));
    }
  }

  private record(scope: Scope, entityId: string, metadata: Record<string, string>): Promise<void> {
    return scope.audit('SSO_CONFIGURED', { entityType: 'sso_enforcement', entityId, metadata });
  }
}

async function announceChange(scope: Scope, { orgId, identityId }: Member): Promise<void> {
  await scope.announceRevocation(`member:${orgId}:${identityId}`);
}
