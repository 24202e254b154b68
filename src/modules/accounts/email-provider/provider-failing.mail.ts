import { type Mail, nameInMail } from '../../../platform/mail/index.js';

/** Tells an admin, by the operator's sender, that mail of the organization does not leave. What the provider says is not in it. */
export function providerFailingMail(to: string, organization: string, since: Date): Mail {
  const name = nameInMail(organization);
  return {
    to,
    subject: `Mail of ${name} is not being sent`,
    text: [
      `The e-mail provider of ${name} has refused or not answered since ${since.toISOString()}.`,
      '',
      'Mail of the organization waits and is tried again for about three days; codes and links to sign in',
      'end before that. Look at the settings of the provider, and send a test mail: it says what is wrong.',
      'Without a provider, mail is sent by the operator of this server.',
      '',
    ].join('\n'),
  };
}
