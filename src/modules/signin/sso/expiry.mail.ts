import { type Mail, nameInMail } from '../../../platform/mail/index.js';
import type { ExpiryWarning } from './metadata.rules.js';

/** Tells an admin in time. */
export function expiryMail(to: string, connectionName: string, warning: ExpiryWarning, now: Date): Mail {
  const name = nameInMail(connectionName);
  const day = warning.notAfter.toISOString().slice(0, 10);
  const over = warning.notAfter <= now;
  return {
    to,
    subject: over
      ? `Single sign-on “${name}”: certificate has ended`
      : `Single sign-on “${name}”: certificate ends ${day}`,
    text: [
      over
        ? `The last certificate that the identity provider of “${name}” signs with ended on ${day}.`
        : `The last certificate that the identity provider of “${name}” signs with ends on ${day}.`,
      '',
      'Renew it at the identity provider. Its metadata is fetched again by itself where a URL is set;',
      'otherwise upload the new metadata. Nobody can sign in through this connection without it.',
      '',
      `SHA-256 of the certificate: ${warning.fingerprint}`,
      '',
    ].join('\n'),
  };
}
