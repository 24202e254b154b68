import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { v7 as uuid } from 'uuid';
import { refusalOf } from '../support/refusal.js';
import { nextCode } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

/** What strangers can do to somebody whose address they know. */

const home = '203.0.113.7';
const tooManyCodes = { code: Code.ResourceExhausted, reason: 'TOO_MANY_CODES' };

let s: TestServer;
let people = 0;
let strangers = 0;

beforeAll(async () => {
  s = await startTestServer({ env: { TRUSTED_PROXIES: '127.0.0.1,::1' } });
});
afterAll(() => s?.stop());

const newAddress = () => `owner-${(people += 1)}@example.com`;
const newStranger = () => `198.51.100.${(strangers += 1)}`;
const from = (client: string) => s.client(AuthService, { 'x-forwarded-for': client });

/** The code of the next mail. */
const askFrom = (client: string, email: string): Promise<string> =>
  nextCode(s, email, () => from(client).requestSignInCode({ email }));

const verify = (client: string, email: string, code: string) =>
  from(client).verifySignInCode({ email, code });

async function guess(client: string, email: string, code: string, times: number): Promise<void> {
  const wrong = code === '000000' ? '111111' : '000000';
  for (let i = 0; i < times; i += 1) await refusalOf(verify(client, email, wrong));
}

describe('who asks for somebody else’s codes', () => {
  test('is stopped alone, and leaves the owner’s code good', async () => {
    const email = newAddress();
    const code = await askFrom(home, email);
    const stranger = newStranger();
    for (let i = 0; i < 3; i += 1) await from(stranger).requestSignInCode({ email });
    expect(await refusalOf(from(stranger).requestSignInCode({ email }))).toMatchObject(tooManyCodes);
    await verify(home, email, code);
    await verify(home, email, await askFrom(home, email));
  });

  test('reaches the limit of the address as many, which holds for nobody who has signed in there before', async () => {
    const email = newAddress();
    await verify(home, email, await askFrom(home, email));
    for (let client = 0; client < 5; client += 1) {
      const stranger = newStranger();
      for (let i = 0; i < 3; i += 1) {
        await from(stranger)
          .requestSignInCode({ email })
          .catch(() => undefined);
      }
    }
    const refused = await refusalOf(from(newStranger()).requestSignInCode({ email }));
    expect(refused).toMatchObject(tooManyCodes);
    expect(refused.retryAfterSeconds).toBeGreaterThan(500);
    await verify(home, email, await askFrom(home, email));
  });
});

describe('who guesses at somebody else’s code', () => {
  test('uses up their own attempts, not the owner’s', async () => {
    const email = newAddress();
    const code = await askFrom(home, email);
    const stranger = newStranger();
    await guess(stranger, email, code, 5);
    expect(await refusalOf(verify(stranger, email, code))).toMatchObject({ reason: 'CODE_INVALID' });
    await verify(home, email, code);
  });

  test('has five attempts at whatever codes there are, also when all come at once', async () => {
    const email = newAddress();
    const codes = [await askFrom(home, email), await askFrom(home, email)];
    const stranger = newStranger();
    const wrong = ['000000', '111111', '222222'].find((code) => !codes.includes(code)) ?? '';
    await Promise.allSettled(Array.from({ length: 12 }, () => verify(stranger, email, wrong)));
    const rows = await s.database.query<{ attempts: number }>(
      'select attempts from sign_in_code where email = $1',
      [email],
    );
    expect(rows.map(({ attempts }) => attempts)).toEqual([5, 5]);
  });

  test('ends a code only as many', async () => {
    const email = newAddress();
    const code = await askFrom(home, email);
    for (let client = 0; client < 4; client += 1) await guess(newStranger(), email, code, 5);
    expect(await refusalOf(verify(home, email, code))).toMatchObject({ reason: 'CODE_INVALID' });
  });

  test('is told to wait once they have tried at many addresses', async () => {
    const stranger = newStranger();
    const guesses = Array.from({ length: 60 }, () =>
      refusalOf(verify(stranger, `${uuid()}@example.com`, '123456')),
    );
    const refusals = await Promise.all(guesses);
    expect(refusals.filter(({ reason }) => reason === 'CODE_INVALID')).toHaveLength(50);
    expect(refusals.find(({ reason }) => reason !== 'CODE_INVALID')).toMatchObject({
      code: Code.ResourceExhausted,
      reason: 'RATE_LIMITED',
    });
  });
});

test('codes from a clock that was a day ahead stand in nobody’s way', async () => {
  const email = newAddress();
  await s.database.query(
    `insert into sign_in_code (id, email, code_hash, client, created_at, expires_at)
     select gen_random_uuid(), $1, '', $2, now() + interval '1 day', now() + interval '25 hours' from generate_series(1, 3)`,
    [email, home],
  );
  await verify(home, email, await askFrom(home, email));
});
