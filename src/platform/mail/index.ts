export type { Mail } from './mail.js';
export { MailModule } from './mail.module.js';
export { Mailer } from './mailer.js';
