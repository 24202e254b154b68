import { Injectable } from '@nestjs/common';
import { invalidArgument, notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { refuseAvatar } from './own-account.rules.js';
import { type Account, OwnAccountStore } from './own-account.store.js';

/** What changes; undefined stays. */
export interface AccountChange {
  name?: string;
  avatarUrl?: string;
}

/** The account of the person who calls. They are called the same in each of their organizations. */
@Injectable()
export class OwnAccounts {
  constructor(private readonly store: OwnAccountStore) {}

  async get(scope: Scope): Promise<Account> {
    const account = await this.store.find(scope);
    if (!account) throw notFound('customer');
    return account;
  }

  /** The name changes in the organizations that are given: those that the session may act in. */
  async update(scope: Scope, { name, avatarUrl }: AccountChange, orgIds: readonly string[]): Promise<void> {
    const problem = avatarUrl === undefined ? undefined : refuseAvatar(avatarUrl);
    if (problem !== undefined) throw invalidArgument([{ field: 'avatar_url', description: problem }]);
    if (avatarUrl !== undefined) await this.store.show(scope, avatarUrl);
    if (name === undefined) return;
    // In one order, so that two changes at once wait for each other instead of deadlocking.
    for (const orgId of [...orgIds].sort()) await this.store.rename(scope, orgId, name);
  }
}
