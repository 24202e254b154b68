import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { invalidArgument } from '../../../platform/errors/index.js';
import { Mailer } from '../../../platform/mail/index.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { AddressLimits } from '../../../platform/throttle/address-limits.js';
import { clientOf, type Person, Sessions } from '../auth/index.js';
import { passwordSetMail } from './password.mail.js';
import { accountExists, credentialsRefused, refuseGuess, refusePasswordsOff } from './password.rules.js';
import { PasswordHashing } from './password-hashing.js';
import { PasswordStore } from './password.store.js';

/** Wrong passwords of a client across all addresses: slows down attacks on many accounts. */
const wrongPasswords = {
  name: 'wrong_password',
  limit: { burst: 50, perSecond: 50 / 3600 },
  sentence: 'A client may try 50 wrong passwords an hour.',
};

/** A change of the caller's password. */
export interface PasswordChange {
  password: string;
  /** Empty: not given; then a recent sign-in is needed. */
  current: string;
}

@Injectable()
export class Passwords {
  constructor(
    private readonly store: PasswordStore,
    private readonly hashing: PasswordHashing,
    private readonly sessions: Sessions,
    private readonly limits: AddressLimits,
    private readonly mailer: Mailer,
    private readonly scopes: Scopes,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * The owner of the address, if this is their password and one of their organizations takes it. Does the same work for
   * an address without an account, and refuses with the same answer.
   */
  async prove(scope: Scope, { email, password }: { email: string; password: string }): Promise<Person> {
    const { address = '' } = scope;
    await this.limits.take(wrongPasswords, address);
    await this.countGuess(scope, email);
    const holder = await this.scopes.run({ ...originOf(scope), readOnly: true }, (inner) =>
      this.store.findHolder(inner, email),
    );
    const isRight = await this.hashing.verify(clientOf(scope), password, holder?.hash ?? undefined);
    if (!holder || !isRight) throw credentialsRefused();
    const person: Person = { id: holder.identityId, email: holder.email };
    if (!(await this.isTakenFor(scope, person))) throw credentialsRefused();
    await this.limits.putBack(wrongPasswords, address);
    return person;
  }

  /** In the transaction that opens the session. */
  async forgive(scope: Scope, email: string): Promise<void> {
    await this.store.forgive(scope, email, clientOf(scope));
  }

  /** Sets or replaces the caller's password, and ends their other sessions. */
  async change(scope: Scope, { password, current }: PasswordChange): Promise<void> {
    const { identityId, email } = scope;
    const known = await this.scopes.run({ ...originOf(scope), readOnly: true }, async (inner) => ({
      taken: await this.isTaken(inner),
      hash: await this.store.findHash(inner, identityId),
    }));
    const refusal = refusePasswordsOff(known.taken);
    if (refusal) throw refusal;
    if (current !== '' && known.hash !== undefined) await this.proveCurrent(scope, current, known.hash);
    else scope.requireRecentProof();
    await this.store.upsert(scope, identityId, await this.hash(scope, password));
    await this.sessions.revokeOthers(scope);
    await this.mailer.send(
      scope,
      passwordSetMail({ to: email, at: scope.now(), url: this.config.dashboard.url }),
    );
  }

  hash(scope: Scope, password: string): Promise<string> {
    return this.hashing.hash(clientOf(scope), password);
  }

  /**
   * For a person who has just signed up, in the transaction that opens their session. Refuses where none of their
   * organizations takes passwords, and to replace a password.
   */
  async setFirst(scope: Scope, hash: string): Promise<void> {
    const refusal = refusePasswordsOff(await this.isTaken(scope));
    if (refusal) throw refusal;
    if (!(await this.store.insert(scope, scope.identityId, hash))) throw accountExists();
  }

  /** Whether an organization of the caller takes passwords. */
  isTaken(scope: Scope): Promise<boolean> {
    return this.store.isTaken(scope, scope.identityId, this.config.dashboard.passwords);
  }

  async purge(scope: Scope): Promise<void> {
    await this.store.purge(scope);
  }

  private async proveCurrent(scope: Scope, current: string, hash: string): Promise<void> {
    await this.countGuess(scope, scope.email);
    if (!(await this.hashing.verify(clientOf(scope), current, hash))) {
      throw invalidArgument([{ field: 'current_password', description: 'is not your password' }]);
    }
    await this.scopes.run(originOf(scope), (inner) => this.forgive(inner, inner.email));
  }

  /** In a separate transaction: the guess counts even when the call is refused. */
  private countGuess(scope: Scope, email: string): Promise<void> {
    return this.scopes.run(originOf(scope), async (inner) => {
      const client = clientOf(inner);
      const refusal = refuseGuess(await this.store.recentForInsert(inner, email, client), inner.now());
      if (refusal) throw refusal;
      await this.store.insertGuess(inner, email, client);
    });
  }

  private isTakenFor(scope: Scope, { id: identityId, email }: Person): Promise<boolean> {
    const caller = { kind: 'person', identityId, email, sessionId: '' } as const;
    return this.scopes.run({ ...originOf(scope), caller, readOnly: true }, (inner) => this.isTaken(inner));
  }
}
