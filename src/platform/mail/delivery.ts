import type { JobContext } from '../worker/index.js';
import type { OutgoingMail } from './mail.js';

/** `dropped`: it had become pointless. */
export type MailOutcome = 'sent' | 'captured' | 'dropped';

/** How mail leaves the server. May be called twice for one mail. */
export interface MailDelivery {
  deliver(mail: OutgoingMail, context: JobContext): Promise<MailOutcome>;
}

export const MAIL_DELIVERY = Symbol('MailDelivery');
