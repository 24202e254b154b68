import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuthService, type TokenPair } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { PasskeyService } from '@dovecote/contract/dovecote/auth/v1/passkey_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { Authenticator, type Tampering } from '../support/authenticator.js';
import { type Actor, addMember, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { hire, newEmail } from '../support/members.js';
import { appOrigin, enrolled, signInWith } from '../support/passkeys.js';
import { type Refusal, refusalOf } from '../support/refusal.js';
import { signIn } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const minute = 60_000;
const passkeyInvalid = { code: Code.Unauthenticated, reason: 'PASSKEY_INVALID' };

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const passkeys = (who: Actor) => who.client(PasskeyService);
const anybody = () => s.client(PasskeyService);
const whoAmI = ({ accessToken }: TokenPair) =>
  s.client(AuthService, { authorization: `Bearer ${accessToken}` }).whoAmI({});

describe('signing in with a passkey is refused', () => {
  const cases: [string, Tampering][] = [
    ['from a page of somebody else', { origin: 'https://evil.example' }],
    ['from a page that looks like ours', { origin: 'http://localhost:3000.evil.example' }],
    ['for another domain', { rpId: 'evil.example' }],
    ['without its user verified', { userUnverified: true }],
    ['with a signature of somebody else', { wrongKey: true }],
    ['with an answer to a registration', { type: 'webauthn.create' }],
    ['with a challenge of nobody', { challenge: Buffer.alloc(32).toString('base64url') }],
    ['in the name of somebody else', { userHandle: Buffer.alloc(16).toString('base64url') }],
    ['when its kind has changed', { backupEligible: false }],
  ];

  test.each(cases)('%s', async (_how, tampering) => {
    const [, authenticator] = await enrolled(s, cast.acme);
    expect(await refusalOf(signInWith(s, authenticator, tampering))).toMatchObject(passkeyInvalid);
    await signInWith(s, authenticator);
  });

  test('to all with one text', async () => {
    const [, authenticator] = await enrolled(s, cast.acme);
    const refusals: Refusal[] = [
      await refusalOf(signInWith(s, new Authenticator(appOrigin))),
      await refusalOf(signInWith(s, authenticator, { wrongKey: true })),
      await refusalOf(anybody().finishPasskeySignIn({ credentialJson: '{}' })),
    ];
    expect(new Set(refusals.map((refusal) => JSON.stringify(refusal))).size).toBe(1);
  });

  test('the second time, also when both come at once', async () => {
    const [, authenticator] = await enrolled(s, cast.acme);
    const { optionsJson } = await anybody().beginPasskeySignIn({});
    const credentialJson = authenticator.sign(optionsJson);
    const both = await Promise.allSettled(
      [1, 2].map(() => anybody().finishPasskeySignIn({ credentialJson })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const again = refusalOf(anybody().finishPasskeySignIn({ credentialJson }));
    expect(await again).toMatchObject(passkeyInvalid);
  });

  test('for a challenge that was made to register', async () => {
    const [who, authenticator] = await enrolled(s, cast.acme);
    const { optionsJson } = await passkeys(who).beginPasskeyRegistration({});
    const credentialJson = authenticator.sign(
      JSON.stringify({ ...JSON.parse(optionsJson), rpId: 'localhost' }),
    );
    expect(await refusalOf(anybody().finishPasskeySignIn({ credentialJson }))).toMatchObject(passkeyInvalid);
  });

  test('to whom it is not, by an address that somebody has or that nobody has', async () => {
    const [who] = await enrolled(s, cast.acme);
    const [, mine] = await enrolled(s, cast.acme);
    const refusals: Refusal[] = [];
    for (const email of [who.email, newEmail()])
      refusals.push(await refusalOf(signInWith(s, mine, {}, email)));
    expect(refusals[0]).toMatchObject(passkeyInvalid);
    expect(refusals[1]).toEqual(refusals[0]);
  });

  test('once the passkey is removed', async () => {
    const [who, authenticator] = await enrolled(s, cast.acme);
    const passkeyId = (await passkeys(who).listPasskeys({})).passkeys[0]?.id ?? '';
    await passkeys(who).removePasskey({ passkeyId });
    expect(await refusalOf(signInWith(s, authenticator))).toMatchObject(passkeyInvalid);
  });

  test('when its counter goes back, which its owner can see from then on', async () => {
    const [who, authenticator] = await enrolled(s, cast.acme, new Authenticator(appOrigin, 5, false));
    await signInWith(s, authenticator);
    for (const counter of [6, 1, 0]) {
      expect(await refusalOf(signInWith(s, authenticator, { counter }))).toMatchObject(passkeyInvalid);
    }
    const { passkeys: listed } = await passkeys(who).listPasskeys({});
    expect(listed[0]?.counterWentBackAt).toBeDefined();
    const warnings = s.logLines().filter(({ msg }) => String(msg).includes('passkey counter decreased'));
    expect(warnings).toContainEqual(
      expect.objectContaining({ identityId: who.identityId, known: 6, presented: 1 }),
    );
    authenticator.counter = 20;
    await signInWith(s, authenticator);
  });
});

describe('signing in with a passkey', () => {
  test('opens a session, with or without an address', async () => {
    const [who, authenticator] = await enrolled(s, cast.acme, new Authenticator(appOrigin, 1, false));
    for (const email of ['', who.email, who.email.toUpperCase()]) {
      const tokens = await signInWith(s, authenticator, {}, email);
      expect(await whoAmI(tokens)).toMatchObject({
        email: who.email,
        orgId: cast.acme.id,
        userId: who.userId,
      });
    }
    const { passkeys: listed } = await passkeys(who).listPasskeys({});
    expect(listed[0]?.lastUsedAt).toBeDefined();
  });

  test('accepts open invitations, and leaves out whoever is shut out', async () => {
    const [who, authenticator] = await enrolled(s, cast.acme);
    const invited = { email: who.email, role: 'employee', status: UserStatus.INVITED } as const;
    const there = await addMember(s, cast.other, invited);
    await s.database.query('update member set status = 3 where id = $1', [who.userId]);
    const self = await whoAmI(await signInWith(s, authenticator));
    expect(self.organizations.map(({ id }) => id)).toEqual([cast.other.id]);
    expect(self.userId).toBe(there.userId);
  });

  test('names credentials for every address, the same each time, and none without an address', async () => {
    const [who, authenticator] = await enrolled(s, cast.acme);
    const without = await hire(s, cast.acme);
    const named = async (email: string) => {
      const { optionsJson } = await anybody().beginPasskeySignIn({ email });
      return JSON.parse(optionsJson) as { allowCredentials?: { id: string; type: string }[] };
    };
    expect((await named('')).allowCredentials ?? []).toEqual([]);
    const known = await named(who.email);
    expect(known.allowCredentials?.map(({ id }) => id)).toEqual([
      authenticator.credentialId.toString('base64url'),
    ]);
    for (const email of [newEmail(), without.email]) {
      const [first, second] = [await named(email), await named(email.toUpperCase())];
      expect(first.allowCredentials).toEqual(second.allowCredentials);
      expect(Object.keys(first)).toEqual(Object.keys(known));
      expect(Object.keys(first.allowCredentials?.[0] ?? {})).toEqual(
        Object.keys(known.allowCredentials?.[0] ?? {}),
      );
    }
    expect(await named(newEmail())).not.toEqual(await named(newEmail()));
  });

  test('keeps no challenge in clear', async () => {
    const { optionsJson } = await anybody().beginPasskeySignIn({});
    const { challenge } = JSON.parse(optionsJson) as { challenge: string };
    const rows = await s.database.query<{ row: string }>('select c::text as row from webauthn_challenge c');
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(challenge, 'base64url').toString('hex'));
    expect(JSON.stringify(rows)).not.toContain(challenge);
  });
});
test('a person who signs in by code and registers goes on with the passkey', async () => {
  const email = newEmail();
  const { accessToken } = await signIn(s, email);
  const client = s.client(PasskeyService, { authorization: `Bearer ${accessToken}` });
  const authenticator = new Authenticator(appOrigin);
  const { optionsJson } = await client.beginPasskeyRegistration({});
  await client.finishPasskeyRegistration({ credentialJson: authenticator.register(optionsJson) });
  expect(await whoAmI(await signInWith(s, authenticator, {}, email))).toMatchObject({
    email,
    organizations: [],
  });
});

// From here on the clock of the server moves.
test('a challenge dies after five minutes, and is purged', async () => {
  const [, authenticator] = await enrolled(s, cast.acme);
  const { optionsJson } = await anybody().beginPasskeySignIn({});
  await s.travel(5 * minute);
  const late = anybody().finishPasskeySignIn({ credentialJson: authenticator.sign(optionsJson) });
  expect(await refusalOf(late)).toMatchObject(passkeyInvalid);
  await s.database.query(`select graphile_worker.add_job('passkey.purge', '{}')`);
  await eventually(
    'the purge',
    async () => (await s.database.query('select from webauthn_challenge')).length === 0,
  );
});
