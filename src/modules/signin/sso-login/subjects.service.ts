import { Injectable } from '@nestjs/common';
import { failedPrecondition, notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { SsoMembers } from '../../people/member/index.js';
import { refuseGrant } from '../../people/role/index.js';
import { Connections } from '../sso/index.js';
import { ProviderSignOut } from './provider-sign-out.service.js';
import { type Subject, SubjectStore } from './subject.store.js';

/** What admins do about the accounts at a provider to which members are bound. */
@Injectable()
export class Subjects {
  constructor(
    private readonly store: SubjectStore,
    private readonly connections: Connections,
    private readonly members: SsoMembers,
    private readonly signOut: ProviderSignOut,
  ) {}

  async listOf(scope: Scope, userId: string): Promise<Subject[]> {
    if (!(await this.members.find(scope, userId))) throw notFound('user');
    return this.store.listOf(scope, userId);
  }

  /** In the place of whatever the member was bound to in this connection. */
  async bind(scope: Scope, connectionId: string, userId: string, subject: string): Promise<Subject> {
    await this.changeable(scope, connectionId, userId);
    const owner = await this.store.find(scope, connectionId, subject);
    if (owner !== undefined && owner !== userId) throw subjectTaken(owner);
    const former = await this.store.unbind(scope, connectionId, userId);
    const others = former.filter((one) => one !== subject);
    await this.end(scope, connectionId, others);
    const bound = { connectionId, subject, userId, createdAt: scope.now() };
    await this.store.bind(scope, bound);
    await this.record(scope, userId, { change: 'subject_bound', connection_id: connectionId });
    return bound;
  }

  async unbind(scope: Scope, connectionId: string, userId: string): Promise<void> {
    await this.changeable(scope, connectionId, userId);
    await this.end(scope, connectionId, await this.store.unbind(scope, connectionId, userId));
    await this.record(scope, userId, { change: 'subject_unbound', connection_id: connectionId });
  }

  /**
   * Binding an account decides who signs in as the member: the caller needs the permissions of the connection
   * and of the member.
   */
  private async changeable(scope: Scope, connectionId: string, userId: string): Promise<void> {
    await this.connections.getForUpdate(scope, connectionId);
    const member = await this.members.find(scope, userId);
    if (!member) throw notFound('user');
    const refusal = refuseGrant(member.role.permissions, scope.permissions);
    if (refusal) throw refusal;
  }

  /** Ends sessions, and invalidates codes, of accounts that are no longer bound to the member. */
  private async end(scope: Scope, connectionId: string, subjects: readonly string[]): Promise<void> {
    for (const subject of subjects) {
      await this.signOut.endIn(scope, connectionId, { subject, sessionIndexes: [] });
    }
  }

  private record(scope: Scope, userId: string, metadata: Record<string, string>): Promise<void> {
    return scope.audit('SSO_CONFIGURED', { entityType: 'user', entityId: userId, metadata });
  }
}

function subjectTaken(owner: string) {
  return failedPrecondition(
    'SUBJECT_TAKEN',
    `The account is bound to another member, ${owner}; unbind it first.`,
  );
}
