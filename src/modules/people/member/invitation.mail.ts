import { type Mail, nameInMail } from '../../../platform/mail/index.js';

export interface Invitation {
  email: string;
  organization: string;
  /** Where the recipient signs in and accepts it. */
  link: string;
}

/** The mail that tells a person where they are expected. Names come from others. */
export function invitationMail({ email, organization, link }: Invitation): Mail {
  const name = nameInMail(organization);
  return {
    to: email,
    kind: 'invitation',
    subject: `You are invited to ${name}`,
    text: [
      `You have been invited to ${name}.`,
      '',
      `To accept, sign in with this address (${email}); you will get a code by mail:`,
      link,
      '',
      'If you did not expect this, ignore it: nothing happens unless you sign in.',
      '',
    ].join('\n'),
  };
}

/** Where an invitation leads: the token says which one the person came by. */
export function invitationLink(appUrl: string, token: string): string {
  return `${appUrl}/sign-in?invitation=${token}`;
}
