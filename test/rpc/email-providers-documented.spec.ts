import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { OrgEmailProvidersService as ShippedProviders } from '@dovecote/contract/dashboard/orgemailproviders/v1/orgemailproviders_pb';
import {
  EmailProviderType,
  OrgEmailProvidersService,
} from '@dovecote/contract/orgemailproviders/v1/orgemailproviders_pb';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { addViewer } from '../support/dashboards.js';
import { ProviderApi, ProviderSmtp } from '../support/mail-providers.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const smtp = new ProviderSmtp();
const api = new ProviderApi();
const key = 'key-12345678-secretsecret';

let s: TestServer;
let cast: Cast;
let port: number;

beforeAll(async () => {
  port = await smtp.open();
  const url = await api.open();
  s = await startTestServer({
    env: {
      ROLE: 'api',
      RESEND_URL: url,
      SENDGRID_URL: url,
      POSTMARK_URL: `${url}/`,
      OUTBOUND_ALLOWED_HOSTS: '127.0.0.1',
    },
  });
  cast = await seedCast(s);
});
afterAll(async () => {
  await s?.stop();
  smtp.close();
  api.close();
});
beforeEach(() => {
  api.refusal = undefined;
});

const providers = (who: Actor = cast.alice) => who.client(OrgEmailProvidersService);
const fromAddress = 'hello@acme.example';
const account = (change: object = {}) => ({
  type: EmailProviderType.SMTP,
  fromAddress,
  smtp: { host: '127.0.0.1', port, username: 'acme', password: 'hush-hush', ...change },
});
const sendTest = (who: Actor = cast.alice) => providers(who).sendTest({ recipient: who.email });

describe('the provider of an organization', () => {
  test('is for its admins alone', async () => {
    for (const who of [cast.max, await addViewer(s, cast), cast.erin]) {
      const calls = [
        providers(who).get({}),
        providers(who).upsert(account()),
        providers(who).delete({}),
        sendTest(who),
      ];
      for (const refusal of await refusalsOf(calls)) expect(refusal.code).toBe(Code.PermissionDenied);
    }
    const orgId = cast.acme.id;
    const theirs = [
      providers(cast.mallory).get({ orgId }),
      providers(cast.mallory).upsert({ ...account(), orgId }),
    ];
    for (const refusal of await refusalsOf(theirs)) expect(refusal.code).toBe(Code.PermissionDenied);
  });

  test.each([
    ['no type', { type: 0 }, 'type', 'value is required'],
    ['no sender', { type: 'EMAIL_PROVIDER_TYPE_RESEND', api_key: 'x' }, 'from_address', 'value is required'],
    ['no mail server', { type: 'EMAIL_PROVIDER_TYPE_SMTP', fromAddress }, 'smtp', 'value is required'],
    ['no key', { type: 'EMAIL_PROVIDER_TYPE_SENDGRID', fromAddress }, 'api_key', 'value is required'],
    [
      'an invalid port',
      { type: 'EMAIL_PROVIDER_TYPE_SMTP', fromAddress, smtp: { host: 'mx.acme.example' } },
      'smtp.port',
      '',
    ],
  ])('is refused with %s, as the documentation has it', async (_what, body, field, description) => {
    const response = await fetch(`${s.url}/orgemailproviders.v1.OrgEmailProvidersService/Upsert`, {
      method: 'POST',
      headers: { ...cast.alice.headers, 'content-type': 'application/json' },
      body: JSON.stringify({ fromAddress: body.type === 0 ? fromAddress : undefined, ...body }),
    });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      {
        code: 'invalid_argument',
        message: 'validation error',
        details: [{ field, description: expect.stringContaining(description) }],
      },
    ]);
  });

  test('keeps its password for the same server and account, and for no other', async () => {
    await providers().upsert(account());
    const { provider } = await providers().upsert({
      ...account({ password: '' }),
      replyTo: 'desk@acme.example',
    });
    expect(provider).toMatchObject({
      type: EmailProviderType.SMTP,
      replyTo: 'desk@acme.example',
      smtp: { host: '127.0.0.1', port, username: 'acme', password: '' },
      redactedSecret: `smtp://acme:***@127.0.0.1:${port}`,
    });
    expect(await sendTest()).toMatchObject({ success: true });
    expect(smtp.mails.at(-1)?.account).toBe('acme:hush-hush');
    const thief = new ProviderSmtp();
    const theirs = await thief.open();
    for (const change of [{ port: theirs }, { host: 'localhost' }, { username: 'root' }]) {
      const refused = await refusalOf(providers().upsert(account({ password: '', ...change })));
      expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['smtp.password'] });
    }
    await providers().upsert(account({ useTls: true }));
    const weaker = await refusalOf(providers().upsert(account({ password: '', useTls: false })));
    expect(weaker.fields).toEqual(['smtp.password']);
    expect(thief.attempts).toEqual([]);
    thief.close();
  });

  test('keeps its key for the same type, and for no other', async () => {
    await providers().upsert({ type: EmailProviderType.POSTMARK, fromAddress, apiKey: key });
    await providers().upsert({ type: EmailProviderType.POSTMARK, fromAddress: 'news@acme.example' });
    const { provider } = await providers().get({});
    expect(provider).toMatchObject({ fromAddress: 'news@acme.example', redactedSecret: 'key-1234***cret' });
    const refused = await refusalOf(providers().upsert({ type: EmailProviderType.RESEND, fromAddress }));
    expect(refused.fields).toEqual(['api_key']);
  });

  test('of a type that the other contract does not know is shown there without one', async () => {
    await providers().upsert({ type: EmailProviderType.SENDGRID, fromAddress, apiKey: key });
    const shown = await cast.alice.client(ShippedProviders).get({ orgId: cast.acme.id });
    expect(shown).toMatchObject({ kind: 0, fromAddress, redactedSecret: 'key-1234***cret' });
  });

  test('is removed once, and again without an error', async () => {
    await providers().delete({});
    await providers().delete({});
    expect((await refusalOf(providers().get({}))).code).toBe(Code.NotFound);
    expect((await refusalOf(sendTest())).code).toBe(Code.NotFound);
  });

  test('is one, also when two set it at once', async () => {
    const set = (name: string) =>
      providers().upsert({
        type: EmailProviderType.RESEND,
        fromAddress: `${name}@acme.example`,
        apiKey: key,
      });
    await Promise.all(['a', 'b', 'c'].map(set));
    expect(
      await s.database.query('select from email_provider where org_id = $1', [cast.acme.id]),
    ).toHaveLength(1);
  });
});

describe('mail by the API of', () => {
  test.each([
    ['Resend', EmailProviderType.RESEND, '/emails', { authorization: `Bearer ${key}` }],
    ['SendGrid', EmailProviderType.SENDGRID, '/v3/mail/send', { authorization: `Bearer ${key}` }],
    ['Postmark', EmailProviderType.POSTMARK, '/email', { 'x-postmark-server-token': key }],
  ])('%s has the sender, the recipient, and is not tracked', async (_name, type, path, headers) => {
    await providers().upsert({ type, fromAddress, replyTo: 'desk@acme.example', apiKey: key });
    expect(await sendTest()).toMatchObject({ success: true, errorMessage: '' });
    const request = api.requests.at(-1);
    expect(request).toMatchObject({ path, headers });
    const body = JSON.stringify(request?.body);
    for (const part of [fromAddress, 'desk@acme.example', cast.alice.email, 'Test mail', 'auto-generated'])
      expect(body).toContain(part);
    expect(body).not.toMatch(/"enable":true|"TrackOpens":true/);
    expect(body).not.toContain(key);
  });

  test.each([
    ['Resend', EmailProviderType.RESEND, { name: 'validation_error', message: 'The domain is not verified' }],
    ['SendGrid', EmailProviderType.SENDGRID, { errors: [{ message: 'The domain is not verified' }] }],
    ['Postmark', EmailProviderType.POSTMARK, { ErrorCode: 400, Message: 'The domain is not verified' }],
  ])('%s that is refused says why', async (_name, type, body) => {
    await providers().upsert({ type, fromAddress, apiKey: key });
    api.refusal = { status: 422, body };
    expect(await sendTest()).toMatchObject({
      success: false,
      errorMessage: '422 The domain is not verified',
    });
  });
});
