import { z } from 'zod';
import { documentation, url } from './variable-kinds.js';

/** Variables of the mail that leaves: by the operator's server, and by the providers that organizations choose. */
export const mailVariables = {
  SMTP_URL: url('smtp', 'smtps').optional().register(documentation, {
    meaning: 'Mail server.',
    must: 'be a URL such as smtps://user:password@host:465',
    fallback: 'mail is captured, not sent',
    secret: true,
  }),
  MAIL_FROM: z.string().includes('@').default('Dovecote <no-reply@localhost>').register(documentation, {
    meaning: 'Sender of mail.',
    must: 'contain a mail address',
  }),
  RESEND_URL: url('http', 'https').default('https://api.resend.com').register(documentation, {
    meaning: 'Address of the API of Resend, for organizations whose mail it sends.',
    must: 'be an http or https URL',
  }),
  SENDGRID_URL: url('http', 'https').default('https://api.sendgrid.com').register(documentation, {
    meaning:
      'Address of the API of SendGrid, for organizations whose mail it sends. In the EU: https://api.eu.sendgrid.com.',
    must: 'be an http or https URL',
  }),
  POSTMARK_URL: url('http', 'https').default('https://api.postmarkapp.com').register(documentation, {
    meaning: 'Address of the API of Postmark, for organizations whose mail it sends.',
    must: 'be an http or https URL',
  }),
};
