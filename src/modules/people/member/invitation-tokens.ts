import { Inject, Injectable } from '@nestjs/common';
import { type Envelope, openToken, sealToken } from '@dovecote/secret';
import { z } from 'zod';
import { ENVELOPE } from '../../../platform/platform.module.js';
import { INVITATION_MS } from './open-invitation.rules.js';

const invited = z.object({ userId: z.uuid() });
const context = ['invitation'];

const signingIn = z.object({ orgId: z.uuid(), userId: z.uuid(), issuedAt: z.number() });
const signInContext = ['invitation to the dashboard'];

/** The invited member whom a link signs in. */
export interface InvitedMember {
  orgId: string;
  userId: string;
  issuedAt: Date;
}

/**
 * Tokens in the links of invitation mails. They prove that the person read the mail: the inviting admin never
 * sees them.
 */
@Injectable()
export class InvitationTokens {
  constructor(@Inject(ENVELOPE) private readonly envelope: Envelope) {}

  /** For a person who then signs in: it does not authenticate. */
  of(userId: string): string {
    return sealToken(this.envelope, { userId }, context);
  }

  /** The invited member; undefined for what is no such token. */
  read(token: string): string | undefined {
    if (token === '') return undefined;
    try {
      return invited.parse(openToken(this.envelope, token, context)).userId;
    } catch {
      return undefined;
    }
  }

  /**
   * Authenticates the invited person for seven days, while the invitation is open and this is the last time that it was
   * mailed: `SignInInvitations.findForSignIn` checks that.
   */
  forSignIn({ orgId, userId }: Omit<InvitedMember, 'issuedAt'>, now: Date): string {
    return sealToken(this.envelope, { orgId, userId, issuedAt: now.getTime() }, signInContext);
  }

  /** Undefined for what is no such token, and for one that is too old. */
  readForSignIn(token: string, now: Date): InvitedMember | undefined {
    try {
      const { issuedAt, ...member } = signingIn.parse(openToken(this.envelope, token, signInContext));
      const age = now.getTime() - issuedAt;
      return age < INVITATION_MS ? { ...member, issuedAt: new Date(issuedAt) } : undefined;
    } catch {
      return undefined;
    }
  }
}
