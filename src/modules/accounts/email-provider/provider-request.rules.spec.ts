import { describe, expect, test } from '@jest/globals';
import type { ApiSettings } from './email-provider.js';
import { refusalIn, requestFor, withoutSecrets } from './provider-request.rules.js';

const apis = { resend: 'https://r.test', sendgrid: 'https://s.test', postmark: 'https://p.test' };
const sender = { from: 'hello@acme.example', replyTo: '' };
const mail = { id: 'id-1', to: 'ann@example.com', subject: 'Hello', text: 'Words' };
const requestOf = (kind: ApiSettings['kind']) => requestFor({ kind, apiKey: 'k' }, sender, mail, apis);

describe('every attempt of a mail', () => {
  test('tells Resend the same key, and the others the same Message-ID', () => {
    expect(requestOf('resend').headers['idempotency-key']).toBe('id-1');
    expect(JSON.parse(requestOf('sendgrid').body)).toMatchObject({
      headers: { 'Message-ID': '<id-1@acme.example>' },
    });
    expect(requestOf('postmark').body).toContain('"Value":"<id-1@acme.example>"');
    expect(requestOf('postmark').body).toContain('X-PM-KeepID');
  });
});

test('answers go to the sender where no other address is set', () => {
  for (const kind of ['resend', 'sendgrid', 'postmark'] as const)
    expect(requestOf(kind).body).not.toMatch(/reply/i);
});

describe('an answer', () => {
  test.each([200, 202])('of %d has accepted the mail', (status) => {
    expect(refusalIn(status, '', 'k')).toBeUndefined();
  });

  test.each([
    [301, '', '301'],
    [500, '<html>', '500'],
    [400, 'null', '400'],
    [400, '{"errors":"none"}', '400'],
    [401, '{"message":["x"]}', '401'],
    [403, '{"message":"key kkk\\nis wrong"}', '403 key *** is wrong'],
  ])('of %d with %s is refused as "%s"', (status, body, message) => {
    expect(refusalIn(status, body, 'kkk')).toMatchObject({ message, concerns: 'provider' });
  });

  test('that the recipient takes no mail is no failure of the provider', () => {
    expect(refusalIn(422, '{"ErrorCode":406,"Message":"inactive"}', 'k')?.concerns).toBe('recipient');
  });
});

test('a refusal is one short line', () => {
  expect(withoutSecrets(`a\r\nb\u202Ec ${'x'.repeat(1000)}`, [''])).toMatch(/^a b c x{294}$/);
});
