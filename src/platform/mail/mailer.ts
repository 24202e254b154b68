import { Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { z } from 'zod';
import type { Task } from '../jobs/index.js';
import type { Scope } from '../scope/index.js';
import { type DailyLimit, DailyLimits } from '../throttle/daily-limits.js';
import { sealedJob } from '../sealed-columns/index.js';
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

export const sendMailTask: Task = { name: 'mail.send', lane: 'mail', priority: 'normal' };

/** A person waits for a code; an admin can send a thousand invitations at once. */
const priorities = { code: 'high', invitation: 'low' } as const;

const content = z.object({
  to: z.string(),
  kind: z.enum(['code', 'invitation']).optional(),
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

  send(scope: Scope, mail: Mail): Promise<void> {
    return this.sendAll(scope, [mail]);
  }

  /** To one address each. */
  async sendAll(scope: Scope, mails: readonly Mail[]): Promise<void> {
    const leaving = await this.withinLimits(scope, mails);
    await Promise.all(leaving.map((mail) => this.enqueue(scope, mail)));
  }

  /**
   * Mails above a limit are dropped silently: the inviting caller must not learn about invitations of others.
   */
  private async withinLimits(scope: Scope, mails: readonly Mail[]): Promise<readonly Mail[]> {
    const unsolicited = mails.filter(({ kind }) => kind !== undefined);
    if (unsolicited.length === 0) return mails;
    const counted = await this.limits.takeEach(scope, unsolicitedMails, addressesOf(unsolicited));
    const invitations = unsolicited.filter(({ kind, to }) => kind === 'invitation' && counted.has(to));
    const invited = await this.limits.takeEach(scope, invitationMails, addressesOf(invitations));
    // Codes count but are never dropped: RequestSignInCode has a separate limit, which does not lock the
    // owner out.
    return mails.filter(({ kind, to }) => kind !== 'invitation' || invited.has(to));
  }

  private async enqueue(scope: Scope, mail: Mail): Promise<void> {
    const id = uuid();
    // The payload of a job is not encrypted, and the recipient of a mail is personal data.
    const sealed = this.envelope.seal(JSON.stringify(mail), sealContext(id)).toString('base64');
    const priority = mail.kind && priorities[mail.kind];
    await scope.enqueue({ task: sendMailTask, payload: { id, sealed }, priority });
  }

  open(id: string, sealed: string): OutgoingMail {
    const opened = this.envelope.open(Buffer.from(sealed, 'base64'), sealContext(id)).toString();
    return { ...content.parse(JSON.parse(opened)), id };
  }
}

const sealContext = sealedJob(sendMailTask.name, (id) => `mail/${id}`);

function addressesOf(mails: readonly Mail[]): string[] {
  return mails.map(({ to }) => to);
}
