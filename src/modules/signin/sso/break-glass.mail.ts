import { type Mail, nameInMail } from '../../../platform/mail/index.js';

/** Content of the mail that every super admin gets. */
export interface BreakGlassNotice {
  organization: string;
  /** The admin with break-glass access. */
  email: string;
  /** Undefined: it has ended since. */
  expiresAt: Date | undefined;
}

export function breakGlassArmedMail(to: string, news: BreakGlassNotice): Mail {
  return mail(to, news, `may sign in by passkey, without single sign-on${until(news)}`);
}

export function breakGlassUsedMail(to: string, news: BreakGlassNotice): Mail {
  const still = news.expiresAt ? `the access is armed${until(news)}` : 'the access has been disarmed since';
  return mail(to, news, `HAS SIGNED IN by passkey, without single sign-on; ${still}`);
}

/** Names come from others. */
function mail(to: string, { organization, email }: BreakGlassNotice, what: string): Mail {
  const name = nameInMail(organization);
  return {
    to,
    subject: `${name}: break-glass access`,
    text: [
      `In ${name}, ${email} ${what}.`,
      '',
      'If you do not know why, disarm it (EnforcementService.DisarmBreakGlass) and look at the audit trail.',
      '',
    ].join('\n'),
  };
}

function until({ expiresAt }: BreakGlassNotice): string {
  return expiresAt ? ` until ${expiresAt.toISOString()}` : '';
}
