import type { Mail } from '../../platform/mail/index.js';

export interface Invitation {
  email: string;
  organization: string;
  /** Where the recipient finds the server. */
  url: string;
}

/** The mail that tells a person where they are expected. Names come from others: they stay on one line. */
export function invitationMail({ email, organization, url }: Invitation): Mail {
  const name = organization.replaceAll(/\s+/g, ' ').trim();
  return {
    to: email,
    subject: `You are invited to ${name}`,
    text: [
      `You have been invited to ${name}.`,
      '',
      `To accept, sign in at ${url} with this address (${email}); you will get a code by mail.`,
      '',
      'If you did not expect this, ignore it: nothing happens unless you sign in.',
      '',
    ].join('\n'),
  };
}
