import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AuthService } from '@dovecote/contract/public/auth/v1/auth_pb';
import { type OidcWorld, startOidcWorld } from '../support/oidc.js';
import { refusalOf } from '../support/refusal.js';

let world: OidcWorld;

beforeAll(async () => {
  world = await startOidcWorld();
});
afterAll(() => world?.stop());

test('a dashboard that asks is offered no connection of an organization', async () => {
  const { server, cast, provider } = world;
  const acme = { 'x-org-id': cast.acme.id, 'x-project-id': cast.site.id };
  for (const headers of [{}, acme, { ...cast.alice.headers, ...acme }, cast.mallory.headers]) {
    const answer = await server.client(AuthService, headers).getAuthConfig({});
    expect(answer.providers).toEqual([]);
    expect(JSON.stringify(answer)).not.toContain(provider.host);
  }
  const refused = await refusalOf(
    server.client(AuthService).completeOIDCSignIn({
      providerId: 'oidc',
      code: 'x',
      codeVerifier: 'v'.repeat(43),
      redirectUri: 'https://board.example/oauth/callback',
      nonce: 'n'.repeat(16),
    }),
  );
  expect(refused.reason).toBe('OAUTH_PROVIDER_DISABLED');
  expect(provider.trades).toBe(0);
});
