import type { Mail } from '../../../platform/mail/index.js';
import { CODE_MINUTES } from './sign-in.rules.js';

/** The code stays out of the subject, which shows on locked screens. */
export function signInCodeMail(given: { to: string; code: string; link: string; expiresAt: Date }): Mail {
  return {
    to: given.to,
    kind: 'code',
    subject: 'Your sign-in code',
    text: [
      `Your sign-in code is ${given.code}`,
      '',
      'Type it where you asked for it, or follow this link on the same device:',
      given.link,
      '',
      `Both work once, within ${CODE_MINUTES} minutes. If you did not ask for this, ignore this mail;`,
      'do not pass the code on: it is all that is needed to sign in as you.',
      '',
    ].join('\n'),
    notAfter: given.expiresAt,
  };
}
