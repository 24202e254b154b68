import { Injectable } from '@nestjs/common';
import { type Scope, Scopes } from '../../../platform/scope/index.js';
import { InvitationTokens } from './invitation-tokens.js';
import { SignInInvitationStore } from './sign-in-invitation.store.js';

/** An invited person whose link signs in. */
export interface Invitee {
  identityId: string;
  email: string;
  orgId: string;
  /** The member whom the person is there, or will be. */
  userId: string;
}

/** Invitations whose mailed link signs the person in. They expire, and only the last link works, once. */
@Injectable()
export class SignInInvitations {
  constructor(
    private readonly store: SignInInvitationStore,
    private readonly tokens: InvitationTokens,
    private readonly scopes: Scopes,
  ) {}

  /**
   * Whom the token of a mailed link signs in; undefined when it does not, or no longer. The sign-in has to accept the
   * invitation in its transaction (`acceptAtSignIn` with `userId`), and to fail if another call was faster.
   */
  async findForSignIn(scope: Scope, token: string): Promise<Invitee | undefined> {
    const member = this.tokens.readForSignIn(token, scope.now());
    if (!member) return undefined;
    const { orgId, userId } = member;
    const caller = { kind: 'system', orgId } as const;
    const { requestId, signal } = scope;
    const identity = await this.scopes.run({ caller, requestId, signal, readOnly: true }, (inner) =>
      this.store.findIssued(inner, member),
    );
    return identity && { identityId: identity.id, email: identity.email, orgId, userId };
  }
}
