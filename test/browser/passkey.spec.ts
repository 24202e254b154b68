import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { PasskeyService } from '@dovecote/contract/dovecote/auth/v1/passkey_pb';
import { startChromium } from '../support/chromium.js';
import { signIn } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { type Ceremony, ceremony } from './ceremony.js';

// The first run on a machine installs the browser.
jest.setTimeout(300_000);

const email = 'browser@example.com';
let s: TestServer;
let browser: Browser | undefined;
let page: Page;
let devtools: CDPSession;

beforeAll(async () => {
  browser = await startChromium();
  s = await startTestServer();
  if (!browser) return;
  page = await browser.newPage();
  // Any page of ours will do: it has the origin, and calls the server as a client without packages would.
  await page.goto(`${s.url.replace('127.0.0.1', 'localhost')}/health`);
  devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});

const authenticator = {
  protocol: 'ctap2',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
} as const;

async function plugIn(): Promise<string> {
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: authenticator,
  });
  return authenticatorId;
}

const perform = (wanted: Ceremony) => page.evaluate(ceremony, wanted);

describe('in Chromium, a person', () => {
  test('registers a passkey, and signs in with it by address and without', async () => {
    if (!browser) return;
    await plugIn();
    const { accessToken: token } = await signIn(s, email);
    const registered = await perform({ method: 'BeginPasskeyRegistration', request: {}, token });
    expect(registered).toMatchObject({ passkey: { transports: ['internal'] } });
    for (const request of [{ email }, {}]) {
      const { tokens } = await perform({ method: 'BeginPasskeySignIn', request });
      expect(tokens).toMatchObject({ accessToken: expect.any(String), refreshToken: expect.any(String) });
    }
    const { passkeys } = await s
      .client(PasskeyService, { authorization: `Bearer ${token}` })
      .listPasskeys({});
    expect(passkeys[0]?.lastUsedAt).toBeDefined();
    expect(passkeys[0]?.counterWentBackAt).toBeUndefined();
  });

  test('cannot register the same device twice', async () => {
    if (!browser) return;
    const { accessToken: token } = await signIn(s, email);
    const twice = perform({ method: 'BeginPasskeyRegistration', request: {}, token });
    await expect(twice).rejects.toThrow('InvalidStateError');
  });

  test('is not signed in by a device that does not verify them', async () => {
    if (!browser) return;
    await devtools.send('WebAuthn.disable');
    await devtools.send('WebAuthn.enable');
    const authenticatorId = await plugIn();
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    const { accessToken: token } = await signIn(s, 'careless@example.com');
    const careless = perform({ method: 'BeginPasskeyRegistration', request: {}, token });
    await expect(careless).rejects.toThrow('NotAllowedError');
  });
});
