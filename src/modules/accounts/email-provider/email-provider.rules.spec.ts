import { describe, expect, test } from '@jest/globals';
import type { SmtpSettings } from './email-provider.js';
import {
  isReportDue,
  redacted,
  refuseRecipient,
  settingsViolations,
  withStoredSecret,
} from './email-provider.rules.js';

const smtp: SmtpSettings = {
  kind: 'smtp',
  host: 'mx.acme.example',
  port: 587,
  username: 'acme',
  password: 'hush',
  useTls: true,
};
const given = { ...smtp, password: '' };
const paths = { settings: 'smtp', secret: 'smtp.password' };

describe('the stored secret', () => {
  test.each([
    ['another host', { host: 'evil.example' }],
    ['another port', { port: 25 }],
    ['another account', { username: 'root' }],
    ['no encryption', { useTls: false }],
  ])('does not go with %s', (_what, change) => {
    expect(withStoredSecret({ ...given, ...change }, smtp)).toMatchObject({ password: '' });
  });

  test('goes with the same server, and gives way to a new one', () => {
    expect(withStoredSecret(given, smtp)).toEqual(smtp);
    expect(withStoredSecret({ ...given, password: 'new' }, smtp)).toMatchObject({ password: 'new' });
    expect(withStoredSecret(given, undefined)).toEqual(given);
    const resend = { kind: 'resend', apiKey: 'k' } as const;
    expect(withStoredSecret({ kind: 'resend', apiKey: '' }, resend)).toEqual(resend);
    expect(withStoredSecret({ kind: 'postmark', apiKey: '' }, resend)).toMatchObject({ apiKey: '' });
    expect(withStoredSecret(given, resend)).toEqual(given);
  });
});

describe('settings', () => {
  test.each([
    [{ host: 'mx.acme.example/x' }, ['smtp.host']],
    [{ host: 'a b' }, ['smtp.host']],
    [{ username: '' }, ['smtp.username']],
    [{ password: 'é' }, ['smtp.password']],
    [{ password: ' x' }, ['smtp.password']],
    [{ username: '', password: '' }, []],
    [{ host: '2001:db8::1' }, []],
    [{ host: '192.0.2.1' }, []],
  ])('with %j violate %j', (change, fields) => {
    const found = settingsViolations({ ...smtp, ...change }, { paths });
    expect(found.map(({ field }) => field)).toEqual(fields);
  });

  test.each([
    [smtp, 'smtp://acme:***@mx.acme.example:587'],
    [{ ...smtp, username: '', host: '2001:db8::1' }, 'smtp://[2001:db8::1]:587'],
    [{ kind: 'resend', apiKey: '123456789012' } as const, '***'],
    [{ kind: 'resend', apiKey: '1234567890123' } as const, '12345678***0123'],
  ])('%j are shown as %s', (settings, shown) => {
    expect(redacted(settings)).toBe(shown);
  });
});

test('a test goes to the address of the caller, in whatever case', () => {
  expect(refuseRecipient('Ann@Example.com', 'ann@example.com')).toBeUndefined();
  expect(refuseRecipient('ann@example.com.evil', 'ann@example.com')?.reason).toBe(
    'EMAIL_TEST_RECIPIENT_MISMATCH',
  );
  expect(refuseRecipient('', 'ann@example.com')).toBeDefined();
});

describe('admins are told', () => {
  const minute = 60_000;
  test.each([
    [4 * minute, null, false],
    [5 * minute, null, true],
    [2 * 24 * 60 * minute, 23 * 60 * minute, false],
    [2 * 24 * 60 * minute, 24 * 60 * minute, true],
  ])('after %d ms of failures, told %s ms ago: %s', (failing, told, due) => {
    const now = new Date();
    const before = (ms: number) => new Date(now.getTime() - ms);
    const state = { failingSince: before(failing), reportedAt: told === null ? null : before(told) };
    expect(isReportDue(state, now)).toBe(due);
  });
});
