import type { JobContext } from '../worker/index.js';
import type { OutgoingMail } from './mail.js';

/** `dropped`: it had become pointless; `refused`: the recipient's address takes no mail. */
export type MailOutcome = 'sent' | 'captured' | 'dropped' | 'refused';

/** How mail leaves the server. May be called twice for one mail. */
export interface MailDelivery {
  deliver(mail: OutgoingMail, context: JobContext): Promise<MailOutcome>;
}

export const MAIL_DELIVERY = Symbol('MailDelivery');
