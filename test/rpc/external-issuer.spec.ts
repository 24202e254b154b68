import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Code } from '@connectrpc/connect';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from 'jose';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { ApiKeyService } from '@dovecote/contract/pidgr/v1/api_key_pb';
import { Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { addMember, addOrganization, type Cast, seedCast, type TestOrganization } from '../support/cast.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const issuer = 'https://issuer.example/pool';
const audience = 'mobile-app';

interface Key {
  kid: string;
  privateKey: CryptoKey;
  jwk: JWK;
}

let jwks: Server;
let published: JWK[] = [];
/** What the issuer answers instead of its keys. */
let trouble: number | undefined;
let s: TestServer;
let cast: Cast;
let acme: TestOrganization;
let key: Key;
let people = 0;

/** Time that has passed. It never goes back. */
let passed = 0;
const realNow = Date.now.bind(Date);

/** For the server, and for what jose remembers of the issuer's keys, which goes by Date. */
async function pass(milliseconds: number): Promise<void> {
  passed += milliseconds;
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() + passed);
  await s.travel(milliseconds);
}

async function makeKey(kid: string): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' } };
}

beforeAll(async () => {
  key = await makeKey('first');
  published = [key.jwk];
  jwks = createServer((_request, response) => {
    if (trouble) response.writeHead(trouble, { location: '/elsewhere' }).end();
    else response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: published }));
  });
  await new Promise<void>((resolve) => jwks.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(jwks.address() as AddressInfo).port}`;
  s = await startTestServer({
    env: {
      EXTERNAL_ISSUER: issuer,
      EXTERNAL_AUDIENCE: audience,
      EXTERNAL_JWKS_URL: `http://${host}/keys`,
      OUTBOUND_ALLOWED_HOSTS: host,
    },
  });
  cast = await seedCast(s);
  acme = cast.acme;
});

afterEach(() => {
  trouble = undefined;
});

afterAll(async () => {
  jest.restoreAllMocks();
  await s.stop();
  jwks.close();
});

const newAddress = () => `external-${(people += 1)}@example.com`;

function claimsOf(email: string, extra: Record<string, unknown> = {}): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: issuer,
    aud: audience,
    sub: `sub-of-${email.toLowerCase()}`,
    email,
    email_verified: true,
    iat: now,
    exp: now + 3600,
    'custom:org_id': acme.id,
    ...extra,
  };
}

function sign(claims: Record<string, unknown>, by: Key = key): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: by.kid }).sign(by.privateKey);
}

const whoAmI = (token: string) => s.client(AuthService, { authorization: `Bearer ${token}` }).whoAmI({});

const invalid = { code: Code.Unauthenticated, reason: 'TOKEN_INVALID' };

describe('a token is refused', () => {
  test.each([
    ['for another audience', { aud: 'another-app' }],
    ['without an audience', { aud: undefined }],
    ['of another issuer', { iss: 'https://evil.example/pool' }],
    ['that never expires', { exp: undefined }],
    ['that is not valid yet', { nbf: Math.floor(Date.now() / 1000) + 3600 }],
    ['without a subject', { sub: undefined }],
  ])('%s', async (_why, claims) => {
    expect(await refusalOf(whoAmI(await sign(claimsOf(cast.max.email, claims))))).toMatchObject(invalid);
  });

  test('that has expired, which is said', async () => {
    const expired = await sign(claimsOf(cast.max.email, { exp: 1 }));
    expect(await refusalOf(whoAmI(expired))).toMatchObject({ ...invalid, reason: 'TOKEN_EXPIRED' });
  });

  test('without a signature, or with one made from the public key', async () => {
    const claims = claimsOf(cast.max.email);
    const unsigned = new UnsecuredJWT(claims).encode();
    const secret = new TextEncoder().encode(JSON.stringify(key.jwk));
    const confused = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: key.kid })
      .sign(secret);
    for (const token of [unsigned, confused]) {
      expect(await refusalOf(whoAmI(token))).toMatchObject(invalid);
    }
  });

  test('that was changed, or signed with a key that the issuer does not publish', async () => {
    const [head, , signature] = (await sign(claimsOf(cast.erin.email))).split('.');
    const body = Buffer.from(JSON.stringify(claimsOf(cast.alice.email))).toString('base64url');
    expect(await refusalOf(whoAmI(`${head}.${body}.${signature}`))).toMatchObject(invalid);
    const forged = await sign(claimsOf(cast.alice.email), await makeKey('first'));
    expect(await refusalOf(whoAmI(forged))).toMatchObject(invalid);
  });

  test('whose address the issuer has not verified, and of people whom nobody knows', async () => {
    const unknown = { code: Code.Unauthenticated, reason: 'IDENTITY_UNKNOWN' };
    for (const email_verified of [false, undefined, 'true']) {
      const token = await sign(claimsOf(cast.alice.email, { email_verified }));
      expect(await refusalOf(whoAmI(token))).toMatchObject(unknown);
    }
    expect(await refusalOf(whoAmI(await sign(claimsOf(newAddress()))))).toMatchObject(unknown);
  });

  test('of a second person who has got the address of a first', async () => {
    const email = newAddress();
    const member = await addMember(s, acme, { email, role: 'employee' });
    expect(await whoAmI(await sign(claimsOf(email)))).toMatchObject({ userId: member.userId });
    const second = await sign(claimsOf(email, { sub: 'somebody else' }));
    expect(await refusalOf(whoAmI(second))).toMatchObject({ reason: 'IDENTITY_UNKNOWN' });
    // The first is known by now, whatever their address has become.
    const moved = await sign(claimsOf(email, { email: newAddress(), email_verified: false }));
    expect(await whoAmI(moved)).toMatchObject({ userId: member.userId, email });
  });
});

test('our own tokens go on working beside those of the issuer', async () => {
  expect(await cast.alice.client(AuthService).whoAmI({})).toMatchObject({ userId: cast.alice.userId });
});

describe('a valid token', () => {
  test('works like one of ours, for the organization that it names', async () => {
    const self = await whoAmI(await sign(claimsOf(cast.max.email.toUpperCase())));
    expect(self).toMatchObject({ userId: cast.max.userId, orgId: acme.id, sessionId: '' });
    expect(self.role?.slug).toBe('manager');
  });

  test('bound by several calls at once, is bound once', async () => {
    const email = newAddress();
    const member = await addMember(s, acme, { email, role: 'employee' });
    const tokens = await Promise.all([1, 2, 3, 4].map((jti) => sign(claimsOf(email, { jti: String(jti) }))));
    const selves = await Promise.all(tokens.map(whoAmI));
    expect(new Set(selves.map(({ userId }) => userId))).toEqual(new Set([member.userId]));
  });

  test('gives no entry to an organization that the person does not belong to', async () => {
    const other = await addOrganization(s, 'Elsewhere');
    const token = await sign(claimsOf(cast.erin.email, { 'custom:org_id': other.id }));
    expect(await refusalOf(whoAmI(token))).toMatchObject({
      code: Code.PermissionDenied,
      reason: 'NOT_A_MEMBER',
    });
  });

  test('accepts the invitations that wait for the person', async () => {
    const email = newAddress();
    const invited = { email, role: 'employee', status: UserStatus.INVITED } as const;
    const member = await addMember(s, acme, invited);
    expect(await whoAmI(await sign(claimsOf(email)))).toMatchObject({ userId: member.userId });
  });

  test('has no session of ours to sign out of', async () => {
    const token = await sign(claimsOf(cast.max.email));
    const client = s.client(AuthService, { authorization: `Bearer ${token}` });
    expect(await refusalOf(client.signOut({}))).toMatchObject({
      code: Code.FailedPrecondition,
      reason: 'SESSION_ELSEWHERE',
    });
    expect(await refusalOf(client.reauthenticate({ code: '123456' }))).toMatchObject({
      reason: 'SESSION_ELSEWHERE',
    });
  });

  test('counts as a recent sign-in by its auth_time, and not by when it was renewed', async () => {
    const alice = `alice-${acme.id.slice(-6)}@acme.example`;
    const now = Math.floor(Date.now() / 1000);
    const create = async (claims: Record<string, unknown>) => {
      const token = await sign(claimsOf(alice, claims));
      const keys = s.client(ApiKeyService, { authorization: `Bearer ${token}` });
      return keys.createApiKey({ name: 'ci', permissions: [Permission.ORG_READ] });
    };
    for (const claims of [{}, { auth_time: now - 601 }, { auth_time: `${now}` }]) {
      expect((await refusalOf(create(claims))).reason).toBe('INSUFFICIENT_USER_AUTHENTICATION');
    }
    await create({ auth_time: now - 60 });
  });

  test('that is remembered still expires', async () => {
    const token = await sign(claimsOf(cast.max.email, { exp: Math.floor(Date.now() / 1000) + 600 }));
    await whoAmI(token);
    await pass(601_000);
    expect(await refusalOf(whoAmI(token))).toMatchObject({ ...invalid, reason: 'TOKEN_EXPIRED' });
  });
});

describe("the issuer's keys", () => {
  test('may rotate: a new one is fetched when it is first seen, one taken back is refused', async () => {
    await whoAmI(await sign(claimsOf(cast.max.email, { jti: 'before' })));
    const successor = await makeKey('second');
    const old = key;
    published = [successor.jwk];
    key = successor;
    // The keys are not asked for again and again because somebody invents key ids.
    await pass(31_000);
    await whoAmI(await sign(claimsOf(cast.max.email, { jti: 'after' })));
    expect(
      await refusalOf(whoAmI(await sign(claimsOf(cast.max.email, { jti: 'old key' }), old))),
    ).toMatchObject(invalid);
  });

  test.each([500, 302])(
    'that cannot be had (%s) make the call fail for now, not for good',
    async (status) => {
      // The keys are not remembered for longer than ten minutes.
      await pass(601_000);
      trouble = status;
      const token = await sign(claimsOf(cast.max.email, { jti: `in trouble ${status}` }));
      expect(await refusalOf(whoAmI(token))).toMatchObject({
        code: Code.Unavailable,
        reason: 'ISSUER_UNAVAILABLE',
      });
      trouble = undefined;
      await whoAmI(token);
    },
  );
});
