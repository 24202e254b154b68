import { Inject, Injectable } from '@nestjs/common';
import { type Envelope, openToken, sealToken } from '@dovecote/secret';
import { z } from 'zod';
import { ENVELOPE } from '../../../platform/platform.module.js';

const invited = z.object({ userId: z.uuid() });
const context = ['invitation'];

/**
 * What the link in the mail of an invitation carries. It says which invitation the person came by, and nobody but the
 * reader of the mail can say so: whoever invites does not see it. It opens nothing by itself.
 */
@Injectable()
export class InvitationTokens {
  constructor(@Inject(ENVELOPE) private readonly envelope: Envelope) {}

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
}
