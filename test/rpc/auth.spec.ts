import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuthService, type TokenPair } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { addMember, addOrganization } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { refusalOf } from '../support/refusal.js';
import { codeFor, mailsTo } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const minute = 60_000;
const day = 24 * 60 * minute;

let s: TestServer;
let people = 0;

beforeAll(async () => {
  s = await startTestServer();
});

afterAll(() => s.stop());

const newAddress = () => `person-${(people += 1)}@example.com`;
const auth = (tokens?: TokenPair) =>
  s.client(AuthService, tokens ? { authorization: `Bearer ${tokens.accessToken}` } : {});
const otherThan = (code: string) => (code === '000000' ? '111111' : '000000');

async function verify(email: string, code: string, deviceName = ''): Promise<TokenPair> {
  const { tokens } = await auth().verifySignInCode({ email, code, deviceName });
  if (!tokens) throw new Error('No tokens came back.');
  return tokens;
}

async function signIn(email: string, deviceName = ''): Promise<TokenPair> {
  return verify(email, await codeFor(s, email), deviceName);
}

async function refresh(refreshToken: string): Promise<TokenPair> {
  const { tokens } = await auth().refreshToken({ refreshToken });
  if (!tokens) throw new Error('No tokens came back.');
  return tokens;
}

async function statusOf(userId: string): Promise<number | undefined> {
  const [row] = await s.database.query<{ status: number }>('select status from member where id = $1', [
    userId,
  ]);
  return row?.status;
}

test('a code is good as people write and copy it', async () => {
  for (const written of ['$1 $2', ' $1-$2\n', '$1\u00a0$2']) {
    const email = newAddress();
    const code = (await codeFor(s, email)).replace(/^(...)(...)$/, written);
    expect((await verify(email, code)).accessToken).not.toBe('');
  }
  const refused = await refusalOf(verify(newAddress(), '12 34 5'));
  expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['code'] });
});

describe('asking for a code', () => {
  test('is refused for what is no address', async () => {
    for (const email of ['', 'ann', 'ann@', `${'x'.repeat(250)}@example.com`]) {
      const refused = await refusalOf(auth().requestSignInCode({ email }));
      expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['email'] });
    }
  });

  test('is refused the fourth time in ten minutes, in any case of letters, and says when to come back', async () => {
    const email = newAddress();
    for (const spelling of [email, email.toUpperCase(), email]) {
      await auth().requestSignInCode({ email: spelling });
    }
    const refused = await refusalOf(auth().requestSignInCode({ email }));
    expect(refused).toMatchObject({ code: Code.ResourceExhausted, reason: 'TOO_MANY_CODES' });
    expect(refused.retryAfterSeconds).toBeGreaterThan(500);
    expect(refused.retryAfterSeconds).toBeLessThanOrEqual(600);
  });

  test('is refused beyond three even when all ask at once', async () => {
    const email = newAddress();
    const asked = await Promise.allSettled(
      Array.from({ length: 8 }, () => auth().requestSignInCode({ email })),
    );
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  });

  test('is refused for a day once fifty wrong codes were tried', async () => {
    const email = newAddress();
    await s.database.query(
      `insert into sign_in_guess (id, email, client, made_at)
       select gen_random_uuid(), $1, '127.0.0.1', now() - interval '1 hour' from generate_series(1, 50)`,
      [email],
    );
    const refused = await refusalOf(auth().requestSignInCode({ email }));
    expect(refused).toMatchObject({ code: Code.ResourceExhausted, reason: 'TOO_MANY_CODES' });
    expect(refused.retryAfterSeconds).toBeGreaterThan(22 * 3600);
  });
});

describe('where only invited people may sign in', () => {
  let invitedOnly: TestServer;
  beforeAll(async () => {
    invitedOnly = await startTestServer({ env: { SIGN_UP: 'invited' } });
  });
  afterAll(() => invitedOnly.stop());

  test('a stranger gets the same answers, the same limit, and no mail', async () => {
    const acme = await addOrganization(invitedOnly, 'Acme');
    const known = await addMember(invitedOnly, acme, { email: 'known@example.com', role: 'employee' });
    const stranger = 'stranger@example.com';
    const client = invitedOnly.client(AuthService);
    const answers = [
      await client.requestSignInCode({ email: stranger }),
      await client.requestSignInCode({ email: known.email }),
    ];
    // A secret of the device that asks, which says nothing about whom it asks for.
    for (const { state } of answers) expect(state).toMatch(/^[\w-]{43}$/);
    await eventually('the known mail', async () => (await mailsTo(invitedOnly, known.email)).length === 1);
    for (const email of [stranger, known.email]) {
      await client.requestSignInCode({ email });
      await client.requestSignInCode({ email });
    }
    const [first, second] = await Promise.all(
      [stranger, known.email].map((email) => refusalOf(client.requestSignInCode({ email }))),
    );
    expect({ ...first, retryAfterSeconds: 0, message: '' }).toEqual({
      ...second,
      retryAfterSeconds: 0,
      message: '',
    });
    await eventually('an empty queue', async () => {
      return (await invitedOnly.database.query('select from graphile_worker._private_jobs')).length === 0;
    });
    expect(await mailsTo(invitedOnly, stranger)).toEqual([]);
    const codes = await invitedOnly.database.query('select from sign_in_code where email = $1', [stranger]);
    expect(codes).toHaveLength(3);
  });
});

describe('a code', () => {
  test('that is wrong, used, or was never sent is refused with one text', async () => {
    const email = newAddress();
    const first = await codeFor(s, email);
    const wrong = await refusalOf(verify(email, otherThan(first)));
    expect(wrong).toMatchObject({ code: Code.Unauthenticated, reason: 'CODE_INVALID' });
    const second = await codeFor(s, email);
    await verify(email.toUpperCase(), second);
    expect(await refusalOf(verify(email, second))).toEqual(wrong);
    expect(await refusalOf(verify(newAddress(), second))).toEqual(wrong);
    const malformed = await refusalOf(verify(email, '12345a'));
    expect(malformed).toMatchObject({ code: Code.InvalidArgument, fields: ['code'] });
  });

  test('of one address is no good for another', async () => {
    const [mine, theirs] = [newAddress(), newAddress()];
    const code = await codeFor(s, mine);
    const other = await codeFor(s, theirs);
    if (code !== other) expect((await refusalOf(verify(theirs, code))).reason).toBe('CODE_INVALID');
  });

  test('dies after five wrong attempts, also when they come at once', async () => {
    const email = newAddress();
    const code = await codeFor(s, email);
    await Promise.allSettled(Array.from({ length: 12 }, () => verify(email, otherThan(code))));
    const [row] = await s.database.query<{ attempts: number }>(
      'select attempts from sign_in_code where email = $1',
      [email],
    );
    expect(row?.attempts).toBe(5);
    expect((await refusalOf(verify(email, code))).reason).toBe('CODE_INVALID');
  });

  test('survives four wrong attempts', async () => {
    const email = newAddress();
    const code = await codeFor(s, email);
    for (let attempt = 0; attempt < 4; attempt += 1) await refusalOf(verify(email, otherThan(code)));
    await verify(email, code);
  });

  test('opens one session, however many use it at once', async () => {
    const email = newAddress();
    const code = await codeFor(s, email);
    const attempts = await Promise.allSettled(Array.from({ length: 5 }, () => verify(email, code)));
    const opened = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
    expect(opened).toHaveLength(1);
    const { sessions } = await auth(opened[0]).listSessions({});
    expect(sessions).toHaveLength(1);
  });

  test('waits for the worker without telling whose it is', async () => {
    const apiOnly = await startTestServer({ env: { ROLE: 'api' } });
    try {
      await apiOnly.client(AuthService).requestSignInCode({ email: 'quiet@example.com' });
      const [job] = await apiOnly.database.query<{ payload: object }>(
        'select payload from graphile_worker._private_jobs',
      );
      expect(Object.keys(job?.payload ?? {})).toEqual(['id', 'sealed']);
      expect(JSON.stringify(job)).not.toContain('quiet');
    } finally {
      await apiOnly.stop();
    }
  });

  test('and the tokens it opens are nowhere in clear', async () => {
    const email = newAddress();
    const code = await codeFor(s, email);
    const tokens = await verify(email, code);
    const [codes] = await s.database.query<{ row: string }>(
      'select sign_in_code::text as row from sign_in_code where email = $1',
      [email],
    );
    expect(codes?.row).not.toMatch(new RegExp(`\\b${code}\\b`));
    const stored = await s.database.query('select refresh_token::text as row from refresh_token');
    expect(JSON.stringify(stored)).not.toContain(tokens.refreshToken);
    const lines = JSON.stringify(s.logLines());
    expect(lines).not.toContain(tokens.refreshToken);
    expect(lines).not.toContain(tokens.accessToken);
  });
});

describe('signing in', () => {
  test('accepts the only invitation of that person, and of nobody else', async () => {
    const acme = await addOrganization(s, 'First');
    const email = newAddress();
    const invited = { email, role: 'employee', status: UserStatus.INVITED } as const;
    const first = await addMember(s, acme, invited);
    const bystander = await addMember(s, acme, { ...invited, email: newAddress() });
    const third = await addOrganization(s, 'Third');
    const shutOut = await addMember(s, third, { ...invited, status: UserStatus.DEACTIVATED });
    // Before: the membership is known, and cached, as an open invitation.
    const early = await refusalOf(first.client(AuthService).whoAmI({}));
    expect(early).toMatchObject({ code: Code.PermissionDenied, reason: 'INVITATION_OPEN' });

    const tokens = await signIn(email);
    expect(await statusOf(first.userId)).toBe(UserStatus.ACTIVE);
    expect(await statusOf(bystander.userId)).toBe(UserStatus.INVITED);
    expect(await statusOf(shutOut.userId)).toBe(UserStatus.DEACTIVATED);
    const joined = await s.database.query<{ id: string }>(
      'select id from member where email = $1 and joined_at is not null',
      [email],
    );
    expect(joined.map(({ id }) => id)).toEqual([first.userId]);
    const self = await auth(tokens).whoAmI({});
    expect(self).toMatchObject({ orgId: acme.id, userId: first.userId });
    expect(self.organizations.map(({ id }) => id)).toEqual([acme.id]);
  });

  test('gives a token that says whether the person has a passkey', async () => {
    const email = newAddress();
    const claimsOf = ({ accessToken }: TokenPair) =>
      JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as object;
    const tokens = await signIn(email);
    expect(claimsOf(tokens)).not.toHaveProperty(['custom:passkey_enrolled']);
    await s.database.query('update identity set passkey_enrolled = true where email = $1', [email]);
    const next = await refresh(tokens.refreshToken);
    expect(claimsOf(next)).toHaveProperty(['custom:passkey_enrolled'], 'true');
  });

  test('gives a token that other verifiers understand', async () => {
    const tokens = await signIn(newAddress());
    const [head, body] = tokens.accessToken.split('.');
    expect(JSON.parse(Buffer.from(head ?? '', 'base64url').toString())).toMatchObject({ alg: 'RS256' });
    const claims = JSON.parse(Buffer.from(body ?? '', 'base64url').toString());
    expect(claims.exp - claims.iat).toBe(15 * 60);
    expect(Object.keys(claims)).toEqual(expect.arrayContaining(['iss', 'aud', 'sub', 'sid', 'email']));
    const { keys } = (await (await fetch(`${s.url}/.well-known/jwks.json`)).json()) as { keys: object[] };
    expect(keys).toHaveLength(2);
    expect(JSON.stringify(keys)).not.toContain('"d"');
  });
});

describe('a refresh token', () => {
  test('that nobody issued is refused', async () => {
    const refused = await refusalOf(refresh('nonsense'));
    expect(refused).toMatchObject({ code: Code.Unauthenticated, reason: 'REFRESH_TOKEN_INVALID' });
    expect((await refusalOf(refresh(''))).code).toBe(Code.InvalidArgument);
  });

  test('continues the session once', async () => {
    const first = await signIn(newAddress());
    const second = await refresh(first.refreshToken);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    const [before, after] = await Promise.all([auth(first).whoAmI({}), auth(second).whoAmI({})]);
    expect(after.sessionId).toBe(before.sessionId);
    await refresh(second.refreshToken);
  });

  test('used again ends the session with all its tokens', async () => {
    const first = await signIn(newAddress());
    const second = await refresh(first.refreshToken);
    await auth(second).whoAmI({});
    const reused = await refusalOf(refresh(first.refreshToken));
    expect(reused).toMatchObject({ code: Code.Unauthenticated, reason: 'REFRESH_TOKEN_INVALID' });
    expect(await refusalOf(refresh(second.refreshToken))).toEqual(reused);
    for (const tokens of [first, second]) {
      const refused = await refusalOf(auth(tokens).whoAmI({}));
      expect(refused).toMatchObject({ code: Code.Unauthenticated, reason: 'SESSION_ENDED' });
    }
  });

  test('used by two at once serves one, and ends the session', async () => {
    const { refreshToken } = await signIn(newAddress());
    const used = await Promise.allSettled([refresh(refreshToken), refresh(refreshToken)]);
    const served = used.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(served).toHaveLength(1);
    expect((await refusalOf(refresh(served[0]?.refreshToken ?? ''))).code).toBe(Code.Unauthenticated);
  });
});

// From here on the clock of the server moves, and only forward.
describe('as time passes', () => {
  test('a code dies after three minutes, and the limit of sends after ten', async () => {
    const email = newAddress();
    const code = await codeFor(s, email);
    await codeFor(s, email);
    const last = await codeFor(s, email);
    expect(code).toMatch(/^\d{6}$/);
    await s.travel(3 * minute);
    expect((await refusalOf(verify(email, last))).reason).toBe('CODE_INVALID');
    await refusalOf(auth().requestSignInCode({ email }));
    await s.travel(7 * minute);
    await verify(email, await codeFor(s, email));
  });

  test('an access token dies after fifteen minutes, its session only thirty days after the last refresh', async () => {
    const first = await signIn(newAddress());
    await s.travel(15 * minute);
    const refused = await refusalOf(auth(first).whoAmI({}));
    expect(refused).toMatchObject({ code: Code.Unauthenticated, reason: 'TOKEN_EXPIRED' });
    // A client that sends it with every call can still get a new one.
    expect((await refusalOf(auth(first).refreshToken({ refreshToken: 'unknown' }))).reason).toBe(
      'REFRESH_TOKEN_INVALID',
    );
    await s.travel(29 * day);
    const second = await refresh(first.refreshToken);
    await s.travel(29 * day);
    const third = await refresh(second.refreshToken);
    await auth(third).whoAmI({});
    await s.travel(30 * day);
    expect((await refusalOf(refresh(third.refreshToken))).code).toBe(Code.Unauthenticated);
  });

  test('what cannot be used any more is purged', async () => {
    await s.travel(31 * day);
    const tokens = await signIn(newAddress());
    await s.database.query(`select graphile_worker.add_job('auth.purge', '{}')`);
    await eventually('the purge', async () => {
      const [row] = await s.database.query<{ codes: number; sessions: number; tokens: number }>(
        `select (select count(*) from sign_in_code)::int as codes, (select count(*) from session)::int as sessions,
                (select count(*) from refresh_token)::int as tokens`,
      );
      return row?.codes === 1 && row.sessions === 1 && row.tokens === 1;
    });
    await auth(tokens).whoAmI({});
  });
});
