import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { LoginOutcome } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { newSpKey } from '@dovecote/saml';
import { freePort } from '../support/free-port.js';
import { PlainBrowser } from '../support/plain-browser.js';
import { startProgram } from './program.js';
import { type RealProvider, tellStory } from './story.js';

/** Where Debian has it. */
const INSTALLED = '/usr/share/simplesamlphp';
const SOURCE = join(import.meta.dirname, 'simplesamlphp');

function whyNot(): string | undefined {
  if (!existsSync(`${INSTALLED}/www`)) return 'no simplesamlphp';
  const { error, stdout } = spawnSync('php', ['-m'], { encoding: 'utf8' });
  if (error) return 'no php';
  return /^dom$/m.test(stdout) ? undefined : 'php has no XML';
}

async function start(): Promise<RealProvider & { encryptByItself(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'dovecote-simplesamlphp-'));
  await cp(SOURCE, folder, { recursive: true });
  await mkdir(join(folder, 'tmp'));
  for (const name of ['first', 'second']) {
    const { privateKeyPem, certificatePem } = await newSpKey(name, new Date(Date.now() - 60_000));
    await writeFile(join(folder, `${name}.key`), privateKeyPem);
    await writeFile(join(folder, `${name}.crt`), certificatePem);
  }
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const base = `http://${host}`;
  const program = await startProgram('php', ['-S', host, '-t', `${INSTALLED}/www`], 'started', {
    env: {
      SIMPLESAMLPHP_CONFIG_DIR: folder,
      IDP_FOLDER: folder,
      IDP_BASE: base,
      IDP_SALT: 'a salt of the spec',
    },
  });
  return {
    metadataUrl: `${base}/saml2/idp/metadata.php`,
    host,
    credentials: { username: 'anna', password: 'correct horse' },
    wrongCredentials: { username: 'anna', password: 'battery staple' },
    signedOutText: 'You have been logged out.',
    register: (metadata) => writeFile(join(folder, 'sp.xml'), metadata),
    changeKey: () => writeFile(join(folder, 'use-second'), ''),
    encryptByItself: () => writeFile(join(folder, 'encrypt'), ''),
    signOut: (browser) =>
      browser.open(
        `${base}/saml2/idp/SingleLogoutService.php?ReturnTo=${encodeURIComponent(`${base}/logout.php`)}`,
      ),
    async stop() {
      await program.stop();
      await rm(folder, { recursive: true });
    },
  };
}

tellStory('SimpleSAMLphp', whyNot(), start, (of) => {
  test('what it encrypts with the AES-CBC that it has only is refused', async () => {
    const { world, provider } = of();
    await provider.encryptByItself();
    const browser = new PlainBrowser();
    const back = await browser.submit(await browser.open((await world.begin()).url), provider.credentials);
    expect(back.url).toContain('error=access_denied');
    const login = await world.lastLogin();
    expect(login).toMatchObject({ outcome: LoginOutcome.REFUSED, reason: 'encryption_algorithm' });
    expect(login.advice).not.toBe('');
  });
});
