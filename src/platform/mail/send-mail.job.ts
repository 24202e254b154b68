import { Inject, Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../worker/index.js';
import { Metrics } from '../telemetry/metrics.js';
import { MAIL_DELIVERY, type MailDelivery } from './delivery.js';
import { Mailer, sendMailTask } from './mailer.js';
import { OrganizationMail } from './organization-mail.js';

/** Takes enqueued mail to its delivery; the queue tries again until that succeeds. */
@Injectable()
@HandlesJob({ task: sendMailTask })
export class SendMailJob implements JobHandler<{ id: string; sealed: string }> {
  constructor(
    private readonly mailer: Mailer,
    @Inject(MAIL_DELIVERY) private readonly operators: MailDelivery,
    private readonly organizations: OrganizationMail,
    private readonly metrics: Metrics,
  ) {}

  async handle({ id, sealed }: { id: string; sealed: string }, context: JobContext): Promise<void> {
    let outcome = 'failed';
    try {
      const mail = this.mailer.open(id, sealed);
      const delivery = (await this.organizations.find(mail, context)) ?? this.operators;
      outcome = await delivery.deliver(mail, context);
    } finally {
      this.metrics.mails.inc({ outcome });
    }
  }
}
