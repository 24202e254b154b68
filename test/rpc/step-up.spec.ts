import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuthService, ProofMethod, type TokenPair } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { PasskeyService } from '@dovecote/contract/dovecote/auth/v1/passkey_pb';
import { ApiKeyService } from '@dovecote/contract/pidgr/v1/api_key_pb';
import { Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { accessTable, methodName, services } from '../../src/platform/access/index.js';
import { recentProof } from '../../src/platform/access/access-rule.js';
import { contractOf } from '../../src/platform/access/contract.rules.js';
import { refuseStale } from '../../src/platform/access/recent-proof.js';
import { AccessTokens } from '../../src/platform/caller/access-tokens.js';
import { Authenticator } from '../support/authenticator.js';
import { callRpc } from '../support/call-rpc.js';
import { type Actor, addMember, type Cast, seedCast } from '../support/cast.js';
import { signInAgain } from '../support/dashboards.js';
import { newEmail } from '../support/members.js';
import { appOrigin, enrolled, register } from '../support/passkeys.js';
import { refusalOf } from '../support/refusal.js';
import { exampleRequest } from '../support/requests.js';
import { codeFor, signIn } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const minute = 60_000;
const stale = { code: Code.Unauthenticated, reason: 'INSUFFICIENT_USER_AUTHENTICATION' };
const codeInvalid = { code: Code.Unauthenticated, reason: 'CODE_INVALID' };
const key = { name: 'ci', permissions: [Permission.ORG_READ] };

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

/** Headers of somebody who last proved themselves then; undefined: nothing says when. */
async function provenAt({ identityId, sessionId, email, orgId }: Actor, at: number | undefined) {
  const tokens = s.server.app.get(AccessTokens, { strict: false });
  const { token } = await tokens.issue({ identityId, sessionId, email, orgId, provenAt: at });
  return { authorization: `Bearer ${token}` };
}

const as = (accessToken = '') => ({ authorization: `Bearer ${accessToken}` });

/** A super admin with a session that was opened by code. */
async function signedIn(): Promise<[string, TokenPair]> {
  const email = newEmail();
  await addMember(s, cast.acme, { email, role: 'super_admin' });
  return [email, await signIn(s, email)];
}

const needs = (need: string) =>
  services
    .flatMap((service) => service.methods)
    .filter((method) => accessTable.get(methodName(method))?.proof.need === need);
const guarded = needs('recent');

describe('what a stolen token must not be enough for', () => {
  test('is refused to whoever proved themselves too long ago, never, or in times to come', async () => {
    expect(guarded.length).toBeGreaterThan(30);
    const now = Date.now();
    for (const at of [now - 10 * minute - 1000, undefined, now + 5 * minute]) {
      // Nothing but calls in a project looks at it.
      const headers = { ...(await provenAt(cast.alice, at)), 'x-project-id': cast.site.id };
      for (const method of guarded) {
        const { error } = await callRpc(s.client(method.parent, headers), method, exampleRequest(method));
        // Clients of the public contracts take UNAUTHENTICATED for the end of their token.
        const [code, message] =
          contractOf(method.parent.typeName) === 'own'
            ? [Code.Unauthenticated, /^insufficient_user_authentication: /]
            : [Code.FailedPrecondition, signInAgain];
        expect([methodName(method), error?.code, error?.rawMessage]).toEqual([
          methodName(method),
          code,
          expect.stringMatching(message),
        ]);
      }
    }
  });

  test('exempts no program where nobody would stand behind it', () => {
    const exempt = guarded.filter((method) => {
      const proof = accessTable.get(methodName(method))?.proof;
      return proof?.need === 'recent' && proof.exempt.length > 0;
    });
    const forKeys = exempt.filter((method) => accessTable.get(methodName(method))?.callers.has('api_key'));
    expect(exempt).toEqual(forKeys);
  });

  test('is done for whoever proved themselves just now', async () => {
    const headers = await provenAt(cast.alice, Date.now() - 9 * minute);
    await s.client(ApiKeyService, headers).createApiKey(key);
  });

  test('is refused for a missing permission first', async () => {
    const headers = await provenAt(cast.erin, undefined);
    const refused = await refusalOf(s.client(ApiKeyService, headers).createApiKey(key));
    expect(refused).toMatchObject({ code: Code.PermissionDenied, reason: 'PERMISSION_MISSING' });
  });

  test('is done for an API key that the row exempts, and for no other program', async () => {
    await cast.kiosk.client(ApiKeyService).createApiKey(key);
    const program = { kind: 'api_key', orgId: '', keyId: '', permissions: new Set<never>() } as const;
    const row = recentProof('internal');
    expect(refuseStale(row, program, 0, 1)?.reason).toBe('PERSON_REQUIRED');
    expect(refuseStale(row, { kind: 'internal' }, 0, 1)).toBeUndefined();
    expect(refuseStale(row, { kind: 'anonymous' }, 0, 1)?.reason).toBe('PERSON_REQUIRED');
  });

  test('is refused over HTTP with a header that says why', async () => {
    const headers = await provenAt(cast.alice, undefined);
    const response = await fetch(`${s.url}/pidgr.v1.ApiKeyService/CreateApiKey`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'ci', permissions: ['PERMISSION_ORG_READ'] }),
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_user_authentication", error_description="A more recent sign-in is required", max_age="600"',
    );
  });

  test('may be asked for sooner', async () => {
    const strict = await startTestServer({ database: s.database, env: { RECENT_SIGN_IN_MINUTES: '1' } });
    try {
      const headers = await provenAt(cast.alice, Date.now() - 2 * minute);
      const refused = await refusalOf(strict.client(ApiKeyService, headers).createApiKey(key));
      expect(refused).toMatchObject(stale);
      expect(refused.message).toContain('1 minutes');
    } finally {
      await strict.stop();
    }
  });
});

describe('proving again with a passkey', () => {
  const begin = (who: Actor) => who.client(PasskeyService).beginPasskeyReauthentication({});
  const passkeyInvalid = { code: Code.Unauthenticated, reason: 'PASSKEY_INVALID' };

  test('is refused without one, with that of somebody else, and in another session', async () => {
    expect(await refusalOf(begin(cast.max))).toMatchObject({ reason: 'PASSKEY_NOT_REGISTERED' });
    const [who, mine] = await enrolled(s, cast.acme);
    const [, theirs] = await enrolled(s, cast.acme);
    const finish = (person: Actor, credentialJson: string) =>
      person.client(PasskeyService).finishPasskeyReauthentication({ credentialJson });
    const { optionsJson: first } = await begin(who);
    expect(await refusalOf(finish(who, theirs.sign(first)))).toMatchObject(passkeyInvalid);
    expect(await refusalOf(finish(who, mine.sign(first)))).toMatchObject(passkeyInvalid);
    const elsewhere = await addMember(s, cast.other, { email: who.email, role: 'employee' });
    const { optionsJson: second } = await begin(who);
    expect(await refusalOf(finish(elsewhere, mine.sign(second)))).toMatchObject(passkeyInvalid);
    const credentialJson = mine.sign(second);
    const signingIn = s.client(PasskeyService).finishPasskeySignIn({ credentialJson });
    expect(await refusalOf(signingIn)).toMatchObject(passkeyInvalid);
    await finish(who, credentialJson);
    expect(await refusalOf(finish(who, credentialJson))).toMatchObject(passkeyInvalid);
  });
});

// From here on the clock of the server moves.
describe('proving again goes on with the session', () => {
  const sessionsOf = async (tokens: TokenPair) =>
    (await s.client(AuthService, as(tokens.accessToken)).listSessions({})).sessions;

  test('by a code of one’s own', async () => {
    const [email, tokens] = await signedIn();
    await s.travel(11 * minute);
    const create = (accessToken = '') => s.client(ApiKeyService, as(accessToken)).createApiKey(key);
    expect(await refusalOf(create(tokens.accessToken))).toMatchObject(stale);

    const auth = s.client(AuthService, as(tokens.accessToken));
    const theirs = await codeFor(s, cast.mallory.email);
    expect(await refusalOf(auth.reauthenticate({ code: theirs }))).toMatchObject(codeInvalid);
    const code = await codeFor(s, email);
    const { accessToken } = await auth.reauthenticate({ code });
    expect(await refusalOf(auth.reauthenticate({ code }))).toMatchObject(codeInvalid);
    await create(accessToken?.token);
    // The old token still says what it said.
    expect(await refusalOf(create(tokens.accessToken))).toMatchObject(stale);
    const { tokens: next } = await auth.refreshToken({ refreshToken: tokens.refreshToken });
    await create(next?.accessToken);
    const [before, after] = await Promise.all(
      [tokens.accessToken, accessToken?.token].map((token) => s.client(AuthService, as(token)).whoAmI({})),
    );
    expect(after?.sessionId).toBe(before?.sessionId);
  });

  test('by a passkey, as the list of sessions says', async () => {
    const [, tokens] = await signedIn();
    const authenticator = new Authenticator(appOrigin);
    await register({ client: (service) => s.client(service, as(tokens.accessToken)) }, authenticator);
    const [before] = await sessionsOf(tokens);
    expect(before?.proofMethod).toBe(ProofMethod.CODE);
    await s.travel(11 * minute);
    const passkeys = s.client(PasskeyService, as(tokens.accessToken));
    const { optionsJson } = await passkeys.beginPasskeyReauthentication({});
    const credentialJson = authenticator.sign(optionsJson);
    const { accessToken } = await passkeys.finishPasskeyReauthentication({ credentialJson });
    await s.client(ApiKeyService, as(accessToken?.token)).createApiKey(key);
    const [after] = await sessionsOf(tokens);
    expect(after).toMatchObject({ id: before?.id, proofMethod: ProofMethod.PASSKEY });
    const elapsed = Number(after?.provenAt?.seconds ?? 0n) - Number(before?.provenAt?.seconds ?? 0n);
    expect(elapsed).toBeGreaterThanOrEqual(11 * 60);
  });

  test('which a refresh alone does not', async () => {
    const [, tokens] = await signedIn();
    await s.travel(11 * minute);
    const { tokens: next } = await s.client(AuthService).refreshToken({ refreshToken: tokens.refreshToken });
    const refused = await refusalOf(s.client(ApiKeyService, as(next?.accessToken)).createApiKey(key));
    expect(refused).toMatchObject(stale);
  });

  test('and does not when it has ended meanwhile', async () => {
    const [email, tokens] = await signedIn();
    const auth = s.client(AuthService, as(tokens.accessToken));
    const code = await codeFor(s, email);
    await auth.signOut({});
    const ended = { code: Code.Unauthenticated, reason: 'SESSION_ENDED' };
    expect(await refusalOf(auth.reauthenticate({ code }))).toMatchObject(ended);
  });

  test('and does not when it has ended, and the news of it are late', async () => {
    const [email, tokens] = await signedIn();
    const auth = s.client(AuthService, as(tokens.accessToken));
    const { sessionId } = await auth.whoAmI({});
    const code = await codeFor(s, email);
    await s.database.query('update session set revoked_at = now() where id = $1', [sessionId]);
    const ended = { code: Code.Unauthenticated, reason: 'SESSION_ENDED' };
    expect(await refusalOf(auth.reauthenticate({ code }))).toMatchObject(ended);
  });
});
