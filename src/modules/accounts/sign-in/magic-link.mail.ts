import type { Mail } from '../../../platform/mail/index.js';
import { LINK_MINUTES } from './sign-in.rules.js';

export function magicLinkMail({ to, link, expiresAt }: { to: string; link: string; expiresAt: Date }): Mail {
  return {
    to,
    kind: 'code',
    subject: 'Your sign-in link',
    text: [
      'Follow this link to sign in:',
      link,
      '',
      `It works once, within ${LINK_MINUTES} minutes. If you did not ask for it, ignore this mail; do not pass the`,
      'link on: it is all that is needed to sign in as you.',
      '',
    ].join('\n'),
    notAfter: expiresAt,
  };
}
