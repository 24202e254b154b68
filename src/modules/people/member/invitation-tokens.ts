import { Inject, Injectable } from '@nestjs/common';
import { type Envelope, openToken, sealToken } from '@dovecote/secret';
import { z } from 'zod';
import { ENVELOPE } from '../../../platform/platform.module.js';

const invited = z.object({ userId: z.uuid() });
const context = ['invitation'];

/**
 * Token in the link of an invitation mail. It proves that the person read the mail: the inviting admin never
 * sees it. It does not authenticate.
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
