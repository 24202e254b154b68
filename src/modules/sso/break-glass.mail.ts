import type { Mail } from '../../platform/mail/index.js';

/** What every super admin is told, whoever did it. */
export interface BreakGlassNews {
  organization: string;
  /** The admin who is, or was, let in without single sign-on. */
  email: string;
  expiresAt: Date;
}

export function breakGlassArmedMail(to: string, news: BreakGlassNews): Mail {
  return mail(to, news, 'may sign in by passkey, without single sign-on,');
}

export function breakGlassUsedMail(to: string, news: BreakGlassNews): Mail {
  return mail(to, news, 'HAS SIGNED IN by passkey, without single sign-on; that is possible');
}

/** Names come from others: they stay on one line. */
function mail(to: string, { organization, email, expiresAt }: BreakGlassNews, what: string): Mail {
  const name = organization.replaceAll(/\s+/g, ' ').trim();
  return {
    to,
    subject: `${name}: a way around single sign-on`,
    text: [
      `In ${name}, ${email} ${what} until ${expiresAt.toISOString()}.`,
      '',
      'If you do not know why, disarm it (EnforcementService.DisarmBreakGlass) and look at the audit trail.',
      '',
    ].join('\n'),
  };
}
