import { inspect } from 'node:util';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  OrgEmailProviderKind,
  OrgEmailProvidersService,
} from '@dovecote/contract/dashboard/orgemailproviders/v1/orgemailproviders_pb';
import { type Actor, addMember, type Cast, seedCast } from '../support/cast.js';
import { signedInEarlier, signInAgain } from '../support/dashboards.js';
import { ProviderApi, ProviderSmtp } from '../support/mail-providers.js';
import { newEmail } from '../support/members.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const smtp = new ProviderSmtp();
const api = new ProviderApi();
const password = 'hush-hush-7731';
const apiKey = 're_12345678_secretsecret_wxyz';

let s: TestServer;
let cast: Cast;
/** The port of the mail server; known once it listens. */
let port = 587;

beforeAll(async () => {
  port = await smtp.open();
  const url = await api.open();
  s = await startTestServer({
    env: { ROLE: 'api', RESEND_URL: url, OUTBOUND_ALLOWED_HOSTS: `127.0.0.1:${port},${new URL(url).host}` },
  });
  cast = await seedCast(s);
});
afterAll(async () => {
  await s?.stop();
  smtp.close();
  api.close();
});
beforeEach(() => {
  smtp.answers = {};
  api.refusal = undefined;
});

const providers = (who: Actor) => who.client(OrgEmailProvidersService);
const server = (change: object = {}) => ({
  case: 'smtp' as const,
  value: { host: '127.0.0.1', port, username: 'acme', password, ...change },
});
const setting = (change: object = {}, config: ReturnType<typeof server> = server()) => ({
  orgId: cast.acme.id,
  fromAddress: 'hello@acme.example',
  config,
  ...change,
});
const test_ = (who: Actor = cast.alice) =>
  providers(who).sendTest({ orgId: who.orgId, recipient: who.email });
const trail = () =>
  s.database.query<{ event_type: string; metadata: Record<string, string> }>(
    `select event_type, metadata from audit_event where entity_type = 'email_provider' and org_id = $1 order by id`,
    [cast.acme.id],
  );

describe('the provider of an organization', () => {
  test('is for its admins alone', async () => {
    const orgId = cast.acme.id;
    for (const [who, reason] of [
      [cast.mallory, 'ORG_NOT_A_MEMBER'],
      [cast.max, 'ORG_ROLE_FORBIDDEN'],
      [cast.erin, 'ORG_ROLE_FORBIDDEN'],
    ] as const) {
      const calls = [
        providers(who).get({ orgId }),
        providers(who).set(setting()),
        providers(who).remove({ orgId }),
        providers(who).sendTest({ orgId, recipient: who.email }),
      ];
      for (const refusal of await refusalsOf(calls))
        expect(refusal).toMatchObject({ code: Code.PermissionDenied, reason });
    }
    expect(smtp.attempts).toEqual([]);
  });

  test('is changed by admins who have signed in lately', async () => {
    const earlier = s.client(OrgEmailProvidersService, await signedInEarlier(s, cast.alice));
    for (const refusal of await refusalsOf([
      earlier.set(setting()),
      earlier.remove({ orgId: cast.acme.id }),
    ])) {
      expect(refusal.code).toBe(Code.FailedPrecondition);
      expect(refusal.message).toMatch(signInAgain);
    }
  });

  test('is not there at first, and its removal is no error', async () => {
    const none = { code: Code.NotFound, reason: 'EMAIL_PROVIDER_NOT_FOUND' };
    expect(await refusalOf(providers(cast.alice).get({ orgId: cast.acme.id }))).toMatchObject(none);
    expect(await refusalOf(test_())).toMatchObject(none);
    await providers(cast.alice).remove({ orgId: cast.acme.id });
    expect(await trail()).toEqual([]);
  });

  test.each<[string, object, string]>([
    ['no sender', { fromAddress: undefined }, 'from_address'],
    ['a sender that is no address', { fromAddress: 'acme' }, 'from_address'],
    [
      'a sender with another header',
      { fromAddress: 'a@acme.example\r\nBcc: all@acme.example' },
      'from_address',
    ],
    ['answers to another header', { replyTo: 'a@acme.example\nX: y' }, 'reply_to'],
    ['answers to two', { replyTo: 'a@acme.example, b@acme.example' }, 'reply_to'],
    ['no settings', { config: { case: undefined } }, 'config'],
    ['no host', { config: server({ host: '' }) }, 'smtp.host'],
    ['a host with a command', { config: server({ host: 'a\r\nRCPT TO:<x>' }) }, 'smtp.host'],
    ['a URL for a host', { config: server({ host: 'http://169.254.169.254/' }) }, 'smtp.host'],
    ['the port 0', { config: server({ port: 0 }) }, 'smtp.port'],
    ['an invalid port', { config: server({ port: 70_000 }) }, 'smtp.port'],
    ['an empty password', { config: server({ password: '' }) }, 'smtp.password'],
    ['no password', { config: server({ password: undefined }) }, 'smtp.password'],
    ['a password with a line break', { config: server({ password: 'x\r\ny' }) }, 'smtp.password'],
    [
      'a key with a header',
      { config: { case: 'resend', value: { apiKey: 'x\r\nhost: y' } } },
      'resend.api_key',
    ],
    ['a key of a book', { config: { case: 'resend', value: { apiKey: 'x'.repeat(513) } } }, 'resend.api_key'],
  ])('is refused with %s', async (_what, change, field) => {
    const refused = await refusalOf(providers(cast.alice).set(setting(change)));
    expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: [field] });
  });

  test('is shown without its secret, stored sealed, and recorded without either', async () => {
    const { updateTime } = await providers(cast.alice).set(setting({ replyTo: 'Desk@Acme.example' }));
    const shown = await providers(cast.alice).get({ orgId: cast.acme.id });
    expect(shown).toMatchObject({
      kind: OrgEmailProviderKind.SMTP,
      fromAddress: 'hello@acme.example',
      replyTo: 'desk@acme.example',
      redactedSecret: `smtp://acme:***@127.0.0.1:${port}`,
      updateTime,
    });
    await providers(cast.alice).set({ ...setting(), config: { case: 'resend', value: { apiKey } } });
    const replaced = await providers(cast.alice).get({ orgId: cast.acme.id });
    expect(replaced).toMatchObject({ kind: OrgEmailProviderKind.RESEND, redactedSecret: 're_12345***wxyz' });
    const rows = await s.database.query<Record<string, unknown>>('select * from email_provider');
    expect(rows).toHaveLength(1);
    const everything = inspect(
      [rows.map((row) => Object.values(row).map(String)), await trail(), s.logLines()],
      {
        depth: 9,
        maxArrayLength: null,
      },
    );
    expect(everything).not.toContain(password);
    expect(everything).not.toContain('secretsecret');
    await providers(cast.alice).remove({ orgId: cast.acme.id });
    expect((await trail()).map(({ event_type }) => event_type)).toEqual([
      'EMAIL_PROVIDER_SET',
      'EMAIL_PROVIDER_SET',
      'EMAIL_PROVIDER_REMOVED',
    ]);
  });

  test('that no key opens any more says so, and can be set again', async () => {
    await providers(cast.alice).set(setting());
    await s.database.query(`update email_provider set sealed_settings = '\\x00'`);
    const lost = { code: Code.FailedPrecondition, reason: 'EMAIL_PROVIDER_SECRET_DECRYPT_FAILED' };
    expect(await refusalOf(providers(cast.alice).get({ orgId: cast.acme.id }))).toMatchObject(lost);
    expect(await refusalOf(test_())).toMatchObject(lost);
    await providers(cast.alice).set(setting());
    expect(await test_()).toMatchObject({ success: true });
  });

  test('of one organization is not that of another, though its row be copied', async () => {
    await providers(cast.alice).set(setting());
    await s.database.query(
      `insert into email_provider (org_id, kind, from_address, reply_to, sealed_settings, updated_at)
       select $1, kind, from_address, reply_to, sealed_settings, updated_at from email_provider`,
      [cast.other.id],
    );
    const refused = await refusalOf(providers(cast.mallory).get({ orgId: cast.other.id }));
    expect(refused.reason).toBe('EMAIL_PROVIDER_SECRET_DECRYPT_FAILED');
    await providers(cast.mallory).remove({ orgId: cast.other.id });
  });
});

describe('a test mail', () => {
  test('goes to the caller, and to no other person', async () => {
    await providers(cast.alice).set(setting());
    const before = smtp.attempts.length;
    for (const recipient of [cast.max.email, 'someone@example.com']) {
      const refused = await refusalOf(providers(cast.alice).sendTest({ orgId: cast.acme.id, recipient }));
      expect(refused).toMatchObject({ code: Code.PermissionDenied, reason: 'EMAIL_TEST_RECIPIENT_MISMATCH' });
    }
    expect(smtp.attempts.length).toBe(before);
    const recipient = cast.alice.email.toUpperCase();
    const { success, errorMessage } = await providers(cast.alice).sendTest({
      orgId: cast.acme.id,
      recipient,
    });
    expect([success, errorMessage]).toEqual([true, '']);
    const mail = smtp.mails.at(-1);
    expect(mail).toMatchObject({
      account: `acme:${password}`,
      from: 'hello@acme.example',
      to: cast.alice.email,
    });
  });

  test('that the provider refuses is an answer, without the secret', async () => {
    await providers(cast.alice).set(setting());
    smtp.answers = { AUTH: `535 ${password} is wrong` };
    expect(await test_()).toMatchObject({
      success: false,
      errorMessage: expect.stringContaining('535 *** is wrong'),
    });
    await providers(cast.alice).set({ ...setting(), config: { case: 'resend', value: { apiKey } } });
    api.refusal = { status: 403, body: { message: `${apiKey} may not\r\nsend from acme.example` } };
    expect(await test_()).toMatchObject({
      success: false,
      errorMessage: '403 *** may not send from acme.example',
    });
  });

  test.each([
    ['loopback', '127.0.0.1', 25],
    ['loopback by name', 'localhost', 25],
    ['loopback in IPv6', '::1', 25],
    ['mapped loopback', '::ffff:127.0.0.1', 25],
    ['the cloud’s metadata', '169.254.169.254', 80],
    ['a private network', '10.0.0.1', 587],
  ])('is not sent to %s', async (_what, host, at) => {
    await providers(cast.alice).set(setting({}, server({ host, port: at })));
    expect(await test_()).toMatchObject({
      success: false,
      errorMessage: expect.stringContaining('does not resolve to a public address'),
    });
  });

  test('does not follow a provider’s redirect', async () => {
    const elsewhere = new ProviderApi();
    const url = await elsewhere.open();
    await providers(cast.alice).set({ ...setting(), config: { case: 'resend', value: { apiKey } } });
    api.refusal = { status: 307, body: {}, headers: { location: `${url}/emails` } };
    expect(await test_()).toMatchObject({ success: false, errorMessage: '307' });
    expect(elsewhere.requests).toEqual([]);
    elsewhere.close();
  });

  test('leaves encrypted or not at all where the settings say so', async () => {
    smtp.answers = { STARTTLS: '454 not today' };
    await providers(cast.alice).set(setting({}, server({ useTls: true })));
    const before = smtp.attempts.length;
    expect(await test_()).toMatchObject({ success: false, errorMessage: expect.stringMatching(/TLS/) });
    expect(smtp.attempts.length).toBe(before);
  });

  test('can be sent twenty times a day by a person', async () => {
    await providers(cast.alice).set(setting());
    const admin = await addMember(s, cast.acme, { email: newEmail(), role: 'super_admin' });
    const outcomes = await Promise.allSettled(Array.from({ length: 21 }, () => test_(admin)));
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect((await refusalOf(test_(admin))).code).toBe(Code.ResourceExhausted);
    expect(await test_()).toMatchObject({ success: true });
  });
});
