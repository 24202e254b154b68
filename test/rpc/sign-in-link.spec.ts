import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuthService, ProofMethod, type TokenPair } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { eventually } from '../support/eventually.js';
import { newEmail } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { mailsTo } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const minute = 60_000;
const linkInvalid = { code: Code.Unauthenticated, reason: 'LINK_INVALID' };
const codeInvalid = { code: Code.Unauthenticated, reason: 'CODE_INVALID' };

interface Asked {
  email: string;
  /** What the device that asked remembers. */
  state: string;
  code: string;
  /** As it stands in the mail. */
  link: string;
  token: string;
}

let s: TestServer;

beforeAll(async () => {
  s = await startTestServer({
    env: { PUBLIC_URL: 'https://api.acme.example', APP_URL: 'https://app.acme.example' },
  });
});
afterAll(() => s?.stop());

async function ask(email = newEmail()): Promise<Asked> {
  const before = (await mailsTo(s, email)).length;
  const { state } = await s.client(AuthService).requestSignInCode({ email });
  const mail = await eventually('the mail', async () => (await mailsTo(s, email))[before]);
  const link = /^https:\S+$/m.exec(mail)?.[0] ?? '';
  const code = /\b\d{6}\b/.exec(mail)?.[0] ?? '';
  return { email, state, code, link, token: new URL(link).searchParams.get('token') ?? '' };
}

async function follow({ token, state }: Pick<Asked, 'token' | 'state'>, deviceName = ''): Promise<TokenPair> {
  const { tokens } = await s.client(AuthService).verifySignInLink({ token, state, deviceName });
  if (!tokens) throw new Error('No tokens came back.');
  return tokens;
}

const verify = ({ email, code }: Asked) => s.client(AuthService).verifySignInCode({ email, code });

/** As a browser that knows nothing of the app. */
async function open(token: string, method: 'GET' | 'POST'): Promise<{ response: Response; html: string }> {
  const url = `${s.url}/auth/link?token=${encodeURIComponent(token)}`;
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const response = await fetch(url, method === 'POST' ? { method, headers: form, body: '' } : { method });
  return { response, html: await response.text() };
}

describe('a link is refused', () => {
  test('on a device that did not ask, and stays good for the one that did', async () => {
    const asked = await ask();
    const other = await ask();
    for (const state of ['x', other.state]) {
      expect(await refusalOf(follow({ token: asked.token, state }))).toMatchObject(linkInvalid);
    }
    await follow(asked);
  });

  test('when it was made up, changed or cut', async () => {
    const { token, state } = await ask();
    const changed = `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`;
    for (const forged of ['x', token.slice(1), changed, `${token}=`]) {
      expect(await refusalOf(follow({ token: forged, state }))).toMatchObject(linkInvalid);
    }
  });

  test('the second time, also when both come at once, and once its code was used', async () => {
    const asked = await ask();
    const both = await Promise.allSettled([follow(asked), follow(asked)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await refusalOf(follow(asked))).toMatchObject(linkInvalid);
    expect(await refusalOf(verify(asked))).toMatchObject(codeInvalid);
    const typed = await ask();
    await verify(typed);
    expect(await refusalOf(follow(typed))).toMatchObject(linkInvalid);
  });

  test('after five attempts', async () => {
    const asked = await ask();
    for (let attempt = 0; attempt < 5; attempt += 1) await refusalOf(follow({ ...asked, state: 'x' }));
    expect(await refusalOf(follow(asked))).toMatchObject(linkInvalid);
  });
});

describe('a link', () => {
  test('is good beside a newer one', async () => {
    const first = await ask();
    const second = await ask(first.email);
    await follow(first);
    await follow(second);
  });

  test('signs in on the device that asked, and the session says how', async () => {
    const asked = await ask();
    expect(asked.link.startsWith('https://api.acme.example/auth/link?token=')).toBe(true);
    const { accessToken } = await follow(asked, 'Phone');
    const client = s.client(AuthService, { authorization: `Bearer ${accessToken}` });
    expect((await client.whoAmI({})).email).toBe(asked.email);
    const { sessions } = await client.listSessions({});
    expect(sessions).toMatchObject([{ deviceName: 'Phone', proofMethod: ProofMethod.LINK }]);
  });

  test('and its secrets are nowhere in clear', async () => {
    const { state, token, code } = await ask();
    const rows = JSON.stringify([
      await s.database.query('select c::text from sign_in_code c'),
      await s.database.query('select payload from graphile_worker._private_jobs'),
    ]);
    for (const secret of [state, token]) expect(rows).not.toContain(secret);
    expect(JSON.stringify(s.logLines())).not.toContain(state);
    expect(Buffer.from(token, 'base64url').toString('latin1')).not.toContain(code);
  });
});

describe('the page behind a link', () => {
  test('gives nothing away to whoever only looks, as scanners of mail do', async () => {
    const asked = await ask();
    for (let look = 0; look < 7; look += 1) {
      const { response, html } = await open(asked.token, 'GET');
      expect(response.status).toBe(200);
      expect(html).not.toContain(asked.code);
    }
    await follow(asked);
  });

  test('shows the code to whoever presses the button, and signs in nobody', async () => {
    const asked = await ask();
    const { html: question } = await open(asked.token, 'GET');
    expect(question).toContain('<form method="post"');
    expect(question).toContain(`href="https://app.acme.example/auth/link?token=${asked.token}"`);
    const { response, html } = await open(asked.token, 'POST');
    expect(html).toContain(asked.code);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(
      await s.database.query(
        'select from session s join identity i on i.id = s.identity_id where i.email = $1',
        [asked.email],
      ),
    ).toEqual([]);
    await verify(asked);
    expect((await open(asked.token, 'POST')).html).toContain('no longer works');
  });

  test('repeats nothing as markup that it was given, and shows no code for what is no link', async () => {
    const { html } = await open('"><script>alert(1)</script>', 'GET');
    expect(html).not.toContain('<script');
    for (const token of ['', 'x', '"><b>'])
      expect((await open(token, 'POST')).html).toContain('no longer works');
    const twice = await fetch(`${s.url}/auth/link?token=a&token=b`);
    expect(twice.status).toBe(200);
  });
});

// From here on the clock of the server moves.
test('a link dies after three minutes, with its code', async () => {
  const asked = await ask();
  await s.travel(3 * minute);
  expect(await refusalOf(follow(asked))).toMatchObject(linkInvalid);
  expect((await open(asked.token, 'POST')).html).toContain('no longer works');
});
