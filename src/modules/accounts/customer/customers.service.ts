import { Injectable } from '@nestjs/common';
import { validate as isUuid } from 'uuid';
import { Permission } from '../../../platform/access/index.js';
import type { PersonCaller } from '../../../platform/caller/caller.js';
import { EntryCheck } from '../../../platform/caller/entry-check.js';
import { type Membership, MembershipDirectory } from '../../../platform/caller/memberships.directory.js';
import { refuseEntry } from '../../../platform/caller/organization-entry.rules.js';
import { AppError, notFound } from '../../../platform/errors/index.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { type Account, type AccountChange, memberStatus, OwnAccounts } from '../../people/member/index.js';
import { PersonStore } from '../../signin/auth/index.js';
import { Passwords } from '../../signin/password/index.js';
import { CustomerStore } from './customer.store.js';

/** Organizations that one call looks into. */
const MOST_ORGANIZATIONS = 100;

export interface CustomerChange extends AccountChange {
  /** Undefined: it stays. */
  password?: string;
  /** Empty: not given. */
  currentPassword: string;
}

/** People who use the dashboard: members who may read analytics, by the id of the person behind them. */
@Injectable()
export class Customers {
  constructor(
    private readonly store: CustomerStore,
    private readonly accounts: OwnAccounts,
    private readonly passwords: Passwords,
    private readonly people: PersonStore,
    private readonly memberships: MembershipDirectory,
    private readonly entry: EntryCheck,
    private readonly scopes: Scopes,
  ) {}

  /** Customers of the organization of the scope. */
  list(scope: Scope): Promise<Account[]> {
    return this.store.list(scope);
  }

  self(scope: Scope): Promise<Account> {
    return this.accounts.get(scope);
  }

  /** An empty id is the caller. Another person shows if they use analytics in an organization where the caller does. */
  async get(scope: Scope, id: string): Promise<Account> {
    const wanted = id.toLowerCase();
    if (wanted === '' || wanted === scope.identityId) return this.self(scope);
    if (!isUuid(wanted)) throw notFound('customer');
    for (const { orgId, permissions } of await this.entered(scope)) {
      if (!permissions.has(Permission.ANALYTICS_READ)) continue;
      const caller = { kind: 'system', orgId } as const;
      const found = await this.scopes.run({ ...originOf(scope), caller, readOnly: true }, (inner) =>
        this.store.find(inner, wanted),
      );
      if (found) return found;
    }
    throw notFound('customer');
  }

  /** Everything or nothing. */
  async update(
    scope: Scope,
    { password, currentPassword: current, ...change }: CustomerChange,
  ): Promise<Account> {
    const orgIds = change.name === undefined ? [] : (await this.entered(scope)).map(({ orgId }) => orgId);
    if (password !== undefined) await this.passwords.change(scope, { password, current });
    await this.accounts.update(scope, change, orgIds);
    return this.self(scope);
  }

  setPassword(scope: Scope, password: string): Promise<void> {
    return this.passwords.change(scope, { password, current: '' });
  }

  /** Where the calling session may act. */
  private async entered(scope: Scope): Promise<Membership[]> {
    const { caller } = scope;
    if (caller.kind !== 'person') throw new Error('The access table admits only persons here.');
    const own = await this.scopes.run({ ...originOf(scope), readOnly: true }, (inner) =>
      this.people.listMemberships(inner),
    );
    const entered: Membership[] = [];
    for (const { orgId } of own.slice(0, MOST_ORGANIZATIONS)) {
      const membership = await this.memberships.find(orgId, caller.identityId);
      if (membership && (await this.mayEnter(caller, membership, scope.now()))) entered.push(membership);
    }
    return entered;
  }

  private async mayEnter(person: PersonCaller, membership: Membership, now: Date): Promise<boolean> {
    const { status, signedOutAt, organization } = membership;
    const isSignedOut = signedOutAt !== null && (person.provenAt ?? 0) <= signedOutAt.getTime();
    if (Number(status) !== memberStatus.active || isSignedOut || refuseEntry(organization, now)) return false;
    try {
      await this.entry.pass(person, membership);
      return true;
    } catch (error) {
      if (error instanceof AppError) return false;
      throw error;
    }
  }
}
