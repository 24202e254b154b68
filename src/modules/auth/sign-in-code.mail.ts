import type { Mail } from '../../platform/mail/index.js';
import { CODE_MINUTES } from './sign-in.rules.js';

/** The code stays out of the subject, which shows on locked screens. */
export function signInCodeMail(to: string, code: string, expiresAt: Date): Mail {
  return {
    to,
    subject: 'Your sign-in code',
    text: [
      `Your sign-in code is ${code}`,
      '',
      `It works once, within ${CODE_MINUTES} minutes. If you did not ask for it, ignore this mail;`,
      'nobody can sign in without the code, so do not pass it on.',
      '',
    ].join('\n'),
    notAfter: expiresAt,
  };
}
