import { Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { z } from 'zod';
import type { Scope } from '../scope/index.js';
import { type DailyLimit, DailyLimits } from '../throttle/daily-limits.js';
import type { Mail, OutgoingMail } from './mail.js';

/** From all organizations together. */
const invitationMails: DailyLimit = {
  kind: 'invitation_mail',
  most: 20,
  sentence: 'An address gets 20 mails of invitations a day.',
  subject: 'email address',
};

export const sendMailTask = 'mail.send';

const content = z.object({
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  notAfter: z.coerce.date().optional(),
});

/** Hands mail to the worker. Mail leaves only if the scope commits, and leaves even if this process dies. */
@Injectable()
export class Mailer {
  constructor(
    private readonly envelope: Envelope,
    private readonly limits: DailyLimits,
  ) {}

  async send(scope: Scope, mail: Mail): Promise<void> {
    // Silently: whoever invites does not learn whether others do.
    if (mail.kind && !(await this.limits.takeEach(scope, invitationMails, [mail.to])).has(mail.to)) return;
    const id = uuid();
    // Who gets which mail is personal data, and a job is kept in clear.
    const sealed = this.envelope.seal(JSON.stringify(mail), sealContext(id)).toString('base64');
    await scope.enqueue({ task: sendMailTask, payload: { id, sealed } });
  }

  open(id: string, sealed: string): OutgoingMail {
    const opened = this.envelope.open(Buffer.from(sealed, 'base64'), sealContext(id)).toString();
    return { ...content.parse(JSON.parse(opened)), id };
  }
}

function sealContext(id: string): string {
  return `mail/${id}`;
}
