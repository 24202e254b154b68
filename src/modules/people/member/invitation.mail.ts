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

export interface DashboardInvitation extends Invitation {
  /** Name of the inviting member; may be empty. */
  inviter: string;
  expiresAt: Date;
}

/** The mail whose link signs its reader in to the dashboard. */
export function dashboardInvitationMail(given: DashboardInvitation): Mail {
  const { email, link, expiresAt } = given;
  const [organization, inviter] = [nameInMail(given.organization), nameInMail(given.inviter)];
  return {
    to: email,
    kind: 'invitation',
    subject: inviter
      ? `${inviter} invited you to join ${organization}`
      : `Invitation to join ${organization}`,
    text: [
      `${inviter || 'An admin'} invited you (${email}) to the analytics of ${organization}.`,
      '',
      `To accept and sign in, open this link. It works once, until ${expiresAt.toUTCString()}:`,
      link,
      '',
      'If you did not expect this, ignore it: nothing happens unless you open the link.',
      '',
    ].join('\n'),
    notAfter: expiresAt,
  };
}

/** Where an invitation to the dashboard leads: the token signs in. */
export function dashboardInvitationLink(dashboardUrl: string, token: string): string {
  return `${dashboardUrl}/magic-link?token=${token}`;
}

/** Where an invitation leads: the token says which one the person came by. */
export function invitationLink(appUrl: string, token: string): string {
  return `${appUrl}/sign-in?invitation=${token}`;
}
