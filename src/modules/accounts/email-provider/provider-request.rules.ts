import { type ApiSettings, ProviderRefusal, type Sender } from './email-provider.js';

/** A mail as a provider is given it. */
export interface ProviderMail {
  /** The same in every attempt: a provider that knows it already sends nothing. */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface ProviderRequest {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const LONGEST_REFUSAL = 300;
const automatic = { 'Auto-Submitted': 'auto-generated' };

export function messageIdOf({ id }: ProviderMail, { from }: Sender): string {
  return `<${id}@${domainOf(from)}>`;
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}

/** The request that sends the mail; `apis` are the addresses of the providers. Links are not rewritten: they sign people in. */
export function requestFor(
  { kind, apiKey }: ApiSettings,
  sender: Sender,
  mail: ProviderMail,
  apis: Readonly<Record<ApiSettings['kind'], string>>,
): ProviderRequest {
  const { from, replyTo } = sender;
  const { to, subject, text } = mail;
  const bearer = { authorization: `Bearer ${apiKey}` };
  const messageId = messageIdOf(mail, sender);
  switch (kind) {
    case 'resend':
      return request(
        `${apis.resend}/emails`,
        { ...bearer, 'idempotency-key': mail.id },
        {
          from,
          to: [to],
          subject,
          text,
          ...(replyTo && { reply_to: replyTo }),
          headers: automatic,
        },
      );
    case 'sendgrid':
      return request(`${apis.sendgrid}/v3/mail/send`, bearer, {
        personalizations: [{ to: [{ email: to }] }],
        from: { email: from },
        ...(replyTo && { reply_to: { email: replyTo } }),
        subject,
        content: [{ type: 'text/plain', value: text }],
        headers: { ...automatic, 'Message-ID': messageId },
        tracking_settings: {
          click_tracking: { enable: false, enable_text: false },
          open_tracking: { enable: false },
        },
      });
    case 'postmark':
      return request(
        `${apis.postmark}/email`,
        { 'x-postmark-server-token': apiKey },
        {
          From: from,
          To: to,
          ...(replyTo && { ReplyTo: replyTo }),
          Subject: subject,
          TextBody: text,
          Headers: [
            { Name: 'Message-ID', Value: messageId },
            { Name: 'X-PM-KeepID', Value: 'true' },
            { Name: 'Auto-Submitted', Value: 'auto-generated' },
          ],
          TrackOpens: false,
          TrackLinks: 'None',
        },
      );
  }
}

function request(url: string, headers: Record<string, string>, body: object): ProviderRequest {
  const json = { 'content-type': 'application/json', accept: 'application/json' };
  return { url, headers: { ...json, ...headers }, body: JSON.stringify(body) };
}

/** Error codes of Postmark that concern the recipient: an address that bounced, or is not valid. */
const recipientCodes: readonly unknown[] = [300, 406];

/** Why the provider does not send the mail; undefined when it does. Redirects are refusals: a key goes to one place. */
export function refusalIn(status: number, body: string, apiKey: string): ProviderRefusal | undefined {
  if (status >= 200 && status < 300) return undefined;
  const answer = objectIn(body);
  const [first] = Array.isArray(answer.errors) ? (answer.errors as unknown[]) : [];
  const said = [answer.message, answer.Message, isObject(first) ? first.message : undefined];
  const words = said.find((text) => typeof text === 'string') ?? '';
  const concerns = recipientCodes.includes(answer.ErrorCode) ? 'recipient' : 'provider';
  return new ProviderRefusal(withoutSecrets(`${status} ${words}`, [apiKey]), concerns);
}

/** One line, short, and without what must not be shown. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const open = secrets
    .filter((secret) => secret !== '')
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  return open
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_REFUSAL)
    .toWellFormed();
}

function objectIn(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
