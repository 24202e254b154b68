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

/** Codes and invitations together. News of security is neither, and leaves however much strangers have sent before. */
const unsolicitedMails: DailyLimit = {
  kind: 'unsolicited_mail',
  most: 60,
  sentence: 'An address gets no invitations after 60 mails of codes and invitations a day.',
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
    if (await this.isTooMuch(scope, mail)) return;
    const id = uuid();
    // Who gets which mail is personal data, and a job is kept in clear.
    const sealed = this.envelope.seal(JSON.stringify(mail), sealContext(id)).toString('base64');
    await scope.enqueue({ task: sendMailTask, payload: { id, sealed } });
  }

  /** Dropped silently: whoever invites does not learn whether others do. */
  private async isTooMuch(scope: Scope, { kind, to }: Mail): Promise<boolean> {
    if (kind === undefined) return false;
    const counted = await this.limits.takeEach(scope, unsolicitedMails, [to]);
    // A code counts, but is never dropped: RequestSignInCode has a limit of its own, that does not shut the owner out.
    if (kind === 'code') return false;
    return !counted.has(to) || !(await this.limits.takeEach(scope, invitationMails, [to])).has(to);
  }

  open(id: string, sealed: string): OutgoingMail {
    const opened = this.envelope.open(Buffer.from(sealed, 'base64'), sealContext(id)).toString();
    return { ...content.parse(JSON.parse(opened)), id };
  }
}

function sealContext(id: string): string {
  return `mail/${id}`;
}
