import type { Mail } from '../../../platform/mail/index.js';

/** Names come from others: they stay on one line. */
export function enforcementEndedMail(to: string, organization: string): Mail {
  const name = organization.replaceAll(/\s+/g, ' ').trim();
  return {
    to,
    subject: `${name}: single sign-on is no longer enforced`,
    text: [
      `The operator of the server has ended the enforcement of single sign-on in ${name}.`,
      '',
      'Members can sign in by code or passkey again. Enforce it again once the identity provider works.',
      'If you do not know why this was done, ask the operator; the audit trail shows the time.',
      '',
    ].join('\n'),
  };
}
