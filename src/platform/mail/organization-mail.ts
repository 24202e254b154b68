import { Injectable } from '@nestjs/common';
import type { JobContext } from '../worker/index.js';
import type { MailDelivery } from './delivery.js';
import type { OutgoingMail } from './mail.js';

/** Answers what delivers a mail in the place of the operator's delivery, if anything does. */
type FindDelivery = (mail: OutgoingMail, context: JobContext) => Promise<MailDelivery | undefined>;

/** The deliveries that organizations have chosen, contributed by the module that knows them. */
@Injectable()
export class OrganizationMail {
  private readonly finders: FindDelivery[] = [];

  /** Called by a module when it starts. */
  contribute(find: FindDelivery): void {
    this.finders.push(find);
  }

  /** Asked when the mail leaves: the provider may have changed since it was written. */
  async find(mail: OutgoingMail, context: JobContext): Promise<MailDelivery | undefined> {
    for (const find of this.finders) {
      const found = await find(mail, context);
      if (found) return found;
    }
    return undefined;
  }
}
