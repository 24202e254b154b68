import {
  AppError,
  failedPrecondition,
  type FieldViolation,
  permissionDenied,
} from '../../../platform/errors/index.js';
import { asciiDomain, readEmailAddress } from '../../../platform/text/index.js';
import type { ProviderSettings, Sender, SmtpSettings } from './email-provider.js';

const LONGEST_SECRET = 512;
/** How long no mail must have left before admins are told. */
const TOLERATED_MS = 5 * 60_000;
const BETWEEN_REPORTS_MS = 24 * 60 * 60_000;
const ipv4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const ipv6 = /^[\da-f:.]*:[\da-f:.]*$/i;

/** What a request says of a provider; undefined where it names none. */
export interface GivenProvider {
  readonly from: string;
  readonly replyTo: string;
  readonly settings: ProviderSettings | undefined;
  /** Paths of the request's fields. */
  readonly paths: { readonly settings: string; readonly secret: string };
}

/** The sender in its one form, or what is wrong with it: nothing in it can begin another header or add a recipient. */
export function readSender(given: Sender): { sender: Sender; violations: FieldViolation[] } {
  const from = readEmailAddress(given.from);
  const replyTo = given.replyTo === '' ? { text: '' } : readEmailAddress(given.replyTo);
  const violations = [
    ...(from.problem === undefined ? [] : [{ field: 'from_address', description: from.problem }]),
    ...(replyTo.problem === undefined ? [] : [{ field: 'reply_to', description: replyTo.problem }]),
  ];
  return { sender: { from: from.text ?? '', replyTo: replyTo.text ?? '' }, violations };
}

/**
 * The settings with the stored secret, where a change leaves the secret out. A secret stays only with the server and the account
 * that it was given for: an admin who has never known it must not have it sent elsewhere, or in clear text.
 */
export function withStoredSecret(
  given: ProviderSettings,
  stored: ProviderSettings | undefined,
): ProviderSettings {
  if (given.kind === 'smtp') {
    return given.password === '' && stored?.kind === 'smtp' && isSameAccount(given, stored)
      ? { ...given, password: stored.password }
      : given;
  }
  return given.apiKey === '' && stored?.kind === given.kind ? { ...given, apiKey: stored.apiKey } : given;
}

function isSameAccount(given: SmtpSettings, stored: SmtpSettings): boolean {
  const same = given.host === stored.host && given.port === stored.port && given.username === stored.username;
  return same && (given.useTls || !stored.useTls);
}

/** What is wrong with the settings. */
export function settingsViolations(
  settings: ProviderSettings | undefined,
  { paths }: Pick<GivenProvider, 'paths'>,
): FieldViolation[] {
  if (!settings) return [{ field: paths.settings, description: 'value is required' }];
  if (settings.kind !== 'smtp') return secretViolations(settings.apiKey, paths.secret, true);
  const { host, port, username, password } = settings;
  const at = (name: string, description: string) => ({ field: `${paths.settings}.${name}`, description });
  return [
    ...(isHost(host) ? [] : [at('host', 'must be a host name or an address')]),
    ...(port > 0 && port <= 65_535 ? [] : [at('port', 'must be from 1 to 65535')]),
    ...secretViolations(username, `${paths.settings}.username`, password !== ''),
    ...secretViolations(password, paths.secret, username !== ''),
  ];
}

function isHost(host: string): boolean {
  return ipv4.test(host) || ipv6.test(host) || asciiDomain(host) !== undefined;
}

function secretViolations(text: string, field: string, isRequired: boolean): FieldViolation[] {
  if (text === '') return isRequired ? [{ field, description: 'value is required' }] : [];
  if (text.length > LONGEST_SECRET)
    return [{ field, description: `must have at most ${LONGEST_SECRET} characters` }];
  // Printable and without blanks at its ends: it goes into a header, or into a command of SMTP.
  if (/^[\x21-\x7e]$|^[\x21-\x7e][\x20-\x7e]*[\x21-\x7e]$/.test(text)) return [];
  return [{ field, description: 'must have printable ASCII characters only' }];
}

/** What may be shown of the settings. */
export function redacted(settings: ProviderSettings): string {
  if (settings.kind === 'smtp') {
    const { username, host, port } = settings;
    const authority = username === '' ? '' : `${username}:***@`;
    return `smtp://${authority}${host.includes(':') ? `[${host}]` : host}:${port}`;
  }
  const { apiKey } = settings;
  return apiKey.length <= 12 ? '***' : `${apiKey.slice(0, 8)}***${apiKey.slice(-4)}`;
}

export function invalidConfig(violations: FieldViolation[]): AppError {
  const summary = violations.map(({ field, description }) => `${field}: ${description}`).join('; ');
  return new AppError(
    'invalid_argument',
    'INVALID_EMAIL_PROVIDER_CONFIG',
    `The e-mail provider cannot be used as it is set: ${summary}`,
    { violations },
  );
}

export function refuseRecipient(recipient: string, own: string): AppError | undefined {
  if (readEmailAddress(recipient).text === own) return undefined;
  return permissionDenied(
    'EMAIL_TEST_RECIPIENT_MISMATCH',
    'A test mail can be sent to your own address only.',
  );
}

export function providerNotFound(): AppError {
  return new AppError('not_found', 'EMAIL_PROVIDER_NOT_FOUND', 'This organization has no e-mail provider.');
}

export function secretLost(): AppError {
  return failedPrecondition(
    'EMAIL_PROVIDER_SECRET_DECRYPT_FAILED',
    'The secret of the e-mail provider cannot be opened; set the provider again.',
  );
}

/** Whether admins are told now that mail does not leave. */
export function isReportDue(
  { failingSince, reportedAt }: { failingSince: Date; reportedAt: Date | null },
  now: Date,
): boolean {
  if (now.getTime() - failingSince.getTime() < TOLERATED_MS) return false;
  return reportedAt === null || now.getTime() - reportedAt.getTime() >= BETWEEN_REPORTS_MS;
}
