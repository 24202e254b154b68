export type { MailDelivery, MailOutcome } from './delivery.js';
export type { Mail, OutgoingMail } from './mail.js';
export { nameInMail } from './name-in-mail.js';
export { mailboxIsReadable, MailModule } from './mail.module.js';
export { Mailer } from './mailer.js';
export { OrganizationMail } from './organization-mail.js';
