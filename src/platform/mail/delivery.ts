import type { JobContext } from '../jobs/index.js';
import type { OutgoingMail } from './mail.js';

/** How mail leaves the server. May be called twice for one mail. */
export interface MailDelivery {
  deliver(mail: OutgoingMail, context: JobContext): Promise<void>;
}

export const MAIL_DELIVERY = Symbol('MailDelivery');
