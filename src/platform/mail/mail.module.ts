import { Global, Module, type OnModuleInit } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { PinoLogger } from 'nestjs-pino';
import { Clock } from '../clock/clock.js';
import { CONFIG } from '../config/config.module.js';
import { type Config, isLoopback } from '../config/index.js';
import { Database } from '../database/index.js';
import { PersonalData } from '../personal-data/index.js';
import { ENVELOPE } from '../platform.module.js';
import { DailyLimits } from '../throttle/daily-limits.js';
import { CapturedMailbox } from './captured-mail.js';
import { MAIL_DELIVERY, type MailDelivery } from './delivery.js';
import { MAILBOX_OPTIONS, MailboxController, type MailboxOptions } from './mailbox.controller.js';
import { Mailer } from './mailer.js';
import { OrganizationMail } from './organization-mail.js';
import { mailPersonalData } from './personal-data.store.js';
import { PurgeCapturedMailJob } from './purge-captured-mail.job.js';
import { SendMailJob } from './send-mail.job.js';

/** Captured mail contains sign-in codes: it is shown to the developer's own machine only. */
export function mailboxIsReadable({ environment, http, mail }: Config): boolean {
  return environment === 'development' && isLoopback(http.host) && mail.smtpUrl === undefined;
}

/** Mail: written by the API, delivered by a worker; by SMTP, or captured while no mail server is configured. */
@Global()
@Module({
  controllers: [MailboxController],
  providers: [
    OrganizationMail,
    PurgeCapturedMailJob,
    SendMailJob,
    {
      provide: Mailer,
      inject: [ENVELOPE, DailyLimits],
      useFactory: (envelope: Envelope, limits: DailyLimits) => new Mailer(envelope, limits),
    },
    {
      provide: CapturedMailbox,
      inject: [CONFIG, Database, PinoLogger],
      useFactory: (config: Config, database: Database, log: PinoLogger) =>
        new CapturedMailbox({ print: config.environment === 'development' }, database, log),
    },
    {
      provide: MAIL_DELIVERY,
      inject: [CONFIG, Clock, CapturedMailbox],
      useFactory: async (config: Config, clock: Clock, captured: CapturedMailbox): Promise<MailDelivery> => {
        const { smtpUrl: url, from } = config.mail;
        if (url === undefined) return captured;
        const { SmtpDelivery } = await import('./smtp-delivery.js');
        return new SmtpDelivery({ url, from }, clock);
      },
    },
    {
      provide: MAILBOX_OPTIONS,
      inject: [CONFIG],
      useFactory: (config: Config): MailboxOptions => ({
        readable: mailboxIsReadable(config),
      }),
    },
  ],
  exports: [Mailer, OrganizationMail],
})
export class MailModule implements OnModuleInit {
  constructor(private readonly personalData: PersonalData) {}

  onModuleInit(): void {
    this.personalData.contribute(mailPersonalData);
  }
}
