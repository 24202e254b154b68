import { createTransport, type Transporter } from 'nodemailer';
import type { Clock } from '../clock/clock.js';
import type { MailDelivery, MailOutcome } from './delivery.js';
import type { OutgoingMail } from './mail.js';

export interface SmtpOptions {
  url: string;
  from: string;
}

/** Milliseconds; a mail server that hangs must not hold a worker for nodemailer's ten minutes. */
const TIMEOUT_MS = 20_000;

/** Delivers to the operator's mail server. */
export class SmtpDelivery implements MailDelivery {
  private readonly transport: Transporter;

  constructor(
    private readonly options: SmtpOptions,
    private readonly clock: Clock,
  ) {
    this.transport = createTransport({
      url: options.url,
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async deliver(mail: OutgoingMail): Promise<MailOutcome> {
    if (mail.notAfter && mail.notAfter < this.clock.now()) return 'dropped';
    await this.transport.sendMail({
      from: this.options.from,
      // As an object, so that no character in it can add a recipient.
      to: { name: '', address: mail.to },
      subject: mail.subject,
      text: mail.text,
      messageId: `<${mail.id}@${domainOf(this.options.from)}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
    return 'sent';
  }
}

function domainOf(sender: string): string {
  return /@([^\s>]+)/.exec(sender)?.[1] ?? 'localhost';
}
