import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { SsoSignInService } from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import { ConnectionService, LoginOutcome } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { newSpKey } from '@dovecote/saml';
import { freePort } from '../support/free-port.js';
import { PlainBrowser } from '../support/plain-browser.js';
import { pythonFor } from '../support/python-environment.js';
import { startProgram } from './program.js';
import { type RealProvider, tellStory } from './story.js';

const SOURCE = join(import.meta.dirname, 'pysaml2');
const { python, missing } = pythonFor(SOURCE);

/** Why the provider cannot run here, if so. */
function whyNot(): string | undefined {
  return spawnSync('xmlsec1', ['--version']).error ? 'no xmlsec1' : missing;
}

async function start(): Promise<RealProvider & { control(knob: string, value: string): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'dovecote-pysaml2-'));
  for (const name of ['first', 'second']) {
    const { privateKeyPem, certificatePem } = await newSpKey(name, new Date(Date.now() - 60_000));
    await writeFile(join(folder, `${name}.key`), privateKeyPem);
    await writeFile(join(folder, `${name}.crt`), certificatePem);
  }
  const port = await freePort();
  const program = await startProgram(python, [join(SOURCE, 'idp.py'), folder, String(port)], 'ready');
  const base = `http://127.0.0.1:${port}`;
  async function control(knob: string, value: string): Promise<void> {
    const response = await fetch(`${base}/control/${knob}`, { method: 'POST', body: value });
    if (!response.ok) throw new Error(`pysaml2 did not take ${knob}.`);
  }
  return {
    metadataUrl: `${base}/metadata`,
    host: `127.0.0.1:${port}`,
    credentials: { username: 'anna', password: 'correct horse' },
    wrongCredentials: { username: 'anna', password: 'battery staple' },
    signedOutText: 'Signed out everywhere.',
    register: (metadata) => control('sp', metadata),
    encrypt: () => control('encrypt', 'gcm'),
    changeKey: () => control('key', 'second'),
    signOut: (browser) => browser.open(`${base}/bye`),
    control,
    async stop() {
      await program.stop();
      await rm(folder, { recursive: true });
    },
  };
}

tellStory('pysaml2', whyNot(), start, (of) => {
  test('requests are posted where it takes nothing else', async () => {
    const { world, provider } = of();
    await provider.control('bindings', 'post');
    await world.server.travel(61_000);
    const { connection, cast } = world;
    await cast.alice.client(ConnectionService).refreshMetadata({ connectionId: connection.id });
    const browser = new PlainBrowser();
    const { url, verifier } = await world.begin();
    expect(new URL(url).host).not.toBe(provider.host);
    const back = await browser.submit(await browser.open(url), provider.credentials);
    const tokens = await world.exchange(back, verifier);
    const headers = { authorization: `Bearer ${tokens.accessToken}` };
    const signOut = await world.server.client(SsoSignInService, headers).startSsoSignOut({});
    expect((await browser.open(signOut.url)).text).toContain('You can close this window.');
    expect(new Set(browser.carried.map(({ method }) => method))).toEqual(new Set(['post']));
  });

  test('what it encrypts with the 3DES that it has by itself is refused', async () => {
    const { world, provider } = of();
    await provider.control('encrypt', 'library');
    const browser = new PlainBrowser();
    const back = await browser.submit(await browser.open((await world.begin()).url), provider.credentials);
    expect(back.url).toContain('error=access_denied');
    const login = await world.lastLogin();
    expect(login).toMatchObject({ outcome: LoginOutcome.REFUSED, reason: 'encryption_algorithm' });
    expect(login.advice).not.toBe('');
    await provider.control('encrypt', 'nothing');
  });
});
