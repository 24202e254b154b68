export type { Mail } from './mail.js';
export { nameInMail } from './name-in-mail.js';
export { mailboxIsReadable, MailModule } from './mail.module.js';
export { Mailer } from './mailer.js';
