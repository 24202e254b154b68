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
      ? `Single sign-on “${name}”: certificate has expired`
      : `Single sign-on “${name}”: certificate expires ${day}`,
    text: [
      over
        ? `The last certificate that the identity provider of “${name}” signs with expired on ${day}.`
        : `The last certificate that the identity provider of “${name}” signs with expires on ${day}.`,
      '',
      'Renew it at the identity provider. Its metadata is fetched again by itself where a URL is set;',
      'otherwise upload the new metadata. Until then, no member can sign in through this connection.',
      '',
      `SHA-256 of the certificate: ${warning.fingerprint}`,
      '',
    ].join('\n'),
  };
}
