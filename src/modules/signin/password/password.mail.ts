import type { Mail } from '../../../platform/mail/index.js';

export function passwordSetMail({ to, at, url }: { to: string; at: Date; url: string }): Mail {
  return {
    to,
    subject: 'Your password was set',
    text: [
      `The password of your account was set at ${at.toISOString()}. Your other sessions have ended.`,
      '',
      'If you did not do this, sign in by a mailed link, set another password, and end your other sessions:',
      url,
      '',
    ].join('\n'),
  };
}
