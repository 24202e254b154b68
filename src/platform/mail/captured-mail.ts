import type { PinoLogger } from 'nestjs-pino';
import { type Database, statement } from '../database/index.js';
import type { JobContext } from '../worker/index.js';
import type { Scope } from '../scope/index.js';
import type { MailDelivery, MailOutcome } from './delivery.js';
import type { OutgoingMail } from './mail.js';

export interface CapturedMail {
  id: string;
  to: string;
  subject: string;
  text: string;
  createdAt: Date;
}

const NEWEST = 50;
const KEPT_MS = 24 * 60 * 60_000;

const insert = statement(
  'captured_mail.insert',
  `insert into captured_mail (id, recipient, subject, body, created_at) values ($1, $2, $3, $4, $5)
   on conflict (id) do nothing`,
);
const listNewest = statement(
  'captured_mail.list',
  `select id, recipient as "to", subject, body as text, created_at as "createdAt" from captured_mail
    where $1 = '' or recipient = $1 order by created_at desc, id desc limit ${NEWEST}`,
);
const purge = statement('captured_mail.purge', `delete from captured_mail where created_at < $1`);

export interface CaptureOptions {
  /** Print what is captured: for development, where the terminal is the mailbox. */
  print: boolean;
}

/** Keeps mail for a day instead of sending it: what happens while no mail server is configured. */
export class CapturedMailbox implements MailDelivery {
  constructor(
    private readonly options: CaptureOptions,
    private readonly database: Database,
    private readonly log: PinoLogger,
  ) {
    log.setContext('mail');
  }

  async deliver(mail: OutgoingMail, context: JobContext): Promise<MailOutcome> {
    await context.run(async (scope) => {
      await (await scope.tx()).execute(insert, [mail.id, mail.to, mail.subject, mail.text, scope.now()]);
    });
    if (this.options.print) {
      this.log.info({ to: mail.to, subject: mail.subject, text: mail.text }, 'mail captured');
    } else {
      this.log.warn({ mailId: mail.id }, 'mail captured, not sent: set SMTP_URL');
    }
    return 'captured';
  }

  /** Newest first; an empty address means everybody's. */
  async newest(to: string): Promise<CapturedMail[]> {
    return this.database.transaction({}, (tx) => tx.query<CapturedMail>(listNewest, [to.toLowerCase()]));
  }

  async purge(scope: Scope): Promise<void> {
    await (await scope.tx()).execute(purge, [new Date(scope.now().getTime() - KEPT_MS)]);
  }
}
