import { Injectable } from '@nestjs/common';
import { invalidArgument } from '../../../platform/errors/index.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { type Account, type Invitee, OwnAccounts, SignInInvitations } from '../../people/member/index.js';
import type { Person, TokenPair } from '../../signin/auth/index.js';
import { Passwords } from '../../signin/password/index.js';
import { DashboardProvider } from './dashboard-provider.service.js';
import { DashboardSignIn } from './dashboard-sign-in.service.js';
import { linkRefused } from './sign-in.rules.js';

/** Tokens and their owner, or a mail for an address that may get one. */
export type Outcome = 'mail_sent' | { tokens: TokenPair; account: Account };

export interface SignUpInput {
  email: string;
  password: string;
  name: string;
  timezone: string;
  inviteToken: string;
}

/** The sign-in as the documentation describes it. */
@Injectable()
export class DocumentedSignIn {
  constructor(
    private readonly signIn: DashboardSignIn,
    private readonly invitations: SignInInvitations,
    private readonly passwords: Passwords,
    private readonly provider: DashboardProvider,
    private readonly accounts: OwnAccounts,
    private readonly scopes: Scopes,
  ) {}

  /**
   * An account belongs to the owner of the mailbox, which only a mail proves. A password that came before is not kept: a
   * stranger could have chosen it.
   */
  async signUp(
    scope: Scope,
    { email, password, name, timezone, inviteToken }: SignUpInput,
  ): Promise<Outcome> {
    if (inviteToken === '') return this.requestLink(scope, email);
    const { identityId: id, orgId, userId } = await this.invited(scope, inviteToken, email);
    const hash = await this.passwords.hash(scope, password);
    const settle = async (inner: Scope): Promise<void> => {
      await this.passwords.setFirst(inner, hash);
      if (name !== '') await this.accounts.update(inner, { name }, [orgId]);
    };
    return this.signIn.open(scope, { id, email }, { proof: 'link', timezone, followed: userId, settle });
  }

  byPassword(scope: Scope, given: { email: string; password: string }): Promise<Outcome> {
    return this.signIn.byPassword(scope, given);
  }

  async requestLink(scope: Scope, email: string): Promise<Outcome> {
    await this.signIn.requestLink(scope, email);
    return 'mail_sent';
  }

  byLink(scope: Scope, given: { token: string; timezone: string }): Promise<Outcome> {
    return this.signIn.byLink(scope, given);
  }

  async byIdToken(
    scope: Scope,
    given: { credential: string; timezone: string; inviteToken: string },
  ): Promise<Outcome> {
    const { credential, timezone, inviteToken } = given;
    const email = await this.provider.proveIdToken(scope, credential);
    const invitee = inviteToken === '' ? undefined : await this.invited(scope, inviteToken, email);
    return this.signIn.byProvenAddress(scope, email, { timezone, followed: invitee?.userId });
  }

  async refresh(scope: Scope, refreshToken: string): Promise<Outcome> {
    const { person, ...tokens } = await this.signIn.refresh(scope, refreshToken);
    return { tokens, account: await this.accountOf(scope, person) };
  }

  private async invited(scope: Scope, token: string, email: string): Promise<Invitee> {
    const invitee = await this.invitations.findForSignIn(scope, token);
    if (!invitee) throw linkRefused();
    if (invitee.email === email) return invitee;
    throw invalidArgument([{ field: 'invite_token', description: 'was mailed to another address' }]);
  }

  private accountOf(scope: Scope, { id: identityId, email }: Person): Promise<Account> {
    const caller = { kind: 'person', identityId, email, sessionId: '' } as const;
    return this.scopes.run({ ...originOf(scope), caller, readOnly: true }, (inner) =>
      this.accounts.get(inner),
    );
  }
}
