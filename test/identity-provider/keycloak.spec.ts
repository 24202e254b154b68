import { expect, test } from '@jest/globals';
import { LoginOutcome } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { PlainBrowser } from '../support/plain-browser.js';
import { tellOidcStory } from './keycloak-oidc.js';
import { people, type Keycloak, startKeycloak, whyNoKeycloak } from './keycloak.js';
import { type RealProvider, tellStory } from './story.js';

interface SamlClient {
  id?: string;
  attributes: Record<string, string>;
}

interface KeycloakProvider extends RealProvider {
  readonly keycloak: Keycloak;
  /** Sets attributes of the SAML client beside those that it began with. */
  change(attributes: Record<string, string>): Promise<void>;
}

async function start(): Promise<KeycloakProvider> {
  const keycloak = await startKeycloak();
  const { realm, host } = keycloak;
  const { username, password } = people.anna;
  let client: SamlClient | undefined;
  const change = (attributes: Record<string, string>): Promise<void> =>
    keycloak.admin('PUT', `/clients/${client?.id}`, {
      ...client,
      attributes: { ...client?.attributes, ...attributes },
    });
  return {
    keycloak,
    metadataUrl: `${realm}/protocol/saml/descriptor`,
    host,
    credentials: { username, password },
    wrongCredentials: { username, password: 'battery staple' },
    signedOutText: 'You are logged out',
    async signOut(browser) {
      const asked = await browser.open(`${realm}/protocol/openid-connect/logout`);
      return browser.submit(asked, { confirmLogout: '' });
    },
    async register(metadata) {
      const described = await keycloak.admin<SamlClient>('POST', '/client-description-converter', metadata);
      await keycloak.admin('POST', '/clients', {
        ...described,
        frontchannelLogout: true,
        protocolMappers: [
          attribute('email', 'saml-user-property-mapper', { 'user.attribute': 'email' }),
          attribute('givenName', 'saml-user-property-mapper', { 'user.attribute': 'firstName' }),
          attribute('surname', 'saml-user-property-mapper', { 'user.attribute': 'lastName' }),
          attribute('groups', 'saml-group-membership-mapper', { 'full.path': 'false', single: 'true' }),
        ],
      });
      [client] = await keycloak.admin<SamlClient[]>('GET', '/clients?search=true&clientId=sso/saml');
    },
    change,
    encrypt: () =>
      change({
        'saml.encrypt': 'true',
        'saml.encryption.algorithm': 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
        'saml.encryption.keyAlgorithm': 'http://www.w3.org/2009/xmlenc11#rsa-oaep',
        'saml.encryption.digestMethod': 'http://www.w3.org/2001/04/xmlenc#sha256',
        'saml.encryption.maskGenerationFunction': 'http://www.w3.org/2009/xmlenc11#mgf1sha256',
      }),
    changeKey: () => keycloak.changeKey(),
    stop: () => keycloak.stop(),
  };
}

function attribute(name: string, protocolMapper: string, config: Record<string, string>) {
  const asNamed = { 'attribute.name': name, 'attribute.nameformat': 'Basic' };
  return { name, protocol: 'saml', protocolMapper, config: { ...asNamed, ...config } };
}

tellStory('Keycloak', whyNoKeycloak(), start, (of) => {
  test('a key that the older RSA-OAEP wraps with SHA-256 is refused, and the trace names both', async () => {
    const { world, provider } = of();
    await provider.change({
      'saml.encrypt': 'true',
      'saml.encryption.keyAlgorithm': 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
      'saml.encryption.digestMethod': 'http://www.w3.org/2001/04/xmlenc#sha256',
    });
    const browser = new PlainBrowser();
    const back = await browser.submit(await browser.open((await world.begin()).url), provider.credentials);
    expect(back.url).toContain('error=access_denied');
    const login = await world.lastLogin();
    expect(login).toMatchObject({ outcome: LoginOutcome.REFUSED, reason: 'encryption_algorithm' });
    expect(login.detail).toContain('rsa-oaep-mgf1p http://www.w3.org/2001/04/xmlenc#sha256');
  });

  tellOidcStory(() => ({ world: of().world, keycloak: of().provider.keycloak }));
});
