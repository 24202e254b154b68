import { type Mail, nameInMail } from '../../../platform/mail/index.js';

/** Content of the mail that the owner of a passkey gets. */
export interface PasskeyNotice {
  to: string;
  /** As the person calls the passkey; may be empty. */
  name: string;
  /** From which it was done; may be empty. */
  device: string;
  at: Date;
  appUrl: string;
}

export function passkeyAddedMail(news: PasskeyNotice): Mail {
  return mail(news, 'Your account has a new passkey', 'was added to your account', [
    'It can be used to sign in as you. If you did not add it, remove it from your passkeys and end your other',
    'sessions, at once:',
  ]);
}

export function passkeyRemovedMail(news: PasskeyNotice): Mail {
  return mail(news, 'A passkey was removed from your account', 'was removed from your account', [
    'It can no longer be used to sign in. If you did not remove it, sign in by code, end your other sessions and add it',
    'again:',
  ]);
}

/** The names are chosen by the caller, so they are cleaned. */
function mail(
  { to, name, device, at, appUrl }: PasskeyNotice,
  subject: string,
  what: string,
  advice: readonly string[],
): Mail {
  const named = nameInMail(name);
  const from = nameInMail(device);
  return {
    to,
    subject,
    text: [
      `${named === '' ? 'A passkey' : `The passkey “${named}”`} ${what} at ${at.toISOString()}${from === '' ? '' : `, from ${from}`}.`,
      '',
      ...advice,
      appUrl,
      '',
    ].join('\n'),
  };
}
