import { describe, expect, test } from '@jest/globals';
import { Clock } from '../../../platform/clock/clock.js';
import { OutboundClient } from '../../../platform/outbound/outbound-client.js';
import { OidcDiscovery } from './oidc-discovery.js';

/** Answers one document, wherever it is asked for. */
class OneDocument extends OutboundClient {
  private readonly document: unknown;

  constructor(document: unknown) {
    super({ allowedHosts: [] });
    this.document = document;
  }

  override send(): Promise<Response> {
    return Promise.resolve(Response.json(this.document));
  }
}

function check(asked: string, issuer: string): Promise<void> {
  const endpoints = {
    authorization_endpoint: `${asked}/authorize`,
    token_endpoint: `${asked}/token`,
    jwks_uri: `${asked}/keys`,
  };
  const document = { issuer, ...endpoints };
  return new OidcDiscovery(new OneDocument(document), new Clock(), { allowHttp: false }).check('acme', asked);
}

describe('an issuer', () => {
  test('of all tenants of Microsoft is refused: whoever has one could sign in', async () => {
    const all = 'https://login.microsoftonline.com/{tenantid}/v2.0';
    await expect(check('https://login.microsoftonline.com/common/v2.0', all)).rejects.toThrow('many tenants');
    const own = 'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0';
    await expect(check(own, own)).resolves.toBeUndefined();
  });

  test('that names itself differently is refused, and one without TLS', async () => {
    await expect(check('https://idp.example', 'https://evil.example')).rejects.toThrow('cannot be used');
    await expect(check('http://idp.example', 'http://idp.example')).rejects.toThrow('cannot be used');
  });
});
