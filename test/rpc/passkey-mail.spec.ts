import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PasskeyService } from '@dovecote/contract/dovecote/auth/v1/passkey_pb';
import { Authenticator } from '../support/authenticator.js';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { hire } from '../support/members.js';
import { appOrigin, register } from '../support/passkeys.js';
import { refusalOf } from '../support/refusal.js';
import { mailsTo } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ env: { APP_URL: 'https://app.acme.example' } });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

/** Everything that the person has been told, once nothing is on its way any more. */
async function toldTo(email: string): Promise<string[]> {
  await eventually('all mail has left', async () => {
    const waiting = await s.database.query(
      `select from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
        where t.identifier = 'mail.send'`,
    );
    return waiting.length === 0;
  });
  return mailsTo(s, email);
}

test('nobody is told of what was refused', async () => {
  const who = await hire(s, cast.acme);
  const authenticator = new Authenticator(appOrigin);
  await refusalOf(register(who, authenticator, { userUnverified: true }));
  await refusalOf(register(who, authenticator, { origin: 'https://evil.example' }));
  const { id: passkeyId } = await register(cast.erin, authenticator);
  await refusalOf(register(who, authenticator));
  for (const stranger of [who, cast.mallory]) {
    await refusalOf(stranger.client(PasskeyService).removePasskey({ passkeyId }));
  }
  expect(await toldTo(who.email)).toEqual([]);
  expect(await toldTo(cast.mallory.email)).toEqual([]);
  expect(await toldTo(cast.erin.email)).toHaveLength(1);
});

test('its owner is told once of a passkey that came, and once that it went', async () => {
  const who = await hire(s, cast.acme);
  const client = who.client(PasskeyService);
  const { optionsJson } = await client.beginPasskeyRegistration({});
  const credentialJson = new Authenticator(appOrigin).register(optionsJson);
  const name = 'Phone\n\nof  Erin';
  const both = await Promise.allSettled(
    [1, 2].map(() => client.finishPasskeyRegistration({ credentialJson, name })),
  );
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const [added, ...others] = await toldTo(who.email);
  expect(others).toEqual([]);
  expect(added).toContain('The passkey “Phone of Erin” was added to your account at 20');
  expect(added).toContain('remove it from your passkeys');
  expect(added).toContain('https://app.acme.example');
  const { passkeys } = await client.listPasskeys({});
  const removals = [1, 2].map(() => client.removePasskey({ passkeyId: passkeys[0]?.id }));
  expect((await Promise.allSettled(removals)).map(({ status }) => status).sort()).toEqual([
    'fulfilled',
    'rejected',
  ]);
  const [, removed, ...more] = await toldTo(who.email);
  expect(more).toEqual([]);
  expect(removed).toContain('The passkey “Phone of Erin” was removed from your account at 20');
});

test('it says from which device, at the time of the server', async () => {
  const who = await hire(s, cast.acme);
  const authenticator = new Authenticator(appOrigin);
  const headers = {
    ...who.headers,
    'user-agent': 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/140.0.0.0',
  };
  const browser: Pick<Actor, 'client'> = { client: (service) => s.client(service, headers) };
  await s.travel(9 * 60_000);
  await register(browser, authenticator);
  const [added = ''] = await toldTo(who.email);
  const [, at = '', device] =
    /^A passkey was added to your account at (\S+), from (.*)\.$/m.exec(added) ?? [];
  expect(device).toBe('Chrome on macOS');
  expect(Math.abs(new Date(at).getTime() - Date.now() - 9 * 60_000)).toBeLessThan(60_000);
});
