import { inflateRawSync } from 'node:zlib';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { SsoSignInService } from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import { type Connection, ConnectionService } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { eventually } from '../support/eventually.js';
import { refusalOf } from '../support/refusal.js';
import { carry, type SamlProvider } from '../support/saml-provider.js';
import {
  bringByForm,
  bringByQuery,
  logoutRequest,
  type LogoutRequestClaims,
  logoutResponse,
  postLogout,
} from '../support/saml-logout.js';
import { destination, type Person, type SignedIn, type SsoWorld, startSsoWorld } from '../support/sso.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const PUBLIC_URL = 'https://dovecote.example';
/** What the provider of the specs calls every session. */
const SESSION = '_session';
/** Longer than the specification allows, as some providers have it. */
const RELAY_STATE = `theirs & ours ${'and theirs '.repeat(20)}`;

let world: SsoWorld;
let s: TestServer;
let provider: SamlProvider;
let connection: Connection;
let person: Person;
let session: SignedIn;

beforeAll(async () => {
  world = await startSsoWorld();
  ({ server: s, provider, connection } = world);
  person = world.newPerson();
  session = await world.signIn(person);
});

afterAll(async () => {
  await world?.stop();
});

/** What the provider would send to sign the person out. */
function request(changes: Partial<LogoutRequestClaims> = {}): string {
  const to = sloUrl(connection);
  return logoutRequest({ issuer: provider.entityId, destination: to, nameId: person.nameId, ...changes });
}

function sloUrl({ id }: Connection): string {
  return `${PUBLIC_URL}/sso/saml/${id}/slo`;
}

async function isSignedIn({ client }: SignedIn): Promise<boolean> {
  try {
    await client.listSessions({});
    return true;
  } catch {
    return false;
  }
}

async function expectOver(over: SignedIn): Promise<void> {
  await eventually('the session is over', async () => !(await isSignedIn(over)));
  const { refreshToken } = over.tokens;
  const refusal = await refusalOf(s.client(AuthService).refreshToken({ refreshToken }));
  expect(refusal.code).toBe(Code.Unauthenticated);
}

function messageIn(url: string, field: string): string {
  const message = new URL(url).searchParams.get(field) ?? '';
  return inflateRawSync(Buffer.from(message, 'base64')).toString();
}

describe('a logout request is refused, and ends nothing', () => {
  afterAll(async () => {
    expect(await isSignedIn(session)).toBe(true);
  });

  test('without a signature, by redirect and by form', async () => {
    const answers = [
      await bringByQuery(s, connection.id, request(), undefined),
      await bringByForm(s, connection.id, request(), undefined),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(403);
      expect(answer.headers.get('location')).toBeNull();
      expect(await answer.text()).not.toContain('unsigned');
    }
    expect(s.logLines()).toContainEqual(
      expect.objectContaining({ connectionId: connection.id, reason: 'unsigned' }),
    );
  });

  test('signed by the provider of another organization', async () => {
    const { key, entityId } = world.foreign;
    for (const issuer of [provider.entityId, entityId]) {
      expect((await bringByQuery(s, connection.id, request({ issuer }), key)).status).toBe(403);
      expect((await bringByForm(s, connection.id, request({ issuer }), key)).status).toBe(403);
    }
    // At its own door it is heard, and has no say about people of Acme.
    const own = request({ issuer: entityId, destination: sloUrl(world.foreignConnection) });
    expect((await bringByQuery(s, world.foreignConnection.id, own, key)).status).toBe(303);
    expect(await isSignedIn(session)).toBe(true);
  });

  test('meant for another address, or brought late', async () => {
    const old = new Date(Date.now() - 12 * 60_000);
    for (const xml of [
      request({ destination: sloUrl(world.foreignConnection) }),
      request({ issuedAt: old }),
    ]) {
      expect((await bringByQuery(s, connection.id, xml, provider.key)).status).toBe(403);
    }
  });

  test('which is garbage', async () => {
    const { status } = await fetch(`${s.url}/sso/saml/${connection.id}/slo`);
    expect(status).toBe(400);
    for (const query of [
      'SAMLRequest=%%%',
      'SAMLRequest=a&SAMLResponse=b',
      'SAMLRequest=',
      '%',
      'x'.repeat(9000),
    ]) {
      const answer = await fetch(`${s.url}/sso/saml/${connection.id}/slo?${query}`);
      expect([400, 403]).toContain(answer.status);
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    }
    for (const body of [
      '',
      'SAMLRequest=%%%',
      'SAMLRequest=AAAA&SAMLRequest=BBBB',
      'SAMLResponse=PGEvPg==',
    ]) {
      expect([400, 403]).toContain((await postLogout(s, connection.id, body)).status);
    }
    const endless = { SAMLRequest: 'A'.repeat(400_000) };
    expect([403, 413]).toContain((await postLogout(s, connection.id, endless)).status);
    for (const id of ['nonsense', '0198f1b0-0000-7000-8000-000000000000']) {
      expect((await bringByQuery(s, id, request(), provider.key)).status).toBe(404);
    }
  });
});

describe('a logout request of the provider', () => {
  test('ends the sessions it names, on every server, and is answered', async () => {
    const other = await startTestServer({ database: s.database, env: { PUBLIC_URL } });
    try {
      const elsewhere = other.client(AuthService, session.headers);
      expect((await elsewhere.listSessions({})).sessions).toHaveLength(1);
      // Of another session at the provider, and so of none here.
      const stale = request({ sessionIndexes: ['_elsewhere'] });
      expect((await bringByQuery(s, connection.id, stale, provider.key)).status).toBe(303);
      expect(await isSignedIn(session)).toBe(true);
      const answer = await bringByQuery(
        s,
        connection.id,
        request({ id: '_asked', sessionIndexes: [SESSION] }),
        provider.key,
        { relayState: RELAY_STATE },
      );
      const heard = performance.now();
      await eventually('the other server has heard', () =>
        elsewhere.listSessions({}).then(
          () => false,
          () => true,
        ),
      );
      expect(performance.now() - heard).toBeLessThan(1000);
      await expectOver(session);
      expect(answer.status).toBe(303);
      const location = answer.headers.get('location') ?? '';
      expect(location).toMatch('https://idp.example/slo?SAMLResponse=');
      expect(new URL(location).searchParams.get('RelayState')).toBe(RELAY_STATE);
      const said = messageIn(location, 'SAMLResponse');
      expect(said).toContain('InResponseTo="_asked"');
      expect(said).toContain('status:Success');
    } finally {
      await other.stop();
    }
  });

  test('leaves others alone, and is good once', async () => {
    const neighbour = await world.signIn(world.newPerson());
    const own = [await world.signIn(person), await world.signIn(person)];
    const xml = request();
    const together = await Promise.all([1, 2, 3].map(() => bringByForm(s, connection.id, xml, provider.key)));
    expect(together.map(({ status }) => status).sort()).toEqual([303, 403, 403]);
    for (const one of own) await expectOver(one);
    expect(await isSignedIn(neighbour)).toBe(true);
    // Somebody kept it: whoever signs in again stays.
    const again = await world.signIn(person);
    expect((await bringByForm(s, connection.id, xml, provider.key)).status).toBe(403);
    expect((await bringByQuery(s, connection.id, xml, provider.key)).status).toBe(403);
    expect(await isSignedIn(again)).toBe(true);
  });

  test('spoils the code of a login that is about to become a session', async () => {
    const { url, verifier } = await world.begin();
    const arrived = await carry(s, connection.id, provider.answer(url, person));
    expect((await bringByQuery(s, connection.id, request(), provider.key)).status).toBe(303);
    const exchange = { code: destination(arrived).get('code') ?? '', codeVerifier: verifier };
    const refusal = await refusalOf(s.client(SsoSignInService).exchangeSsoCode(exchange));
    expect(refusal).toMatchObject({ code: Code.Unauthenticated, reason: 'SSO_CODE_REFUSED' });
  });
});

describe('StartSsoSignOut', () => {
  test('needs a session', async () => {
    const refusal = await refusalOf(s.client(SsoSignInService).startSsoSignOut({}));
    expect(refusal.code).toBe(Code.Unauthenticated);
  });

  test('ends a session that came by code, and leads nowhere', async () => {
    const { url } = await world.cast.erin.client(SsoSignInService).startSsoSignOut({});
    expect(url).toBe('');
    await eventually('the session is over', () =>
      world.cast.erin
        .client(AuthService)
        .listSessions({})
        .then(
          () => false,
          () => true,
        ),
    );
  });

  test('ends the own session alone, and leads to the provider with its name for the person', async () => {
    const own = await world.signIn(person);
    const second = await world.signIn(person);
    const { url } = await s.client(SsoSignInService, own.headers).startSsoSignOut({});
    await expectOver(own);
    expect(await isSignedIn(second)).toBe(true);
    expect(url).toMatch('https://idp.example/slo?SAMLRequest=');
    const asked = messageIn(url, 'SAMLRequest');
    expect(asked).toContain(`>${person.nameId}</saml:NameID>`);
    expect(asked).toContain(`<samlp:SessionIndex>${SESSION}</samlp:SessionIndex>`);
    const inResponseTo = / ID="([^"]+)"/.exec(asked)?.[1] ?? '';

    const to = { issuer: provider.entityId, destination: sloUrl(connection) };
    const answered = (claims: { inResponseTo: string; status?: string }, key = provider.key) =>
      bringByQuery(s, connection.id, logoutResponse({ ...to, ...claims }), key, { field: 'SAMLResponse' });
    expect((await answered({ inResponseTo }, world.foreign.key)).status).toBe(403);
    const begun = new URL((await world.begin()).url).searchParams.get('RelayState');
    const nothing = ['_made-up', `_signout-${world.cast.acme.id}`, '_signout-nonsense', `_signout-${begun}`];
    for (const unknown of nothing) {
      expect((await answered({ inResponseTo: unknown })).status).toBe(403);
    }
    const good = await answered({ inResponseTo });
    expect(good.status).toBe(200);
    expect(await good.text()).toContain('You can close this window.');
    const partial = await answered({
      inResponseTo,
      status: 'urn:oasis:names:tc:SAML:2.0:status:Responder',
    });
    expect(await partial.text()).toContain('could not sign you out of everything');
  });

  test('posts to a provider that takes nothing else, and only for a while', async () => {
    const binding = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP';
    await publish((xml) => xml.replace(/(SingleLogoutService Binding=")[^"]+/, `$1${binding}-POST`));
    const own = await world.signIn(person);
    const { url } = await s.client(SsoSignInService, own.headers).startSsoSignOut({});
    expect(url.startsWith(`${sloUrl(connection)}/`)).toBe(true);
    const path = url.slice(PUBLIC_URL.length);
    const page = await (await fetch(s.url + path)).text();
    expect(page).toContain('action="https://idp.example/slo"');
    expect(page).toContain('name="SAMLRequest"');
    const astray = path.replace(connection.id, world.foreignConnection.id);
    for (const wrong of [astray, path.slice(0, -2), `${path}A`]) {
      const answer = await fetch(s.url + wrong);
      expect(answer.status).toBe(410);
      expect(await answer.text()).not.toContain('SAMLRequest');
    }
    const asked = await bringByQuery(s, connection.id, request(), provider.key);
    expect(asked.status).toBe(200);
    expect(await asked.text()).toContain('name="SAMLResponse"');
    await s.travel(5 * 60_000 + 1000);
    expect((await fetch(s.url + path)).status).toBe(410);
    await s.travel(-5 * 60_000 - 1000);
  });

  test('leads nowhere when the provider takes no logout requests, and still obeys it', async () => {
    await publish((xml) => xml.replace(/<md:SingleLogoutService[^>]*>/, ''));
    const own = await world.signIn(person);
    expect((await s.client(SsoSignInService, own.headers).startSsoSignOut({})).url).toBe('');
    await expectOver(own);
    const next = await world.signIn(person);
    const answer = await bringByQuery(s, connection.id, request(), provider.key);
    expect(answer.status).toBe(200);
    await expectOver(next);
  });

  /** Has the provider publish other metadata, and takes it over. */
  async function publish(change: (xml: string) => string): Promise<void> {
    provider.trouble = { status: 200, body: change(provider.metadata()) };
    await s.travel(61_000);
    await world.cast.alice.client(ConnectionService).refreshMetadata({ connectionId: connection.id });
  }
});
