import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PasskeyService } from '@dovecote/contract/dovecote/auth/v1/passkey_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { Authenticator, type Tampering } from '../support/authenticator.js';
import { type Actor, addMember, type Cast, seedCast } from '../support/cast.js';
import { hire } from '../support/members.js';
import { appOrigin, enrolled, register } from '../support/passkeys.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const passkeyRefused = {
  code: Code.InvalidArgument,
  reason: 'PASSKEY_REFUSED',
  fields: ['credential_json'],
};

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const passkeys = (who: Actor) => who.client(PasskeyService);
const anybody = () => s.client(PasskeyService);

describe('registering a passkey is refused', () => {
  const cases: [string, Tampering][] = [
    ['from a page of somebody else', { origin: 'https://localhost.evil.example' }],
    ['for another domain', { rpId: 'evil.example' }],
    ['without its user verified', { userUnverified: true }],
    ['for a challenge of nobody', { challenge: Buffer.alloc(32).toString('base64url') }],
    ['with an answer to a sign-in', { type: 'webauthn.get' }],
    [
      'with a certificate to look at',
      { attestation: { fmt: 'packed', attStmt: new Map([['x5c', [new Uint8Array(9)]]]) } },
    ],
    ['with an attestation of a kind nobody asked for', { attestation: { fmt: 'tpm', attStmt: new Map() } }],
  ];

  test.each(cases)('%s', async (_how, tampering) => {
    const who = await hire(s, cast.acme);
    const authenticator = new Authenticator(appOrigin);
    expect(await refusalOf(register(who, authenticator, tampering))).toMatchObject(passkeyRefused);
    expect((await passkeys(who).listPasskeys({})).passkeys).toEqual([]);
  });

  test('with what no authenticator said', async () => {
    for (const credentialJson of ['x', '{}', '[]', 'null', '{"id":"a","rawId":"a","type":"public-key"}']) {
      const refused = await refusalOf(passkeys(cast.erin).finishPasskeyRegistration({ credentialJson }));
      expect(refused).toMatchObject(passkeyRefused);
    }
    const credentialJson = JSON.stringify({ id: 'x'.repeat(32_768) });
    const long = await refusalOf(passkeys(cast.erin).finishPasskeyRegistration({ credentialJson }));
    expect(long).toMatchObject({ code: Code.InvalidArgument, reason: 'INVALID_ARGUMENT' });
  });

  test('to whoever did not begin it: another person, another session', async () => {
    const who = await hire(s, cast.acme);
    const elsewhere = await addMember(s, cast.other, { email: who.email, role: 'employee' });
    expect(elsewhere.identityId).toBe(who.identityId);
    for (const thief of [cast.mallory, elsewhere]) {
      const { optionsJson } = await passkeys(who).beginPasskeyRegistration({});
      const credentialJson = new Authenticator(appOrigin).register(optionsJson);
      const stolen = await refusalOf(passkeys(thief).finishPasskeyRegistration({ credentialJson }));
      expect(stolen).toMatchObject(passkeyRefused);
      await passkeys(who).finishPasskeyRegistration({ credentialJson });
    }
  });

  test('the second time, and after a first answer that did not hold', async () => {
    const who = await hire(s, cast.acme);
    const authenticator = new Authenticator(appOrigin);
    const { optionsJson } = await passkeys(who).beginPasskeyRegistration({});
    const finish = (tampering: Tampering) =>
      passkeys(who).finishPasskeyRegistration({
        credentialJson: authenticator.register(optionsJson, tampering),
      });
    await refusalOf(finish({ userUnverified: true }));
    expect(await refusalOf(finish({}))).toMatchObject(passkeyRefused);
  });

  test('of an authenticator that somebody has registered', async () => {
    const [, authenticator] = await enrolled(s, cast.acme);
    const refused = await refusalOf(register(cast.mallory, authenticator));
    expect(refused).toMatchObject({ code: Code.AlreadyExists, reason: 'PASSKEY_EXISTS' });
  });

  test('beyond twenty, also when the last two come at once', async () => {
    const who = await hire(s, cast.acme);
    for (let count = 0; count < 19; count += 1) await register(who, new Authenticator(appOrigin));
    const last = await Promise.allSettled([
      register(who, new Authenticator(appOrigin)),
      register(who, new Authenticator(appOrigin)),
    ]);
    expect(last.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = await refusalOf(passkeys(who).beginPasskeyRegistration({}));
    expect(refused).toMatchObject({ code: Code.FailedPrecondition, reason: 'PASSKEY_LIMIT' });
  });

  test('to an API key and to nobody', async () => {
    const key = await refusalOf(passkeys(cast.kiosk).beginPasskeyRegistration({}));
    expect(key).toMatchObject({ code: Code.PermissionDenied, reason: 'API_KEY_HAS_NO_USER' });
    expect((await refusalOf(anybody().listPasskeys({}))).code).toBe(Code.Unauthenticated);
  });
});

describe('a registered passkey', () => {
  test('is listed with what its authenticator said, for its owner only', async () => {
    const who = await hire(s, cast.acme);
    const authenticator = new Authenticator(appOrigin);
    const made = await register(who, authenticator, {}, 'Phone');
    const { passkeys: listed } = await passkeys(who).listPasskeys({});
    expect(listed).toEqual([made]);
    expect(made).toMatchObject({
      name: 'Phone',
      transports: ['internal', 'hybrid'],
      backupEligible: true,
      backedUp: true,
      aaguid: '07070707-0707-0707-0707-070707070707',
    });
    expect([made.lastUsedAt, made.counterWentBackAt]).toEqual([undefined, undefined]);
    expect((await passkeys(cast.mallory).listPasskeys({})).passkeys).toEqual([]);
  });

  test('is not offered for registration again', async () => {
    const [who, authenticator] = await enrolled(s, cast.acme);
    const { optionsJson } = await passkeys(who).beginPasskeyRegistration({});
    const { excludeCredentials } = JSON.parse(optionsJson) as { excludeCredentials: { id: string }[] };
    expect(excludeCredentials.map(({ id }) => id)).toEqual([
      authenticator.credentialId.toString('base64url'),
    ]);
  });

  test('is renamed and removed by its owner only', async () => {
    const [who] = await enrolled(s, cast.acme);
    const passkeyId = (await passkeys(who).listPasskeys({})).passkeys[0]?.id ?? '';
    const theft = [
      passkeys(cast.mallory).renamePasskey({ passkeyId, name: 'mine' }),
      passkeys(cast.mallory).removePasskey({ passkeyId }),
    ];
    for (const refused of await refusalsOf(theft)) {
      expect(refused).toMatchObject({ code: Code.NotFound, reason: 'PASSKEY_NOT_FOUND' });
    }
    const { passkey } = await passkeys(who).renamePasskey({ passkeyId, name: 'Laptop' });
    expect(passkey?.name).toBe('Laptop');
    await passkeys(who).removePasskey({ passkeyId });
    expect((await refusalOf(passkeys(who).removePasskey({ passkeyId }))).code).toBe(Code.NotFound);
  });

  test('lets its owner confirm that they are enrolled, until the last one is removed', async () => {
    const who = await hire(s, cast.acme);
    const confirm = () => who.client(MemberService).confirmPasskeyEnrollment({});
    const isEnrolled = async () =>
      (
        await s.database.query<{ enrolled: boolean }>(
          'select passkey_enrolled as enrolled from identity where id = $1',
          [who.identityId],
        )
      )[0]?.enrolled;
    expect((await refusalOf(confirm())).reason).toBe('PASSKEY_NOT_REGISTERED');
    const first = await register(who, new Authenticator(appOrigin));
    const second = await register(who, new Authenticator(appOrigin));
    await confirm();
    expect(await isEnrolled()).toBe(true);
    await passkeys(who).removePasskey({ passkeyId: first.id });
    expect(await isEnrolled()).toBe(true);
    await passkeys(who).removePasskey({ passkeyId: second.id });
    expect(await isEnrolled()).toBe(false);
    expect((await refusalOf(confirm())).reason).toBe('PASSKEY_NOT_REGISTERED');
  });
});
test('an app may answer that the operator has listed, and no page that is not', async () => {
  const app = 'android:apk-key-hash:kP3oSiaWY_7T0XOeqHzDPRFOkcPbvtVOZhvTJVvcHAQ';
  const strict = await startTestServer({
    database: s.database,
    env: { PASSKEY_ORIGINS: `https://app.acme.example,${app}`, PASSKEY_RP_ID: 'acme.example' },
  });
  try {
    const who = await hire(s, cast.acme);
    const client = strict.client(PasskeyService, { ...who.headers });
    const finish = async (authenticator: Authenticator) => {
      const { optionsJson } = await client.beginPasskeyRegistration({});
      expect(JSON.parse(optionsJson)).toMatchObject({ rp: { id: 'acme.example', name: 'Dovecote' } });
      return client.finishPasskeyRegistration({ credentialJson: authenticator.register(optionsJson) });
    };
    for (const elsewhere of [appOrigin, 'https://other.acme.example', 'http://app.acme.example']) {
      expect(await refusalOf(finish(new Authenticator(elsewhere)))).toMatchObject(passkeyRefused);
    }
    await finish(new Authenticator(app));
    await finish(new Authenticator('https://app.acme.example'));
  } finally {
    await strict.stop();
  }
});

// From here on the clock of the server moves.
test('an answer to register comes too late after five minutes', async () => {
  const who = await hire(s, cast.acme);
  const { optionsJson } = await passkeys(who).beginPasskeyRegistration({});
  await s.travel(5 * 60_000);
  const credentialJson = new Authenticator(appOrigin).register(optionsJson);
  const refused = await refusalOf(passkeys(who).finishPasskeyRegistration({ credentialJson }));
  expect(refused).toMatchObject(passkeyRefused);
});
