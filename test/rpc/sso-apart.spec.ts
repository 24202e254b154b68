import { createHash, randomBytes } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { SsoSignInService } from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import {
  type Connection,
  ConnectionService,
  ConnectionState,
  LoginOutcome,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { eventually } from '../support/eventually.js';
import { bringByQuery, logoutRequest, logoutResponse } from '../support/saml-logout.js';
import { carry, type SamlProvider, startSamlProvider } from '../support/saml-provider.js';
import { appUrl, destination, type Person, type SsoWorld, startSsoWorld } from '../support/sso.js';
import type { TestServer } from '../support/test-server.js';

// Two connections of one organization, which row-level security does not keep apart.

let world: SsoWorld;
let s: TestServer;
let contractors: SamlProvider;
/** That of the contractors takes requests by form only. */
let apart: Connection;

beforeAll(async () => {
  [world, contractors] = await Promise.all([startSsoWorld(), startSamlProvider()]);
  s = world.server;
  const connections = world.cast.alice.client(ConnectionService);
  const posted = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/sso';
  const metadataXml = contractors.metadata().replace(/[^"]+" Location="https:\/\/idp\.example\/sso/, posted);
  const made = await connections.createConnection({
    name: 'Contractors',
    settings: { case: 'saml', value: { metadataXml } },
    provisioning: { createMembers: true },
  });
  const active = await connections.updateConnection({
    connectionId: made.connection?.id,
    state: ConnectionState.ACTIVE,
  });
  apart = active.connection!;
});

afterAll(async () => {
  await world?.stop();
  await contractors?.stop();
});

/** Begins a sign-in through the connection of that name. */
async function begin({ id }: Connection): Promise<{ url: string; verifier: string }> {
  const verifier = randomBytes(32).toString('base64url');
  const [row] = await s.database.query<{ name: string }>(
    'select provider_name as name from sso_connection where id = $1',
    [id],
  );
  const { url } = await s.client(SsoSignInService).startSsoSignIn({
    hint: { case: 'providerName', value: row!.name },
    redirectUri: appUrl,
    codeChallenge: createHash('sha256').update(verifier).digest('base64url'),
  });
  return { url, verifier };
}

/** Comes back from the provider of the first connection; answers how to trade the code. */
async function comeBack(person: Person): Promise<() => Promise<{ authorization: string }>> {
  const { url, verifier } = await begin(world.connection);
  const answer = await carry(s, world.connection.id, world.provider.answer(url, person));
  const code = destination(answer).get('code') ?? '';
  return async () => {
    const { tokens } = await s.client(SsoSignInService).exchangeSsoCode({ code, codeVerifier: verifier });
    return { authorization: `Bearer ${tokens?.accessToken}` };
  };
}

const loginIn = (url: string): string => new URL(url).searchParams.get('RelayState') ?? '';

describe('a login that was begun at one connection', () => {
  test('is neither noted nor ended by what comes to another under its number', async () => {
    const { url } = await begin(world.connection);
    const { acsUrl = '', entityId = '' } = apart.serviceProvider ?? {};
    const person = world.newPerson();
    const stray = contractors.unsolicited({ acsUrl, entityId }, person, loginIn(url));
    expect((await carry(s, apart.id, stray)).status).toBe(403);
    const { login } = await world.cast.alice.client(ConnectionService).getLogin({ loginId: loginIn(url) });
    expect(login?.outcome).toBe(LoginOutcome.PENDING);
    const answer = await carry(s, world.connection.id, world.provider.answer(url, person));
    expect(destination(answer).get('code')).not.toBeNull();
  });

  test('is not answered by the provider of another, nor used up by it', async () => {
    const { url } = await begin(world.connection);
    const person = world.newPerson();
    const { acsUrl = '', entityId = '' } = apart.serviceProvider ?? {};
    const mixed = contractors.answer(url, person, {
      destination: acsUrl,
      recipient: acsUrl,
      audience: entityId,
    });
    expect((await carry(s, apart.id, mixed)).status).toBe(403);
    expect((await world.lastLogin()).reason).toBe('unknown_request');
    const answer = await carry(s, world.connection.id, world.provider.answer(url, person));
    expect(destination(answer).get('code')).not.toBeNull();
  });

  test('is not posted to the provider of another', async () => {
    const { url } = await begin(apart);
    const { pathname } = new URL(url);
    expect(await (await fetch(s.url + pathname)).text()).toContain('name="SAMLRequest"');
    const { url: other } = await begin(world.connection);
    for (const loginId of [loginIn(other), world.cast.acme.id, 'nonsense']) {
      const answer = await fetch(s.url + pathname.replace(/[^/]+$/, loginId));
      expect(answer.status).toBe(410);
    }
  });
});

describe('a session that came through one connection', () => {
  test('is not ended by the provider of another, which calls somebody the same', async () => {
    const person = world.newPerson();
    const headers = await (await comeBack(person))();
    const trade = await comeBack(person);
    const asked = await bringByQuery(
      s,
      apart.id,
      logoutRequest({ issuer: contractors.entityId, destination: sloUrl(apart), nameId: person.nameId }),
      contractors.key,
    );
    expect(asked.status).toBe(303);
    await trade();
    await s.client(AuthService, headers).listSessions({});
    // Its own provider does.
    await bringByQuery(
      s,
      world.connection.id,
      logoutRequest({
        issuer: world.provider.entityId,
        destination: sloUrl(world.connection),
        nameId: person.nameId,
      }),
      world.provider.key,
    );
    await eventually('the session is over', () =>
      s
        .client(AuthService, headers)
        .listSessions({})
        .then(
          () => false,
          () => true,
        ),
    );
  });

  test('is signed out of at its own provider: another cannot say that it was', async () => {
    const headers = await (await comeBack(world.newPerson()))();
    const { url } = await s.client(SsoSignInService, headers).startSsoSignOut({});
    const message = Buffer.from(new URL(url).searchParams.get('SAMLRequest') ?? '', 'base64');
    const inResponseTo = / ID="([^"]+)"/.exec(inflateRawSync(message).toString())?.[1] ?? '';
    const said = { issuer: contractors.entityId, destination: sloUrl(apart), inResponseTo };
    const answer = await bringByQuery(s, apart.id, logoutResponse(said), contractors.key, {
      field: 'SAMLResponse',
    });
    expect(answer.status).toBe(403);
  });
});

function sloUrl({ id }: Connection): string {
  return `https://dovecote.example/sso/saml/${id}/slo`;
}
