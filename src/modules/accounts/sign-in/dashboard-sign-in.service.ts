import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import type { PersonCaller } from '../../../platform/caller/caller.js';
import { AppError } from '../../../platform/errors/index.js';
import { originOf, type Scope } from '../../../platform/scope/index.js';
import { type Account, SignInInvitations } from '../../people/member/index.js';
import {
  type Person,
  type Proof,
  type RefreshedPair,
  Sessions,
  type TokenPair,
} from '../../signin/auth/index.js';
import { Passwords } from '../../signin/password/index.js';
import { Customers } from '../customer/index.js';
import { DashboardProvider, type ProviderAnswer } from './dashboard-provider.service.js';
import { MagicLinks } from './magic-links.service.js';
import { type Coming, Onboarding } from './onboarding.service.js';
import { notInvited, sessionExpired } from './sign-in.rules.js';

/** A person with a new session. */
export interface SignedIn {
  account: Account;
  tokens: TokenPair;
}

/** How a session begins. What the steps write commits with it, or not at all. */
export interface Opening extends Coming {
  proof: Proof;
  /** Consumes what proved the person; refuses when another call was faster. */
  consume?: (scope: Scope) => Promise<void>;
  /** Once the person is where they belong. */
  settle?: (scope: Scope) => Promise<void>;
}

/** Sign-in to the dashboard: each way ends in a session of the one sign-in, and begins with what proves the person. */
@Injectable()
export class DashboardSignIn {
  constructor(
    private readonly links: MagicLinks,
    private readonly invitations: SignInInvitations,
    private readonly passwords: Passwords,
    private readonly provider: DashboardProvider,
    private readonly customers: Customers,
    private readonly onboarding: Onboarding,
    private readonly sessions: Sessions,
  ) {}

  requestLink(scope: Scope, email: string): Promise<void> {
    return this.links.request(scope, email);
  }

  /** The token of a sign-in mail, or of an invitation, which is consumed by being accepted. */
  async byLink(scope: Scope, { token, timezone }: { token: string; timezone: string }): Promise<SignedIn> {
    const invitee = await this.invitations.findForSignIn(scope, token);
    if (invitee) {
      const person = { id: invitee.identityId, email: invitee.email };
      return this.open(scope, person, { proof: 'link', timezone, followed: invitee.userId });
    }
    const person = await this.links.prove(scope, token);
    const consume = (inner: Scope): Promise<void> => this.links.consume(inner, token);
    return this.open(scope, person, { proof: 'link', timezone, consume });
  }

  async byPassword(scope: Scope, given: { email: string; password: string }): Promise<SignedIn> {
    const person = await this.passwords.prove(scope, given);
    const consume = (inner: Scope): Promise<void> => this.passwords.forgive(inner, person.email);
    return this.open(scope, person, { proof: 'password', timezone: '', consume });
  }

  async byProvider(scope: Scope, answer: ProviderAnswer & { timezone: string }): Promise<SignedIn> {
    const email = await this.provider.prove(answer);
    return this.byProvenAddress(scope, email, { timezone: answer.timezone });
  }

  /** The owner of an address that the provider has verified. */
  async byProvenAddress(scope: Scope, email: string, coming: Coming): Promise<SignedIn> {
    const person = await this.links.personOf(scope, email);
    if (!person) throw notInvited();
    return this.open(scope, person, { ...coming, proof: 'sso' });
  }

  async open(scope: Scope, { id: identityId, email }: Person, opening: Opening): Promise<SignedIn> {
    const { proof, consume, settle, ...coming } = opening;
    const caller: PersonCaller = { kind: 'person', identityId, email, sessionId: uuid() };
    let account: Account | undefined;
    const admit = async (inner: Scope): Promise<void> => {
      const memberId = this.onboarding.prepare(inner);
      await consume?.(inner);
      await this.onboarding.admit(inner, memberId, coming);
      await settle?.(inner);
      account = await this.customers.self(inner);
    };
    const tokens = await this.sessions.open(originOf(scope), caller, '', admit, proof);
    if (!account) throw new Error('A session was opened without its account.');
    return { account, tokens };
  }

  async refresh(scope: Scope, refreshToken: string): Promise<RefreshedPair> {
    try {
      return await this.sessions.refresh(scope, refreshToken);
    } catch (error) {
      // Any other failure must not end the session of the client.
      throw error instanceof AppError && error.kind === 'unauthenticated' ? sessionExpired() : error;
    }
  }

  /** A token that is empty or unknown ends nothing. */
  async signOut(scope: Scope, refreshToken: string): Promise<void> {
    if (refreshToken !== '') await this.sessions.endByToken(scope, refreshToken);
  }
}
